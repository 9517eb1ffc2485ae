# SPDX-License-Identifier: GPL-2.0-or-later
"""Home network prefixes at the anchor: assigned, kept, refused, beside IPv4 or alone."""

from lma_room import (
    ANY,
    AP1,
    AP1_6,
    AP2,
    BETWEEN_GATEWAYS,
    FIRST,
    INTERNET,
    LMA,
    LMA6,
    MAC2,
    SECOND,
    UNCHANGED,
    UNKNOWN,
    Room,
    address,
    configuration,
    node,
)

from lma_lite import binding_record
from lma_lite.actions import Blackhole, Route, Unroute
from lma_lite.policy import Pool
from lma_lite.prefix_pool import PrefixPool
from lma_lite.revocation import HANDOVER_DELAY
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_prefix
from mag_lite.wire.mobility_options import Option

LARGE = parse_prefix("2001:db8:100::/40")
ONE, TWO, THREE = [parse_prefix("2001:db8:100:%d::/64" % number) for number in range(3)]
ELSEWHERE = parse_prefix("2001:db8:999:1::/64")
DUAL = Pool("internet", b"", *INTERNET[2:5], LARGE)
IPV6_ONLY = Pool("internet", b"", None, 0, None, LARGE)


def asks(*prefixes):
    """The options that ask for these prefixes, for any without."""
    return [Option(options.HOME_NETWORK_PREFIX, prefix=prefix, prefix_length=length)
            for prefix, length in prefixes or [(bytes(16), 0)]]


def given(answer):
    return [(option.prefix, option.prefix_length)
            for option in answer.all(options.HOME_NETWORK_PREFIX)]


def dual(*arguments, **settings):
    return Room(*arguments, pools=[DUAL], **settings)


def six(room, *arguments, **settings):
    """An update that asks for IPv6 only."""
    return room.update(*arguments, home=None, more=asks(), **settings)


def done(room, kind):
    found = [action for action in room.did if isinstance(action, kind)]
    room.did = []
    return found


# Assignment (RFC 5213 5.3.2)


def test_a_dual_stack_node_gets_an_address_and_a_prefix_in_one_session():
    room = dual()
    answer = room.update(more=asks())
    assert answer.status == status.ACCEPTED
    assert room.home(answer) == FIRST and given(answer) == [ONE]
    assert len(room.anchor.cache) == 1
    assert done(room, Route) == [Route(FIRST, AP1, LMA, "gre"), Route(ONE, AP1, LMA, "gre")]


def test_a_node_that_asks_for_one_ip_version_gets_that_one():
    answer = six(dual())
    assert given(answer) == [ONE] and answer.option(options.IPV4_HOME_ADDRESS_REPLY) is None
    answer = dual().update()
    assert given(answer) == [] and answer.option(options.IPV4_HOME_ADDRESS_REPLY).address == FIRST


def test_an_ipv6_only_service_has_no_addresses():
    room = Room(pools=[IPV6_ONLY])
    assert given(six(room)) == [ONE]
    assert room.update(mac=MAC2).status == status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE


def test_each_session_has_a_prefix_of_its_own_and_gets_it_back():
    room = dual()
    assert given(six(room)) == [ONE]
    assert given(six(room, node=b"mn2@example.net", mac=MAC2)) == [TWO]
    room.update(home=None, more=asks(ONE), lifetime=0, indicator=UNKNOWN)
    room.wait(20000)
    assert given(six(room, node=b"mn3@example.net")) == [THREE], "not that of who may come back"
    assert given(six(room)) == [ONE]


def test_prefixes_named_by_the_gateway_are_given_if_they_are_free():
    room = dual()
    answer = room.update(home=None, more=asks(TWO, THREE))
    assert given(answer) == [TWO, THREE]
    assert done(room, Route) == [Route(TWO, AP1, LMA, "gre"), Route(THREE, AP1, LMA, "gre")]
    for wanted in ([TWO], [ELSEWHERE], [ONE, ELSEWHERE], [(ONE[0], 63)]):
        answer = room.update(node=b"mn2@example.net", mac=MAC2, more=asks(*wanted))
        assert answer.status == status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX, wanted
        assert given(answer) == wanted, "a refusal repeats them"
    answer = room.update(node=b"mn2@example.net", mac=MAC2, more=asks(ONE))
    assert given(answer) == [ONE], "a refusal has taken nothing"
    assert room.home(answer) == FIRST


def test_a_prefix_kept_for_a_node_goes_to_it_alone():
    room = dual(nodes=[node(b"mn1@example.net", prefixes=(ONE,))])
    assert given(six(room, node=b"mn2@example.net", mac=MAC2)) == [TWO]
    assert room.update(
        node=b"mn3@example.net", mac=MAC2, home=None, more=asks(ONE)
    ).status == status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
    assert given(six(room)) == [ONE]


def several():
    """A room where ONE and THREE are kept for a node, which has both."""
    room = dual(nodes=[node(b"mn1@example.net", prefixes=(ONE, THREE))])
    assert given(six(room)) == [ONE, THREE]
    return room


