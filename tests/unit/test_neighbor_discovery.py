# SPDX-License-Identifier: GPL-2.0-or-later
"""What a client hears from its IPv6 default router, and what of it others could hear: nothing."""

from mag import DNS6, LINK, PHONE, PREFIX, Bench, SendFrame, acknowledgement

from mag_lite.core.registration import EXPIRED
from mag_lite.wire import ethernet, icmpv6
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import UNSPECIFIED6, parse_address, parse_prefix
from mag_lite.wire.icmpv6 import Message
from mag_lite.wire.ip import decode_ipv6, encode_ipv6
from mag_lite.wire.mobility_options import Option as MobilityOption

ROUTER_MAC = bytes((0, 0, 0x5E, 0, 0x52, 0x13))
ROUTER = parse_address("fe80::200:5eff:fe00:5213")
OWN = parse_address("fe80::ff:fe00:101")
GLOBAL = parse_address("2001:db8:100:5::1234")
ALL_NODES = parse_address("ff02::1")
ALL_ROUTERS = parse_address("ff02::2")
MULTICAST = b"\x33\x33\0\0\0\1"


def dual():
    return Bench(ip_versions=(4, 6))


def heard(bench):
    """The messages of neighbour discovery sent since: [(destination, message)]; all to PHONE."""
    found = []
    for action in bench.take(SendFrame):
        destination, source, ethertype, offset = ethernet.decode_frame(action.frame)
        assert (action.interface, destination, source) == (LINK, PHONE, ROUTER_MAC)
        if ethertype == ethernet.IPV6:
            packet = action.frame[offset:]
            sender, receiver, protocol, hop_limit, start, end = decode_ipv6(packet)
            assert (sender, protocol, hop_limit) == (ROUTER, 58, 255)
            found.append((receiver, icmpv6.decode(packet[start:end], sender, receiver)))
    return found


def advertisements(bench):
    return [message for _, message in heard(bench) if message.kind == icmpv6.ROUTER_ADVERTISEMENT]


def say(bench, message, source=OWN, destination=ALL_ROUTERS, hop_limit=255, mac=PHONE):
    packet = encode_ipv6(
        source, destination, 58, icmpv6.encode(message, source, destination), hop_limit)
    bench.frame(ethernet.frame(MULTICAST, mac, ethernet.IPV6, packet))


def solicit(bench, **how):
    say(bench, Message(icmpv6.ROUTER_SOLICITATION), **how)


def ask(bench, target, **how):
    how.setdefault("destination", ALL_NODES)
    say(bench, Message(icmpv6.NEIGHBOR_SOLICITATION, target=target), **how)


# Advertising (RFC 5213 6.7, 6.9.2)


def test_a_client_that_has_come_hears_of_its_prefix_its_router_the_mtu_and_dns():
    bench = dual()
    bench.attach()
    update, = bench.sent()
    bench.wait(20)
    bench.answer(update)
    (destination, found), = heard(bench)
    assert destination == ALL_NODES and found.kind == icmpv6.ROUTER_ADVERTISEMENT
    assert found.hop_limit == 64 and found.router_lifetime == 3599
    assert found.flags == icmpv6.RA_OTHER, "DHCPv6 tells of DNS servers, and of no address"
    assert found.option(icmpv6.SOURCE_LINK_LAYER_ADDRESS).address == ROUTER_MAC
    assert found.option(icmpv6.MTU).mtu == 1476
    prefix = found.option(icmpv6.PREFIX_INFORMATION)
    assert (prefix.prefix, prefix.prefix_length) == PREFIX
    assert prefix.flags == icmpv6.PIO_ON_LINK | icmpv6.PIO_AUTONOMOUS
    assert prefix.valid_lifetime == prefix.preferred_lifetime == 3599, "from the sending of it"
    servers = found.option(icmpv6.RECURSIVE_DNS_SERVER)
    assert (servers.addresses, servers.lifetime) == ([DNS6], 3599)


