# SPDX-License-Identifier: GPL-2.0-or-later
"""The IP versions of a client: what is wanted, and what the anchor gives (RFC 5844 3.2.3)."""

from domain import Domain
from mag import HOME, PREFIX, Bench

from lma_lite.policy import Node
from mag_lite.core.actions import Forward, Withdraw
from mag_lite.core.binding_update_list import ACTIVE, DENIED
from mag_lite.wire import ethernet, icmpv6, status
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_address, parse_prefix
from mag_lite.wire.ip import encode_ipv6
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

PHONE = b"\2\0\0\0\1\1"
OTHER = b"\2\0\0\0\1\2"
LARGE = parse_prefix("2001:db8:100::/40")
ROUTER_LINK_LOCAL = parse_address("fe80::200:5eff:fe00:5213")
ALL_ROUTERS = parse_address("ff02::2")
SECOND = parse_prefix("2001:db8:100:6::/64")


def prefixes(message):
    return [(option.prefix, option.prefix_length)
            for option in message.all(options.HOME_NETWORK_PREFIX)]


def asks_for(update):
    return (update.option(options.IPV4_HOME_ADDRESS_REQUEST) is not None,
            bool(update.all(options.HOME_NETWORK_PREFIX)))


def prefix_option(prefix):
    return Option(options.HOME_NETWORK_PREFIX, prefix=prefix[0], prefix_length=prefix[1])


# The update (RFC 5213 6.9.1.5, RFC 5844 3.2.3.1)


def test_the_profile_says_what_is_asked_for():
    for wanted, asked in (((4,), (True, False)), ((6,), (False, True)), ((4, 6), (True, True))):
        bench = Bench(ip_versions=wanted)
        bench.attach()
        update, = bench.sent()
        assert asks_for(update) == asked
        if 6 in wanted:
            assert prefixes(update) == [(bytes(16), 0)], "any prefix"
            assert update.option(options.LINK_LOCAL_ADDRESS).address == bytes(16)
        else:
            assert update.option(options.LINK_LOCAL_ADDRESS) is None


def test_a_refresh_and_a_departure_name_what_the_client_has():
    bench = Bench(ip_versions=(4, 6))
    binding = bench.activate()
    bench.gateway.registration.refresh_due(binding, bench.now)
    bench.gateway.station_seen("wlan0", binding.mac, bench.now)
    refresh = bench.sent()[-1]
    bench.answer(refresh)
    bench.gateway.station_gone("wlan0", binding.mac, "it disassociated", bench.now)
    departure = bench.sent()[-1]
    assert departure.lifetime == 0
    for update in (refresh, departure):
        assert prefixes(update) == [PREFIX]
        assert update.option(options.LINK_LOCAL_ADDRESS).address == ROUTER_LINK_LOCAL
        assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == HOME


def test_every_tunnel_carries_both():
    for encapsulation in ("gre", "ip"):
        bench = Bench(ip_versions=(4, 6), encapsulation=encapsulation)
        bench.attach()
        assert asks_for(bench.sent()[0]) == (True, True), encapsulation


# The acknowledgement (RFC 5213 6.9.1.2, RFC 5844 3.2.3.2)


def test_the_kernel_forwards_for_address_and_prefix():
    bench = Bench(ip_versions=(4, 6))
    bench.attach()
    bench.answer(bench.sent()[0])
    assert len(bench.take(Forward)) == 1
    assert bench.binding.forwarded == (HOME, PREFIX)
    bench.gateway.station_gone("wlan0", bench.binding.mac, "it disassociated", bench.now)
    assert [action.home for action in bench.take(Withdraw)] == [HOME, PREFIX]


def test_all_prefixes_that_the_anchor_assigns_are_used():
    bench = Bench(ip_versions=(6,))
    bench.attach()
    update, = bench.sent()
    answer = Message(
        header.BINDING_ACKNOWLEDGEMENT,
        [option for option in update.options if option.number not in (
            options.HOME_NETWORK_PREFIX,)] + [prefix_option(PREFIX), prefix_option(SECOND)],
        status=0, flags=header.BA_PROXY, sequence=update.sequence, lifetime=update.lifetime)
    bench.receive(answer)
    assert bench.binding.forwarded == (PREFIX, SECOND)


