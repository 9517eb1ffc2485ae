# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says of a station is read, and what it does not say is None."""

import struct

from mag import PHONE

from mag_lite.system.netlink import NetlinkError, attribute, nested
from mag_lite.system.stations import Station, parse_station, stations

from raises import raises

HEAD = struct.pack("BBH", 19, 1, 0)


def answer(*information):
    return HEAD + attribute(6, PHONE) + nested(21, b"".join(information))


def test_signal_and_traffic_are_read():
    body = answer(attribute(1, bytes(4)), attribute(7, b"\xc8"), attribute(2, struct.pack("I", 7)),
                  attribute(23, struct.pack("Q", 1 << 40)), attribute(3, struct.pack("I", 8)),
                  attribute(24, struct.pack("Q", 5)))
    assert parse_station(body) == (PHONE, Station(-56, 1 << 40, 5))


def test_an_old_kernel_counts_in_32_bits():
    body = answer(attribute(2, struct.pack("I", 7)), attribute(3, struct.pack("I", 8)))
    assert parse_station(body) == (PHONE, Station(None, 7, 8))


def test_what_is_not_said_is_not_known():
    assert parse_station(HEAD + attribute(6, PHONE)) == (PHONE, Station(None, None, None))


def test_a_malformed_answer_is_an_error():
    with raises(NetlinkError):
        parse_station(answer(struct.pack("HH", 400, 7)))


def test_what_is_no_radio_has_no_stations():
    assert stations(["lo", "nowhere0"]) == {}
