# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace has what concerns the client, once, and no more than was agreed."""

import binascii
import io

from mag import ANCHOR, HOME, PHONE, Bench, acknowledgement
from test_dhcp_server import request
from test_revocation import indication
from test_system_access_link import accepted, ethernet, icmpv6, ipv4, udp
from test_system_hostapd import FakeHostapd, FastLoop

from mag_lite import trace, trace_command, trace_recorder
from mag_lite.core.configuration import Access
from mag_lite.history import History
from mag_lite.system.access_link import PROGRAM
from mag_lite.system.packet_tap import _both_ways
from mag_lite.system.socket_filter import assemble
from mag_lite.wire import dhcpv4, pcap
from mag_lite.wire import mobility_header as header
from mag_lite.wire.udp4 import encode_udp4

from own import Directory, write
from raises import raises

OTHER = b"\x02\0\0\0\1\2"
US = bytes((192, 0, 2, 10))
MAC = "02:00:00:00:01:01"


class Tap:
    """Stands in for the sockets."""

    made = []

    def __init__(self, loop, devices, on_message, on_frame):
        self.message, self.frame, self.open = on_message, on_frame, True
        Tap.made.append(self)

    def close(self):
        self.open = False


class Tapped:
    """`with Tapped() as bench:` no sockets are opened."""

    def __enter__(self):
        self.tap, trace.PacketTap = trace.PacketTap, Tap
        Tap.made = []

    def __exit__(self, kind, error, traceback):
        trace.PacketTap = self.tap


class Daemon:
    """As much of a daemon as a recorder needs."""

    def __init__(self):
        self.loop = FastLoop()
        self.history = History()
        self.gateway = self.configuration = self
        self.bindings, self.access = [], {}


def packet(message, source=US, destination=ANCHOR):
    return encode_udp4(source, destination, 5436, 5436, header.encode(message))


def update_of(mac, identity):
    bench = Bench()
    bench.attach(identity, mac)
    return bench.sent()[-1]


def traced(happens, mac=PHONE, identities=()):
    """[(place, text)] of what is told of it."""
    told = []
    with Tapped():
        made = trace.Trace(FastLoop(), {}, mac, identities, lambda when, place, frame, text:
                           told.append((place, text or trace.describe(frame))))
        happens(Tap.made[0])
        made.close()
        assert not Tap.made[0].open
    return told


def test_both_ends_of_what_the_gateway_serves_are_heard_and_no_data():
    program = assemble(list(_both_ways(PROGRAM)))
    head = b"\x60\0\0\0\x01\x34\x11\x01" + bytes(32)
    for frame in (ipv4(17, udp(67, 68)), ipv4(17, udp(68, 67)), ethernet(0x806, bytes(28)),
                  ethernet(0x86DD, head + udp(546, 547)), icmpv6(134),
                  ethernet(0x86DD, head + udp(547, 546))):
        assert accepted(frame, program)
    for frame in (ipv4(17, udp(53)), ipv4(6, bytes(40)), icmpv6(128),
                  ethernet(0x86DD, head + udp(53))):
        assert not accepted(frame, program)


def test_messages_about_the_client_are_told_and_no_others():
    update = update_of(PHONE, b"mn1@example.org")
    revocation = packet(indication(), ANCHOR, US)

    def happens(tap):
        tap.message(revocation)  # it is not yet known who that is
        for mac, identity in ((PHONE, b"mn1@example.org"), (OTHER, b"mn2@example.org")):
            tap.message(packet(update_of(mac, identity)))
        tap.message(packet(acknowledgement(update), ANCHOR, US))
        tap.message(revocation[:40] + bytes(9))
        tap.message(b"\x45rubbish")
        tap.message(revocation)

    told = traced(happens)
    assert [place for place, _ in told] == 3 * ["anchor"]
    assert [text.split("  ")[1].split(":")[0] for _, text in told] == [
        "Proxy Binding Update", "Proxy Binding Acknowledgement", "Binding Revocation Indication"]
    assert "192.0.2.10 > 198.51.100.1" in told[0][1]
    assert "Revocation" in traced(happens, identities=["mn1@example.org"])[0][1]
    assert len(traced(happens, mac=None)) == 6


def test_a_packet_that_passes_several_interfaces_is_told_once():
    once = packet(update_of(PHONE, b"mn1@example.org"))

    def happens(tap):
        for _ in range(3):
            tap.message(once)

    assert len(traced(happens)) == 1


def test_frames_from_and_to_the_client_are_told():
    asked = request(dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: HOME})

    def happens(tap):
        tap.frame("wlan0", asked)
        tap.frame("wlan0", PHONE + OTHER + asked[12:])
        tap.frame("wlan0", b"\xff" * 6 + OTHER + asked[12:])
        tap.frame("wlan0", asked[:40])

    told = traced(happens)
    assert [text.split("  ")[1].split(":")[0] for _, text in told[:2]] == 2 * ["DHCPREQUEST"]
    assert len(told) == 3 and told[2][1].startswith("malformed: ")


