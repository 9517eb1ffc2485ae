# SPDX-License-Identifier: GPL-2.0-or-later
"""What people and programs see of an anchor."""

import json

from lma_room import AP1, AP2, BETWEEN_GATEWAYS, LMA, MAC2, UNKNOWN, Room

from lma_lite import cli
from lma_lite.binding_cache import Tunnel
from lma_lite.control_verbs import ControlVerbs
from lma_lite.history import MOST_EVENTS
from mag_lite.system import blobmsg

from raises import raises

MAC_TEXT = "02:00:5e:10:00:01"


class Daemon:
    """As much of a daemon as the verbs need; it is its own loop and listeners."""

    def __init__(self, room):
        self.room = room
        self.anchor = room.anchor
        self.loop = self.listeners = self.home_links = self
        self.started_at = room.now - 65000
        self.revoked = []

    def check(self):
        return [("error", "there is no section 'pool'")]

    def now(self):
        return self.room.now

    def is_open(self, address):
        return address == LMA

    def names(self):
        return ["eth1"]

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
        "home link eth1",
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


def busy():
    """A node roams, and one comes whose identity is no text that ubus could carry."""
    room = Room()
    room.update()
    room.wait(5000)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(3000)
    room.update(AP2, node=b"a\0b", mac=MAC2)
    return Daemon(room)


def test_history_tells_where_a_node_was_and_is():
    found, lines = answer(busy(), "history", node="mn1@example.net")
    handover, register = found["events"]
    assert (register["event"], register["mag"], register["former"]) == (
        "register", "192.0.2.10", None)
    assert (handover["event"], handover["mag"], handover["former"]) == (
        "handover", "192.0.2.11", "192.0.2.10")
    assert handover["homes"] == ["10.20.0.2"] and (handover["age"], register["age"]) == (3, 8)
    assert "handover  mn1@example.net" in lines[1] and "192.0.2.11" in lines[1]
    assert len(answer(busy(), "history")[0]["events"]) == 3
    assert answer(busy(), "history", node="nobody")[0]["events"] == []


def test_history_tells_how_sessions_end():
    daemon = busy()
    daemon.room.update(AP2, node=b"a\0b", mac=MAC2, lifetime=0, indicator=UNKNOWN)
    daemon.anchor.revoke((1, b"mn1@example.net"), daemon.room.now)
    daemon.room.update(AP2, node=b"mn3", mac=MAC2)
    daemon.room.wait(300000)
    events = [each["event"] for each in answer(daemon, "history")[0]["events"]]
    assert events == ["expire", "register", "revoke", "deregister", "register", "handover",
                      "register"]


def test_history_is_bounded():
    room = Room()
    for number in range(MOST_EVENTS + 10):
        room.update(node=b"mn%d" % number, mac=None)
        room.wait(1)
    events = answer(Daemon(room), "history")[0]["events"]
    assert len(events) == MOST_EVENTS and events[0]["node"] == "mn%d" % (MOST_EVENTS + 9)


def test_an_overview_tells_everything_at_once():
    daemon = busy()
    found, _ = answer(daemon, "overview")
    assert found["status"] == answer(daemon, "status")[0]
    assert found["bindings"] == list(reversed(answer(daemon, "bindings")[0]["bindings"]))
    assert found["history"] == answer(daemon, "history")[0]["events"]
    assert found["matching"] == 2 and "events" not in found
    found, _ = answer(daemon, "overview", node="mn1@example.net")
    assert [event["event"] for event in found["events"]] == ["handover", "register"]


def test_an_overview_looks_for_a_text_in_all_that_is_seen():
    daemon = busy()
    for text in ("MN1@", "10.20.0.2", MAC_TEXT.upper(), "192.0.2.11", "AP2", "internet", "", None):
        nodes = [each["node"] for each in answer(daemon, "overview", text=text)[0]["bindings"]]
        assert "mn1@example.net" in nodes, text
    assert answer(daemon, "overview", text="ap1")[0]["matching"] == 0
    for wrong in (5, ["x"]):
        with raises(ValueError):
            answer(daemon, "overview", text=wrong)


def test_an_overview_of_very_many_shows_the_latest_and_is_one_message_of_ubus():
    room = Room()
    for number in range(150):
        room.update(node=b"n" * 250 + b"%d" % number, mac=None)
    found, _ = answer(Daemon(room), "overview", node="x")
    assert found["matching"] == 150 and len(found["bindings"]) == 100
    assert found["bindings"][0]["node"].endswith("149")
    assert len(blobmsg.encode(found)) < 200000


def test_gateways_tell_when_they_were_last_heard():
    heard = {mag["address"]: mag["heard"] for mag in answer(busy(), "status")[0]["mags"]}
    assert heard == {"192.0.2.10": 8, "192.0.2.11": 0, "2001:db8:a::1": None}


def test_no_identity_keeps_ubus_from_an_answer():
    assert "610062" in [each["node"] for each in answer(busy(), "bindings")[0]["bindings"]]
    for verb in ("bindings", "overview", "history", "status", "stats", "check"):
        blobmsg.encode(answer(busy(), verb)[0])


def test_check_tells_what_is_wrong_with_the_file_now():
    assert ControlVerbs(busy()).answer({"verb": "check"}) == {
        "problems": [{"level": "error", "text": "there is no section 'pool'"}]}


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
