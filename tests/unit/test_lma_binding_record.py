# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions that outlive the daemon."""

from lma_room import (
    AP1,
    AP2,
    BETWEEN_GATEWAYS,
    FIRST,
    LMA,
    MAC,
    MAC2,
    SECOND,
    UNCHANGED,
    UNKNOWN,
    Room,
    node,
)

from lma_lite import binding_record
from lma_lite.actions import Blackhole, Route
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_options import Option

from raises import raises


def records(room):
    """What a journal holds of a room."""
    return {
        binding_record.key(binding): binding_record.record(binding)
        for binding in room.anchor.cache}


def reborn(room, *arguments, **settings):
    """A room whose anchor took up the sessions of another, where it left them."""
    other = Room(*arguments, **settings)
    other.now = room.now
    for key, entry in records(room).items():
        binding = binding_record.restore(key, entry, other.anchor.policy.services)
        other.anchor.restore(binding, other.now)
    return other


def test_a_record_says_all_that_a_session_is():
    room = Room()
    link_local = Option(options.LINK_LOCAL_ADDRESS, address=bytes(16))
    room.update(node=b"\xff\x00mn", home=FIRST, more=(link_local,))
    room.update(mac=None, timestamp=None, gre=False)
    before = records(room)
    assert len(before) == 2
    assert records(reborn(room)) == before


def test_after_a_restart_the_kernel_is_told_again():
    room = Room()
    room.update()
    room.update(AP2, mac=MAC2)
    room.update(AP2, mac=MAC2, lifetime=0, indicator=UNKNOWN)
    after = reborn(room)
    after.drain()
    assert sorted(after.did) == sorted([Blackhole(SECOND), Route(FIRST, AP1, LMA, "gre")])


def test_after_a_restart_sessions_go_on():
    room = Room()
    room.update()
    after = reborn(room)
    after.drain()
    after.sequence = room.sequence
    after.did = []
    assert after.update(indicator=UNCHANGED, home=FIRST).status == status.ACCEPTED
    assert after.names() == ["Remember", "Send"]
    assert after.home(after.update(AP2, indicator=BETWEEN_GATEWAYS)) == FIRST
    assert after.home(after.update(node=b"mn2", mac=MAC2)) == SECOND
    numbers = [binding.number for binding in after.anchor.cache]
    assert len(set(numbers)) == 2


def test_after_a_restart_a_nat_has_the_same_gateway_behind_it():
    own, other = (Option(options.IPV4_CARE_OF_ADDRESS, address=bytes((192, 168, 1, last)))
                  for last in (2, 3))
    room = Room(udp=True)
    room.update(flags=header.BU_FORCE_UDP, gre=False, more=(own,))
    after = reborn(room, udp=True)
    assert records(after) == records(room)
    assert after.update(flags=header.BU_FORCE_UDP, gre=False, more=(other,), mac=MAC2,
                        node=b"mn2").status == status.ADMINISTRATIVELY_PROHIBITED


def test_after_a_restart_old_updates_are_still_old():
    room = Room()
    room.update()
    data = room.last
    assert reborn(room).give(data).status == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED


def test_after_a_restart_sessions_end_when_they_would_have():
    room = Room()
    room.update(lifetime=10)
    room.update(mac=MAC2)
    room.update(mac=MAC2, lifetime=0, indicator=UNKNOWN)
    room.wait(5000)
    after = reborn(room)
    after.wait(4990)
    assert len(after.anchor.cache) == 2
    after.wait(20)
    assert [binding.link_layer_identifier for binding in after.anchor.cache] == [MAC]
    after.wait(30000)
    assert len(after.anchor.cache) == 0


def test_a_session_never_lasts_longer_than_its_lifetime():
    room = Room()
    room.update(lifetime=10)
    entry = records(room)["1"]
    entry["expires"] += 1000000
    after = Room()
    services = after.anchor.policy.services
    after.anchor.restore(binding_record.restore("1", entry, services), after.now)
    assert after.anchor.next_timeout() == after.now + 40000


def test_what_the_configuration_forbids_is_not_taken_up():
    room = Room()
    room.update()
    for forbidding in (
        {"mags": {AP2: "ap2"}},
        {"nodes": [node(b"*", allow=False)]},
        {"nodes": [node(b"boss", home=FIRST)]},
        {"pools": []},
    ):
        with raises(ValueError):
            reborn(room, **forbidding)


def test_a_damaged_record_is_refused():
    room = Room()
    room.update()
    services = room.anchor.policy.services
    good = records(room)["1"]
    for field in good:
        for wrong in (None, -1, "zz", [], {"a": 1}, 1 << 65):
            if field == "link_local" and not wrong:
                continue
            damaged = dict(good)
            damaged[field] = wrong
            with raises(ValueError):
                binding_record.restore("1", damaged, services)
        damaged = dict(good)
        del damaged[field]
        with raises(ValueError):
            binding_record.restore("1", damaged, services)
    with raises(ValueError):
        binding_record.restore("x", good, services)
