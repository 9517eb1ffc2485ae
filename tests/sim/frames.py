# SPDX-License-Identifier: GPL-2.0-or-later
"""What phones say on the access link."""

from mag_lite.wire import arp, dhcpv4, ethernet, icmpv6
from mag_lite.wire.address import UNSPECIFIED4, parse_address
from mag_lite.wire.ip import encode_ipv6
from mag_lite.wire.udp4 import encode_udp4

ROUTER_MAC = b"\x00\x00\x5e\x00\x52\x13"
_EVERYBODY = b"\xff" * 6
_NOBODY = bytes(6)
_BROADCAST = b"\xff" * 4
_ALL_ROUTERS = parse_address("ff02::2")
_SOLICITED_NODE = parse_address("ff02::1:ff00:0")[:13]


def arp_request(mac, address, target):
    """Ask for the link-layer address of `target`."""
    packet = arp.Arp(arp.REQUEST, mac, address, _NOBODY, target)
    return ethernet.frame(_EVERYBODY, mac, ethernet.ARP, arp.encode(packet))


def arp_answer(mac, address, router):
    """Answer the gateway's probe."""
    packet = arp.Arp(arp.REPLY, mac, address, ROUTER_MAC, router)
    return ethernet.frame(ROUTER_MAC, mac, ethernet.ARP, arp.encode(packet))


def dhcp(mac, kind, xid, address=None, router=None, options=()):
    """A DHCP message; INFORM, RELEASE and a renewal have an address of theirs."""
    carried = {dhcpv4.MESSAGE_TYPE: bytes((kind,))}
    carried.update(options)
    message = dhcpv4.Dhcp(dhcpv4.BOOTREQUEST, xid, mac, options=carried)
    if address and dhcpv4.REQUESTED_ADDRESS not in carried:
        message.ciaddr = address
    packet = encode_udp4(
        address or UNSPECIFIED4, router or _BROADCAST, 68, 67, dhcpv4.encode(message))
    return ethernet.frame(ROUTER_MAC if router else _EVERYBODY, mac, ethernet.IPV4, packet)


def router_solicitation(mac, source):
    """Ask for routers."""
    return _neighbor_discovery(mac, source, _ALL_ROUTERS, icmpv6.Message(
        icmpv6.ROUTER_SOLICITATION))


def neighbor_solicitation(mac, source, target):
    """Ask who has `target`."""
    return _neighbor_discovery(mac, source, _SOLICITED_NODE + target[13:], icmpv6.Message(
        icmpv6.NEIGHBOR_SOLICITATION, target=target))


def neighbor_advertisement(mac, address, router):
    """Answer the gateway's probe."""
    return _neighbor_discovery(mac, address, router, icmpv6.Message(
        icmpv6.NEIGHBOR_ADVERTISEMENT, flags=icmpv6.NA_SOLICITED, target=address))


def _neighbor_discovery(mac, source, destination, message):
    packet = encode_ipv6(source, destination, icmpv6.PROTOCOL,
                         icmpv6.encode(message, source, destination), icmpv6.HOP_LIMIT)
    group = b"\x33\x33" + destination[12:] if destination[0] == 0xFF else ROUTER_MAC
    return ethernet.frame(group, mac, ethernet.IPV6, packet)
