# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules for the gateway that nothing else shows (RFC 5213 section 6, RFC 5844 sections 3, 4.2)."""

from mag import ANCHOR, CLOCK, HOME, LIFETIME, LINK, PHONE, PREFIX, ROUTER, Bench, acknowledgement

from mag_lite.core.actions import SendFrame, SendMessage
from mag_lite.core.binding_update_list import ACTIVE, REGISTERING
from mag_lite.core.default_router import ROUTER_MAC
from mag_lite.wire import dhcpv4, ethernet, icmpv6, status
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_address, parse_prefix
from mag_lite.wire.ip import decode_ipv6, encode_ipv6
from mag_lite.wire.mobility_options import Option
from mag_lite.wire.udp4 import encode_udp4

SECOND = parse_prefix("2001:db8:100:6::/64")
OWN = parse_address("fe80::ff:fe00:101")
ALL_ROUTERS = parse_address("ff02::2")


def dual():
    return Bench(ip_versions=(4, 6))


def advertisements(bench):
    """The Router Advertisements sent since."""
    found = []
    for action in bench.take(SendFrame):
        ethertype, offset = ethernet.decode_frame(action.frame)[2:]
        if ethertype == ethernet.IPV6:
            packet = action.frame[offset:]
            source, destination, _, _, start, end = decode_ipv6(packet)
            message = icmpv6.decode(packet[start:end], source, destination)
            if message.kind == icmpv6.ROUTER_ADVERTISEMENT:
                found.append(message)
    return found


def solicit(bench):
    message = icmpv6.encode(icmpv6.Message(icmpv6.ROUTER_SOLICITATION), OWN, ALL_ROUTERS)
    packet = encode_ipv6(OWN, ALL_ROUTERS, 58, message, 255)
    bench.frame(ethernet.frame(b"\x33\x33\0\0\0\2", PHONE, ethernet.IPV6, packet))


def refresh(bench):
    """The update with which the binding of the phone, which is there, is refreshed."""
    bench.gateway.registration.refresh_due(bench.binding, bench.now)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    return bench.sent()[-1]


# The Binding Update List (RFC 5213 6.1, 6.9.1)


def test_an_entry_is_made_when_the_update_is_sent():
    bench = dual()
    assert bench.binding is None
    bench.attach()
    assert len(bench.sent()) == 1
    assert bench.binding.state == REGISTERING and bench.binding.homes == ()


def test_the_entry_takes_over_what_was_accepted():
    bench = dual()
    bench.attach()
    update, = bench.sent()
    bench.now += 30
    bench.answer(update, lifetime=300)
    found = bench.binding
    assert found.state == ACTIVE and found.homes == (HOME, PREFIX)
    assert (found.prefix_length, found.default_router) == (16, ROUTER)
    assert (found.lifetime, found.expires_at) == (1200000, 1000 + 1200000)


# The update (6.9.1.3, 6.9.1.4, 6.9.4)


def test_a_refresh_and_a_departure_have_the_options_of_the_first_update():
    bench = dual()
    bench.attach()
    first, = bench.sent()
    bench.answer(first)
    again = refresh(bench)
    bench.answer(again)
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    last = bench.sent()[-1]

    def numbers(update):
        return [option.number for option in update.options if option.number != options.GRE_KEY]

    assert numbers(first) == numbers(again) == numbers(last)
    assert [update.lifetime for update in (first, again, last)] == [900, 900, 0]
    assert first.flags == again.flags == last.flags


def test_a_client_of_ipv4_only_never_asks_for_prefixes():
    bench = Bench()
    bench.attach()
    updates = bench.sent()
    bench.answer(updates[0])
    updates.append(refresh(bench))
    bench.answer(updates[1])
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    updates += bench.sent()
    assert [update.all(options.HOME_NETWORK_PREFIX) for update in updates] == [[], [], []]


