# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 neighbour discovery: messages and options as RFC 4861, 4191 and 8106 draw them."""
from mag_lite.wire import icmpv6
from mag_lite.wire.address import parse_address
from mag_lite.wire.error import DecodeError
from mag_lite.wire.icmpv6 import FAMILY, Message, Option, decode, encode

from raises import raises

ROUTER = parse_address("fe80::200:5eff:fe00:5213")
CLIENT = parse_address("fe80::1")
ADDRESS = parse_address("2001:db8::1")
OCTETS = "20010db8000000000000000000000001"
MAC = b"\x00\x00\x5e\x00\x52\x13"

OPTIONS = (
    ("0101" "00005e005213", icmpv6.SOURCE_LINK_LAYER_ADDRESS, {"address": MAC}),
    ("0201" "00005e005213", icmpv6.TARGET_LINK_LAYER_ADDRESS, {"address": MAC}),
    ("0304" "40c0" "00000e10" "00000708" "00000000" + OCTETS, icmpv6.PREFIX_INFORMATION,
     {"prefix_length": 64, "flags": icmpv6.PIO_ON_LINK | icmpv6.PIO_AUTONOMOUS,
      "valid_lifetime": 3600, "preferred_lifetime": 1800, "prefix": ADDRESS}),
    ("0501" "0000" "0000058a", icmpv6.MTU, {"mtu": 1418}),
    ("1801" "0008" "00000e10", icmpv6.ROUTE_INFORMATION, {"flags": 8, "lifetime": 3600}),
    ("1802" "2018" "00000e10" "20010db800000000", icmpv6.ROUTE_INFORMATION,
     {"prefix_length": 32, "flags": 0x18, "lifetime": 3600, "prefix": ADDRESS[:8]}),
    ("1803" "8000" "00000e10" + OCTETS, icmpv6.ROUTE_INFORMATION,
     {"prefix_length": 128, "lifetime": 3600, "prefix": ADDRESS}),
    ("1905" "0000" "00000e10" + OCTETS + OCTETS, icmpv6.RECURSIVE_DNS_SERVER,
     {"lifetime": 3600, "addresses": [ADDRESS, ADDRESS]}),
    ("1f03" "0000" "00000e10" "0161" "026263" "00" "0164" "00" "00000000000000",
     icmpv6.DNS_SEARCH_LIST, {"lifetime": 3600, "domains": [b"a.bc", b"d"]}),
)

MESSAGES = (
    ("85000000" "00000000", icmpv6.ROUTER_SOLICITATION, {}),
    ("86000000" "40" "c8" "0708" "00000000" "00000001", icmpv6.ROUTER_ADVERTISEMENT,
     {"hop_limit": 64, "flags": icmpv6.RA_MANAGED | icmpv6.RA_OTHER | 8, "router_lifetime": 1800,
      "retransmission_timer": 1}),
    ("87000000" "00000000" + OCTETS, icmpv6.NEIGHBOR_SOLICITATION, {"target": ADDRESS}),
    ("88000000" "e0000000" + OCTETS, icmpv6.NEIGHBOR_ADVERTISEMENT,
     {"flags": icmpv6.NA_ROUTER | icmpv6.NA_SOLICITED | icmpv6.NA_OVERRIDE, "target": ADDRESS}),
)


def test_every_option_is_built_and_read_as_the_rfcs_draw_it():
    for text, number, fields in OPTIONS:
        octets = bytes.fromhex(text)
        assert FAMILY.write([Option(number, **fields)]) == octets, text
        assert FAMILY.read(octets, 0, len(octets)) == [Option(number, **fields)], text
    assert set([number for _, number, _ in OPTIONS]) == set(FAMILY.layouts)


def test_every_message_is_built_and_read_as_the_rfc_draws_it():
    for text, kind, fields in MESSAGES:
        octets = bytes.fromhex(text)
        built = encode(Message(kind, **fields), ROUTER, CLIENT)
        assert built[:2] + b"\0\0" + built[4:] == octets, text
        assert decode(built, ROUTER, CLIENT) == Message(kind, **fields), text
        assert decode(octets) == Message(kind, **fields), text


def test_a_router_advertisement_with_all_its_options():
    options = [Option(number, **fields) for _, number, fields in OPTIONS]
    message = Message(icmpv6.ROUTER_ADVERTISEMENT, options, hop_limit=64, router_lifetime=1800)
    again = decode(encode(message, ROUTER, CLIENT), ROUTER, CLIENT)
    assert again == message
    assert again.option(icmpv6.MTU).mtu == 1418
    assert "Router Advertisement [hop_limit 64, flags 0x00 ()," in str(message)
    assert "DNS Search List [lifetime 3600, domains" in str(message)


def test_a_wrong_checksum_is_malformed_if_the_addresses_are_known():
    built = encode(Message(icmpv6.ROUTER_SOLICITATION), CLIENT, ROUTER)
    with raises(DecodeError) as caught:
        decode(built, CLIENT, ADDRESS)
    assert caught.error.offset == 2


def test_malformed_messages():
    for text in ("", "85000000", "85010000" "00000000", "80000000" "00000000",
                 "87000000" "00000000",
                 "85000000" "00000000" "0100000000000000", "85000000" "00000000" "01",
                 "85000000" "00000000" "0102000000000000", "85000000" "00000000" "0502" + "00" * 14,
                 "85000000" "00000000" "0301" "000000000000"):
        with raises(DecodeError):
            decode(bytes.fromhex(text))
    for text in ("1901" "000000000000", "1902" "0000" "00000000" "0000000000000000",
                 "1804" "0000" "00000000" + "00" * 24, "1f02" "0000" "00000000" "4061626364656667",
                 "1f02" "0000" "00000000" "0861626364656667",
                 "1f02" "0000" "00000000" "03612e6200000000"):
        with raises(DecodeError):
            FAMILY.read(bytes.fromhex(text), 0, len(text) // 2)


def test_unknown_options_are_kept():
    octets = bytes.fromhex("0e01" "010203040506")
    assert FAMILY.read(octets, 0, 8) == [Option(14, data=b"\1\2\3\4\5\6")]


def test_values_that_do_not_fit_are_refused():
    for number, fields in ((icmpv6.RECURSIVE_DNS_SERVER, {"addresses": [b"abc"]}),
                           (icmpv6.DNS_SEARCH_LIST, {"domains": [b"a..b"]}),
                           (icmpv6.DNS_SEARCH_LIST, {"domains": [b"a" * 64]}),
                           (icmpv6.ROUTE_INFORMATION, {"prefix": b"abc"})):
        with raises(ValueError):
            Option(number, **fields)
    with raises(ValueError):
        FAMILY.write([Option(icmpv6.RECURSIVE_DNS_SERVER, addresses=[ADDRESS] * 128)])