def test_if_the_anchor_gives_one_ip_version_the_client_has_that_one():
    for lacking, left in (((options.HOME_NETWORK_PREFIX,), (HOME,)),
                          ((options.IPV4_HOME_ADDRESS_REPLY,), (PREFIX,))):
        bench = Bench(ip_versions=(4, 6))
        bench.attach()
        bench.answer(bench.sent()[0], drop=lacking)
        assert bench.binding.state == ACTIVE and bench.binding.forwarded == left
    bench = Bench(ip_versions=(4, 6))
    bench.attach()
    refused = Option(options.IPV4_HOME_ADDRESS_REPLY, status=129, prefix_length=0, address=bytes(4))
    bench.answer(bench.sent()[0], change=(refused,))
    assert bench.binding.forwarded == (PREFIX,)


def test_an_anchor_that_gives_neither_is_of_no_use():
    bench = Bench(ip_versions=(4, 6))
    bench.attach()
    bench.answer(bench.sent()[0], drop=(
        options.HOME_NETWORK_PREFIX, options.IPV4_HOME_ADDRESS_REPLY))
    assert bench.binding.state == DENIED and bench.binding.forwarded is None
    assert "default router and its acknowledgement lacks" in bench.binding.reason


def test_prefixes_in_which_clients_could_make_no_address_are_refused():
    for text in ("2001:db8:100::/63", "fe80::/64", "ff02::/64", "::/64"):
        bench = Bench(ip_versions=(6,))
        bench.attach()
        bench.answer(bench.sent()[0], change=(prefix_option(parse_prefix(text)),))
        assert bench.binding.state == DENIED, text
        assert bench.sent()[-1].lifetime == 0, "the session is given back"


def test_one_prefix_of_no_use_makes_the_session_one_of_no_use():
    bench = Bench(ip_versions=(6,))
    bench.attach()
    update, = bench.sent()
    bench.receive(Message(
        header.BINDING_ACKNOWLEDGEMENT, [
            option for option in update.options
            if option.number != options.HOME_NETWORK_PREFIX
        ] + [prefix_option(PREFIX), prefix_option(parse_prefix("2001:db8:100::/63"))],
        status=0, flags=header.BA_PROXY, sequence=update.sequence, lifetime=update.lifetime))
    assert bench.binding.state == DENIED


def test_a_link_local_address_that_the_anchor_generated_is_ours():
    generated = parse_address("fe80::1:2")
    bench = Bench(ip_versions=(6,))
    bench.attach()
    bench.answer(bench.sent()[0], change=(
        Option(options.LINK_LOCAL_ADDRESS, address=generated),))
    assert bench.binding.router_link_local == generated
    bench.gateway.station_gone("wlan0", bench.binding.mac, "it disassociated", bench.now)
    assert bench.sent()[-1].option(options.LINK_LOCAL_ADDRESS).address == generated


def test_the_next_gateway_has_the_address_that_the_former_gave_way_with():
    domain = dual()
    domain.attach(0, PHONE)
    domain.run(1000)
    ap = domain.access_points[0]
    binding = ap.gateway.bindings.get("wlan0", PHONE)
    assert binding.router_link_local == ROUTER_LINK_LOCAL
    solicitation = icmpv6.encode(
        icmpv6.Message(icmpv6.ROUTER_SOLICITATION), ROUTER_LINK_LOCAL, ALL_ROUTERS)
    packet = encode_ipv6(ROUTER_LINK_LOCAL, ALL_ROUTERS, 58, solicitation, 255)
    ap.gateway.frame_received(
        "wlan0", ethernet.frame(b"\x33\x33\0\0\0\2", PHONE, ethernet.IPV6, packet), domain.now)
    ap.settle()
    domain.run(1000)
    domain.attach(1, PHONE)
    domain.run(1000)
    binding = domain.access_points[1].gateway.bindings.get("wlan0", PHONE)
    assert binding.router_link_local == parse_address("fe80::200:5eff:fe00:5214")


def test_a_refused_ip_version_is_not_asked_for_again():
    for code, left in ((status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE, (True, False)),
                       (status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE, (False, True))):
        bench = Bench(ip_versions=(4, 6))
        bench.attach()
        bench.answer(bench.sent()[0], status=code)
        update, = bench.sent()
        assert asks_for(update) == left, "at once"
        bench.answer(update)
        assert bench.binding.state == ACTIVE
        bench.gateway.station_gone("wlan0", bench.binding.mac, "it disassociated", bench.now)
        bench.answer(bench.sent()[-1])
        bench.attach()
        assert asks_for(bench.sent()[-1]) == left, "nor when the client comes again"
        bench.answer(bench.sent()[-1], status=code) if bench.sent() else None