def test_all_prefixes_kept_for_a_node_are_in_one_session():
    room = several()
    assert done(room, Route) == [Route(ONE, AP1, LMA, "gre"), Route(THREE, AP1, LMA, "gre")]
    assert given(six(room, node=b"mn2@example.net", mac=MAC2)) == [TWO]
    assert given(room.update(home=None, indicator=UNCHANGED, more=asks(THREE, ONE))) == [ONE, THREE]
    answer = room.update(home=None, indicator=UNCHANGED, more=asks(ONE))
    assert answer.status == status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH, "all of them or any"


def test_a_roam_moves_all_prefixes_and_a_departure_ends_all():
    room = several()
    room.did = []
    answer = room.update(AP2, home=None, indicator=BETWEEN_GATEWAYS, more=asks(ONE, THREE))
    assert given(answer) == [ONE, THREE]
    assert done(room, Route) == [Route(ONE, AP2, LMA, "gre"), Route(THREE, AP2, LMA, "gre")]
    room.wait(HANDOVER_DELAY)
    assert given(room.revocation()[1]) == [ONE, THREE]
    room.update(AP2, home=None, lifetime=0, indicator=UNKNOWN, more=asks(ONE, THREE))
    assert done(room, Blackhole) == [Blackhole(ONE), Blackhole(THREE)]
    room.wait(11000)
    assert done(room, Unroute) == [Unroute(ONE), Unroute(THREE)]
    assert given(six(room)) == [ONE, THREE], "and has them again"


def test_the_second_interface_of_a_node_gets_a_prefix_that_is_free():
    room = several()
    assert given(six(room, mac=MAC2)) == [TWO]


def test_what_is_taken_of_the_prefixes_kept_for_a_node_is_left_out():
    room = dual(nodes=[node(b"mn1@example.net", prefixes=(ONE, THREE))])
    assert given(room.update(home=None, more=asks(THREE))) == [THREE]
    assert given(six(room, mac=MAC2)) == [ONE]


def test_a_pool_without_a_free_prefix_has_no_resources():
    room = Room(pools=[Pool("internet", b"", *INTERNET[2:5], (ONE[0], 63))])
    for number in range(2):
        six(room, node=b"mn%d" % number, mac=bytes([2, 0, 0, 0, 0, number]))
    answer = room.update(node=b"late", mac=MAC2, more=asks())
    assert answer.status == status.INSUFFICIENT_RESOURCES
    assert room.home(room.update(node=b"late", mac=MAC2)) == FIRST, "nor has it taken an address"


def test_a_prefix_goes_through_every_tunnel():
    for gre in (True, False):
        for ends in ({}, {"mag": AP1_6, "local": LMA6}):
            assert six(dual(), gre=gre, **ends).status == status.ACCEPTED, (gre, ends)


# Refresh, handover, change of what is asked for (RFC 5213 5.3.3 to 5.3.5, RFC 5844 3.1.2)


def test_a_refresh_and_a_handover_keep_the_prefix():
    room = dual()
    room.update(more=asks())
    room.did = []
    answer = room.update(home=FIRST, more=asks(ONE), indicator=UNCHANGED)
    assert given(answer) == [ONE] and done(room, Route) == []
    for more in (asks(), asks(ONE)):
        answer = room.update(AP2, more=more, indicator=BETWEEN_GATEWAYS)
        assert given(answer) == [ONE] and room.home(answer) == FIRST
        assert done(room, Route) == [Route(FIRST, AP2, LMA, "gre"), Route(ONE, AP2, LMA, "gre")]
        room.update(AP1, more=more, indicator=BETWEEN_GATEWAYS)
        room.did = []


def test_a_refresh_must_name_all_prefixes_of_the_session():
    room = dual()
    room.update(home=None, more=asks(ONE, TWO))
    for wanted in ([ONE], [ONE, TWO, THREE]):
        answer = room.update(home=None, more=asks(*wanted), indicator=UNCHANGED)
        assert answer.status == status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH
    assert room.update(
        home=None, more=asks(TWO, ONE), indicator=UNCHANGED).status == status.ACCEPTED


def test_a_session_is_extended_by_the_other_ip_version():
    room = dual()
    six(room)
    room.did = []
    answer = room.update(more=asks(ONE), indicator=UNCHANGED)
    assert room.home(answer) == FIRST and given(answer) == [ONE]
    assert done(room, Route) == [Route(FIRST, AP1, LMA, "gre")], "the prefix has its route"
    room = dual()
    room.update()
    answer = room.update(home=FIRST, more=asks(), indicator=UNCHANGED)
    assert given(answer) == [ONE] and len(room.anchor.cache) == 1


def test_after_a_handover_the_ip_version_not_asked_for_is_released():
    room = dual()
    room.update(more=asks())
    room.did = []
    answer = room.update(AP2, home=FIRST, indicator=BETWEEN_GATEWAYS)
    assert given(answer) == []
    assert done(room, Unroute) == [Unroute(ONE)]
    assert room.anchor.policy.services["internet"].prefixes.used == 0


