# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of ubus, OpenWrt's message bus: publishes an object, sends and hears events, hears of
other objects and what they notify.  It goes on when ubusd restarts, and without ubusd.
"""

from mag_lite.system import blobmsg, sockets
from mag_lite.system import ubus_message as message
from mag_lite.system.blobmsg import BlobError, attribute, attribute_text, attribute_u32, u32
from mag_lite.system.ubus_connection import Connection
from mag_lite.system.ubus_roles import Listener, Published, Watcher

_FIRST_RETRY = 100  # ms until ubusd is looked for again; doubles up to the last
_LAST_RETRY = 300000


class Request:
    """What was sent to an object of ours: `method` and `arguments`; `peer` is the client that
    did, 0 if it is ubusd itself.  A call is to be answered once, now or later."""

    def __init__(self, connection, received, number: int):
        silent = received.found.get(message.A_NO_REPLY, b"\0") != b"\0"
        self.peer = received.peer
        self.method = blobmsg.text(received.found.get(message.A_METHOD))
        self.arguments = {}
        self._sequence = received.sequence
        self._object = attribute_u32(message.A_OBJECT, number)
        self._connection = None if silent or not self.peer else connection

    def answer(self, values: dict, status: int = message.OK) -> None:
        """Answer.  BlobError if ubus cannot carry the values: then it still wants an answer."""
        data = attribute(message.A_DATA, blobmsg.encode(values))
        self._send(message.DATA, self._object + data)
        self.end(status)

    def end(self, status: int) -> None:
        """Answer with nothing but a status."""
        self._send(message.STATUS, attribute_u32(message.A_STATUS, status) + self._object)
        self._connection = None

    def _send(self, kind, payload):
        if self._connection:
            self._connection.send(kind, self._sequence, self.peer, payload)


class Ubus:
    """Say what is wanted with publish(), listen() and watch() before the loop runs; the loop makes
    the connection, and makes it anew, with all that is wanted, when it is lost.

    That is noticed at once; ubusd is then looked for after 0.1 s, doubling to 5 min, and every
    5 min if it was never there.  `count(name)` is told of each message that could not be
    understood ("ubus.malformed") or was dropped as ubusd took none ("ubus.not_sent").
    """

    def __init__(self, loop, log, count, path: str):
        self._loop = loop
        self._log = log
        self._count = count
        self._path = path
        self._roles = []
        self._listener = Listener()
        self._objects = {}
        self._missing = None  # how many roles ubusd has not confirmed
        self._connection = None
        self._seen = False
        self._retry = _FIRST_RETRY
        self._complaint = None
        self._timer = loop.at(loop.now(), self._connect)

    def publish(self, name: str, methods: dict, handler) -> None:
        """Publish an object; `handler(request)` gets each call of {method: {argument: type}}.

        The types are those of blobmsg; every argument is optional, others are passed over.
        """
        self._roles.append(Published(name, methods, handler))

    def listen(self, pattern: str, callback) -> None:
        """`callback(name, values)` gets each event of this name; `*` at its end for any rest."""
        self._listener.wanted.append((pattern, callback))

    def watch(self, pattern: str, on_presence=None, on_notification=None) -> None:
        """Follow the objects of this name; `*` at its end for any rest.

        `on_presence(name, present)` is told when one comes or goes, and of those that are there
        when ubusd is found.  `on_notification(notification, values)` gets what they tell their
        subscribers; without it nothing is subscribed, which may save them and us much work.
        """
        watcher = Watcher(pattern, on_presence, on_notification)
        self._listener.watchers.append(watcher)
        if on_notification:
            self._roles.append(watcher)

    def send_event(self, name: str, values: dict) -> None:
        """Tell all who listen, if ubusd is there; BlobError if ubus cannot carry the values."""
        if self.connected:
            self.call_events("send", {"id": name, "data": values})

    @property
    def connected(self) -> bool:
        """Whether ubusd is there and has confirmed everything."""
        return self._missing == 0

    def close(self) -> None:
        """Hang up; once."""
        if self._timer:
            self._loop.cancel(self._timer)
        if self._connection:
            self._connection.close()
            self._missing = None

    # For the roles

    def ask(self, kind: int, payload: bytes, on_data=None, on_status=None, peer: int = 0) -> None:
        """See Connection.ask; what has no callback does not matter."""
        if self._connection:
            self._connection.ask(kind, peer, payload, on_data or _ignore, on_status or _ignore)

    def call_events(self, method: str, arguments: dict) -> None:
        """Call a method of ubusd's object for events."""
        self.ask(message.INVOKE, attribute_u32(message.A_OBJECT, message.EVENT_OBJECT)
                 + attribute_text(message.A_METHOD, method)
                 + attribute(message.A_DATA, blobmsg.encode(arguments)),
                 peer=message.EVENT_OBJECT)

    # Coming and going of ubusd

    def _connect(self):
        self._timer = None
        try:
            self._connection = Connection(
                self._loop, self._path, self._received, self._lost, self._count)
            self._seen = True
        except OSError as error:
            self._complain("%s: %s" % (self._path, sockets.reason(error)), self._log.debug)
            self._look_later()

    def _look_later(self):
        delay = self._retry if self._seen else _LAST_RETRY
        self._timer = self._loop.at(self._loop.now() + delay, self._connect)
        self._retry = min(2 * self._retry, _LAST_RETRY)

    def _lost(self, reason):
        if self.connected:
            self._complain(reason, self._log.info)
        self._connection = self._missing = None
        self._objects = {}
        self._look_later()

    def _complain(self, reason, say):
        if reason != self._complaint:
            self._complaint = reason
            say("ubus: " + reason)

    def _register(self):
        roles = list(self._roles)
        if self._listener.wanted or self._listener.watchers:
            roles.append(self._listener)  # last: it needs the objects of the others
        self._missing = len(roles)
        for role in roles:
            self._add(role)

    def _add(self, role):
        def added(found):
            number = u32(found.get(message.A_OBJECT))
            self._objects[number] = role
            role.added(self, number)

        def done(status):
            if status == message.OK:
                self._confirmed()
            else:
                self._refused(role, status)

        self.ask(message.ADD_OBJECT, role.description(), added, done)

    def _confirmed(self):
        self._missing -= 1
        if not self._missing:
            self._retry = _FIRST_RETRY
            self._complaint = None

    def _refused(self, role, status):
        """Perhaps the process before us still has the name: look again later."""
        if self._connection:
            self._complain("ubusd refuses %s (status %d)" % (
                "object '%s'" % role.name if role.name else "to let us listen", status),
                self._log.warning)
            self._connection.close()
            self._lost("")

    # What comes

    def _received(self, received):
        if received.kind == message.HELLO:
            self._register()
        elif received.kind == message.INVOKE:
            try:
                role, request = self._understand(received)
            except BlobError:
                self._decline(received)
                return
            role.called(request)

    def _understand(self, received):
        """(whom it is for, the Request); BlobError."""
        if received.found is None:
            raise BlobError("too long, or no blob")
        number = u32(received.found.get(message.A_OBJECT))
        if number not in self._objects:
            raise BlobError("for nobody here")
        request = Request(self._connection, received, number)
        request.arguments = blobmsg.decode(received.found.get(message.A_DATA, b""))
        return self._objects[number], request

    def _decline(self, received):
        """What cannot be understood may be a call that waits for its answer."""
        self._count("ubus.malformed")
        for number, role in self._objects.items():
            if role.name and received.peer:
                self._connection.send(
                    message.STATUS, received.sequence, received.peer,
                    attribute_u32(message.A_STATUS, message.INVALID_ARGUMENT)
                    + attribute_u32(message.A_OBJECT, number))


def _ignore(answer):
    pass
