# SPDX-License-Identifier: GPL-2.0-or-later
"""From the octets of a packet, of whatever link, to nodes of the protocols that we speak.

Options and messages that no imported table has are shown as unknown, with their octets.
Packets of other protocols give no node. What is ours and wrong raises DecodeError, whose offset
counts from the first octet of the protocol concerned.
"""
from mag_lite.node import Node, arp_node, dhcp6_node, dhcp_node, message_node, unknown_node
from mag_lite.wire import (
    arp,
    dhcpv4,
    dhcpv6,
    encapsulation,
    ethernet,
    icmpv6,
    mobility_header,
    pcap,
)
from mag_lite.wire.address import format_address
from mag_lite.wire.checksum import internet_checksum, pseudo_header
from mag_lite.wire.error import DecodeError, need
from mag_lite.wire.ip import GRE, IPV4_IN_IP, IPV6_IN_IP, UDP, Fragment, decode_ip
from mag_lite.wire.udp4 import decode_udp

SIGNALLING_PORT = 5436

_TUNNELS = (GRE, IPV4_IN_IP, IPV6_IN_IP)
_OURS = (mobility_header.PROTOCOL, UDP, icmpv6.PROTOCOL) + _TUNNELS
_DHCP_PORTS = (dhcpv4.SERVER_PORT, dhcpv4.CLIENT_PORT)
_DHCP6_PORTS = (dhcpv6.SERVER_PORT, dhcpv6.CLIENT_PORT)
# Where a link's header ends, and where in it the EtherType is.
_LINKS = {pcap.LINUX_SLL: (16, 14), pcap.LINUX_SLL2: (20, 0)}


def dissect_link(link_type: int, data: bytes):
    """The nodes of a captured packet with the header of its link (LINKTYPE_*)."""
    if link_type == pcap.ETHERNET:
        _, _, ethertype, offset = ethernet.decode_frame(data)
        return dissect(ethertype, data[offset:])
    if link_type in _LINKS:
        offset, place = _LINKS[link_type]
        need(data, 0, offset, "link header")
        return dissect(int.from_bytes(data[place:place + 2], "big"), data[offset:])
    if link_type == pcap.NULL:
        need(data, 0, 4, "link header")
        data = data[4:]
    return dissect_ip(data)


def dissect(ethertype: int, packet: bytes):
    """The nodes of what an Ethernet frame of that type carries."""
    if ethertype == ethernet.ARP:
        return [arp_node(arp.decode(packet))]
    if ethertype in (ethernet.IPV4, ethernet.IPV6):
        return dissect_ip(packet)
    return []


def dissect_ip(packet: bytes):
    """The nodes of an IPv4 or IPv6 packet."""
    try:
        source, destination, protocol, hops, start, end = decode_ip(packet)
    except Fragment:
        return []
    except DecodeError:
        if _protocol(packet) in _OURS:
            raise
        return []
    payload = packet[start:end]
    if protocol == mobility_header.PROTOCOL:
        nodes = [_mobility_header(payload, source, destination)]
    elif protocol == icmpv6.PROTOCOL:
        nodes = _icmpv6(payload, source, destination, hops)
    elif protocol == UDP:
        nodes = _udp(packet, start, end)
    elif protocol in _TUNNELS:
        nodes = [_tunnel(protocol, payload)]
    else:
        nodes = []
    return [node.between(source, destination) for node in nodes]


def _protocol(packet):
    """The protocol number of a packet whose header may be cut short or wrong, or -1."""
    place = 6 if packet[:1] and packet[0] >> 4 == 6 else 9
    return packet[place] if len(packet) > place else -1


def _mobility_header(data, source=None, destination=None):
    """The node; the checksum counts only in IPv6 (RFC 5844 section 4.1.3)."""
    try:
        node = message_node(mobility_header.decode(data))
    except mobility_header.UnknownMessageType as error:
        node = unknown_node("Mobility Header", error.kind, data)
    if source and len(source) == 16 and internet_checksum(
            pseudo_header(source, destination, len(data), mobility_header.PROTOCOL) + data):
        raise DecodeError(4, "the Mobility Header checksum", "another")
    return node


def _icmpv6(data, source, destination, hops):
    if not data or data[0] not in icmpv6.Message.layouts:
        return []
    message = icmpv6.decode(data, source, destination)
    if hops != icmpv6.HOP_LIMIT:
        raise DecodeError(0, "a hop limit of 255 in the IPv6 header", "%d" % hops)
    return [message_node(message)]


def _udp(packet, start, end):
    source_port, destination_port, length = decode_udp(packet, start, end)
    data = packet[start + 8:start + length]
    ports = (source_port, destination_port)
    if SIGNALLING_PORT in ports:
        return [_mobility_header(data)]
    if encapsulation.PORT in ports:
        protocol, offset = encapsulation.decode_udp_payload(data)
        return [_tunnel(protocol, data[offset:], "TLV in UDP" if offset else "UDP")]
    if source_port in _DHCP_PORTS and destination_port in _DHCP_PORTS:
        return [dhcp_node(dhcpv4.decode(data))]
    if source_port in _DHCP6_PORTS and destination_port in _DHCP6_PORTS:
        return [dhcp6_node(dhcpv6.decode(data))]
    return []


def _tunnel(protocol, data, outer=""):
    """What is seen of a client's packet on its way between gateway and anchor."""
    names = [outer] if outer else []
    fields = []
    if protocol == GRE:
        names.append("GRE")
        ethertype, key, offset = encapsulation.decode_gre(data)
        if key is not None:
            fields.append(("key", key, "0x%08x" % key))
        fields.append(("protocol", ethertype, "0x%04x" % ethertype))
        data = data[offset:] if ethertype in (ethernet.IPV4, ethernet.IPV6) else b""
    if data:
        fields.extend(_inner(data))
    return Node(protocol, "Tunnelled packet" + (" in " + ", ".join(names) if names else ""), fields)


def _inner(packet):
    """(name, value, text) of the addresses of a client's packet."""
    try:
        source, destination, protocol, _, _, _ = decode_ip(packet)
    except Fragment:
        return [("fragment", True, "yes")]
    pairs = (("client_source", format_address(source)),
             ("client_destination", format_address(destination)))
    return [(name, text, text) for name, text in pairs] + [
        ("client_protocol", protocol, "%d" % protocol)]


def dissect_octets(data: bytes):
    """The nodes of octets of which nothing is known: a guess by how they begin.

    An Ethernet frame, an IP packet, ARP, DHCP, or else a Mobility Header; DecodeError.
    """
    if data[:6] == b"\0\1\x08\0\6\4":
        return [arp_node(arp.decode(data))]
    if data[236:240] == b"\x63\x82\x53\x63" and data[0] in (1, 2):
        return [dhcp_node(dhcpv4.decode(data))]
    if data[:1] and data[0] in (0x45, 0x46, 0x60):
        return dissect_ip(data)
    if data[12:14] in (b"\x08\x00", b"\x08\x06", b"\x86\xdd", b"\x81\x00") and data[0] != 59:
        return dissect_link(pcap.ETHERNET, data)
    return [_mobility_header(data)]
