# SPDX-License-Identifier: GPL-2.0-or-later
"""Ethernet II frames (RFC 894), optionally with 802.1Q tags, which are skipped."""
import struct

from .error import need

IPV4 = 0x0800
ARP = 0x0806
VLAN = 0x8100
IPV6 = 0x86DD

BROADCAST = b"\xff\xff\xff\xff\xff\xff"


def decode_frame(frame: bytes):
    """(destination, source, ethertype, payload_offset); DecodeError if too short."""
    need(frame, 0, 14, "Ethernet header")
    offset = 14
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    while ethertype == VLAN:
        need(frame, offset, 4, "802.1Q tag")
        ethertype = struct.unpack_from("!H", frame, offset + 2)[0]
        offset += 4
    return frame[:6], frame[6:12], ethertype, offset


def frame(destination: bytes, source: bytes, ethertype: int, payload: bytes) -> bytes:
    """An Ethernet II frame without padding or check sequence."""
    return destination + source + struct.pack("!H", ethertype) + payload
