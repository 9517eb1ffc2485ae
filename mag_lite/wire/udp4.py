# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP (RFC 768) in IPv4, as raw packets on the access link need it."""
from struct import pack, unpack_from

from .checksum import internet_checksum, pseudo_header
from .error import DecodeError
from .ip import UDP, decode_ipv4, encode_ipv4


def encode_udp4(source: bytes, destination: bytes, source_port: int, destination_port: int,
                payload: bytes, ttl: int = 64) -> bytes:
    """The IPv4 packet; addresses are 4 octets, ports 0..65535."""
    length = 8 + len(payload)
    udp = pack("!HHHH", source_port, destination_port, length, 0) + payload
    total = internet_checksum(pseudo_header(source, destination, length, UDP) + udp) or 0xFFFF
    return encode_ipv4(source, destination, UDP, udp[:6] + pack("!H", total) + payload, ttl)


def decode_udp4(packet: bytes, verify: bool = False):
    """(source, destination, source_port, destination_port, payload) of an IPv4 packet.

    The UDP checksum is looked at only with `verify`: a packet from a local virtual device may
    carry a partial one, which hardware was to complete. Raises DecodeError, also for fragments
    and other protocols than UDP.
    """
    source, destination, protocol, _, start, end = decode_ipv4(packet)
    if protocol != UDP:
        raise DecodeError(9, "protocol 17 (UDP)", "%d" % protocol)
    source_port, destination_port, length = decode_udp(packet, start, end)
    datagram = packet[start:start + length]
    if verify and datagram[6:8] != b"\0\0" and internet_checksum(
            pseudo_header(source, destination, length, UDP) + datagram):
        raise DecodeError(start + 6, "the UDP checksum", "another")
    return source, destination, source_port, destination_port, datagram[8:]


def decode_udp(packet: bytes, start: int, end: int):
    """(source port, destination port, length) of the datagram between `start` and `end`."""
    if end - start < 8:
        raise DecodeError(start, "8 octets of UDP header", "%d" % (end - start))
    source_port, destination_port, length = unpack_from("!HHH", packet, start)
    if not 8 <= length <= end - start:
        raise DecodeError(start + 4, "UDP length 8..%d" % (end - start), "%d" % length)
    return source_port, destination_port, length
