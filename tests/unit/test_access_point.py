# SPDX-License-Identifier: GPL-2.0-or-later
"""What is told of stations, and asked about them, where an access point has several BSSes."""

from mag_lite import access_point
from mag_lite.access_point import AccessPoint
from mag_lite.core.configuration import Access

MAC = bytes((2, 0, 0, 0, 1, 1))


class FakeHostapd:
    """Keeps what it was asked."""

    def __init__(self, loop, directory, interface, listener, isolate):
        self.path = directory + "/" + interface
        self.isolate = isolate
        self.connected = True
        self.asked = []

    def poll(self, mac):
        self.asked.append(mac)


class Listener:
    """Keeps what it was told."""

    def __init__(self):
        self.told = []

    def station_authorized(self, interface, mac, identity, since, transition):
        self.told.append(("authorized", interface))

    def station_gone(self, interface, mac, reason):
        self.told.append(("gone", interface))


class Bench:
    """An access point of two BSSes behind a bridge."""

    def __init__(self):
        kept, access_point.Hostapd = access_point.Hostapd, FakeHostapd
        self.listener = Listener()
        section = Access("br-lan", ("low", "high"), "/run/hostapd", "authenticated", 4, True)
        self.ours = AccessPoint(None, section, self.listener)
        access_point.Hostapd = kept
        self.low, self.high = [self.ours._hostapds[name] for name in ("low", "high")]


def test_each_bss_has_its_socket_and_is_to_isolate():
    bench = Bench()
    assert [bench.low.path, bench.high.path] == ["/run/hostapd/low", "/run/hostapd/high"]
    assert bench.low.isolate and bench.high.isolate


def test_who_changes_the_bss_has_not_gone():
    bench = Bench()
    bench.ours.station_authorized("low", MAC, b"mn1", 0, False)
    bench.ours.station_authorized("high", MAC, b"mn1", 0, False)
    bench.ours.station_gone("low", MAC, "disconnected")
    assert bench.listener.told == [("authorized", "br-lan")] * 2
    bench.ours.station_gone("high", MAC, "disconnected")
    assert bench.listener.told[2:] == [("gone", "br-lan")]


def test_a_station_is_asked_for_where_it_is():
    bench = Bench()
    bench.ours.station_authorized("high", MAC, b"mn1", 0, False)
    bench.ours.poll(MAC)
    assert (bench.low.asked, bench.high.asked) == ([], [MAC])


def test_one_that_no_bss_has_told_of_is_asked_for_only_where_all_can_answer():
    bench = Bench()
    bench.low.connected = False
    bench.ours.poll(MAC)
    assert bench.high.asked == []
    bench.low.connected = True
    bench.ours.poll(MAC)
    assert bench.low.asked == bench.high.asked == [MAC]
