# SPDX-License-Identifier: GPL-2.0-or-later
"""ARP towards a client, packet by packet (RFC 826, RFC 5227, RFC 4436, RFC 6543)."""

from mag import HOME, LINK, PHONE, ROUTER, Bench, SendFrame

from mag_lite.core.default_router import ROUTER_MAC
from mag_lite.wire import arp, ethernet
from mag_lite.wire.address import parse_address

NEIGHBOUR = parse_address("10.20.9.9")
ELSEWHERE = parse_address("8.8.8.8")
OLD = parse_address("192.168.1.77")
NONE = bytes(4)


def active():
    bench = Bench()
    bench.activate()
    return bench


def frame(sender, target, operation=arp.REQUEST, mac=PHONE):
    packet = arp.encode(arp.Arp(operation, mac, sender, bytes(6), target))
    return ethernet.frame(b"\xff" * 6, PHONE, ethernet.ARP, packet)


def answered(bench, sender, target, **more):
    bench.frame(frame(sender, target, **more))
    replies = bench.take(SendFrame)
    if not replies:
        return None
    destination, source, _, offset = ethernet.decode_frame(replies[0].frame)
    assert (destination, source) == (PHONE, ROUTER_MAC)
    return arp.decode(replies[0].frame[offset:])


def test_the_default_router_answers_with_the_domain_wide_address():
    reply = answered(active(), HOME, ROUTER)
    assert reply == arp.Arp(arp.REPLY, b"\x00\x00\x5e\x00\x52\x13", ROUTER, PHONE, HOME)


def test_neighbours_of_the_home_subnet_are_answered_for():
    assert answered(active(), HOME, NEIGHBOUR).sender_address == NEIGHBOUR


def test_the_clients_own_address_is_never_claimed():
    for sender in (NONE, HOME, OLD):
        assert answered(active(), sender, HOME) is None, sender


def test_a_probe_is_answered_for_the_default_router_only():
    assert answered(active(), NONE, ROUTER).sender_address == ROUTER
    assert answered(active(), NONE, NEIGHBOUR) is None


def test_announcements_are_not_answered():
    assert answered(active(), OLD, OLD) is None


def test_an_address_of_another_network_finds_no_router():
    """RFC 4436: silence tells the client to ask DHCP."""
    assert answered(active(), OLD, ROUTER) is None


def test_addresses_outside_the_home_subnet_are_not_answered_for():
    assert answered(active(), HOME, ELSEWHERE) is None


def test_replies_and_claims_for_others_are_not_answered():
    assert answered(active(), HOME, ROUTER, operation=arp.REPLY) is None
    bench = active()
    assert answered(bench, HOME, ROUTER, mac=b"\2\2\2\2\2\2") is None
    assert bench.count("arp.foreign_sender") == 1


def test_a_station_that_comes_is_shown_its_default_router_and_nobody_else_is():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0])
    shown, = bench.take(SendFrame)
    destination, source, _, offset = ethernet.decode_frame(shown.frame)
    assert (destination, source) == (PHONE, ROUTER_MAC)
    assert arp.decode(shown.frame[offset:]) == arp.Arp(
        arp.REPLY, ROUTER_MAC, ROUTER, PHONE, HOME)


def test_a_refresh_says_nothing_to_the_station():
    bench = active()
    bench.wait(3600000 - 40000)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    update = bench.sent()[-1]
    bench.answer(update)
    assert bench.take(SendFrame) == []


def test_a_request_before_the_session_is_up_is_answered_once_it_is():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.frame(frame(HOME, ROUTER))
    assert bench.take() == []
    bench.answer(update)
    assert len(bench.take(SendFrame)) == 2, "the router shows itself, and answers"


def test_an_answered_probe_shows_that_the_station_is_there():
    bench = active()
    bench.wait(3600000 - 40000)
    probe, = bench.take(SendFrame)
    asked = arp.decode(probe.frame[14:])
    assert probe.frame[:6] == PHONE, "nobody else may hear it"
    assert (asked.operation, asked.sender_address, asked.target_address) == (
        arp.REQUEST, ROUTER, HOME)
    bench.frame(frame(HOME, ROUTER, operation=arp.REPLY))
    assert len(bench.sent()) == 1, "the binding is refreshed"


def test_garbage_is_counted_and_dropped():
    bench = active()
    for payload in (b"", bytes(27), bytes(28)):
        bench.frame(ethernet.frame(ROUTER_MAC, PHONE, ethernet.ARP, payload))
    bench.frame(b"short")
    assert bench.take() == []
    assert (bench.count("arp.malformed"), bench.count("access.malformed")) == (3, 1)


def test_frames_of_unknown_access_links_do_nothing():
    bench = Bench()
    bench.attach(link="eth9")
    assert bench.take() == [] and len(bench.gateway.bindings) == 0
    assert LINK in bench.gateway.configuration.access
