# SPDX-License-Identifier: GPL-2.0-or-later
"""ARP for IPv4 over Ethernet (RFC 826, RFC 5227)."""
import struct
from collections import namedtuple

from .error import DecodeError, need

REQUEST = 1
REPLY = 2

_HEADER = struct.pack("!HHBB", 1, 0x0800, 6, 4)

Arp = namedtuple("Arp", ("operation", "sender_mac", "sender_address",
                         "target_mac", "target_address"))


def decode(packet: bytes) -> Arp:
    """The ARP packet behind the Ethernet header; octets behind it (padding) are ignored."""
    need(packet, 0, 28, "ARP packet")
    if packet[:6] != _HEADER:
        raise DecodeError(0, "ARP for IPv4 over Ethernet", "other hardware or protocol")
    return Arp(*struct.unpack_from("!H6s4s6s4s", packet, 6))


def encode(arp: Arp) -> bytes:
    """The 28 octets behind the Ethernet header."""
    return _HEADER + struct.pack("!H6s4s6s4s", arp[0], arp[1], arp[2], arp[3], arp[4])
