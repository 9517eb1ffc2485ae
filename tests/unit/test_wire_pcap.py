# SPDX-License-Identifier: GPL-2.0-or-later
"""Capture files of both kinds and byte orders, whole and broken."""
import io
import struct

from mag_lite.wire import pcap
from mag_lite.wire.error import DecodeError

from raises import raises

PACKETS = (b"first", b"", b"the third packet")


def pcap_file(order="<", magic=0xA1B2C3D4, link_type=101):
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for packet in PACKETS:
        data += struct.pack(order + "IIII", 1, 2, len(packet), len(packet)) + packet
    return data


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def pcapng_file(order="<", link_type=101):
    data = section(order)
    data += block(order, 1, struct.pack(order + "HHI", link_type, 0, 65535))
    for packet in PACKETS:
        data += block(order, 6, struct.pack(
            order + "IIIII", 0, 1, 2, len(packet), len(packet)) + packet)
    data += block(order, 3, struct.pack(order + "I", 6) + b"simple")
    return data + block(order, 5, bytes(12))


def read(data):
    return list(pcap.packets(io.BytesIO(data)))


def test_pcap_of_either_byte_order_and_resolution():
    for order in "<>":
        for magic in (0xA1B2C3D4, 0xA1B23C4D):
            assert read(pcap_file(order, magic)) == [(101, packet) for packet in PACKETS]


def test_pcapng_of_either_byte_order():
    for order in "<>":
        expected = [(101, packet) for packet in PACKETS + (b"simple",)]
        assert read(pcapng_file(order)) == expected


def test_each_pcapng_section_has_its_own_interfaces():
    both = pcapng_file("<", 1) + pcapng_file(">", 113)
    assert [link_type for link_type, _ in read(both)] == [1] * 4 + [113] * 4


def test_octets_read_before_are_not_lost():
    data = pcap_file()
    assert pcap.is_capture(data[:4]) and not pcap.is_capture(b"3b0c")
    assert len(list(pcap.packets(io.BytesIO(data[4:]), data[:4]))) == 3


def test_captures_cut_short_are_malformed():
    for data in (pcap_file(), pcapng_file()):
        whole = 0
        for length in range(len(data)):
            try:
                read(data[:length])
                whole += 1
            except DecodeError:
                pass
        assert whole <= 7, "only the ends of packets are ends of a file"


def test_malformed_captures():
    huge = pcap_file()[:24] + struct.pack("<IIII", 1, 2, 1 << 31, 1 << 31)
    start = section("<")
    described = start + block("<", 1, struct.pack("<HHI", 1, 0, 0))
    for data in (b"", b"abc", b"abcd" + bytes(40), huge,
                 start[:4] + b"\x0c\0\0\0" + bytes(40),
                 start + block("<", 6, struct.pack("<IIIII", 0, 1, 2, 0, 0)),
                 start + block("<", 3, struct.pack("<I", 0)),
                 described + block("<", 6, bytes(16)),
                 described + block("<", 6, struct.pack("<IIIII", 0, 1, 2, 9, 9) + b"abcd"),
                 start + struct.pack("<II", 6, 1 << 30),
                 start + struct.pack("<II", 6, 33) + bytes(40)):
        with raises(DecodeError):
            read(data)


def test_what_is_written_is_read():
    data = pcap.file_header(pcap.ETHERNET)
    for number, packet in enumerate(PACKETS):
        data += pcap.packet_record(1795429322007 + number, packet)
    assert read(data) == [(pcap.ETHERNET, packet) for packet in PACKETS]
    assert struct.unpack("<II", data[24:32]) == (1795429322, 7000)
