# SPDX-License-Identifier: GPL-2.0-or-later
"""What people and programs see of an anchor."""

import json

from lma_room import AP1, AP2, LMA, MAC2, UNKNOWN, Room

from lma_lite import cli
from lma_lite.binding_cache import Tunnel
from lma_lite.control_verbs import ControlVerbs

from raises import raises


class Daemon:
    """As much of a daemon as the verbs need; it is its own loop and listeners."""

    def __init__(self, room):
        self.room = room
        self.anchor = room.anchor
        self.loop = self.listeners = self
        self.started_at = room.now - 65000
        self.revoked = []

    def now(self):
        return self.room.now

    def is_open(self, address):
        return address == LMA

    def devices(self):
        return {Tunnel(AP1, LMA, "gre"): "lma0"}

    def revoke(self, mn_identifier):
        self.revoked.append(mn_identifier)
        return 1


def served():
    room = Room()
    room.update()
    room.update(AP2, node=b"mn\x1b2", mac=MAC2)
    room.update(AP2, node=b"mn\x1b2", mac=MAC2, lifetime=0, indicator=UNKNOWN)
    room.wait(2000)
    return Daemon(room)


def answer(daemon, verb, **arguments):
    """An answer, as it comes out of the socket, and as a person sees it."""
    request = {"verb": verb}
    request.update(arguments)
    found = json.loads(json.dumps(ControlVerbs(daemon).answer(request)))
    return found, cli.show(request, found)


def test_status():
    found, lines = answer(served(), "status")
    assert found["bindings"] == 2 and found["restart_counter"] == 7
    assert lines[0] == "pmip-lma %s, up 1m05s, 2 bindings" % found["version"]
    assert lines[1:] == [
        "address 198.51.100.1: listening",
        "address 2001:db8:b::1: NOT LISTENING",
        "mag 192.0.2.10 (ap1): 1 sessions by lma0",
        "mag 2001:db8:a::1 (ap1): 0 sessions",
        "mag 192.0.2.11 (ap2): 0 sessions",
        "pool 10.20.0.0/16 (internet): 2 of 65533 addresses used",
    ]


def test_bindings():
    found, lines = answer(served(), "bindings")
    first, second = found["bindings"]
    assert (first["node"], first["address"]) == ("mn1@example.net", "10.20.0.2")
    assert (first["mag"], first["device"], first["encapsulation"]) == ("192.0.2.10", "lma0", "gre")
    assert (first["state"], first["lifetime"], first["remaining"]) == ("registered", 300, 297)
    assert (second["state"], second["device"]) == ("deregistered", None)
    assert [" ".join(line.split()) for line in lines] == [
        "MN-ID INTERFACE ADDRESS MAG DEVICE STATE SINCE EXPIRES",
        "mn1@example.net 02:00:5e:10:00:01 10.20.0.2 192.0.2.10 lma0 registered 2s 4m57s",
        "mn\\x1b2 02:00:5e:10:00:02 10.20.0.3 192.0.2.11 - deregistered 2s 8s",
    ]


def test_bindings_of_one_node():
    found, _ = answer(served(), "bindings", node="mn1@example.net")
    assert [each["address"] for each in found["bindings"]] == ["10.20.0.2"]
    assert answer(served(), "bindings", node="nobody")[0]["bindings"] == []


def test_stats_tell_of_everything_and_of_refusals():
    daemon = served()
    daemon.room.update(without=(8,))
    found, lines = answer(daemon, "stats")
    counters = found["counters"]
    assert counters["registrations"] == 2 and counters["expirations"] == 0
    assert counters["MISSING_MN_IDENTIFIER_OPTION"] == 1
    assert "registrations 2" in [" ".join(line.split()) for line in lines]


def test_revoke():
    daemon = served()
    found, lines = answer(daemon, "revoke", node="mn1@example.net")
    assert found == {"sessions": 1} and daemon.revoked == [(1, b"mn1@example.net")]
    assert lines == ["1 sessions are being revoked"]
    for wrong in ({}, {"node": 5}, {"node": "nobody"}):
        with raises(ValueError):
            answer(daemon, "revoke", **wrong)


def test_requests_that_make_no_sense():
    for request in ({}, {"verb": "fly"}, {"verb": None}, {"verb": ["status"]}):
        with raises(ValueError):
            ControlVerbs(served()).answer(request)
