# SPDX-License-Identifier: GPL-2.0-or-later
"""On a home link: standing in for those who are away, finding out who has an address."""

import random
import socket
import struct

from lma_room import AP1, FIRST, INTERNET, MAC2, SECOND, Room, address, configuration, node

from lma_lite import home_link
from lma_lite.home_link import ANNOUNCE_INTERVAL, PROBE_WAIT, HomeLink
from lma_lite.policy import Pool
from mag_lite.system import netlink, own_addresses, proxy_neighbour, sockets
from mag_lite.system.rtnetlink import Link
from mag_lite.wire import arp, ethernet, icmpv6
from mag_lite.wire.address import UNSPECIFIED4, UNSPECIFIED6, parse_mac, parse_prefix
from mag_lite.wire.ip import decode_ipv6, encode_ipv6

from own import socket_name
from raises import raises

OURS, HOST = parse_mac("02:00:00:00:00:01"), parse_mac("02:00:00:00:00:02")
EVERYBODY = ethernet.BROADCAST
PHONE, OTHER = address("192.0.2.50"), address("192.0.2.51")
SUBNETS = [(address("192.0.2.0"), 24), parse_prefix("2001:db8:100::/56")]
SOURCE = address("fe80::1")
PREFIX = parse_prefix("2001:db8:100:5::/64")
THERE, HOST6 = address("2001:db8:100:5::abcd"), address("fe80::2")
DEVICE = Link(3, "eth1", 0x41, 1500, OURS, "", "", {})


class Wire:
    """In place of the packet socket, and of the loop."""

    def __init__(self):
        self.time = 0
        self.timers = {}
        self.frames = []
        self.on_frame = None

    def __call__(self, loop, name, on_frame, instructions):
        self.on_frame = on_frame
        return self

    def send(self, frame):
        self.frames.append(frame)

    def hear_all_multicast(self):
        pass

    def now(self):
        return self.time

    def at(self, when, callback):
        timer = when, len(self.timers), object()
        self.timers[timer] = callback
        return timer

    def cancel(self, timer):
        del self.timers[timer]

    def wait(self, milliseconds):
        end = self.time + milliseconds
        due = [timer for timer in self.timers if timer[0] <= end]
        while due:
            timer = min(due, key=lambda timer: timer[:2])
            self.time = timer[0]
            self.timers.pop(timer)()
            due = [timer for timer in self.timers if timer[0] <= end]
        self.time = end

    def said(self):
        """The ARP packets sent since the last call: (to, operation, MAC, sender, target)."""
        found = []
        for frame in self.frames:
            packet = arp.decode(frame[14:])
            assert frame[6:12] == OURS
            found.append((frame[:6], packet.operation, packet.sender_mac, packet.sender_address,
                          packet.target_address))
        self.frames = []
        return found

    def advertised(self):
        """The advertisements sent since the last call: (to, destination, flags, target)."""
        found = []
        for frame in self.frames:
            source, destination, _, hop_limit, start, end = decode_ipv6(frame[14:])
            message = icmpv6.decode(frame[14:][start:end], source, destination)
            assert source == SOURCE and hop_limit == 255
            assert message.option(icmpv6.TARGET_LINK_LAYER_ADDRESS).address == OURS
            found.append((frame[:6], destination, message.flags, message.target))
        self.frames = []
        return found

    def hear(self, operation, sender, target, mac=HOST):
        packet = arp.Arp(operation, mac, sender, OURS, target)
        self.on_frame("eth1", ethernet.frame(OURS, mac, ethernet.ARP, arp.encode(packet)))

    def ask6(self, target, source=HOST6):
        message = icmpv6.Message(icmpv6.NEIGHBOR_SOLICITATION, [], target=target)
        packet = encode_ipv6(source, target, 58, icmpv6.encode(message, source, target), 255)
        self.on_frame("eth1", ethernet.frame(OURS, HOST, ethernet.IPV6, packet))


def bed(kept=False):
    """(wire, link, the conflicts that it reports)"""
    wire, conflicts = Wire(), []

    def on_use(address, mac):
        conflicts.append((address, mac))
        return kept

    former, home_link.AccessLink = home_link.AccessLink, wire
    link = HomeLink(wire, DEVICE, SUBNETS, SOURCE, on_use)
    home_link.AccessLink = former
    return wire, link, conflicts


ASKED = (EVERYBODY, arp.REQUEST, OURS, UNSPECIFIED4, PHONE)
ANNOUNCED = (EVERYBODY, arp.REQUEST, OURS, PHONE, PHONE)


def test_an_address_is_announced_twice_once_nobody_else_claims_it():
    wire, link, conflicts = bed()
    link.attach(PHONE, False)
    assert wire.said() == [ASKED]
    wire.wait(PROBE_WAIT)
    assert wire.said() == [ANNOUNCED]
    wire.wait(ANNOUNCE_INTERVAL)
    assert wire.said() == [ANNOUNCED]
    assert not wire.timers and not conflicts


