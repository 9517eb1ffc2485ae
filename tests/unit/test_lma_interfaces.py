# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone with two interfaces: a session each, and handoffs between them (RFC 5213 5.4)."""

from lma_room import (
    AP1,
    AP2,
    BETWEEN_GATEWAYS,
    BETWEEN_INTERFACES,
    FIRST,
    INTERNET,
    LMA,
    MAC,
    MAC2,
    SECOND,
    UNCHANGED,
    UNKNOWN,
    Room,
)

from lma_lite.actions import Route
from lma_lite.policy import Pool
from lma_lite.revocation import HANDOVER_DELAY
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_mac, parse_prefix
from mag_lite.wire.mobility_options import Option

LTE = 8
MAC3 = parse_mac("02:00:5e:10:00:03")
ONE, TWO = [parse_prefix("2001:db8:100:%d::/64" % number) for number in range(2)]
DUAL = Pool("internet", b"", *INTERNET[2:5], parse_prefix("2001:db8:100::/40"))


def both():
    """A room with a session by WLAN at AP1 and one by LTE at AP2."""
    room = Room()
    assert room.home(room.update(AP1)) == FIRST
    assert room.home(room.update(AP2, mac=MAC2, technology=LTE)) == SECOND
    room.did = []
    return room


def at(room, home):
    """Where the anchor has a home: (gateway, technology, link-layer identifier)."""
    binding = room.anchor.cache.of_address(home)
    return binding.proxy_care_of_address, binding.access_technology, binding.link_layer_identifier


def test_each_interface_has_a_session_and_leaves_the_other_alone():
    room = both()
    room.update(AP1, indicator=UNCHANGED, home=FIRST)
    room.update(AP2, indicator=UNCHANGED, home=SECOND, mac=MAC2, technology=LTE)
    assert at(room, FIRST) == (AP1, 4, MAC) and at(room, SECOND) == (AP2, LTE, MAC2)
    room.update(AP2, indicator=UNKNOWN, lifetime=0, home=SECOND, mac=MAC2, technology=LTE)
    room.wait(11000)
    assert at(room, FIRST) == (AP1, 4, MAC) and len(room.anchor.cache) == 1


def test_both_may_be_at_one_gateway_and_one_may_roam():
    room = Room()
    room.update()
    room.update(mac=MAC2, technology=LTE)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    assert at(room, FIRST) == (AP2, 4, MAC) and at(room, SECOND) == (AP1, LTE, MAC2)


def test_a_handoff_between_interfaces_moves_the_session_that_it_names():
    room = both()
    answer = room.update(AP2, home=FIRST, indicator=BETWEEN_INTERFACES, mac=MAC3, technology=LTE)
    assert room.home(answer) == FIRST
    assert [action for action in room.did if isinstance(action, Route)] == [
        Route(FIRST, AP2, LMA, "gre")]
    assert at(room, FIRST) == (AP2, LTE, MAC3) and at(room, SECOND) == (AP2, LTE, MAC2)
    room.wait(HANDOVER_DELAY)
    mag, indication = room.revocation()
    assert mag == AP1
    assert indication.trigger == status.INTER_MAG_HANDOVER_DIFFERENT_ACCESS_TYPE


def test_the_only_session_is_meant_if_none_is_named():
    room = Room()
    room.update()
    assert room.home(room.update(
        AP2, indicator=BETWEEN_INTERFACES, mac=MAC2, technology=LTE)) == FIRST
    assert at(room, FIRST) == (AP2, LTE, MAC2) and len(room.anchor.cache) == 1


def test_of_two_sessions_none_is_meant_if_none_is_named():
    room = both()
    answer = room.update(AP2, indicator=BETWEEN_INTERFACES, mac=MAC3, technology=LTE)
    assert room.home(answer) not in (FIRST, SECOND)
    assert at(room, FIRST) == (AP1, 4, MAC) and at(room, SECOND) == (AP2, LTE, MAC2)


def test_there_and_back_between_interfaces():
    room = Room()
    room.update()
    for turn in range(6):
        mag, mac, technology = ((AP2, MAC2, LTE), (AP1, MAC, 4))[turn % 2]
        answer = room.update(
            mag, home=FIRST, indicator=BETWEEN_INTERFACES, mac=mac, technology=technology)
        assert room.home(answer) == FIRST and at(room, FIRST) == (mag, technology, mac)
    assert room.count("handovers") == 6 and len(room.anchor.cache) == 1


def test_the_interface_that_was_left_takes_nothing_back():
    room = Room()
    room.update()
    room.update(AP2, home=FIRST, indicator=BETWEEN_INTERFACES, mac=MAC2, technology=LTE)
    for indicator in (UNCHANGED, UNKNOWN, BETWEEN_GATEWAYS):
        answer = room.update(AP1, home=FIRST, indicator=indicator)
        assert answer.status == status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, indicator
    assert room.update(AP1, home=FIRST, indicator=UNKNOWN, lifetime=0) is None, "too late"
    assert at(room, FIRST) == (AP2, LTE, MAC2)


def test_a_session_may_move_to_an_interface_that_has_one():
    room = both()
    room.update(AP2, home=FIRST, indicator=BETWEEN_INTERFACES, mac=MAC2, technology=LTE)
    assert at(room, FIRST) == at(room, SECOND) == (AP2, LTE, MAC2)
    for home in (SECOND, FIRST):
        answer = room.update(AP2, home=home, indicator=UNCHANGED, mac=MAC2, technology=LTE)
        assert room.home(answer) == home
    room.update(AP2, home=FIRST, indicator=UNKNOWN, lifetime=0, mac=MAC2, technology=LTE)
    room.wait(11000)
    answer = room.update(AP2, indicator=UNKNOWN, mac=MAC2, technology=LTE)
    assert room.home(answer) == SECOND, "it is found by its interface, too"


def test_who_names_another_home_than_the_interface_has_may_ask_for_any():
    def asks(prefix):
        return [Option(options.HOME_NETWORK_PREFIX, prefix=prefix[0], prefix_length=prefix[1])]

    room = Room(pools=[DUAL])
    assert room.update(home=FIRST).status == status.ACCEPTED
    answer = room.update(home=None, more=asks(TWO))
    assert answer.status == status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    assert len(room.anchor.cache) == 1, "an interface has one session"
    answer = room.update(indicator=UNCHANGED, more=asks((bytes(16), 0)))
    assert room.home(answer) == FIRST
    assert answer.option(options.HOME_NETWORK_PREFIX).prefix == ONE[0]
    answer = room.update(indicator=UNCHANGED, more=asks(TWO))
    assert answer.status == status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