def test_what_hostapd_tells_of_the_client_is_told():
    loop, told = FastLoop(), []
    with Directory() as directory, Tapped():
        hostapd = FakeHostapd(loop, directory + "/wlan0")
        access = {"br0": Access("br0", ("wlan0", "wlan9"), directory, "mac", 4, True)}
        made = trace.Trace(loop, access, PHONE, (), lambda when, place, frame, text:
                           told.append((place, text)))

        def run():
            for _ in range(4):
                loop.at(0, loop.stop)
                loop.run()

        run()
        for mac in (MAC, "02:00:00:00:01:02"):
            hostapd.event("AP-STA-CONNECTED " + mac)
        hostapd.event("CTRL-EVENT-EAP-SUCCESS2 %s <b>\n" % MAC)
        run()
        made.close()
        run()
        assert told == [("wlan9", "hostapd: no connection: nobody is there"),
                        ("wlan0", "hostapd: AP-STA-CONNECTED " + MAC),
                        ("wlan0", "hostapd: CTRL-EVENT-EAP-SUCCESS2 " + MAC)]
        assert hostapd.asked == ["ATTACH", "DETACH"]
        hostapd.end()


def recorded(happens, seconds=1, daemon=None):
    """What is answered."""
    daemon, answers = daemon or Daemon(), []
    with Tapped():
        made = trace_recorder.start(daemon, None, {"mac": MAC, "seconds": seconds}, answers.append)
        happens(Tap.made[0])
        assert answers == [] and made.remaining
        made.finish()
        made.finish()
    answer, = answers
    assert not made.remaining
    return answer


def test_a_recording_is_text_and_a_capture():
    update = packet(update_of(PHONE, b"mn1@example.org"))
    daemon = Daemon()
    asked = request(dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: HOME})

    def happens(tap):
        tap.frame("wlan0", asked)
        tap.message(update)
        daemon.history.note(PHONE, daemon.loop.now(), "registered for 3600 s")
        daemon.history.note(OTHER, daemon.loop.now(), "of another")

    answer = recorded(happens, daemon=daemon)
    assert [place for _, place, _ in answer["events"]] == ["wlan0", "anchor", "gateway"]
    assert answer["events"][2][2] == "registered for 3600 s" and answer["left_out"] == 0
    assert "mn1@example.org" in answer["events"][1][2]
    capture = list(pcap.packets(io.BytesIO(binascii.a2b_base64(answer["pcap"]))))
    assert capture == [(pcap.ETHERNET, asked), (pcap.ETHERNET, bytes(12) + b"\x08\0" + update)]


def test_a_recording_is_bounded():
    frame = request(dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: HOME})
    frame += bytes(1400 - len(frame))

    def happens(tap):
        for _ in range(1000):
            tap.frame("wlan0", frame)

    answer = recorded(happens)
    kept = trace_recorder.MOST_OCTETS // 1400
    assert len(answer["events"]) == kept and answer["left_out"] == 1000 - kept
    assert sum([len(text) for _, _, text in answer["events"]]) <= trace_recorder.MOST_TEXT


def test_one_recording_runs_at_a_time():
    daemon, asked = Daemon(), {"mac": MAC}
    with Tapped():
        first = trace_recorder.start(daemon, None, asked, lambda values: None)
        with raises(ValueError) as refusal:
            trace_recorder.start(daemon, first, asked, None)
        assert "another trace runs; it ends in" in str(refusal.error)
        first.finish()
        trace_recorder.start(daemon, first, asked, None)


def test_what_cannot_be_recorded_is_refused_in_words():
    for asked, word in (({}, "mac"), ({"mac": "<b>"}, "MAC address"), ({"mac": 5}, "mac"),
                        ({"mac": MAC, "seconds": 0}, "from 1 to 10"),
                        ({"mac": MAC, "seconds": 11}, "from 1 to 10"),
                        ({"mac": MAC, "seconds": -(1 << 31)}, "from 1 to 10")):
        with raises(ValueError) as refusal:
            trace_recorder.start(Daemon(), None, asked, None)
        assert word in str(refusal.error), asked


def test_the_command_refuses_what_makes_no_sense():
    with Directory() as directory:
        path = directory + "/pmip"
        for words in (["nonsense"], [MAC, MAC], ["-s", "0"], ["-s", "x"], ["-s", "99999999999"],
                      ["-s"], ["-z"], ["-c", directory + "/none"], ["-c", path]):
            write(path, "config mag\n")
            assert trace_command.main(["trace"] + words) == 2, words


def test_an_event_is_shown_with_its_time_and_place():
    assert trace.shown(61007, "wlan0", "one\ntwo") == "  61.007  wlan0     one\n          two"
