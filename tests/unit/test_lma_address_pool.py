# SPDX-License-Identifier: GPL-2.0-or-later
"""The address pool: everything once, the same again to who comes back, nothing too much."""

from lma_lite.address_pool import AddressPool
from mag_lite.wire.address import parse_address

MN1 = ((1, b"mn1"), b"1")
MN2 = ((1, b"mn2"), b"2")


def a(last, third=0):
    return parse_address("10.20.%d.%d" % (third, last))


def pool(length=16, router=1):
    return AddressPool(a(0), length, a(router))


def owner(number):
    return (1, b"mn%d" % number), b"%d" % number


def test_network_broadcast_and_router_are_never_given():
    small = pool(29, router=3)
    given = [small.allocate(owner(number)) for number in range(6)]
    assert given == [a(1), a(2), a(4), a(5), a(6), None]
    assert small.capacity == 5 and small.used == 5
    for address in (a(0), a(3), a(7), a(8), parse_address("10.19.255.255")):
        assert not small.contains(address)
        assert not small.claim(MN1, address)


def test_a_returning_node_gets_its_address_back():
    addresses = pool()
    first = addresses.allocate(MN1)
    second = addresses.allocate(MN2)
    addresses.release(first)
    addresses.release(second)
    assert addresses.allocate(MN2) == second
    assert addresses.allocate(MN1) == first


def test_another_node_gets_a_fresh_address_as_long_as_there_is_one():
    addresses = pool(29)
    first = addresses.allocate(MN1)
    addresses.release(first)
    others = [addresses.allocate(owner(number)) for number in range(2, 6)]
    assert first not in others
    assert addresses.allocate(owner(6)) == first
    assert addresses.allocate(MN1) is None


def test_the_address_given_back_longest_ago_is_used_again_first():
    addresses = pool(29)
    given = [addresses.allocate(owner(number)) for number in range(5)]
    for position in (2, 0, 1):
        addresses.release(given[position])
    assert addresses.allocate(owner(0)) == given[0]
    addresses.release(given[0])
    assert [addresses.allocate(owner(number)) for number in (10, 11, 12, 13)] == [
        given[2], given[1], given[0], None]


def test_a_node_may_claim_a_free_address_but_not_a_used_one():
    addresses = pool()
    assert addresses.claim(MN1, a(99))
    assert not addresses.claim(MN2, a(99))
    addresses.release(a(99))
    assert not addresses.claim(MN2, a(99)), "it is kept for who had it last"
    assert addresses.claim(MN1, a(99))


def test_a_node_may_claim_what_another_interface_of_it_had():
    addresses = pool()
    addresses.claim(MN1, a(99))
    addresses.release(a(99))
    assert addresses.claim((MN1[0], b"other"), a(99))


def test_a_reserved_address_is_for_its_node_only():
    addresses = pool(29)
    addresses.reserve(a(2), MN2[0])
    assert [addresses.allocate(owner(number)) for number in (3, 4, 5)] == [a(3), a(4), a(5)]
    assert not addresses.claim(MN1, a(2))
    assert addresses.allocate(MN2) == a(2)
    assert addresses.allocate((MN2[0], b"second interface")) == a(6)
    addresses.release(a(2))
    assert addresses.allocate(MN1) is None
    assert addresses.allocate(MN2) == a(2)


def test_an_interface_without_identifier_never_gets_an_address_in_use():
    addresses = pool()
    assert addresses.allocate(MN1) != addresses.allocate(MN1)


def test_a_large_pool_costs_nothing_until_it_is_used():
    addresses = AddressPool(parse_address("10.0.0.0"), 8, parse_address("10.0.0.1"))
    assert addresses.allocate(MN1) == parse_address("10.0.0.2")
    assert addresses.capacity == (1 << 24) - 3
    assert len(addresses._held) == 1


def test_coming_and_going_for_ever_costs_no_memory():
    addresses = pool(29)
    for turn in range(300):
        address = addresses.allocate(owner(turn))
        addresses.release(address)
        addresses.release(addresses.allocate(MN1))
    kept = (addresses._former, addresses._queue, addresses._last, addresses._held)
    assert max([len(each) for each in kept]) <= 5
    addresses.reserve(a(6), (1, b"static"))
    for turn in range(300):
        addresses.release(addresses.allocate(((1, b"static"), b"%d" % turn)))
    assert max([len(each) for each in kept]) <= 5


def test_releasing_what_nobody_has_changes_nothing():
    addresses = pool(29)
    addresses.release(a(5))
    assert addresses.allocate(MN1) == a(2)


def test_a_new_pool_inherits_who_had_what():
    old, new = pool(29), pool(16)
    first, second = old.allocate(MN1), old.allocate(MN2)
    old.release(second)
    old.release(first)
    new.inherit(old)
    assert new.used == 0
    assert new.allocate(MN2) == second
    assert new.allocate(MN1) == first
