# SPDX-License-Identifier: GPL-2.0-or-later
"""A broker that does what ubusd does, message by message, for tests on any Python.

As a program: ubus_broker.py SOCKET
"""

import os
import random
import socket
import sys

from mag_lite.system import blobmsg, sockets
from mag_lite.system import ubus_message as message
from mag_lite.system.blobmsg import BlobError, attribute, attribute_text, attribute_u32, text, u32
from mag_lite.system.loop import Loop
from mag_lite.system.ubus_message import Receiver
from mag_lite.system.ubus_roles import matches

PING, REMOVE_OBJECT = 3, 7
FIRST_NUMBER = 1024  # what is below belongs to the broker
A_SUBSCRIBERS = 11
INVALID_COMMAND = 1


class Object:
    """What a client has published; `path` is None for one that only listens."""

    def __init__(self, number, client, path, signature):
        self.number, self.client, self.path, self.signature = number, client, path, signature
        self.subscribers, self.patterns = [], []


class Client:
    """A connection, and the octets that came over it."""

    def __init__(self, broker, connected):
        self.broker, self.socket = broker, connected
        self.number = broker.new_number()
        self.receiver = Receiver(message.LONGEST)
        self.send(message.HELLO, 0, self.number)

    def send(self, kind, sequence, peer, payload=b""):
        try:
            self.socket.send(message.encode(kind, sequence, peer, payload))
        except OSError:
            pass  # it is gone, as will be seen where it is read

    def ready(self):
        try:
            data = self.socket.recv(65536)
            found = self.receiver.feed(data) if data else None
        except (OSError, BlobError):
            found = None
        if found is None:
            self.broker.remove_client(self)
            return
        for received in found:
            self.broker.receive(self, received)