def test_a_client_with_several_prefixes_hears_of_all_at_once():
    second = parse_prefix("2001:db8:100:6::/64")
    bench = dual()
    bench.attach()
    update, = bench.sent()
    answer = acknowledgement(update)
    answer.options.append(MobilityOption(
        options.HOME_NETWORK_PREFIX, prefix=second[0], prefix_length=second[1]))
    bench.receive(answer)

    def lifetimes():
        return [{(option.prefix, option.prefix_length): option.valid_lifetime
                 for option in found.options if option.number == icmpv6.PREFIX_INFORMATION}
                for found in advertisements(bench)]

    assert lifetimes() == [{PREFIX: 3600, second: 3600}]
    bench.gateway.registration.refresh_due(bench.binding, bench.now)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    refresh = bench.sent()[-1]
    assert [option.prefix for option in refresh.all(options.HOME_NETWORK_PREFIX)] == [
        PREFIX[0], second[0]]
    bench.answer(refresh)
    assert lifetimes() == [{second: 0}, {PREFIX: 3600}], "the anchor has taken one away"
    assert bench.binding.homes[1:] == (PREFIX,)


def test_one_that_has_just_come_and_may_not_listen_yet_hears_so_three_times():
    bench = dual()
    bench.activate()
    told = []
    for _ in range(60):
        bench.wait(1000)
        told += [bench.now - bench.binding.attached_at for _ in advertisements(bench)]
    assert [round(at, -3) for at in told] == [4000, 8000]


def test_it_hears_so_after_each_refresh_and_in_between():
    bench = dual()
    binding = bench.activate()
    bench.wait(8000)
    advertisements(bench)
    for lifetime in (2392, 1192):
        bench.wait(1200000)
        found, = advertisements(bench)
        assert found.router_lifetime == lifetime
    bench.wait(1153000)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    bench.answer(bench.sent()[-1])
    found, = advertisements(bench)
    assert found.router_lifetime == 3600 and binding.expires_at == bench.now + 3600000


def test_short_bindings_do_not_flood_the_link():
    bench = dual()
    bench.attach()
    bench.answer(bench.sent()[0], lifetime=0)
    bench.take()
    bench.wait(3000)
    assert len(advertisements(bench)) <= 3


def test_a_client_of_ipv4_only_hears_nothing_of_ipv6():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0])
    assert heard(bench) == []
    solicit(bench)
    assert heard(bench) == []


def test_another_mtu_of_the_tunnel_is_told_at_once():
    bench = dual()
    binding = bench.activate()
    bench.gateway.neighbors.mtu = lambda binding: 1400
    bench.gateway.mtu_changed(binding.anchor, bench.now)
    found, = advertisements(bench)
    assert found.option(icmpv6.MTU).mtu == 1400
    bench = Bench()
    binding = bench.activate()
    bench.gateway.mtu_changed(binding.anchor, bench.now)
    assert heard(bench) == []


def test_a_client_of_a_restored_session_hears_of_its_prefix_before_that_is_old():
    before = dual().activate()
    bench = dual()
    before.anchor = bench.gateway.configuration.anchors[0]
    bench.gateway.restore(before, bench.now)
    bench.now += before.lifetime // 3
    bench.gateway.expire(bench.now)
    assert advertisements(bench)


def test_a_small_tunnel_is_not_advertised_as_an_mtu():
    bench = dual()
    bench.gateway.neighbors.mtu = lambda binding: 1279
    bench.attach()
    bench.answer(bench.sent()[0])
    found, = advertisements(bench)
    assert found.option(icmpv6.MTU) is None


def test_a_client_that_stays_without_service_is_told_that_its_prefix_is_over():
    bench = dual()
    binding = bench.activate()
    bench.gateway.registration.handle(binding, EXPIRED, bench.now)
    found, = advertisements(bench)
    prefix = found.option(icmpv6.PREFIX_INFORMATION)
    assert found.router_lifetime == prefix.preferred_lifetime == prefix.valid_lifetime == 0
    assert (prefix.prefix, prefix.prefix_length) == PREFIX


def test_a_client_that_left_is_told_nothing():
    bench = dual()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    assert heard(bench) == []
    bench.wait(7200000)
    assert advertisements(bench) == []


# Answering (RFC 4861 6.2.6, 7.2.4)


def test_a_solicitation_is_answered_at_once():
    bench = dual()
    bench.activate()
    bench.wait(600000)
    bench.take()
    for source in (OWN, UNSPECIFIED6):
        solicit(bench, source=source)
        found, = advertisements(bench)
        assert found.router_lifetime == 3000
        assert found.option(icmpv6.PREFIX_INFORMATION).valid_lifetime == 3000