def test_a_refused_only_ip_version_ends_the_matter():
    bench = Bench(ip_versions=(6,))
    bench.attach()
    bench.answer(bench.sent()[0], status=status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE)
    assert bench.binding.state == DENIED and bench.sent() == []
    assert "no IPv6 service" in bench.binding.reason


def test_refused_prefixes_are_given_up_for_any():
    for code in (status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX,
                 status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH):
        bench = Bench(ip_versions=(4, 6))
        binding = bench.activate()
        bench.gateway.registration.refresh_due(binding, bench.now)
        bench.gateway.station_seen("wlan0", binding.mac, bench.now)
        bench.answer(bench.sent()[-1], status=code)
        update, = bench.sent()
        assert prefixes(update) == [(bytes(16), 0)]


def test_another_prefix_than_before_replaces_it():
    bench = Bench(ip_versions=(4, 6))
    binding = bench.activate()
    bench.gateway.registration.refresh_due(binding, bench.now)
    bench.gateway.station_seen("wlan0", binding.mac, bench.now)
    bench.answer(bench.sent()[-1], change=(prefix_option(SECOND),))
    assert [action.home for action in bench.take(Withdraw)] == [PREFIX]
    assert binding.forwarded == (HOME, SECOND)


# Gateways and anchor together


def dual(**more):
    return Domain(ip_versions=(4, 6), prefix=LARGE, **more)


def test_a_roaming_phone_keeps_address_and_prefix():
    domain = dual()
    domain.attach(0, PHONE)
    domain.attach(0, OTHER, b"mn2@example.org")
    domain.run(1000)
    homes = domain.homes_of(PHONE)
    assert len(homes) == 2 and not set(homes) & set(domain.homes_of(OTHER))
    for place in (1, 0, 1):
        domain.attach(place, PHONE)
        domain.run(20)
        for home in homes:
            assert domain.routes[home] is domain.access_points[place], "one round trip"
        domain.run(2000)
        assert domain.homes_of(PHONE) == homes
    domain.leave(1, PHONE)
    domain.leave(0, OTHER)
    domain.run(20000)
    assert domain.is_empty()


def test_a_roaming_phone_keeps_all_its_prefixes():
    kept = tuple([parse_prefix("2001:db8:100:%d::/64" % number) for number in (7, 8, 9)])
    domain = dual(nodes=[Node(b"mn1@example.org", True, "internet", None, kept)])
    domain.attach(0, PHONE)
    domain.attach(0, OTHER, b"mn2@example.org")
    domain.run(1000)
    homes = domain.homes_of(PHONE)
    assert set(homes[1:]) == set(kept) and len(domain.homes_of(OTHER)) == 2
    for place in (1, 0):
        domain.attach(place, PHONE)
        domain.run(2000)
        assert domain.homes_of(PHONE) == homes
        for home in homes:
            assert domain.routes[home] is domain.access_points[place]
    domain.leave(0, PHONE)
    domain.leave(0, OTHER)
    domain.run(20000)
    assert domain.is_empty()


def test_a_stationary_phone_keeps_its_prefix_for_ever():
    domain = dual(lifetime=120000)
    domain.attach(0, PHONE)
    domain.run(1000)
    homes = domain.homes_of(PHONE)
    for _ in range(50):
        domain.run(30000)
        assert domain.homes_of(PHONE) == homes


def test_an_anchor_without_prefixes_gives_ipv4_after_one_more_round_trip_and_then_at_once():
    domain = Domain(ip_versions=(4, 6))
    domain.attach(0, PHONE)
    domain.run(40)
    address = domain.address_of(PHONE)
    domain.attach(1, PHONE)
    domain.run(40)
    domain.attach(0, PHONE)
    domain.run(20)
    assert domain.routes[address] is domain.access_points[0]


def test_every_single_message_about_a_dual_stack_phone_may_be_lost():
    for lost in range(10):
        domain = dual()
        seen = []

        def lose(source, destination, data, seen=seen, lost=lost):
            seen.append(data)
            return len(seen) == lost + 1

        domain.lose = lose
        domain.attach(0, PHONE)
        domain.run(5000)
        homes = domain.homes_of(PHONE)
        assert len(homes) == 2
        domain.attach(1, PHONE)
        domain.run(8000)
        assert domain.homes_of(PHONE) == homes, lost
        domain.leave(1, PHONE)
        domain.run(3700000)
        assert domain.is_empty(), lost
