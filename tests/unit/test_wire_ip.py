# SPDX-License-Identifier: GPL-2.0-or-later
"""IP headers, and what surrounds clients' packets in the tunnel."""
import vectors

from mag_lite.wire import encapsulation, ip
from mag_lite.wire.address import parse_address
from mag_lite.wire.error import DecodeError

from raises import raises

MAG = parse_address("2001:db8:a::1")
LMA = parse_address("2001:db8:b::1")
MAG4 = bytes((192, 0, 2, 10))
LMA4 = bytes((198, 51, 100, 1))


def packet_of(number):
    for name in vectors.names(data_plane=True):
        if name.startswith("data_%d_" % number):
            return vectors.octets(vectors.load(name), "packet_hex")


def test_ipv6_packets():
    packet = packet_of(1)
    assert ip.decode_ip(packet) == (MAG, LMA, ip.IPV4_IN_IP, 64, 40, len(packet))
    assert ip.encode_ipv6(MAG, LMA, ip.IPV4_IN_IP, packet[40:]) == packet
    assert ip.decode_ip(packet + b"padding")[5] == len(packet)


def test_ipv4_packets():
    packet = packet_of(2)
    assert ip.decode_ip(packet) == (MAG4, LMA4, ip.IPV4_IN_IP, 64, 20, len(packet))
    built = ip.encode_ipv4(MAG4, LMA4, ip.IPV4_IN_IP, packet[20:])
    assert ip.decode_ip(built) == ip.decode_ip(packet)
    assert built[20:] == packet[20:]


def test_ipv6_extension_headers_are_skipped():
    payload = b"payload!"
    chain = b"\x3c\x00" + bytes(6) + b"\x87\x01" + bytes(14)
    packet = ip.encode_ipv6(MAG, LMA, 0, chain + payload)
    assert ip.decode_ipv6(packet)[2:] == (135, 64, 64, 72)
    assert packet[64:] == payload


def test_fragments_are_told_apart():
    packet = ip.encode_ipv6(MAG, LMA, 44, b"\x11\x00\x00\x01" + bytes(12))
    with raises(ip.Fragment):
        ip.decode_ip(packet)
    first = bytearray(packet_of(2))
    first[6:8] = b"\x20\x00"
    with raises(ip.Fragment):
        ip.decode_ip(bytes(first))


def test_malformed_ip_packets():
    for packet in (packet_of(1), packet_of(2)):
        for length in range(len(packet)):
            with raises(DecodeError):
                ip.decode_ip(packet[:length])
    for wrong in (b"\x50" + bytes(39), ip.encode_ipv6(MAG, LMA, 0, b"\x3b\x01" + bytes(6)),
                  ip.encode_ipv6(MAG, LMA, 60, b"\x3b\x00")):
        with raises(DecodeError):
            ip.decode_ip(wrong)


def test_gre_with_key():
    packet = packet_of(5)
    assert encapsulation.decode_gre(packet[40:]) == (0x0800, 0x201, 8)
    assert encapsulation.encode_gre(0x0800, 0x201) == packet[40:48]
    assert encapsulation.decode_gre(encapsulation.encode_gre(0x86DD)) == (0x86DD, None, 4)


def test_gre_with_checksum_and_sequence_number():
    header = bytes.fromhex("b0000800" "00000000" "00000201" "00000007")
    assert encapsulation.decode_gre(header) == (0x0800, 0x201, 16)
    for length in range(16):
        with raises(DecodeError):
            encapsulation.decode_gre(header[:length])


def test_gre_with_routing_or_of_version_1_is_malformed():
    for flags in ("4000", "0001", "0400"):
        with raises(DecodeError):
            encapsulation.decode_gre(bytes.fromhex(flags + "0800"))


def test_udp_encapsulation():
    plain, tlv = packet_of(3)[28:], packet_of(4)[28:]
    assert encapsulation.decode_udp_payload(plain) == (ip.IPV4_IN_IP, 0)
    assert encapsulation.decode_udp_payload(b"\x60" + plain) == (ip.IPV6_IN_IP, 0)
    assert encapsulation.decode_udp_payload(tlv) == (ip.GRE, 4)
    assert encapsulation.encode_tlv(ip.GRE, tlv[4:]) == tlv


def test_a_tlv_header_whose_length_is_not_the_datagrams_is_malformed():
    tlv = packet_of(4)[28:]
    for wrong in (b"", tlv[:3], tlv[:-1], tlv + b"\0", b"\x10" + tlv[1:]):
        with raises(DecodeError):
            encapsulation.decode_udp_payload(wrong)
