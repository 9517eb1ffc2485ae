# SPDX-License-Identifier: GPL-2.0-or-later
"""Stations that another authenticator than hostapd has let in."""

from mag_lite.core.configuration import Access
from mag_lite.core.identity_memory import MOST_STATIONS, IdentityMemory
from mag_lite.external_access_point import ExternalAccessPoint

STATION = "lan0", bytes((2, 0, 0, 0, 1, 1))
NOW = 5000


class Loop:
    """Keeps what is to be done later."""

    def __init__(self):
        self.later = []

    def now(self):
        return NOW

    def at(self, when, call):
        self.later.append(call)


class Listener:
    """Keeps what it was told."""

    def __init__(self):
        self.told = []

    def station_returned(self, *what):
        self.told.append(("returned",) + what)

    def station_barred(self, *what):
        self.told.append(("barred",) + what)


def access_point():
    loop, listener = Loop(), Listener()
    section = Access("lan0", (), "/run/hostapd", "external", 4, True)
    return ExternalAccessPoint(loop, section, listener), loop, listener


def test_who_speaks_up_is_back():
    ours, loop, listener = access_point()
    ours.query(STATION[1])
    assert not listener.told, "the gateway is still busy with its frame"
    loop.later.pop()()
    assert listener.told == [("returned",) + STATION + (NOW,)]


def test_only_who_is_sent_away_has_to_be_let_in_anew():
    ours, _, listener = access_point()
    ours.remove(STATION[1])
    assert not listener.told
    ours.remove(STATION[1], True)
    assert listener.told == [("barred",) + STATION]


def test_who_is_forgotten_is_nobody():
    memory = IdentityMemory()
    memory.learn(STATION, b"mn1", NOW)
    memory.forget(STATION)
    memory.forget(STATION)
    assert memory.recall(STATION, NOW) == b""
    memory.learn(STATION, b"mn2", NOW)
    for number in range(MOST_STATIONS - 1):
        memory.learn(("lan0", number), b"other", NOW)
    assert memory.recall(STATION, NOW) == b"mn2"
