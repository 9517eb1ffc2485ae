# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets out of capture files: pcap and pcapng, written on either kind of machine; and into
pcap files."""
from struct import pack, unpack

from .error import DecodeError

# Link-layer types (LINKTYPE_*).
NULL = 0
ETHERNET = 1
RAW = 101
LINUX_SLL = 113
IPV4 = 228
IPV6 = 229
LINUX_SLL2 = 276

# No capture that matters has longer packets or blocks.
LONGEST = 262144

_PCAPNG = b"\x0a\x0d\x0d\x0a"
_BYTE_ORDERS = {
    b"\xa1\xb2\xc3\xd4": ">", b"\xd4\xc3\xb2\xa1": "<",  # microseconds
    b"\xa1\xb2\x3c\x4d": ">", b"\x4d\x3c\xb2\xa1": "<",  # nanoseconds
}
_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE_DESCRIPTION = 1
_SIMPLE_PACKET = 3
_ENHANCED_PACKET = 6


def file_header(link_type: int) -> bytes:
    """How a pcap file of packets with this link header begins."""
    return pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LONGEST, link_type)


def packet_record(when: int, packet: bytes) -> bytes:
    """A packet in such a file, seen at `when` (ms since 1970)."""
    length = len(packet)
    return pack("<IIII", when // 1000, when % 1000 * 1000, length, length) + packet


def is_capture(start: bytes) -> bool:
    """Do these first 4 octets of a file open a capture?"""
    return start == _PCAPNG or start in _BYTE_ORDERS


class Reader:
    """Read exactly, and know where we are."""

    def __init__(self, file, start: bytes):
        self.file = file
        self.start = start
        self.offset = 0

    def read(self, length: int) -> bytes:
        """`length` octets; DecodeError where the file ends before."""
        data = self.read_or_end(length)
        if len(data) < length:
            raise DecodeError(self.offset, "%d octets more of capture" % (length - len(data)),
                              "the end of the file")
        return data

    def read_or_end(self, length: int) -> bytes:
        """`length` octets, or fewer at the end of the file."""
        data = self.start[:length]
        self.start = self.start[length:]
        while len(data) < length:
            more = self.file.read(length - len(data))
            if not more:
                break
            data += more
        self.offset += len(data)
        return data


def packets(file, start: bytes = b""):
    """Yield (link type, packet) for each packet of an open binary file.

    `start` are octets already taken out of it. DecodeError where the file is not what it claims
    to be, or ends inside a packet.
    """
    reader = Reader(file, start)
    magic = reader.read(4)
    if magic == _PCAPNG:
        return _pcapng_packets(reader)
    if magic in _BYTE_ORDERS:
        return _pcap_packets(reader, _BYTE_ORDERS[magic])
    raise DecodeError(0, "a pcap or pcapng file", "something else")


def _checked(length, reader):
    if length > LONGEST:
        raise DecodeError(reader.offset, "a length of at most %d" % LONGEST, "%d" % length)
    return length


def _pcap_packets(reader, order):
    link_type = unpack(order + "16xI", reader.read(20))[0] & 0xFFFF
    while True:
        head = reader.read_or_end(16)
        if not head:
            return
        head += reader.read(16 - len(head))
        length = _checked(unpack(order + "8xI4x", head)[0], reader)
        yield link_type, reader.read(length)


def _pcapng_packets(reader):
    """The packets of all sections; the magic number has been read."""
    order = "<"
    link_types = []
    head = _PCAPNG + reader.read(4)
    while head:
        head += reader.read(8 - len(head))
        kind = unpack(order + "I4x", head)[0]
        prefix = b""
        if kind == _SECTION_HEADER:
            prefix = reader.read(4)
            order = ">" if prefix == b"\x1a\x2b\x3c\x4d" else "<"
            link_types = []
        body = prefix + reader.read(_body_length(order, head, len(prefix), reader))
        reader.read(4)
        if kind == _INTERFACE_DESCRIPTION and len(body) >= 8:
            link_types.append(unpack(order + "H6x", body[:8])[0])
        elif kind == _ENHANCED_PACKET:
            yield _enhanced_packet(order, body, link_types, reader)
        elif kind == _SIMPLE_PACKET and len(body) >= 4:
            length = unpack(order + "I", body[:4])[0]
            yield _link_type(link_types, 0, reader), body[4:4 + length]
        head = reader.read_or_end(8)


def _body_length(order, head, already, reader):
    """Octets of a block's body that are still to come; 12 are head and trailer."""
    length = unpack(order + "4xI", head)[0]
    if length % 4 or length < 12 + already:
        raise DecodeError(reader.offset - 4, "the length of a pcapng block", "%d" % length)
    return _checked(length, reader) - 12 - already


def _enhanced_packet(order, body, link_types, reader):
    if len(body) < 20:
        raise DecodeError(reader.offset, "20 octets of packet block", "%d" % len(body))
    interface, length = unpack(order + "I8xI4x", body[:20])
    if length > len(body) - 20:
        raise DecodeError(reader.offset, "a packet of at most %d octets" % (len(body) - 20),
                          "%d" % length)
    return _link_type(link_types, interface, reader), body[20:20 + length]


def _link_type(link_types, interface, reader):
    if interface >= len(link_types):
        raise DecodeError(reader.offset, "an interface described before", "%d" % interface)
    return link_types[interface]
