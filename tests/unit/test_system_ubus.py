# SPDX-License-Identifier: GPL-2.0-or-later
"""The client of ubus, against a broker that does what ubusd does."""

from binascii import unhexlify

from ubus_broker import Broker, Caller

from mag_lite.system import blobmsg
from mag_lite.system import ubus_message as message
from mag_lite.system.blobmsg import BlobError, attribute, attribute_text, attribute_u32
from mag_lite.system.loop import Loop
from mag_lite.system.ubus import Ubus
from mag_lite.system.ubus_message import Receiver

from own import Directory
from raises import raises

METHODS = {"echo": {"text": blobmsg.STRING, "flag": blobmsg.BOOLEAN, "number": blobmsg.INT32},
           "later": {}, "wrong": {}, "broken": {}, "endless": {}}


class SilentLog:
    """Keeps what is said."""

    def __init__(self):
        self.lines = []

    def debug(self, text):
        self.lines.append(text)

    info = warning = debug


class PatientLoop(Loop):
    """A loop whose clock can be put forward."""

    ahead = 0

    def now(self):
        return super().now() + self.ahead


class Bus:
    """`with Bus() as bus:` a broker, a client with the object `pmip`, and callers."""

    def __init__(self, broker=True):
        self.wants_broker = broker
        self.broker = None
        self.kept = []
        self.callers = []
        self.errors = []

    def __enter__(self):
        self.directory = Directory()
        self.path = self.directory.__enter__() + "/ubus.sock"
        self.loop = PatientLoop()
        if self.wants_broker:
            self.start_broker()
        self.log = SilentLog()
        self.counted = []
        self.ubus = Ubus(self.loop, self.log, self.counted.append, self.path)
        self.publish()
        return self

    def __exit__(self, kind, error, traceback):
        for caller in self.callers:
            caller.close()
        self.ubus.close()
        if self.broker:
            self.broker.close()
        self.directory.__exit__(kind, error, traceback)

    def publish(self):
        self.ubus.publish("pmip", METHODS, self.handle)

    def start_broker(self):
        self.broker = Broker(self.loop, self.path)

    def handle(self, request):
        if request.method == "echo":
            request.answer(request.arguments)
        elif request.method == "later":
            self.kept.append(request)
        elif request.method == "endless":
            request.answer({"text": "x" * message.LONGEST})
        elif request.method == "wrong":
            request.answer({"error": "no"}, message.INVALID_ARGUMENT)
        else:
            raise KeyError("broken")

    def run(self, rounds=4):
        """Let everything happen that can."""
        for _ in range(rounds):
            self.loop.at(0, self.loop.stop)
            self.loop.run(self.errors.append)

    def wait(self, milliseconds):
        """Let time pass."""
        self.loop.ahead += milliseconds
        self.run(20)

    def caller(self):
        made = Caller(self.path, self.run)
        self.callers.append(made)
        return made


def test_an_object_is_published_and_answers():
    with Bus() as bus:
        caller = bus.caller()
        assert caller.find("pmip")[1] == {
            "echo": {"text": 3, "flag": 7, "number": 5}, "later": {}, "wrong": {}, "broken": {},
            "endless": {}}
        assert bus.ubus.connected
        arguments = {"text": "Jürgen", "flag": True, "number": -5}
        assert caller.call("pmip", "echo", arguments) == (0, arguments)


def test_arguments_are_optional_and_that_of_a_web_page_is_accepted():
    with Bus() as bus:
        caller = bus.caller()
        assert caller.call("pmip", "echo") == (0, {})
        session = {"ubus_rpc_session": "0" * 32}
        assert caller.call("pmip", "echo", session) == (0, session)


def test_arguments_of_a_wrong_type_are_refused():
    with Bus() as bus:
        caller = bus.caller()
        for wrong in ({"text": 1}, {"text": True}, {"text": ["a"]}, {"flag": "yes"}, {"flag": 1},
                      {"number": "1"}, {"number": True}, {"number": {}}):
            assert caller.call("pmip", "echo", wrong) == (message.INVALID_ARGUMENT, None), wrong
        assert caller.call("pmip", "none") == (message.METHOD_NOT_FOUND, None)


def test_an_error_has_a_status_and_a_text():
    with Bus() as bus:
        assert bus.caller().call("pmip", "wrong") == (message.INVALID_ARGUMENT, {"error": "no"})


def test_nobody_waits_for_a_handler_that_broke():
    with Bus() as bus:
        caller = bus.caller()
        assert caller.call("pmip", "broken") == (message.UNKNOWN_ERROR, None)
        assert caller.call("pmip", "endless") == (message.UNKNOWN_ERROR, None)
        assert [type(error) for error in bus.errors] == [KeyError, BlobError]
        assert caller.call("pmip", "echo") == (0, {})


