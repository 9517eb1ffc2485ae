# SPDX-License-Identifier: GPL-2.0-or-later
"""blobmsg, octet by octet."""

from binascii import hexlify, unhexlify

from mag_lite.system import blobmsg
from mag_lite.system.blobmsg import BlobError, decode, encode

from raises import raises

# One value in one table each: type with the extended bit, length, name, value.
WIRE = (
    ({"a": 1}, "8500000c" "00016100" "00000001"),
    ({"ab": -2}, "85000010" "0002616200000000" "fffffffe"),
    ({"big": 1 << 31}, "84000014" "0003626967000000" "0000000080000000"),
    ({"s": "hi"}, "8300000b" "00017300" "68690000"),
    ({"s": ""}, "83000009" "00017300" "00000000"),
    ({"yes": True}, "8700000d" "0003796573000000" "01000000"),
    ({"no": False}, "8700000d" "00026e6f00000000" "00000000"),
    ({"n": None}, "80000008" "00016e00"),
    ({"d": 0.5}, "88000010" "00016400" "3fe0000000000000"),
    ({"l": []}, "81000008" "00016c00"),
    ({"l": [1]}, "81000014" "00016c00" "8500000c" "00000000" "00000001"),
    ({"t": {"a": 1}}, "82000014" "00017400" "8500000c" "00016100" "00000001"),
)


def test_values_are_written_as_libubox_writes_them():
    for values, octets in WIRE:
        assert hexlify(encode(values)).decode() == octets, values


def test_values_are_read_as_they_were_written():
    for values, octets in WIRE:
        assert decode(unhexlify(octets)) == values, values


def test_a_table_holds_what_a_daemon_says():
    values = {"name": "Jürgen \u2028 <b>", "clients": [{"mac": "02:00:00:00:00:01", "age": None},
              {"spans": [["in all", 24]], "more": {}}], "counters": {"pba.accepted": 1 << 40}}
    assert decode(encode(values)) == values


def test_padding_after_the_last_attribute_may_lack():
    assert decode(unhexlify("8300000b" "00017300" "686900")) == {"s": "hi"}


def test_small_numbers_of_other_programs_are_read():
    assert decode(unhexlify("8600000a" "00016100" "fffe0000")) == {"a": -2}


def test_malformed_octets_are_refused():
    for octets in (
        "85", "850000", "85000000", "85000003", "8500000d00016100" "00000001",
        "8500000b" "00016100" "000000",  # three octets of a number
        "84000010" "0003626967000000" "00000001",  # four of one of eight
        "0500000c" "00016100" "00000001",  # no name
        "85000005" "00", "85000006" "ffff", "8500000c" "00ff6100" "00000001",
        "8500000c" "00016161" "00000001",  # a name without an end
        "85000007" "000161",  # without padding
        "8300000a" "00017300" "6869",  # a text without an end
        "83000008" "00017300", "8300000c" "00017300" "c3280000",  # a text that is not UTF-8
        "8500000c" "0001ff00" "00000001", "8700000a" "00016100" "0101", "88000008" "00016400",
        "8900000c" "00016100" "00000001", "ff00000c" "00016100" "00000001",
        "81000010" "00016c00" "8500000c" "00000000",
    ):
        with raises(BlobError):
            decode(unhexlify(octets))


def nested(levels):
    values = {}
    for _ in range(levels):
        values = {"t": values}
    return values


def test_nesting_has_a_limit_both_ways():
    assert decode(encode(nested(blobmsg.DEEPEST))) == nested(blobmsg.DEEPEST)
    with raises(BlobError):
        encode(nested(blobmsg.DEEPEST + 1))
    octets = b""
    for _ in range(5000):
        octets = blobmsg.attribute(blobmsg.TABLE, b"\0\1t\0" + octets, 0x80)
    with raises(BlobError):
        decode(octets)


def test_what_ubus_cannot_carry_is_refused():
    for value in (1 << 63, -(1 << 63) - 1, "a\0b", b"octets", object(), [b""]):
        with raises(BlobError):
            encode({"a": value})
    for name in ("a\0b", "x" * 65536):
        with raises(BlobError):
            encode({name: 1})
