# SPDX-License-Identifier: GPL-2.0-or-later
"""The collocated DHCPv4 server (RFC 2131 section 4.3, RFC 5844 section 3.4.1, 4039, 6842)."""

from mag import HOME, LIFETIME, LINK, PHONE, ROUTER, Bench, SendFrame

from mag_lite.core.actions import Log, QueryStation, SendMessage
from mag_lite.core.default_router import ROUTER_MAC
from mag_lite.wire import dhcpv4, ethernet, mobility_header
from mag_lite.wire.address import mask, parse_address
from mag_lite.wire.udp4 import decode_udp4, encode_udp4

BROADCAST = b"\xff" * 4
WRONG = parse_address("192.168.1.77")


def request(kind, mac=PHONE, source=bytes(4), destination=BROADCAST, **fields):
    options = {dhcpv4.MESSAGE_TYPE: bytes((kind,))}
    options.update(fields.pop("options", {}))
    message = dhcpv4.Dhcp(dhcpv4.BOOTREQUEST, 0x1234, mac, options=options)
    for name in fields:
        setattr(message, name, fields[name])
    packet = encode_udp4(source, destination, 68, 67, dhcpv4.encode(message))
    return ethernet.frame(ROUTER_MAC, mac, ethernet.IPV4, packet)


def answers(bench):
    """Return (frame's destination, IPv4 destination, DHCP message) of each reply."""
    found = []
    for action in bench.take(SendFrame):
        destination, source, ethertype, offset = ethernet.decode_frame(action.frame)
        assert source == ROUTER_MAC and action.interface == LINK
        if ethertype == ethernet.ARP:
            continue
        sender, receiver, _, port, payload = decode_udp4(action.frame[offset:], verify=True)
        assert (sender, port) == (ROUTER, 68)
        found.append((destination, receiver, dhcpv4.decode(payload)))
    return found


def answer(bench):
    (destination, receiver, message), = answers(bench)
    assert destination == PHONE, "no other station may hear it"
    return receiver, message


def kind(message):
    return message.options[dhcpv4.MESSAGE_TYPE][0]


def active():
    bench = Bench()
    bench.activate()
    return bench


def ask(bench, *arguments, **fields):
    bench.frame(request(*arguments, **fields))
    return answer(bench)


def test_discover_is_offered_the_home_address_the_mtu_and_the_binding_lifetime():
    receiver, offer = ask(active(), dhcpv4.DISCOVER)
    assert kind(offer) == dhcpv4.OFFER
    assert (receiver, offer.yiaddr, offer.xid, offer.chaddr) == (HOME, HOME, 0x1234, PHONE)
    assert offer.options[dhcpv4.SUBNET_MASK] == mask(16)
    assert offer.options[dhcpv4.ROUTER] == ROUTER
    assert offer.options[dhcpv4.SERVER_IDENTIFIER] == ROUTER
    assert offer.options[dhcpv4.INTERFACE_MTU] == (1476).to_bytes(2, "big")
    assert offer.options[dhcpv4.LEASE_TIME] == (LIFETIME // 1000).to_bytes(4, "big")
    assert offer.options[dhcpv4.DNS] == parse_address("192.0.2.53")


def test_a_client_that_cannot_take_unicast_yet_is_answered_to_the_broadcast_address():
    receiver, _ = ask(active(), dhcpv4.DISCOVER, flags=0x8000)
    assert receiver == BROADCAST


def test_discover_waits_for_the_anchor_and_is_answered_the_moment_it_has_assigned():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.frame(request(dhcpv4.DISCOVER))
    assert bench.take() == []
    bench.answer(update)
    _, offer = answer(bench)
    assert kind(offer) == dhcpv4.OFFER and offer.yiaddr == HOME


def test_nothing_is_offered_while_the_anchor_refuses():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], 129)
    bench.take()
    bench.frame(request(dhcpv4.DISCOVER))
    assert bench.take() == []


def test_a_frame_of_an_unknown_station_makes_us_ask_the_authenticator():
    bench = Bench()
    bench.frame(request(dhcpv4.DISCOVER))
    assert bench.take() == [QueryStation(LINK, PHONE)]


def test_what_a_station_says_before_it_is_announced_is_answered_without_being_repeated():
    bench = Bench()
    bench.frame(request(dhcpv4.DISCOVER))
    bench.take()
    bench.attach()
    bench.answer(bench.sent()[0])
    _, offer = answer(bench)
    assert kind(offer) == dhcpv4.OFFER


def test_strangers_cannot_fill_the_memory():
    bench = Bench()
    for number in range(1000):
        bench.frame(request(dhcpv4.DISCOVER, mac=bytes((2, 0, 0, 0)) + number.to_bytes(2, "big")))
    assert len(bench.gateway._early) <= 64


def test_selecting_this_server_is_acknowledged():
    _, ack = ask(active(), dhcpv4.REQUEST, options={
        dhcpv4.SERVER_IDENTIFIER: ROUTER, dhcpv4.REQUESTED_ADDRESS: HOME})
    assert kind(ack) == dhcpv4.ACK and ack.yiaddr == HOME


