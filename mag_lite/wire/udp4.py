# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP in IPv4 (RFC 791, RFC 768), as raw packets on the access link need it."""
import struct

from .checksum import internet_checksum, pseudo_header
from .error import DecodeError, need

UDP = 17
_DO_NOT_FRAGMENT = 0x4000
_FRAGMENT = 0x3FFF


def encode_udp4(source: bytes, destination: bytes, source_port: int, destination_port: int,
                payload: bytes, ttl: int = 64) -> bytes:
    """The IPv4 packet; addresses are 4 octets, ports 0..65535."""
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", source_port, destination_port, length, 0) + payload
    total = internet_checksum(pseudo_header(source, destination, length, UDP) + udp) or 0xFFFF
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, _DO_NOT_FRAGMENT, ttl, UDP, 0,
                         source, destination)
    return (header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:]
            + udp[:6] + struct.pack("!H", total) + payload)


def _decode_ipv4(packet: bytes):
    """(header length, end of the packet) of an unfragmented IPv4 packet that carries UDP."""
    need(packet, 0, 20, "IPv4 header")
    header_length = (packet[0] & 15) * 4
    total_length, fragment = struct.unpack_from("!H2xH", packet, 2)
    if packet[0] >> 4 != 4 or header_length < 20:
        raise DecodeError(0, "IPv4 header", "0x%02x" % packet[0])
    if not header_length + 8 <= total_length <= len(packet):
        raise DecodeError(2, "total length %d..%d" % (header_length + 8, len(packet)),
                          "%d" % total_length)
    if fragment & _FRAGMENT:
        raise DecodeError(6, "an unfragmented packet", "a fragment")
    if packet[9] != UDP:
        raise DecodeError(9, "protocol 17 (UDP)", "%d" % packet[9])
    if internet_checksum(packet[:header_length]):
        raise DecodeError(10, "the IPv4 header checksum", "another")
    return header_length, total_length


def decode_udp4(packet: bytes, verify: bool = False):
    """(source, destination, source_port, destination_port, payload) of an IPv4 packet.

    The UDP checksum is looked at only with `verify`: a packet from a local virtual device may
    carry a partial one, which hardware was to complete. Raises DecodeError, also for fragments
    and other protocols than UDP.
    """
    start, end = _decode_ipv4(packet)
    source_port, destination_port, length, checksum = struct.unpack_from("!HHHH", packet, start)
    if not 8 <= length <= end - start:
        raise DecodeError(start + 4, "UDP length 8..%d" % (end - start), "%d" % length)
    source, destination = packet[12:16], packet[16:20]
    datagram = packet[start:start + length]
    if verify and checksum and internet_checksum(
            pseudo_header(source, destination, length, UDP) + datagram):
        raise DecodeError(start + 6, "the UDP checksum", "0x%04x" % checksum)
    return source, destination, source_port, destination_port, datagram[8:]