class Broker:
    """Listens at `path`; `refused` are paths that nobody may publish."""

    def __init__(self, loop, path):
        self.loop, self.path = loop, path
        self.clients, self.objects, self.refused = {}, {}, ()
        self.numbers = set()
        self.listener = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
        try:
            os.remove(path)
        except OSError:
            pass
        self.listener.bind(sockets.unix_address(path))
        self.listener.listen(8)
        loop.add(self.listener.fileno(), self.accept)

    def close(self):
        """End, as if killed: the file stays."""
        self.loop.remove(self.listener.fileno())
        self.listener.close()
        for client in list(self.clients.values()):
            self.hang_up(client)

    def hang_up(self, client):
        self.loop.remove(client.socket.fileno())
        client.socket.close()

    def new_number(self):
        number = 0
        while number < FIRST_NUMBER or number in self.numbers:
            number = random.getrandbits(32)
        self.numbers.add(number)
        return number

    def accept(self):
        client = Client(self, self.listener.accept()[0])
        self.clients[client.number] = client
        self.loop.add(client.socket.fileno(), client.ready)

    def remove_client(self, client):
        self.hang_up(client)
        del self.clients[client.number]
        for each in [each for each in self.objects.values() if each.client is client]:
            self.remove_object(each)

    def remove_object(self, gone):
        del self.objects[gone.number]
        for each in self.objects.values():
            each.subscribers = [other for other in each.subscribers if other is not gone]
        for subscriber in gone.subscribers:
            subscriber.client.send(message.UNSUBSCRIBE, 1, 0, attribute_u32(
                message.A_OBJECT, subscriber.number) + attribute_u32(
                message.A_TARGET, gone.number))
        self.object_event("remove", gone)

    def receive(self, client, received):
        handler = HANDLERS.get(received.kind)
        if handler is None:
            status = INVALID_COMMAND
        else:
            try:
                status = handler(self, client, received)
            except BlobError:
                status = message.INVALID_ARGUMENT
        if status is not None:
            client.send(message.STATUS, received.sequence, received.peer,
                        attribute_u32(message.A_STATUS, status))

    # One method a kind of message; each returns the status to answer with, or None

    def ping(self, client, received):
        client.send(message.DATA, received.sequence, received.peer)
        return message.OK

    def add_object(self, client, received):
        path = received.found.get(message.A_OBJECT_PATH)
        path = text(path) if path else None
        taken = [each.path for each in self.objects.values() if each.path]
        if path and (path in taken or path in self.refused):
            return message.INVALID_ARGUMENT
        signature = received.found.get(message.A_SIGNATURE)
        if signature is not None:
            blobmsg.decode(signature)
        made = Object(self.new_number(), client, path, signature)
        self.objects[made.number] = made
        self.object_event("add", made)
        answer = attribute_u32(message.A_OBJECT, made.number)
        if signature is not None:
            answer += attribute_u32(message.A_OBJECT_TYPE, self.new_number())
        client.send(message.DATA, received.sequence, received.peer, answer)
        return message.OK

    def lookup(self, client, received):
        pattern = text(received.found.get(message.A_OBJECT_PATH, b"*\0"))
        found = [each for each in self.objects.values()
                 if each.path and each.signature is not None and matches(pattern, each.path)]
        for each in found:
            client.send(
                message.DATA, received.sequence, received.peer,
                attribute_text(message.A_OBJECT_PATH, each.path)
                + attribute_u32(message.A_OBJECT, each.number)
                + attribute_u32(message.A_OBJECT_TYPE, 1)
                + attribute(message.A_SIGNATURE, each.signature))
        return message.OK if found else message.NOT_FOUND

    def invoke(self, client, received):
        number = u32(received.found.get(message.A_OBJECT))
        method = text(received.found.get(message.A_METHOD))
        data = received.found.get(message.A_DATA)
        if number == message.EVENT_OBJECT:
            return self.event_call(client, method, blobmsg.decode(data))
        if number not in self.objects:
            return message.NOT_FOUND
        self.forward(self.objects[number], client, received.sequence, method, data)
        return None

    def forward(self, to, client, sequence, method, data, head=b""):
        payload = head + attribute_u32(message.A_OBJECT, to.number)
        payload += attribute_text(message.A_METHOD, method)
        payload += attribute_text(12, "root") + attribute_text(13, "root")
        if data is not None:
            payload += attribute(message.A_DATA, data)
        to.client.send(message.INVOKE, sequence, client.number, payload)

    def respond(self, client, received):
        """An answer goes to the client that it is for, in the name of the object."""
        answering = self.objects.get(u32(received.found.get(message.A_OBJECT)))
        to = self.clients.get(received.peer)
        if answering and answering.client is client and to:
            to.send(received.kind, received.sequence, answering.number, b"".join(
                [attribute(number, payload) for number, payload in received.found.items()]))

    def subscribe(self, client, received):
        subscriber = self.objects.get(u32(received.found.get(message.A_OBJECT)))
        target = self.objects.get(u32(received.found.get(message.A_TARGET)))
        if not subscriber or not target or target.client is client:
            return message.NOT_FOUND
        target.subscribers.append(subscriber)
        return message.OK

    def notify(self, client, received):
        own = self.objects[u32(received.found.get(message.A_OBJECT))]
        silent = received.found.get(message.A_NO_REPLY, b"\0") == b"\1"
        if not silent:
            client.send(message.STATUS, received.sequence, received.peer, attribute_u32(
                message.A_OBJECT, own.number) + attribute(A_SUBSCRIBERS, b"".join(
                    [attribute_u32(0, each.number) for each in own.subscribers])) + attribute_u32(
                        message.A_STATUS, 0))
        for subscriber in own.subscribers:
            self.forward(subscriber, client, received.sequence,
                         text(received.found.get(message.A_METHOD)),
                         received.found.get(message.A_DATA),
                         attribute(message.A_NO_REPLY, b"\1") if silent else b"")

    # Events

    def event_call(self, client, method, values):
        if method == "register":
            number = values["object"] & 0xFFFFFFFF
            if number not in self.objects or self.objects[number].client is not client:
                return message.NOT_FOUND
            self.objects[number].patterns.append(values["pattern"])
            return message.OK
        if method != "send":
            return INVALID_COMMAND
        if values["id"].startswith("ubus."):
            return message.PERMISSION_DENIED
        self.tell(client, values["id"], values["data"])
        return message.OK

    def object_event(self, what, changed):
        if changed.path:
            signed = changed.number - ((changed.number >> 31) << 32)
            self.tell(None, "ubus.object." + what, {"id": signed, "path": changed.path})

    def tell(self, client, name, values):
        for each in self.objects.values():
            if each.client is not client and any(
                    [matches(pattern, name) for pattern in each.patterns]):
                each.client.send(
                    message.INVOKE, 1, 0, attribute_u32(message.A_OBJECT, each.number)
                    + attribute_text(message.A_METHOD, name)
                    + attribute(message.A_DATA, blobmsg.encode(values)))


HANDLERS = {
    PING: Broker.ping,
    message.STATUS: Broker.respond,
    message.DATA: Broker.respond,
    message.LOOKUP: Broker.lookup,
    message.INVOKE: Broker.invoke,
    message.ADD_OBJECT: Broker.add_object,
    message.SUBSCRIBE: Broker.subscribe,
    message.NOTIFY: Broker.notify,
}


