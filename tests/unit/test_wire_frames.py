# SPDX-License-Identifier: GPL-2.0-or-later
"""Ethernet, ARP, and UDP in IPv4."""
import binascii

from mag_lite.wire import arp, checksum, ethernet, udp4
from mag_lite.wire.error import DecodeError

from raises import raises

MAC = b"\x02\x00\x5e\x10\x00\x01"
ROUTER_MAC = b"\x00\x00\x5e\x00\x52\x13"
HOST = b"\xcb\x00\x71\x05"
ROUTER = b"\xcb\x00\x71\x01"

# The packet of vector data_3_ip4_in_udp5437, with identification 0 as we send it.
UDP_PACKET = binascii.unhexlify(
    "4500003c0000400040114e72c000020ac6336401153d153d0028e8e445000020000240004001d454"
    "cb007105c633644d08001e2000010001706d6970")


def test_the_checksum_of_data_with_its_checksum_is_zero():
    header = bytes.fromhex("45000020000240004001d454cb007105c633644d")
    assert checksum.internet_checksum(header) == 0
    assert checksum.internet_checksum(header[:10] + b"\0\0" + header[12:]) == 0xD454


def test_the_checksum_at_its_edges():
    assert checksum.internet_checksum(b"") == 0xFFFF
    assert checksum.internet_checksum(bytes(8)) == 0xFFFF
    assert checksum.internet_checksum(b"\xff\xff") == 0
    assert checksum.internet_checksum(b"\x12") == checksum.internet_checksum(b"\x12\x00")
    assert checksum.internet_checksum(b"\x00\x01", 0x1234) == 0xFFFF - 0x1235


def test_ethernet_frame():
    frame = ethernet.frame(ROUTER_MAC, MAC, ethernet.ARP, b"payload")
    assert ethernet.decode_frame(frame) == (ROUTER_MAC, MAC, ethernet.ARP, 14)
    assert frame[14:] == b"payload"


def test_vlan_tags_are_skipped():
    frame = ROUTER_MAC + MAC + b"\x81\x00\x00\x05\x81\x00\x00\x06\x08\x00payload"
    assert ethernet.decode_frame(frame) == (ROUTER_MAC, MAC, ethernet.IPV4, 22)


def test_short_frames_are_malformed():
    frame = ROUTER_MAC + MAC + b"\x81\x00\x00\x05\x08\x00"
    for length in range(18):
        with raises(DecodeError):
            ethernet.decode_frame(frame[:length])


def test_arp():
    packet = bytes.fromhex("0001080006040001" "02005e100001" "cb007105" "000000000000" "cb007101")
    request = arp.Arp(arp.REQUEST, MAC, HOST, bytes(6), ROUTER)
    assert arp.decode(packet) == request
    assert arp.decode(packet + bytes(18)) == request
    assert arp.encode(request) == packet


def test_malformed_arp():
    packet = arp.encode(arp.Arp(arp.REPLY, MAC, HOST, ROUTER_MAC, ROUTER))
    for length in range(28):
        with raises(DecodeError):
            arp.decode(packet[:length])
    for octet in range(6):
        with raises(DecodeError):
            arp.decode(packet[:octet] + b"\x77" + packet[octet + 1:])


def test_udp_in_ipv4():
    inner = UDP_PACKET[28:]
    built = udp4.encode_udp4(UDP_PACKET[12:16], UDP_PACKET[16:20], 5437, 5437, inner)
    assert built == UDP_PACKET
    assert udp4.decode_udp4(built, verify=True) == (
        b"\xc0\x00\x02\x0a", b"\xc6\x33\x64\x01", 5437, 5437, inner)


def test_octets_behind_the_ipv4_packet_are_ignored():
    assert udp4.decode_udp4(UDP_PACKET + b"padding") == udp4.decode_udp4(UDP_PACKET)


def test_the_udp_checksum_counts_only_when_asked_for():
    broken = UDP_PACKET[:26] + b"\x12\x34" + UDP_PACKET[28:]
    absent = UDP_PACKET[:26] + b"\x00\x00" + UDP_PACKET[28:]
    assert udp4.decode_udp4(broken)[4] == UDP_PACKET[28:]
    assert udp4.decode_udp4(absent, verify=True)[4] == UDP_PACKET[28:]
    with raises(DecodeError) as caught:
        udp4.decode_udp4(broken, verify=True)
    assert caught.error.offset == 26


def with_header(packet, offset, octets):
    """`packet` with octets of its IPv4 header replaced and the header checksum right again."""
    header = packet[:offset] + octets + packet[offset + len(octets):20]
    header = header[:10] + b"\0\0" + header[12:]
    total = checksum.internet_checksum(header)
    return header[:10] + bytes((total >> 8, total & 255)) + header[12:] + packet[20:]


def test_malformed_ipv4_packets():
    for wrong in (with_header(UDP_PACKET, 0, b"\x65"), with_header(UDP_PACKET, 0, b"\x44"),
                  with_header(UDP_PACKET, 2, b"\x00\x1b"), with_header(UDP_PACKET, 2, b"\x00\x3d"),
                  with_header(UDP_PACKET, 6, b"\x20\x00"), with_header(UDP_PACKET, 6, b"\x00\x01"),
                  with_header(UDP_PACKET, 9, b"\x06"),
                  UDP_PACKET[:10] + b"\x12\x34" + UDP_PACKET[12:],
                  UDP_PACKET[:24] + b"\x00\x07" + UDP_PACKET[26:],
                  UDP_PACKET[:24] + b"\x00\x29" + UDP_PACKET[26:]):
        with raises(DecodeError):
            udp4.decode_udp4(wrong)
    for length in range(len(UDP_PACKET)):
        with raises(DecodeError):
            udp4.decode_udp4(UDP_PACKET[:length])


def test_a_udp_checksum_of_zero_is_sent_as_ones():
    payload = b"\x00\x00"
    first = udp4.encode_udp4(bytes(4), bytes(4), 1, 2, payload)
    total = int.from_bytes(first[26:28], "big")
    packet = udp4.encode_udp4(bytes(4), bytes(4), 1, 2, bytes((total >> 8, total & 255)))
    assert packet[26:28] == b"\xff\xff"
