# SPDX-License-Identifier: GPL-2.0-or-later
"""A link of ours on which mobile nodes have their homes: we stand in for those that are away
(RFC 6275 section 10.4.1, RFC 5944 section 4.6).

The kernel answers ARP requests for their addresses (`proxy_neighbour`).  What it leaves to us: to
announce an address, to defend it against a station that is about to take it (RFC 5227), to find out
who else has it, and neighbour discovery, where only the prefixes are known, not the addresses in
them.
"""

from mag_lite.system import access_link, socket_filter
from mag_lite.system.access_link import AccessLink
from mag_lite.wire import arp, ethernet, icmpv6
from mag_lite.wire.address import UNSPECIFIED4, UNSPECIFIED6, network, parse_address
from mag_lite.wire.error import DecodeError
from mag_lite.wire.icmpv6 import Message, Option
from mag_lite.wire.ip import decode_ipv6, encode_ipv6

#: How long the owner of an address has to answer a probe (ms).
PROBE_WAIT = 200
#: An announcement is made twice, so far apart (ms; RFC 5227 section 1.1: ANNOUNCE_INTERVAL).
ANNOUNCE_INTERVAL = 2000

#: Addresses of a prefix that stations have asked for, and prefixes of which they are remembered.
_MOST_ASKED = 8
_MOST_PREFIXES = 1024

_NOBODY = bytes(6)
_ALL_NODES = parse_address("ff02::1")
_ALL_NODES_MAC = b"\x33\x33\0\0\0\1"

_LOAD_WORD = 0x20  # A = the four bytes at k


class HomeLink:
    """One link: `device` is its `rtnetlink.Link`, `subnets` what of it is in pools, `source` our
    IPv6 address there or None.

    `attached` are the homes, addresses and prefixes, of those that are away.  `on_use(address,
    mac)` is called when a station of the link has an address that we asked for; it returns
    whether it is to be announced as ours nevertheless.  OSError when there is no such link.
    """

    def __init__(self, loop, device, subnets, source, on_use):
        self.device = device
        self.subnets = subnets
        self.source = source
        self.attached = set()
        self._loop = loop
        self._on_use = on_use
        self._probes = {}  # address -> (timer, what to do when somebody answers)
        self._asked = {}  # prefix -> addresses in it that were asked for
        self._link = AccessLink(loop, device.name, self._received, _filter(source))
        if source:
            self._link.hear_all_multicast()

    def is_same(self, device, subnets, source) -> bool:
        """Whether this is still what there is."""
        return (device.index, device.address, subnets, source) == (
            self.device.index, self.device.address, self.subnets, self.source)

    def attach(self, home, announced: bool):
        """Stand in for a mobile node; it may have been announced already."""
        self.attached.add(home)
        if announced:
            return
        if isinstance(home, tuple):
            for address in self._asked.get(home, ()):
                self._advertise(address, _ALL_NODES, _ALL_NODES_MAC, icmpv6.NA_OVERRIDE)
        else:
            self._probe(home, self._claimed)

    def detach(self, home):
        """Do so no more; if a station of the link has the address now, all others are told."""
        self.attached.discard(home)
        if not isinstance(home, tuple):
            self._probe(home, self._correct)

    def scout(self, address: bytes):
        """Find out whether a station has this address."""
        if address not in self._probes:
            self._probe(address, self._claimed)

    def close(self):
        """Fall silent; once."""
        for timer, _ in self._probes.values():
            self._loop.cancel(timer)
        self._link.close()

    # Asking and announcing

    def _probe(self, address: bytes, on_answer):
        self._forget_probe(address)
        self._send_arp(arp.REQUEST, self.device.address, UNSPECIFIED4, address)
        self._expect(address, PROBE_WAIT, self._unanswered, on_answer)

    def _expect(self, address, delay, then, on_answer):
        timer = self._loop.at(self._loop.now() + delay, lambda: then(address))
        self._probes[address] = timer, on_answer

    def _forget_probe(self, address):
        if address in self._probes:
            self._loop.cancel(self._probes.pop(address)[0])

    def _unanswered(self, address):
        del self._probes[address]
        if address in self.attached:
            self._announce(address, self.device.address)
            self._expect(address, ANNOUNCE_INTERVAL, self._announce_again, self._claimed)

    def _announce_again(self, address):
        del self._probes[address]
        self._announce(address, self.device.address)

    def _announce(self, address, mac):
        self._send_arp(arp.REQUEST, mac, address, address)

    def _claimed(self, address, mac):
        """A station has it."""
        if self._on_use(address, mac) and address in self.attached:
            self._announce(address, self.device.address)

    def _correct(self, address, mac):
        """A station has what we stood in for: others may still send to us."""
        self._announce(address, mac)

    # Answering

    def _received(self, _, frame: bytes):
        try:
            _, source, ethertype, start = ethernet.decode_frame(frame)
            if ethertype == ethernet.ARP:
                self._arp_received(arp.decode(frame[start:]))
            else:
                self._nd_received(source, frame[start:])
        except DecodeError:
            pass

    def _arp_received(self, packet: arp.Arp):
        if packet.operation == arp.REPLY:
            address, mac = packet.sender_address, packet.sender_mac
            if address in self._probes and mac != self.device.address:
                on_answer = self._probes[address][1]
                self._forget_probe(address)
                on_answer(address, mac)
        elif packet.target_address in self.attached:
            # The kernel answers who has an address, but not who is about to take one.
            self._send_arp(arp.REPLY, self.device.address, packet.target_address,
                           UNSPECIFIED4, packet.sender_mac)

    def _nd_received(self, mac: bytes, packet: bytes):
        source, destination, protocol, hop_limit, start, end = decode_ipv6(packet)
        if protocol != icmpv6.PROTOCOL or hop_limit != icmpv6.HOP_LIMIT:
            return
        message = icmpv6.decode(packet[start:end], source, destination)
        if message.kind == icmpv6.NEIGHBOR_SOLICITATION:
            self._solicited(mac, source, message.target)

    def _solicited(self, mac: bytes, source: bytes, target: bytes):
        prefix = network(target, 64), 64
        if not self._remember(prefix, target):
            return
        if source == UNSPECIFIED6:
            self._advertise(target, _ALL_NODES, _ALL_NODES_MAC, icmpv6.NA_OVERRIDE)
        else:
            self._advertise(target, source, mac, icmpv6.NA_OVERRIDE | icmpv6.NA_SOLICITED)

    def _remember(self, prefix, target) -> bool:
        """Keep in mind what was asked for; whether it is to be answered."""
        answered = prefix in self.attached
        if prefix not in self._asked:
            if not answered and not any([_lies_in(prefix, each) for each in self.subnets]):
                return False
            if len(self._asked) >= _MOST_PREFIXES:
                self._asked.clear()
            self._asked[prefix] = []
        asked = self._asked[prefix]
        if target not in asked:
            asked.append(target)
            del asked[:-_MOST_ASKED]
        return answered

    # Frames

    def _send_arp(self, operation, sender_mac, sender, target, target_mac=_NOBODY):
        packet = arp.encode(arp.Arp(operation, sender_mac, sender, target_mac, target))
        to = ethernet.BROADCAST if target_mac == _NOBODY else target_mac
        self._link.send(ethernet.frame(to, self.device.address, ethernet.ARP, packet))

    def _advertise(self, target, destination, mac, flags):
        message = Message(
            icmpv6.NEIGHBOR_ADVERTISEMENT,
            [Option(icmpv6.TARGET_LINK_LAYER_ADDRESS, address=self.device.address)],
            flags=flags, target=target)
        packet = encode_ipv6(
            self.source, destination, icmpv6.PROTOCOL,
            icmpv6.encode(message, self.source, destination), icmpv6.HOP_LIMIT)
        self._link.send(ethernet.frame(mac, self.device.address, ethernet.IPV6, packet))


