# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways and anchor together: what a roaming phone experiences, with and without losses."""

from domain import LINK, Domain

from mag_lite.wire import mobility_header as header
from mag_lite.wire.address import format_address

PHONE = b"\2\0\0\0\1\1"
OTHER = b"\2\0\0\0\1\2"


def kind_of(data):
    return header.decode(data).kind


def test_a_phone_gets_an_address_after_one_round_trip():
    domain = Domain()
    domain.attach(0, PHONE)
    domain.run(20)
    assert format_address(domain.address_of(PHONE)) == "10.20.0.2"


def test_a_roaming_phone_keeps_its_address_and_the_old_access_point_is_cleared():
    domain = Domain()
    domain.attach(0, PHONE)
    domain.run(1000)
    address = domain.address_of(PHONE)
    for place in (1, 0, 1):
        domain.attach(place, PHONE)
        domain.run(20)
        assert domain.routes[address] is domain.access_points[place], "one round trip"
        domain.run(2000)
        assert domain.address_of(PHONE) == address
        assert PHONE not in domain.access_points[1 - place].stations


def test_it_holds_as_well_with_sequence_numbers_instead_of_time_stamps():
    domain = Domain(timestamps=False)
    domain.attach(0, PHONE)
    domain.run(1000)
    address = domain.address_of(PHONE)
    for place in (1, 0, 1, 0):
        domain.attach(place, PHONE)
        domain.run(2000)
        assert domain.address_of(PHONE) == address


def test_departure_leaves_nothing_behind_after_the_delete_delay():
    domain = Domain()
    domain.attach(0, PHONE)
    domain.run(1000)
    domain.leave(0, PHONE)
    domain.run(1000)
    assert domain.blackholes and not domain.routes
    domain.run(10000)
    assert domain.is_empty()


def test_a_phone_back_within_the_delete_delay_is_served_on():
    domain = Domain()
    domain.attach(0, PHONE)
    domain.run(1000)
    address = domain.address_of(PHONE)
    domain.leave(0, PHONE)
    domain.run(5000)
    domain.attach(1, PHONE)
    domain.run(30000)
    assert domain.address_of(PHONE) == address


def test_a_stationary_phone_is_refreshed_for_ever():
    domain = Domain(lifetime=120000)
    domain.attach(0, PHONE)
    for _ in range(100):
        domain.run(30000)
        domain.address_of(PHONE)
    assert domain.anchor.counters.get("expirations") == 0


def test_an_access_point_that_misses_the_revocation_does_not_steal_the_phone_back():
    domain = Domain(lifetime=120000)
    domain.attach(0, PHONE)
    domain.run(1000)
    address = domain.address_of(PHONE)
    deaf = domain.access_points[0]
    domain.lose = lambda source, destination, data: destination == deaf.address
    domain.attach(1, PHONE)
    domain.run(5000)
    assert PHONE in deaf.kernel, "it could not know yet"
    domain.lose = None
    for _ in range(300):
        domain.run(1000)
        assert domain.routes[address] is domain.access_points[1]
    assert domain.address_of(PHONE) == address


def notices_departure(ap):
    """An access point finds out that the phone has left it; it may be elsewhere by now."""
    ap.stations.discard(PHONE)
    ap.gateway.station_gone(LINK, PHONE, "it disassociated", ap.domain.now)
    ap.settle()


def test_the_old_access_point_may_de_register_early_late_or_at_the_same_time():
    for timestamps in (True, False):
        for early in (5000, 100, 20, 15, 10, 5, 1, 0):
            domain = Domain(timestamps=timestamps)
            domain.attach(0, PHONE)
            domain.run(1000)
            address = domain.address_of(PHONE)
            notices_departure(domain.access_points[0])
            domain.run(early)
            domain.attach(1, PHONE)
            domain.run(30000)
            assert domain.address_of(PHONE) == address, (timestamps, early)
        for late in (0, 1, 5, 10, 15, 20, 30, 105, 115, 130, 700, 1000, 5000):
            domain = Domain(timestamps=timestamps)
            domain.attach(0, PHONE)
            domain.run(1000)
            address = domain.address_of(PHONE)
            domain.attach(1, PHONE)
            domain.run(late)
            notices_departure(domain.access_points[0])
            domain.run(30000)
            assert domain.address_of(PHONE) == address, (timestamps, -late)


def test_every_single_message_may_be_lost():
    for lost in range(12):
        domain = Domain()
        seen = []

        def lose(source, destination, data, seen=seen, lost=lost):
            seen.append(data)
            return len(seen) == lost + 1

        domain.lose = lose
        domain.attach(0, PHONE)
        domain.run(5000)
        address = domain.address_of(PHONE)
        domain.attach(1, PHONE)
        domain.run(8000)
        assert domain.address_of(PHONE) == address, lost
        domain.leave(1, PHONE)
        domain.run(3700000)
        assert domain.is_empty(), lost


def test_an_unreachable_anchor_is_found_again_when_the_network_heals():
    domain = Domain()
    domain.lose = lambda source, destination, data: True
    domain.attach(0, PHONE)
    domain.run(100000)
    domain.lose = None
    domain.run(33000)
    domain.address_of(PHONE)


def test_two_phones_get_two_addresses():
    domain = Domain()
    domain.attach(0, PHONE)
    domain.attach(0, OTHER, b"mn2@example.org")
    domain.run(1000)
    assert domain.address_of(PHONE) != domain.address_of(OTHER)


def test_ping_pong_faster_than_the_signalling_ends_where_the_phone_is():
    domain = Domain()
    for turn in range(21):
        domain.attach(turn % 2, PHONE)
        domain.run(7)
    domain.run(10000)
    domain.address_of(PHONE)


def test_one_handover_costs_four_messages():
    domain = Domain()
    domain.attach(0, PHONE)
    domain.run(1000)
    messages = []
    domain.lose = lambda source, destination, data: messages.append(kind_of(data))
    domain.attach(1, PHONE)
    domain.run(5000)
    assert messages == [
        header.BINDING_UPDATE, header.BINDING_ACKNOWLEDGEMENT,
        header.BINDING_REVOCATION_INDICATION, header.BINDING_REVOCATION_ACKNOWLEDGEMENT]
