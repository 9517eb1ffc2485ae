# SPDX-License-Identifier: GPL-2.0-or-later
"""What surrounds clients' packets between gateway and anchor: GRE, and UDP with or without TLV.

The kernel does this work; user space meets these headers in captures and tests only.
"""
from struct import pack, unpack_from

from .error import DecodeError, need
from .ip import IPV4_IN_IP, IPV6_IN_IP

# UDP port of clients' packets (RFC 5844 section 4.1.3); signalling has 5436.
PORT = 5437

_CHECKSUM = 0x8000
_ROUTING = 0x4000
_KEY = 0x2000
_SEQUENCE = 0x1000
_MUST_BE_ZERO = 0x0C07


def encode_gre(protocol: int, key: int = None) -> bytes:
    """The GRE header (RFC 2784, RFC 2890) in front of an EtherType's packet."""
    if key is None:
        return pack("!HH", 0, protocol)
    return pack("!HHI", _KEY, protocol, key)


def decode_gre(data: bytes):
    """(EtherType, key or None, payload offset); raises DecodeError.

    Checksum and sequence number are skipped.
    """
    need(data, 0, 4, "GRE header")
    flags, protocol = unpack_from("!HH", data)
    if flags & (_ROUTING | _MUST_BE_ZERO):
        raise DecodeError(0, "GRE version 0 without routing", "0x%04x" % flags)
    offset = 8 if flags & _CHECKSUM else 4
    key = None
    if flags & _KEY:
        need(data, offset, 4, "GRE key")
        key = unpack_from("!I", data, offset)[0]
        offset += 4
    if flags & _SEQUENCE:
        offset += 4
    need(data, offset, 0, "GRE header")
    return protocol, key, offset


def encode_tlv(next_header: int, payload: bytes) -> bytes:
    """The UDP payload with the TLV header of RFC 5845 section 7.1."""
    return pack("!BBH", 0, next_header, len(payload)) + payload


def decode_udp_payload(data: bytes):
    """(protocol number, offset) of what is inside UDP 5437: an IP packet, or behind a TLV header.

    Raises DecodeError, also if the length of the TLV header is not that of the datagram.
    """
    need(data, 0, 1, "encapsulated packet")
    if data[0] >> 4 == 4:
        return IPV4_IN_IP, 0
    if data[0] >> 4 == 6:
        return IPV6_IN_IP, 0
    need(data, 0, 4, "TLV header")
    kind, next_header, length = unpack_from("!BBH", data)
    if kind:
        raise DecodeError(0, "IPv4, IPv6 or TLV type 0", "0x%02x" % kind)
    if length != len(data) - 4:
        raise DecodeError(2, "a length of %d" % (len(data) - 4), "%d" % length)
    return next_header, 4
