# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules for the anchor that nothing else shows (RFC 5213 section 5, RFC 5844 sections 3.1, 4.1)."""

from lma_room import (
    AP1_6,
    AP2,
    BETWEEN_GATEWAYS,
    BETWEEN_INTERFACES,
    FIRST,
    INTERNET,
    LMA,
    LMA6,
    MAC,
    MAC2,
    UNCHANGED,
    UNKNOWN,
    Room,
    address,
    configuration,
)

from lma_lite.actions import Route
from lma_lite.policy import Pool
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_prefix
from mag_lite.wire.mobility_options import Option

LARGE = parse_prefix("2001:db8:100::/40")
ONE, TWO = [parse_prefix("2001:db8:100:%d::/64" % number) for number in range(2)]
ANY_PREFIX = Option(options.HOME_NETWORK_PREFIX, prefix=bytes(16), prefix_length=0)
ANY_LINK_LOCAL = Option(options.LINK_LOCAL_ADDRESS, address=bytes(16))


def dual():
    return Room(pools=[Pool("internet", b"", *INTERNET[2:5], LARGE)])


def entry(room):
    """The only entry of the Binding Cache."""
    found, = list(room.anchor.cache)
    return found


def prefixes(answer):
    return [(option.prefix, option.prefix_length)
            for option in answer.all(options.HOME_NETWORK_PREFIX)]


# The Binding Cache entry (RFC 5213 5.1)


def test_an_interface_that_is_not_named_is_kept_as_two_octets_of_zero():
    room = Room()
    room.update(mac=None)
    assert entry(room).link_layer_identifier == bytes(2)


def test_without_a_time_stamp_the_entry_has_none():
    room = Room()
    room.update(timestamp=None)
    assert entry(room).timestamp == 0
    room.update(indicator=UNCHANGED)
    assert entry(room).timestamp == room.time_of_day()
    room.update(indicator=UNCHANGED, timestamp=None)
    assert entry(room).timestamp == 0


def test_a_refresh_is_written_into_the_entry():
    room = Room()
    room.update(lifetime=75)
    room.wait(10000)
    room.update(lifetime=50, indicator=UNCHANGED)
    found = entry(room)
    assert (found.lifetime, found.expires) == (50, room.now + 200000)
    assert (found.sequence, found.timestamp) == (room.sequence, room.time_of_day())
    assert found.handoff_indicator == UNCHANGED


def test_a_handover_is_written_into_the_entry():
    room = Room()
    room.update()
    room.update(AP2, lifetime=50, indicator=BETWEEN_INTERFACES, technology=3, mac=MAC2)
    found = entry(room)
    assert found.proxy_care_of_address == AP2 and found.ipv4_home_address == FIRST
    assert (found.access_technology, found.link_layer_identifier) == (3, MAC2)
    assert (found.lifetime, found.expires) == (50, room.now + 200000)


# Interfaces and prefixes (5.2, 5.4)


def test_two_interfaces_have_prefixes_and_sessions_of_their_own():
    room = dual()
    given = [prefixes(room.update(home=None, mac=mac, more=(ANY_PREFIX,))) for mac in (MAC, MAC2)]
    assert given == [[ONE], [TWO]]
    assert [each.home_network_prefixes for each in room.anchor.cache] == given
    room.update(home=None, lifetime=0, indicator=UNKNOWN, more=(
        Option(options.HOME_NETWORK_PREFIX, prefix=ONE[0], prefix_length=ONE[1]),))
    room.wait(20000)
    assert entry(room).home_network_prefixes == [TWO], "with lifetimes of their own"