def test_an_answer_may_come_later():
    with Bus() as bus:
        first, second = bus.caller(), bus.caller()
        assert first.call("pmip", "later") == (None, None)
        assert second.call("pmip", "echo", {"text": "meanwhile"})[0] == 0
        bus.kept.pop().answer({"at": "last"})
        answer, end = first.next(), first.next()
        assert blobmsg.decode(answer.found[message.A_DATA]) == {"at": "last"}
        assert end.kind == message.STATUS and answer.sequence == end.sequence == 7


def test_an_answer_after_the_end_harms_nobody():
    with Bus() as bus:
        bus.caller().call("pmip", "later")
        bus.broker.close()
        bus.run()
        bus.kept.pop().answer({"too": "late"})
        bus.start_broker()


def test_malformed_calls_are_refused_and_counted():
    with Bus() as bus:
        caller = bus.caller()
        for octets in (b"x", b"\x83\0\0\x09\0\1t\0a\0\0\0", b"\xff" * 400, bytes(70000)):
            status, values = caller.call("pmip", "echo", octets=octets)
            assert (status, values) == (message.INVALID_ARGUMENT, None), octets[:9]
        assert bus.counted == ["ubus.malformed"] * 4
        assert caller.call("pmip", "echo") == (0, {})
        assert not bus.errors


def test_events_are_sent_and_heard():
    with Bus() as bus:
        heard = []
        bus.ubus.listen("network.*", lambda name, values: heard.append((name, values)))
        caller = bus.caller()
        bus.run()
        assert caller.listen("pmip.*") == 0
        bus.ubus.send_event("pmip.attach", {"mac": "02:00:00:00:00:01"})
        assert caller.events() == [("pmip.attach", {"mac": "02:00:00:00:00:01"})]
        caller.send_event("network.interface", {"interface": "wan"})
        caller.send_event("other", {})
        bus.run()
        assert heard == [("network.interface", {"interface": "wan"})]


def test_only_ubusd_tells_events():
    with Bus() as bus:
        heard = []
        bus.ubus.listen("network.*", lambda name, values: heard.append(name))
        caller = bus.caller()
        bus.run()
        listening = [each for each in bus.broker.objects.values() if each.patterns][0]
        caller.send(message.INVOKE, attribute_u32(message.A_OBJECT, listening.number)
                    + attribute_text(message.A_METHOD, "network.interface")
                    + attribute(message.A_DATA, b""))
        bus.run()
        assert heard == []


def test_nobody_answers_in_the_name_of_ubusd():
    with Bus() as bus:
        caller = bus.caller()
        bus.run()
        client = [each.client for each in bus.broker.objects.values()][0]
        number = caller.add("evil")
        for sequence in range(1, 20):
            caller.send(message.STATUS, attribute_u32(message.A_STATUS, 6)
                        + attribute_u32(message.A_OBJECT, number), sequence, client.number)
        bus.run()
        assert bus.ubus.connected and not bus.errors


def test_objects_are_watched_as_they_come_and_go():
    with Bus() as bus:
        seen, told = [], []
        bus.ubus.watch("hostapd.*", lambda name, present: seen.append((name, present)))
        bus.ubus.watch("network.interface", None, lambda name, values: told.append((name, values)))
        hostapd, netifd = bus.caller(), bus.caller()
        hostapd.add("hostapd.wlan0")
        bus.run()
        assert seen == [("hostapd.wlan0", True)]
        hostapd.add("hostapd.wlan1")
        hostapd.add("hostapdx")
        number = netifd.add("network.interface")
        bus.run()
        assert netifd.notify(number, "interface.update", {"interface": "wan"})
        assert not netifd.notify(number, "interface.down", {"interface": "wan"}, silent=True)
        bus.run()
        assert [name for name, _ in told] == ["interface.update", "interface.down"]
        assert told[0][1] == {"interface": "wan"}
        bus.callers.remove(hostapd)
        hostapd.close()
        bus.run()
        assert sorted(seen[1:]) == [("hostapd.wlan0", False), ("hostapd.wlan1", False),
                                    ("hostapd.wlan1", True)]


def test_one_that_is_only_watched_need_not_tell_anything():
    with Bus() as bus:
        bus.ubus.watch("hostapd.*", lambda name, present: None)
        number = bus.caller().add("hostapd.wlan0")
        bus.run()
        assert bus.broker.objects[number].subscribers == []


def test_a_broker_that_restarts_is_noticed_at_once_and_told_everything_again():
    with Bus() as bus:
        seen, told = [], []
        bus.ubus.watch("hostapd.*", lambda name, present: seen.append(name),
                       lambda name, values: told.append(name))
        bus.caller().add("hostapd.wlan0")
        bus.run()
        for _ in range(3):
            bus.broker.close()
            bus.run()
            assert not bus.ubus.connected
            bus.ubus.send_event("pmip.attach", {})
            bus.start_broker()
            bus.wait(100)
            assert bus.ubus.connected
            assert len(bus.ubus._objects) == 3, "what was there before is forgotten"
        caller = bus.caller()
        number = caller.add("hostapd.wlan0")
        assert caller.notify(number, "sta-authorized", {"address": "02:00:00:00:00:01"})
        assert caller.find("pmip")
        assert told == ["sta-authorized"] and seen == ["hostapd.wlan0"] * 2
        assert [line for line in bus.log.lines if "ended" in line]