def _lies_in(prefix, subnet) -> bool:
    address, length = subnet
    return len(address) == 16 and network(prefix[0], length) == address


def _filter(ipv6) -> list:
    """Let through answers to ARP requests, requests of stations that have no address yet (RFC 5227
    section 2.1), and neighbour solicitations if there are prefixes."""
    return socket_filter.assemble((
        ("", socket_filter.LOAD_HALF, socket_filter.VLAN_TAG_PRESENT, "", ""),
        ("", socket_filter.IF_EQUAL, 0, "", "drop"),
        ("", socket_filter.LOAD_HALF, 12, "", ""),
        ("", socket_filter.IF_EQUAL, ethernet.ARP, "arp", ""),
        ("", socket_filter.IF_EQUAL, ethernet.IPV6 if ipv6 else ethernet.ARP, "", "drop"),
        ("", socket_filter.LOAD_BYTE, 20, "", ""),
        ("", socket_filter.IF_EQUAL, icmpv6.PROTOCOL, "", "drop"),
        ("", socket_filter.LOAD_BYTE, 54, "", ""),
        ("", socket_filter.IF_EQUAL, icmpv6.NEIGHBOR_SOLICITATION, "keep", "drop"),
        ("arp", socket_filter.LOAD_HALF, 20, "", ""),
        ("", socket_filter.IF_EQUAL, arp.REPLY, "keep", ""),
        ("", _LOAD_WORD, 28, "", ""),
        ("", socket_filter.IF_EQUAL, 0, "keep", "drop"),
        ("keep", socket_filter.RETURN, access_link.LONGEST_FRAME, "", ""),
        ("drop", socket_filter.RETURN, 0, "", ""),
    ))