def test_de_registration_of_both_drops_packets_to_both():
    room = dual()
    room.update(more=asks())
    room.did = []
    room.update(home=FIRST, more=asks(ONE), lifetime=0, indicator=UNKNOWN)
    assert done(room, Blackhole) == [Blackhole(FIRST), Blackhole(ONE)]
    room.wait(10000)
    assert done(room, Unroute) == [Unroute(FIRST), Unroute(ONE)]
    service = room.anchor.policy.services["internet"]
    assert (service.addresses.used, service.prefixes.used) == (0, 0)


def test_de_registration_of_one_ip_version_leaves_the_other():
    for one, other in ((FIRST, ONE), (ONE, FIRST)):
        room = dual()
        room.update(more=asks())
        room.did = []
        if one is FIRST:
            answer = room.update(home=FIRST, lifetime=0, indicator=UNKNOWN)
        else:
            answer = room.update(home=None, more=asks(ONE), lifetime=0, indicator=UNKNOWN)
        assert answer.status == status.ACCEPTED and answer.lifetime == 0
        assert done(room, Unroute) == [Unroute(one)]
        assert [each.home_addresses() for each in room.anchor.cache] == [[other]]
        room.wait(20000)
        assert len(room.anchor.cache) == 1


def test_de_registration_of_more_than_the_session_has_ends_it():
    room = dual()
    room.update()
    link_local = Option(options.LINK_LOCAL_ADDRESS, address=bytes(16))
    room.did = []
    answer = room.update(home=FIRST, more=asks() + [link_local], lifetime=0, indicator=UNKNOWN)
    assert (answer.status, answer.lifetime) == (status.ACCEPTED, 0)
    assert answer.option(options.LINK_LOCAL_ADDRESS) == link_local
    assert done(room, Blackhole) == [Blackhole(FIRST)]


def test_a_revocation_names_the_prefixes():
    room = dual()
    room.update(more=asks())
    room.update(AP2, more=asks(), indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    mag, indication = room.revocation()
    assert mag == AP1 and given(indication) == [ONE]
    assert not indication.flags & header.BR_IPV4_ONLY, "it is about all of the session"


# Beside the protocol


def test_sessions_with_prefixes_outlive_the_daemon():
    room = dual()
    room.update(more=asks())
    six(room, node=b"mn2@example.net", mac=MAC2)
    other = dual()
    other.now = room.now
    for binding in room.anchor.cache:
        entry = binding_record.record(binding)
        other.anchor.restore(binding_record.restore(
            binding_record.key(binding), entry, other.anchor.policy.services), other.now)
    other.drain()
    assert done(other, Route) == [
        Route(home, AP1, LMA, "gre") for home in (FIRST, ONE, TWO)]
    assert given(six(other, node=b"mn3@example.net")) == [THREE]


def test_who_loses_the_pool_of_its_prefix_is_revoked():
    room = dual()
    room.update(more=asks())
    room.anchor.reconfigure(configuration(pools=[INTERNET]), room.now)
    room.drain()
    assert room.revocation()[0] == AP1
    room.acknowledge()
    assert len(room.anchor.cache) == 0
    room = dual()
    room.update(more=asks())
    room.anchor.reconfigure(configuration(pools=[DUAL]), room.now)
    assert given(room.update(home=ANY, more=asks(ONE), indicator=UNCHANGED)) == [ONE]
    assert room.home(room.update(node=b"mn2@example.net", mac=MAC2)) == SECOND


def test_a_prefix_whose_pool_has_another_name_now_is_free_when_its_session_is_gone():
    room = dual()
    room.update(more=asks())
    moved = Pool("other", b"other", None, 0, None, LARGE)
    room.anchor.reconfigure(configuration(pools=[INTERNET, moved]), room.now)
    room.drain()
    prefixes = room.anchor.policy.services["other"].prefixes
    assert prefixes.used == 1
    room.acknowledge()
    assert prefixes.used == 0


def test_a_returning_node_gets_its_prefix_also_after_a_reload():
    room = dual()
    six(room)
    room.update(home=None, more=asks(ONE), lifetime=0, indicator=UNKNOWN)
    room.wait(20000)
    room.anchor.reconfigure(configuration(pools=[DUAL]), room.now)
    assert given(six(room, node=b"mn2@example.net", mac=MAC2)) == [TWO]
    assert given(six(room)) == [ONE]


def test_the_pool_counts_prefixes_of_64_bits():
    pool = PrefixPool(*LARGE)
    assert pool.capacity == 1 << 24
    last = (address("2001:db8:1ff:ffff::"), 64)
    assert pool.contains(ONE) and pool.contains(last)
    for stranger in ((address("2001:db8:200::"), 64), (address("2001:db8:ff:ffff::"), 64),
                     (ONE[0], 48), (address("2001:db8:100::1"), 64)):
        assert not pool.contains(stranger) and not pool.claim((None, None), stranger)
