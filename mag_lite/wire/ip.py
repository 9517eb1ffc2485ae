# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers."""
from struct import pack, unpack_from

from .checksum import internet_checksum
from .error import DecodeError, need

IPV4_IN_IP = 4
UDP = 17
IPV6_IN_IP = 41
GRE = 47

_DO_NOT_FRAGMENT = 0x4000
_FRAGMENT = 0x3FFF
_EXTENSIONS = (0, 43, 60)
_FRAGMENT_HEADER = 44


class Fragment(DecodeError):
    """Part of a packet, which cannot be decoded alone."""


def encode_ipv4(source: bytes, destination: bytes, protocol: int, payload: bytes,
                ttl: int = 64) -> bytes:
    """The packet, with DF set and identification 0 (RFC 6864 section 4.1)."""
    header = pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, _DO_NOT_FRAGMENT, ttl, protocol,
                  0, source, destination)
    return header[:10] + pack("!H", internet_checksum(header)) + header[12:] + payload


def decode_ipv4(packet: bytes):
    """(source, destination, protocol, TTL, start, end) of the payload inside `packet`.

    Octets behind the packet (padding of the link) do not matter. Raises DecodeError, also for
    fragments.
    """
    need(packet, 0, 20, "IPv4 header")
    start = (packet[0] & 15) * 4
    end, fragment = unpack_from("!H2xH", packet, 2)
    if packet[0] >> 4 != 4 or start < 20:
        raise DecodeError(0, "IPv4 header", "0x%02x" % packet[0])
    if not start <= end <= len(packet):
        raise DecodeError(2, "total length %d..%d" % (start, len(packet)), "%d" % end)
    if fragment & _FRAGMENT:
        raise Fragment(6, "an unfragmented packet", "a fragment")
    if internet_checksum(packet[:start]):
        raise DecodeError(10, "the IPv4 header checksum", "another")
    return packet[12:16], packet[16:20], packet[9], packet[8], start, end


def encode_ipv6(source: bytes, destination: bytes, next_header: int, payload: bytes,
                hop_limit: int = 64) -> bytes:
    """The packet, traffic class and flow label 0."""
    return pack("!IHBB16s16s", 6 << 28, len(payload), next_header, hop_limit, source,
                destination) + payload


def decode_ipv6(packet: bytes):
    """(source, destination, protocol, hop limit, start, end) of the payload inside `packet`.

    Hop-by-hop, routing and destination options are skipped. Raises DecodeError, also for
    fragments.
    """
    need(packet, 0, 40, "IPv6 header")
    if packet[0] >> 4 != 6:
        raise DecodeError(0, "IPv6 header", "0x%02x" % packet[0])
    end = 40 + unpack_from("!H", packet, 4)[0]
    if end > len(packet):
        raise DecodeError(4, "payload length of at most %d" % (len(packet) - 40), "%d" % (end - 40))
    protocol, start = packet[6], 40
    while protocol in _EXTENSIONS:
        if end - start < 8 or end - start < packet[start + 1] * 8 + 8:
            raise DecodeError(start, "an extension header within the packet", "its end")
        protocol, start = packet[start], start + packet[start + 1] * 8 + 8
    if protocol == _FRAGMENT_HEADER:
        raise Fragment(start, "an unfragmented packet", "a fragment")
    return packet[8:24], packet[24:40], protocol, packet[7], start, end


def decode_ip(packet: bytes):
    """decode_ipv4 or decode_ipv6, as the version says."""
    need(packet, 0, 1, "IP header")
    return decode_ipv6(packet) if packet[0] >> 4 == 6 else decode_ipv4(packet)