def test_what_was_announced_by_a_former_process_is_not_announced_again():
    wire, link, _ = bed()
    link.attach(PHONE, True)
    assert wire.said() == [] and PHONE in link.attached


def test_an_address_that_a_station_has_is_reported_and_not_announced():
    wire, link, conflicts = bed()
    link.attach(PHONE, False)
    wire.hear(arp.REPLY, OTHER, UNSPECIFIED4)
    wire.hear(arp.REPLY, PHONE, UNSPECIFIED4, OURS)
    assert not conflicts, "another address, and what another of our devices says"
    wire.hear(arp.REPLY, PHONE, UNSPECIFIED4)
    assert conflicts == [(PHONE, HOST)]
    wire.wait(10000)
    assert wire.said() == [ASKED]


def test_an_address_kept_for_a_node_is_announced_all_the_same():
    wire, link, conflicts = bed(kept=True)
    link.attach(PHONE, False)
    wire.hear(arp.REPLY, PHONE, UNSPECIFIED4)
    assert conflicts and wire.said() == [ASKED, ANNOUNCED]


def test_a_scouted_address_is_only_asked_for():
    wire, link, conflicts = bed()
    link.scout(PHONE)
    link.scout(PHONE)
    wire.wait(10000)
    assert wire.said() == [ASKED]
    wire.hear(arp.REPLY, PHONE, UNSPECIFIED4)
    assert not conflicts, "too late"
    link.scout(PHONE)
    wire.hear(arp.REPLY, PHONE, UNSPECIFIED4)
    assert conflicts == [(PHONE, HOST)]


def test_when_a_session_ends_all_are_told_who_has_the_address_now():
    wire, link, conflicts = bed()
    link.attach(PHONE, True)
    link.detach(PHONE)
    assert wire.said() == [ASKED] and PHONE not in link.attached
    wire.hear(arp.REPLY, PHONE, UNSPECIFIED4)
    assert wire.said() == [(EVERYBODY, arp.REQUEST, HOST, PHONE, PHONE)] and not conflicts
    link.attach(PHONE, True)
    link.detach(PHONE)
    wire.wait(10000)
    assert wire.said() == [ASKED], "nobody has it: there is nothing to be said"


def test_an_address_is_defended_while_its_node_is_away():
    wire, link, _ = bed()
    link.attach(PHONE, True)
    wire.hear(arp.REQUEST, UNSPECIFIED4, PHONE)
    assert wire.said() == [(HOST, arp.REPLY, OURS, PHONE, UNSPECIFIED4)]
    wire.hear(arp.REQUEST, UNSPECIFIED4, OTHER)
    link.detach(PHONE)
    wire.said()
    wire.hear(arp.REQUEST, UNSPECIFIED4, PHONE)
    assert wire.said() == []


def test_solicitations_for_any_address_of_a_prefix_are_answered():
    wire, link, _ = bed()
    link.attach(PREFIX, False)
    wire.ask6(THERE)
    override, solicited = icmpv6.NA_OVERRIDE, icmpv6.NA_SOLICITED
    assert wire.advertised() == [(HOST, HOST6, override | solicited, THERE)]
    wire.ask6(THERE, UNSPECIFIED6)
    everybody = address("ff02::1")
    assert wire.advertised() == [(b"\x33\x33\0\0\0\1", everybody, override, THERE)]
    link.detach(PREFIX)
    wire.ask6(THERE)
    wire.ask6(address("2001:db8:999::1"))
    wire.ask6(address("fe80::3"))
    assert wire.advertised() == []


def test_addresses_that_were_asked_for_are_announced_when_their_node_comes():
    wire, link, _ = bed()
    wire.ask6(THERE)
    wire.ask6(address("2001:db8:999::1"))
    assert wire.advertised() == []
    link.attach(PREFIX, False)
    assert [found[1:] for found in wire.advertised()] == [
        (address("ff02::1"), icmpv6.NA_OVERRIDE, THERE)]


def test_who_asks_for_everything_does_not_fill_the_memory():
    wire, link, _ = bed()
    for number in range(3000):
        wire.ask6(address("2001:db8:100:%x::%x" % (number % 256, number + 1)))
    assert len(link._asked) <= 1024
    assert max([len(asked) for asked in link._asked.values()]) <= 8


def test_garbage_is_dropped():
    wire, link, conflicts = bed()
    link.attach(PHONE, True)
    link.attach(PREFIX, True)
    for length in range(0, 90):
        for ethertype in (ethernet.ARP, ethernet.IPV6):
            noise = bytes([random.randrange(256) for _ in range(length)])
            wire.on_frame("eth1", ethernet.frame(OURS, HOST, ethertype, noise))
            wire.on_frame("eth1", noise)
    assert not conflicts