def test_all_prefixes_of_an_interface_go_over_to_another():
    wanted = [Option(options.HOME_NETWORK_PREFIX, prefix=prefix, prefix_length=length)
              for prefix, length in (ONE, TWO)]
    for more in (wanted, [ANY_PREFIX]):
        room = dual()
        room.update(home=None, more=wanted)
        room.did = []
        answer = room.update(
            AP2, home=None, more=more, indicator=BETWEEN_INTERFACES, technology=3, mac=MAC2)
        assert prefixes(answer) == [ONE, TWO]
        assert entry(room).link_layer_identifier == MAC2
        assert [action for action in room.did if isinstance(action, Route)] == [
            Route(ONE, AP2, LMA, "gre"), Route(TWO, AP2, LMA, "gre")]


# The delay before deletion (9.1)


def test_the_delay_before_deletion_can_be_configured():
    room = Room()
    room.anchor.reconfigure(configuration(delete_delay=2500), room.now)
    room.update()
    room.update(lifetime=0, indicator=UNKNOWN)
    room.wait(2499)
    assert len(room.anchor.cache) == 1
    room.wait(1)
    assert len(room.anchor.cache) == 0


# The acknowledgement (5.3.6, RFC 5844 3.1.2.6)


def test_an_acceptance_has_every_mandatory_option():
    room = dual()
    answer = room.update(home=None, indicator=UNKNOWN, more=(ANY_PREFIX, ANY_LINK_LOCAL))
    sent = header.decode(room.last)
    assert (answer.kind, answer.status) == (header.BINDING_ACKNOWLEDGEMENT, status.ACCEPTED)
    assert answer.flags == header.BA_PROXY and answer.sequence == sent.sequence
    assert prefixes(answer) == [ONE]
    for number in (options.MN_IDENTIFIER, options.HANDOFF_INDICATOR, options.TIMESTAMP,
                   options.ACCESS_TECHNOLOGY_TYPE, options.MN_LINK_LAYER_IDENTIFIER):
        assert answer.all(number) == sent.all(number), number
    assert len(answer.all(options.LINK_LOCAL_ADDRESS)) == 1


def test_a_refusal_repeats_the_ipv4_address_with_its_prefix_length():
    room = Room()
    request = Option(
        options.IPV4_HOME_ADDRESS_REQUEST, address=address("192.168.1.5"), prefix_length=24)
    answer = room.update(home=None, more=(request,))
    reply, = answer.all(options.IPV4_HOME_ADDRESS_REPLY)
    assert answer.status == status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS
    assert (reply.address, reply.prefix_length) == (address("192.168.1.5"), 24)
    assert reply.status == 129 and answer.option(options.IPV4_DEFAULT_ROUTER_ADDRESS) is None


def test_with_both_ip_versions_the_answer_is_about_both():
    room = dual()
    answer = room.update(more=(ANY_PREFIX,))
    reply, = answer.all(options.IPV4_HOME_ADDRESS_REPLY)
    assert (reply.status, reply.address, reply.prefix_length) == (0, FIRST, 16)
    assert answer.option(options.IPV4_DEFAULT_ROUTER_ADDRESS).address == INTERNET.router
    assert prefixes(answer) == [ONE]
    answer = room.update(AP2, home=FIRST, more=(ANY_PREFIX,), indicator=BETWEEN_GATEWAYS)
    assert room.home(answer) == FIRST and prefixes(answer) == [ONE]


# The message (8.1, RFC 5844 4.1.3)


def test_an_option_that_nobody_knows_is_skipped():
    room = Room()
    answer = room.update(more=(Option(240, data=b"\1\2\3\4"),))
    assert answer.status == status.ACCEPTED and room.home(answer) == FIRST
    assert answer.option(240) is None


def test_over_ipv4_the_checksum_is_neither_looked_at_nor_made():
    room = Room()
    room.update()
    damaged = room.last[:4] + b"\x12\x34" + room.last[6:]
    room = Room()
    room.now += 1
    assert room.give(damaged).status == status.ACCEPTED
    assert room.sent[-1].data[4:6] == b"\0\0"
    room = Room()
    room.update(AP1_6, local=LMA6)
    assert room.sent[-1].data[4:6] != b"\0\0"