class Caller:
    """What a person at a terminal or a web page is to the broker: connects, asks, waits.

    `run()` lets the other side act while the answer is waited for.
    """

    def __init__(self, path, run=None):
        self.run = run or (lambda: None)
        self.receiver = Receiver()
        self.waiting = []
        self.socket = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
        self.socket.connect(sockets.unix_address(path))
        self.socket.setblocking(run is None)
        if run is None:
            self.socket.settimeout(5)
        self.number = self.next().peer

    def close(self):
        self.socket.close()

    def send(self, kind, payload, sequence=7, peer=0):
        octets = message.encode(kind, sequence, peer, payload)
        while octets:
            octets = octets[self.socket.send(octets) :]

    def next(self):
        """The next message to us, None if there is none."""
        for _ in range(20):
            if self.waiting:
                return self.waiting.pop(0)
            self.run()
            data = sockets.receive(self.socket, 65536)
            if data:
                self.waiting += self.receiver.feed(data)
        return None

    def ask(self, kind, payload, peer=0):
        """(status, [the attributes of each part of the answer])."""
        self.send(kind, payload, peer=peer)
        return self.answer()

    def answer(self):
        """The same, of what was asked before."""
        parts = []
        received = self.next()
        while received and received.kind != message.STATUS:
            if received.kind == message.DATA:
                parts.append(received.found)
            received = self.next()
        return received and u32(received.found.get(message.A_STATUS)), parts

    def find(self, path):
        """(number of an object, its signature as values), None if it is not there."""
        _, parts = self.ask(message.LOOKUP, attribute_text(message.A_OBJECT_PATH, path))
        for part in parts:
            return u32(part[message.A_OBJECT]), blobmsg.decode(part[message.A_SIGNATURE])
        return None

    def call(self, path, method, arguments=None, octets=None):
        """(status, values): what `ubus call` shows; `octets` go in place of the arguments."""
        self.begin(path, method, arguments, octets)
        return self.answered()

    def begin(self, path, method, arguments=None, octets=None):
        """Send the same, for an answer that may take its time."""
        data = blobmsg.encode(arguments or {}) if octets is None else octets
        payload = attribute_u32(message.A_OBJECT, self.find(path)[0])
        payload += attribute_text(message.A_METHOD, method) + attribute(message.A_DATA, data)
        self.send(message.INVOKE, payload)

    def answered(self):
        """(status, values) when they have come."""
        status, parts = self.answer()
        return status, blobmsg.decode(parts[0][message.A_DATA]) if parts else None

    def add(self, path=None, signature=b""):
        """The number of a new object of ours."""
        payload = b""
        if path:
            payload = attribute_text(message.A_OBJECT_PATH, path)
            payload += attribute(message.A_SIGNATURE, signature)
        _, parts = self.ask(message.ADD_OBJECT, payload)
        return u32(parts[0][message.A_OBJECT])

    def send_event(self, name, values):
        return self.event_call("send", {"id": name, "data": values})

    def listen(self, pattern):
        """From now on `events()` gives these."""
        number = self.add()
        return self.event_call("register", {
            "object": number - ((number >> 31) << 32), "pattern": pattern})

    def event_call(self, method, values):
        payload = attribute_u32(message.A_OBJECT, message.EVENT_OBJECT)
        payload += attribute_text(message.A_METHOD, method)
        payload += attribute(message.A_DATA, blobmsg.encode(values))
        return self.ask(message.INVOKE, payload, message.EVENT_OBJECT)[0]

    def event(self):
        """(name, values) of the next event, None if there is none."""
        received = self.next()
        while received and received.kind != message.INVOKE:
            received = self.next()
        return received and (text(received.found[message.A_METHOD]),
                             blobmsg.decode(received.found[message.A_DATA]))

    def events(self):
        """All that have come."""
        found = []
        event = self.event()
        while event:
            found.append(event)
            event = self.event()
        return found

    def notify(self, number, name, values, silent=False):
        """Tell the subscribers of our object; True if one has said that it got it."""
        payload = attribute_u32(message.A_OBJECT, number) + attribute_text(message.A_METHOD, name)
        payload += attribute(message.A_DATA, blobmsg.encode(values))
        if silent:
            payload += attribute(message.A_NO_REPLY, b"\1")
        self.send(message.NOTIFY, payload)
        if silent:
            self.run()
            return False
        self.next()  # how many there are
        return self.next() is not None


def main(path):
    """Serve until killed."""
    loop = Loop()
    Broker(loop, path)
    loop.run()


if __name__ == "__main__":
    main(sys.argv[1])