def test_selecting_another_server_is_left_alone():
    bench = active()
    bench.frame(request(dhcpv4.REQUEST, options={
        dhcpv4.SERVER_IDENTIFIER: WRONG, dhcpv4.REQUESTED_ADDRESS: HOME}))
    assert answers(bench) == []


def test_init_reboot_with_the_home_address_is_acknowledged_and_another_refused():
    _, ack = ask(active(), dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: HOME})
    assert kind(ack) == dhcpv4.ACK
    receiver, nak = ask(active(), dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: WRONG})
    assert kind(nak) == dhcpv4.NAK and receiver == BROADCAST
    assert nak.yiaddr == bytes(4) and dhcpv4.LEASE_TIME not in nak.options


def test_renewing_is_answered_by_unicast_from_ciaddr():
    receiver, ack = ask(active(), dhcpv4.REQUEST, source=HOME, destination=ROUTER, ciaddr=HOME)
    assert kind(ack) == dhcpv4.ACK
    assert (receiver, ack.ciaddr, ack.yiaddr) == (HOME, HOME, HOME)


def test_rebinding_a_foreign_address_is_refused():
    _, nak = ask(active(), dhcpv4.REQUEST, ciaddr=WRONG)
    assert kind(nak) == dhcpv4.NAK


def test_init_reboot_after_a_roam_waits_for_the_session():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.frame(request(dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: WRONG}))
    bench.answer(update)
    _, nak = answer(bench)
    assert kind(nak) == dhcpv4.NAK


def test_rapid_commit_gives_the_address_in_one_exchange():
    _, ack = ask(active(), dhcpv4.DISCOVER, options={dhcpv4.RAPID_COMMIT: b""})
    assert kind(ack) == dhcpv4.ACK and ack.options[dhcpv4.RAPID_COMMIT] == b""
    _, ack = ask(active(), dhcpv4.REQUEST, options={
        dhcpv4.REQUESTED_ADDRESS: HOME, dhcpv4.RAPID_COMMIT: b""})
    assert dhcpv4.RAPID_COMMIT not in ack.options


def test_the_client_identifier_is_returned():
    identifier = b"\xff\1\2\3\4\0\1"
    for wanted in (HOME, WRONG):
        _, reply = ask(active(), dhcpv4.REQUEST, options={
            dhcpv4.REQUESTED_ADDRESS: wanted, dhcpv4.CLIENT_IDENTIFIER: identifier})
        assert reply.options[dhcpv4.CLIENT_IDENTIFIER] == identifier


def test_inform_gets_configuration_but_no_lease():
    receiver, ack = ask(active(), dhcpv4.INFORM, source=HOME, ciaddr=HOME)
    assert kind(ack) == dhcpv4.ACK and receiver == HOME
    assert ack.yiaddr == bytes(4) and dhcpv4.LEASE_TIME not in ack.options
    assert ack.options[dhcpv4.ROUTER] == ROUTER


def test_release_deregisters_and_a_new_discover_registers_again():
    bench = active()
    bench.frame(request(dhcpv4.RELEASE, source=HOME, ciaddr=HOME, destination=ROUTER))
    update = [mobility_header.decode(a.data) for a in bench.take(SendMessage)][0]
    assert update.lifetime == 0
    bench.answer(update, lifetime=0)
    assert bench.binding is not None, "the station is still associated"
    bench.take()
    bench.frame(request(dhcpv4.DISCOVER))
    again, = bench.sent()
    bench.answer(again)
    assert kind(answer(bench)[1]) == dhcpv4.OFFER


def test_release_of_another_address_does_nothing():
    bench = active()
    bench.frame(request(dhcpv4.RELEASE, ciaddr=WRONG))
    assert bench.take() == []


def test_decline_is_told_to_the_administrator_and_deregisters():
    bench = active()
    bench.frame(request(dhcpv4.DECLINE, options={dhcpv4.REQUESTED_ADDRESS: HOME}))
    taken = bench.take()
    assert "10.20.0.5" in [a.text for a in taken if isinstance(a, Log)][0]
    assert [a for a in taken if isinstance(a, SendMessage)]


def test_requests_in_the_name_of_another_client_or_through_a_relay_are_dropped():
    bench = active()
    bench.frame(request(dhcpv4.DISCOVER, chaddr=b"\2\0\0\0\0\x99"))
    bench.frame(request(dhcpv4.DISCOVER, giaddr=WRONG))
    assert bench.take() == []
    assert bench.count("dhcp.dropped") == 2


def test_a_storm_is_cut_off_and_others_are_still_served():
    bench = active()
    for _ in range(100):
        bench.frame(request(dhcpv4.DISCOVER))
    assert len(answers(bench)) == 10
    bench.wait(1000)
    bench.frame(request(dhcpv4.DISCOVER))
    assert len(answers(bench)) == 1


def test_garbage_is_counted_and_dropped():
    bench = active()
    for payload in (b"", b"\x45", bytes(20), encode_udp4(HOME, ROUTER, 68, 67, b"\1\2\3")):
        bench.frame(ethernet.frame(ROUTER_MAC, PHONE, ethernet.IPV4, payload))
    assert bench.take() == []
    assert bench.count("dhcp.malformed") == 4
