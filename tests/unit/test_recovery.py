# SPDX-License-Identifier: GPL-2.0-or-later
"""Journal, core and kernel after a crash, and after the kernel forgot."""

from mag import HOME, LINK, PHONE, Bench

from mag_lite import journal_record
from mag_lite.recovery import Recovery
from mag_lite.system.netlink import NetlinkError

CLIENT = (LINK, PHONE, HOME, 0)
STRAY = (LINK, b"\2\0\0\0\0\x66", b"\x0a\x14\0\x66", 0)
REMAINS = (LINK, None, HOME, 0)


class Parts:
    """Stands in for loop, log, journal and kernel; notes what was done to them."""

    def __init__(self, records=(), complete=(), partial=()):
        self.records = dict(records)
        self.complete, self.partial = set(complete), set(partial)
        self.lines = []
        self.damaged = 3
        self.broken = False

    def now(self):
        return 1000

    def debug(self, text):
        self.lines.append(text)

    info = warning = error = debug

    def read(self):
        return self.records

    def remove(self, key):
        self.lines.append("removed " + key)

    def clients(self):
        return set(self.complete), set(self.partial)

    def add_client(self, *client):
        if self.broken:
            raise NetlinkError("route", 100, "")
        self.complete.add(client[:4])

    def keep_keys(self, wanted):
        self.keys = wanted

    def remove_client(self, *client):
        self.complete.discard(client)
        self.partial.discard(client)


def recovery(parts, bench):
    return Recovery(parts, parts, bench.gateway.configuration, bench.gateway, parts, parts)


def recorded():
    bench = Bench()
    return journal_record.record(bench.activate())


def test_a_recorded_session_is_taken_up_and_everything_else_removed():
    bench = Bench()
    parts = Parts({"x": recorded()}, complete=[CLIENT, STRAY])
    recovery(parts, bench).restore(bench.gateway.configuration.anchors)
    assert bench.binding.forwarded == (HOME,)
    assert parts.complete == {CLIENT}
    assert "journal: 3 records are unreadable" in parts.lines


def test_what_is_half_there_is_completed():
    bench = Bench()
    parts = Parts({"x": recorded()}, partial=[REMAINS])
    recovery(parts, bench).restore(bench.gateway.configuration.anchors)
    assert parts.complete == {CLIENT} and parts.partial == set()


def test_expired_and_unreachable_sessions_are_dropped_with_a_reason():
    for change, anchors, reason in (
            ({"expires_at": 999}, None, "expired"), ({}, [], "no way to its anchor")):
        bench = Bench()
        record = recorded()
        record.update(change)
        parts = Parts({"x": record}, complete=[CLIENT])
        if anchors is None:
            anchors = bench.gateway.configuration.anchors
        recovery(parts, bench).restore(anchors)
        assert bench.binding is None and parts.complete == set()
        assert "removed x" in parts.lines
        assert [line for line in parts.lines if reason in line], reason


def test_what_the_kernel_forgot_is_put_back():
    bench = Bench()
    bench.activate()
    parts = Parts()
    recovery(parts, bench).repair()
    assert parts.complete == {CLIENT}


def test_a_device_that_is_still_down_is_repaired_with_the_next_news_of_it():
    bench = Bench()
    bench.activate()
    parts = Parts()
    parts.broken = True
    recovery(parts, bench).repair()
    assert parts.complete == set()
    parts.broken = False
    recovery(parts, bench).repair()
    assert parts.complete == {CLIENT}