def test_before_the_session_is_up_a_solicitation_is_answered_by_its_coming_up():
    bench = dual()
    bench.attach()
    update, = bench.sent()
    solicit(bench)
    assert heard(bench) == []
    bench.answer(update)
    assert len(advertisements(bench)) == 1


def test_the_router_is_found_and_found_again():
    bench = dual()
    bench.activate()
    for source in (OWN, GLOBAL):
        ask(bench, ROUTER, source=source, destination=ROUTER)
        (destination, found), = heard(bench)
        assert destination == source and found.kind == icmpv6.NEIGHBOR_ADVERTISEMENT
        assert found.target == ROUTER
        assert found.flags == icmpv6.NA_ROUTER | icmpv6.NA_SOLICITED | icmpv6.NA_OVERRIDE
        assert found.option(icmpv6.TARGET_LINK_LAYER_ADDRESS).address == ROUTER_MAC


def test_the_routers_address_is_defended_even_before_the_session_is_up():
    for bench in (dual(), dual()):
        bench.attach()
        ask(bench, ROUTER, source=UNSPECIFIED6)
        (destination, found), = heard(bench)
        assert destination == ALL_NODES, "the one who asks has no address yet"
        assert found.flags == icmpv6.NA_ROUTER | icmpv6.NA_OVERRIDE


def test_a_client_that_has_the_routers_address_keeps_it_and_finds_another_router():
    bench = dual()
    bench.activate()
    for _ in range(3):
        solicit(bench, source=ROUTER)
    update, = bench.sent()
    substitute = parse_address("fe80::200:5eff:fe00:5214")
    assert update.option(options.LINK_LOCAL_ADDRESS).address == substitute, "the anchor is told"
    bench.answer(update)
    frame = bench.take(SendFrame)[-1].frame
    assert frame[22:38] == substitute and frame[54] == icmpv6.ROUTER_ADVERTISEMENT
    solicit(bench, source=substitute)
    assert not bench.sent(), "it is not chased around"


def test_a_client_may_have_every_other_address():
    bench = dual()
    bench.activate()
    for target in (OWN, GLOBAL, parse_address("fe80::1"), PREFIX[0]):
        ask(bench, target, source=UNSPECIFIED6)
        ask(bench, target)
    assert heard(bench) == []


def test_garbage_is_counted_and_dropped():
    bench = dual()
    bench.activate()
    solicit(bench, hop_limit=64)
    good = encode_ipv6(OWN, ALL_ROUTERS, 58, icmpv6.encode(
        Message(icmpv6.ROUTER_SOLICITATION), OWN, ALL_ROUTERS), 255)
    wrong = bytearray(good)
    wrong[42] ^= 1
    for packet in (b"", good[:30], good[:44], bytes(wrong), good[:6] + b"\x06" + good[7:],
                   good[:6] + b"\0" + good[7:]):
        bench.frame(ethernet.frame(MULTICAST, PHONE, ethernet.IPV6, packet))
    assert bench.count("nd.malformed") == 7
    assert heard(bench) == []


# Presence


def test_a_client_without_ipv4_is_probed_at_the_address_it_was_heard_with():
    bench = Bench(ip_versions=(6,))
    bench.activate()
    bench.gateway.registration.refresh_due(bench.binding, bench.now)
    assert heard(bench) == [], "no address of it is known"
    bench.wait(5000)
    bench = Bench(ip_versions=(6,))
    bench.activate()
    solicit(bench)
    bench.wait(2000)
    bench.take()
    bench.gateway.registration.refresh_due(bench.binding, bench.now)
    (destination, found), = heard(bench)
    assert destination == OWN and found.kind == icmpv6.NEIGHBOR_SOLICITATION
    assert found.target == OWN
    assert found.option(icmpv6.SOURCE_LINK_LAYER_ADDRESS).address == ROUTER_MAC
    say(bench, Message(icmpv6.NEIGHBOR_ADVERTISEMENT, target=OWN,
                       flags=icmpv6.NA_SOLICITED), destination=ROUTER)
    assert bench.sent(), "it is there: the binding is refreshed"


def test_nothing_is_to_be_advertised_to_a_client_that_has_left():
    bench = dual()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(1000)
    assert bench.gateway.next_timeout() is None