def test_a_broker_that_stays_away_is_looked_for_less_and_less():
    with Bus() as bus:
        bus.run()
        bus.broker.close()
        bus.run()
        for delay in (100, 200, 400, 800):
            bus.wait(delay)
        bus.start_broker()
        bus.wait(800)
        assert not bus.ubus.connected
        bus.wait(800)
        assert bus.ubus.connected


def test_without_a_broker_only_a_rare_look_is_spent():
    with Bus(broker=False) as bus:
        bus.run()
        bus.ubus.send_event("pmip.attach", {})
        bus.start_broker()
        bus.wait(299000)
        assert not bus.ubus.connected
        bus.wait(2000)
        assert bus.ubus.connected


def test_a_name_that_is_taken_is_asked_for_again():
    with Bus() as bus:
        bus.broker.refused = ("pmip",)
        other = bus.caller()
        bus.run()
        assert not bus.ubus.connected and "refuses object 'pmip'" in bus.log.lines[-1]
        bus.wait(100)
        bus.wait(200)
        assert len([line for line in bus.log.lines if "refuses" in line]) == 1
        bus.broker.refused = ()
        bus.wait(400)
        assert other.find("pmip")


def test_a_stranger_at_the_socket_is_left():
    for octets in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\1\0\0\0\0\0\0\0\0\0\3",
                   b"\0\1\0\0\0\0\0\0\0\xff\xff\xff"):
        with Bus() as bus:
            bus.run()
            list(bus.broker.clients.values())[0].socket.send(octets)
            bus.run()
            assert not bus.ubus.connected and not bus.errors
            bus.wait(100)
            assert bus.ubus.connected


def test_a_broker_that_does_not_read_costs_a_bounded_amount():
    with Bus() as bus:
        bus.wait(0)
        values = {"text": "x" * 50000}
        for _ in range(50):
            bus.ubus.send_event("pmip.attach", values)
        assert len(bus.counted) > 40 and set(bus.counted) == {"ubus.not_sent"}
        caller = bus.caller()
        assert caller.call("pmip", "echo") == (0, {})


def test_messages_come_in_any_pieces():
    octets = message.encode(message.INVOKE, 5, 6, attribute_u32(3, 7)) + message.encode(
        message.HELLO, 0, 9, b"")
    for size in (1, 3, 11, 12, 13, 100):
        receiver, found = Receiver(), []
        for start in range(0, len(octets), size):
            found += receiver.feed(octets[start : start + size])
        assert [(each.kind, each.sequence, each.peer) for each in found] == [
            (message.INVOKE, 5, 6), (message.HELLO, 0, 9)], size
        assert found[0].found == {3: b"\0\0\0\7"}


def test_a_call_is_read_and_written_as_libubus_does():
    values = {"text": "hi", "flag": True, "x": {"l": [1, "a", None, 0.5]}}
    x = ("82000040" "00017800" "81000038" "00016c00" "8500000c" "00000000" "00000001"
         "8300000a" "00000000" "61000000" "80000008" "00000000" "88000010" "00000000"
         "3fe0000000000000")
    arguments = ("8300000f" "0004746578740000" "68690000" "8700000d" "0004666c61670000" "01000000"
                 + x)
    octets = unhexlify("00050002" "23df0a31" "0000007c" "03000008" "23df0a31"
                       "04000009" "6563686f00000000" "07000064" + arguments)
    call, = Receiver().feed(octets)
    assert (call.kind, call.sequence, call.peer) == (message.INVOKE, 2, 0x23DF0A31)
    assert blobmsg.text(call.found[message.A_METHOD]) == "echo"
    assert blobmsg.decode(call.found[message.A_DATA]) == values
    assert blobmsg.encode({"x": values["x"]}) == unhexlify(x)
    assert octets == message.encode(
        message.INVOKE, 2, 0x23DF0A31, attribute_u32(message.A_OBJECT, 0x23DF0A31)
        + attribute_text(message.A_METHOD, "echo")
        + attribute(message.A_DATA, unhexlify(arguments)))


def test_a_long_message_is_passed_over_and_told_of():
    octets = message.encode(message.INVOKE, 5, 6, attribute(7, bytes(200000)))
    octets += message.encode(message.HELLO, 0, 9, b"")
    receiver, found = Receiver(), []
    for start in range(0, len(octets), 4096):
        found += receiver.feed(octets[start : start + 4096])
    assert [(each.sequence, each.found is None) for each in found] == [(5, True), (0, False)]
    with raises(BlobError):
        message.encode(message.INVOKE, 5, 6, attribute(7, bytes(1 << 20)))
