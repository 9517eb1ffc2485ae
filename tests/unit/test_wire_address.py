# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses, prefixes and MAC addresses as text."""
from mag_lite.wire import address

from raises import raises

IPV6_TEXTS = (
    ("::", "00" * 16),
    ("::1", "00" * 15 + "01"),
    ("2001:db8::1", "20010db8" + "00" * 11 + "01"),
    ("2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"),
    ("2001:0:0:1::1", "20010000000000010000000000000001"),
    ("2001:db8::1:0:0:1", "20010db8000000000001000000000001"),
    ("fe80::200:5eff:fe00:5213", "fe800000000000000200" + "5efffe005213"),
    ("1::", "0001" + "00" * 14),
)


def test_ipv6_text_is_read_and_written_as_rfc_5952_says():
    for text, octets in IPV6_TEXTS:
        assert address.parse_address(text) == bytes.fromhex(octets), text
        assert address.format_address(bytes.fromhex(octets)) == text, text


def test_other_spellings_of_ipv6_are_read():
    assert address.parse_address("2001:DB8::1") == address.parse_address("2001:0db8:0::0:1")
    assert address.parse_address("::ffff:192.0.2.1")[10:] == b"\xff\xff\xc0\x00\x02\x01"


def test_ipv4_text():
    assert address.parse_address("192.0.2.10") == b"\xc0\x00\x02\x0a"
    assert address.format_address(b"\xc0\x00\x02\x0a") == "192.0.2.10"


def test_what_is_no_address_is_refused():
    for text in ("", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", "+1.2.3.4",
                 "1..2.3",
                 ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::",
                 "1:2:3:4:5:6:7:8::", "1.2.3.4::", "::1.2.3", "::1%eth0", " ::1", "1:2:3:4:5:6:7:"):
        with raises(ValueError) as caught:
            address.parse_address(text)
        assert str(caught.error) == "'%s' is not an IPv4 or IPv6 address" % text
    with raises(ValueError):
        address.format_address(b"12345")


def test_mac_addresses():
    mac = b"\x02\x00\x5e\x10\x00\xff"
    assert address.format_mac(mac) == "02:00:5e:10:00:ff"
    assert address.parse_mac("02:00:5E:10:00:ff") == mac
    assert address.parse_mac("02-00-5e-10-00-ff") == mac
    for text in ("", "02:00:5e:10:00", "02:00:5e:10:00:0", "02:00:5e:10:00:0g", "02005e1000ff"):
        with raises(ValueError):
            address.parse_mac(text)


def test_prefixes():
    prefix = address.parse_prefix("10.20.0.0/16")
    assert prefix == (b"\x0a\x14\x00\x00", 16)
    assert address.format_prefix(prefix) == "10.20.0.0/16"
    assert address.prefix_contains(prefix, b"\x0a\x14\xff\xff")
    assert not address.prefix_contains(prefix, b"\x0a\x15\x00\x00")
    assert not address.prefix_contains(prefix, bytes(16))
    everything = address.parse_prefix("::/0")
    assert address.prefix_contains(everything, b"\xff" * 16)


def test_what_is_no_prefix_is_refused():
    for text in ("10.20.0.0", "10.20.0.1/16", "10.20.0.0/33", "10.20.0.0/", "10.20.0.0/-1",
                 "2001:db8::/129", "2001:db8::1/64", "/8"):
        with raises(ValueError):
            address.parse_prefix(text)


def test_mask():
    assert address.mask(0) == bytes(4)
    assert address.mask(24) == b"\xff\xff\xff\x00"
    assert address.mask(32) == b"\xff\xff\xff\xff"
    for length in (-1, 33):
        with raises(ValueError):
            address.mask(length)


def test_the_link_local_address_of_rfc_6543():
    mac = address.parse_mac("00:00:5e:00:52:13")
    assert address.format_address(address.link_local(mac)) == "fe80::200:5eff:fe00:5213"