def test_only_what_concerns_us_wakes_the_daemon():
    name = socket_name("home-link")
    here = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    here.bind(sockets.unix_address(name))
    here.setblocking(False)
    there = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)

    def heard(frame):
        there.sendto(frame, sockets.unix_address(name))
        return sockets.receive(here, 4096) is not None

    def arp_packet(operation, sender):
        packet = arp.encode(arp.Arp(operation, HOST, sender, bytes(6), PHONE))
        return ethernet.frame(EVERYBODY, HOST, ethernet.ARP, packet)

    def nd(kind):
        head = b"\x60\0\0\0" + struct.pack("!HBB", 24, 58, 255) + bytes(32)
        return ethernet.frame(EVERYBODY, HOST, ethernet.IPV6, head + bytes((kind, 0)) + bytes(22))

    for source in (SOURCE, None):
        sockets.attach_filter(here, home_link._filter(source))
        assert heard(arp_packet(arp.REPLY, OTHER)) and heard(arp_packet(arp.REQUEST, UNSPECIFIED4))
        assert not heard(arp_packet(arp.REQUEST, OTHER)), "the kernel answers that"
        assert heard(nd(135)) == bool(source)
        assert not heard(nd(136)) and not heard(nd(128))
        assert not heard(ethernet.frame(EVERYBODY, HOST, 0x0800, bytes(60)))
    here.close()
    there.close()


# What the anchor makes of it

TINY = Pool("internet", b"", *INTERNET[2:3], 29, *INTERNET[4:])


def test_our_own_address_is_given_to_nobody():
    room = Room()
    room.anchor.exclude([FIRST, address("203.0.113.1")])
    assert room.home(room.update()) == SECOND
    assert room.update(home=FIRST, mac=MAC2).status == 171
    room.anchor.reconfigure(configuration(), room.now)
    assert room.update(home=FIRST, mac=MAC2).status == 171, "nor with another configuration"


def test_our_own_prefix_is_given_to_nobody():
    pool = Pool("internet", b"", *INTERNET[2:5], parse_prefix("2001:db8:100::/56"))
    anchor = Room(pools=[pool]).anchor
    anchor.exclude([parse_prefix("2001:db8:100::/64")])
    prefixes = anchor.policy.services["internet"].prefixes
    assert prefixes.allocate(((1, b"mn"), b"1")) == parse_prefix("2001:db8:100:1::/64")


def test_the_next_addresses_are_those_that_are_given_next():
    room = Room(nodes=[node(b"mn9", home=SECOND)])
    assert room.anchor.next_addresses(2) == [FIRST, address("10.20.0.4")]
    assert [room.home(room.update()), room.home(room.update(mac=MAC2))] == [
        FIRST, address("10.20.0.4")]


def test_an_address_in_use_is_passed_over():
    room = Room()
    assert not room.anchor.address_in_use(FIRST, room.now)
    assert room.home(room.update()) == SECOND
    assert room.names() == ["Route", "Remember", "Send"], "no session is concerned"


def test_an_address_in_use_is_given_when_there_is_no_other():
    room = Room(pools=[TINY])
    room.anchor.address_in_use(FIRST, room.now)
    macs = [bytes((2, 0, 0, 0, 1, number)) for number in range(6)]
    assert [room.home(room.update(mac=mac)) for mac in macs[:5]] == [
        address("10.20.0.%d" % number) for number in (3, 4, 5, 6, 2)]


def test_a_session_whose_address_is_in_use_is_taken_back():
    room = Room()
    room.update()
    room.names()
    assert not room.anchor.address_in_use(FIRST, room.now)
    room.drain()
    mag, indication = room.revocation()
    assert mag == AP1 and indication.trigger == 0
    assert "its address is in use on the home link" in " ".join(room.lines())
    room.acknowledge()
    assert room.home(room.update()) == SECOND, "it gets another one"


def test_an_address_kept_for_a_node_stays_its_own():
    room = Room(nodes=[node(b"mn1@example.net", home=FIRST)])
    room.update()
    assert room.anchor.address_in_use(FIRST, room.now)
    assert len(room.anchor.cache) == 1


# How the kernel is told


def body(request):
    return list(netlink.messages(netlink.encode(request, 1)))[0][3]


def test_a_proxy_neighbour_is_read_as_it_was_written():
    entry = proxy_neighbour.ProxyNeighbour(7, PHONE, 214)
    assert proxy_neighbour.parse(body(proxy_neighbour.add(entry))) == entry
    assert proxy_neighbour.parse(body(proxy_neighbour.delete(entry)))[:2] == entry[:2]


def test_an_own_address_is_read():
    head = struct.pack("BBBBI", 2, 24, 0, 0, 7)
    local = netlink.attribute(2, PHONE)
    assert own_addresses.parse_address(head + netlink.attribute(1, OTHER) + local) == (
        PHONE, 24, 7), "ours, not the other end's"
    head = struct.pack("BBBBI", 10, 64, 0, 0, 8)
    assert own_addresses.parse_address(head + netlink.attribute(1, THERE)) == (THERE, 64, 8)


def test_what_the_kernel_would_never_say_is_refused():
    for parse in (proxy_neighbour.parse, own_addresses.parse_address):
        for length in range(0, 40):
            noise = bytes([random.randrange(256) for _ in range(length)])
            try:
                parse(noise)
            except netlink.NetlinkError:
                pass
        with raises(netlink.NetlinkError):
            parse(bytes(7))