def test_without_time_stamps_every_repetition_has_a_greater_number():
    bench = Bench(clock=None)
    bench.attach()
    numbers = []
    for _ in range(5):
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        numbers += [update.sequence for update in bench.sent()]
        bench.wait(bench.gateway.next_timeout() - bench.now)
    assert len(numbers) > 3 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_address_asked_for_has_its_prefix_length_and_any_has_none():
    bench = Bench()
    bench.attach()
    first, = bench.sent()
    request, = first.all(options.IPV4_HOME_ADDRESS_REQUEST)
    assert (request.address, request.prefix_length) == (bytes(4), 0)
    bench.answer(first)
    request, = refresh(bench).all(options.IPV4_HOME_ADDRESS_REQUEST)
    assert (request.address, request.prefix_length) == (HOME, 16)


def test_over_ipv4_the_checksum_is_neither_looked_at_nor_made():
    bench = Bench()
    bench.attach()
    sent, = bench.take(SendMessage)
    assert sent.anchor.address == ANCHOR and sent.data[4:6] == b"\0\0"
    answer = header.encode(acknowledgement(header.decode(sent.data)))
    bench.gateway.message_received(ANCHOR, answer[:4] + b"\x12\x34" + answer[6:], bench.now)
    assert bench.binding.state == ACTIVE


# The acknowledgement (6.9.1.2, 8.2)


def test_an_option_that_nobody_knows_is_skipped():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], change=(Option(240, data=b"\1\2\3\4"),))
    assert bench.binding.state == ACTIVE


def test_after_a_mismatch_the_next_stamp_is_our_clocks_and_not_the_anchors():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    theirs = CLOCK + (86400 << 16)
    bench.answer(update, status.TIMESTAMP_MISMATCH, change=(
        Option(options.TIMESTAMP, time=theirs),))
    bench.take()
    bench.wait(60000)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    again, = bench.sent()
    assert again.option(options.TIMESTAMP).time == CLOCK + bench.now * 65536 // 1000


def test_a_refused_client_is_not_served_and_hears_of_no_prefix():
    for code in (status.INSUFFICIENT_RESOURCES, status.PROXY_REG_NOT_ENABLED,
                 status.TIMESTAMP_MISMATCH):
        bench = dual()
        bench.attach()
        bench.answer(bench.sent()[0], code)
        assert advertisements(bench) == [], code
        solicit(bench)
        assert advertisements(bench) == [], code
        bench = dual()
        bench.activate()
        bench.answer(refresh(bench), code)
        assert bench.binding.forwarded is None, code
        told, = advertisements(bench)
        assert told.option(icmpv6.PREFIX_INFORMATION).valid_lifetime == 0, code
        solicit(bench)
        assert advertisements(bench) == [], code


# What becomes of prefixes (6.12, RFC 5844 3.4.3)


def test_a_prefix_that_the_anchor_replaces_is_taken_from_the_client():
    bench = dual()
    bench.activate()
    bench.answer(refresh(bench), change=(Option(
        options.HOME_NETWORK_PREFIX, prefix=SECOND[0], prefix_length=SECOND[1]),))
    old, new = [each.option(icmpv6.PREFIX_INFORMATION) for each in advertisements(bench)]
    assert ((old.prefix, old.prefix_length), old.valid_lifetime) == (PREFIX, 0)
    assert ((new.prefix, new.prefix_length), new.valid_lifetime) == (SECOND, LIFETIME // 1000)


def test_a_released_address_takes_no_prefix_along():
    bench = dual()
    bench.activate()
    message = dhcpv4.Dhcp(dhcpv4.BOOTREQUEST, 0x1234, PHONE, options={
        dhcpv4.MESSAGE_TYPE: bytes((dhcpv4.RELEASE,))})
    message.ciaddr = HOME
    bench.frame(ethernet.frame(ROUTER_MAC, PHONE, ethernet.IPV4, encode_udp4(
        HOME, ROUTER, 68, 67, dhcpv4.encode(message))))
    bench.wait(5000)
    assert bench.binding.state == ACTIVE and PREFIX in bench.binding.forwarded
    assert all(told.option(icmpv6.PREFIX_INFORMATION).valid_lifetime
               for told in advertisements(bench))
