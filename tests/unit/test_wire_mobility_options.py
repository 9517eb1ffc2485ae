# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility options: one line of the wire for each, and the rules that hold for all."""
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_address
from mag_lite.wire.mobility_options import FAMILY, Option

from raises import raises

HOST = bytes((203, 0, 113, 5))
ADDRESS = parse_address("2001:db8::1")
OCTETS = "20010db8000000000000000000000001"

# Octets as the RFCs draw them, and the fields they stand for.
WIRE = (
    ("0202000a", options.BINDING_REFRESH_ADVICE, {"refresh_interval": 10}),
    ("0310" + OCTETS, options.ALTERNATE_CARE_OF_ADDRESS, {"address": ADDRESS}),
    ("0805016d406578", options.MN_IDENTIFIER, {"subtype": 1, "identifier": b"m@ex"}),
    ("080101", options.MN_IDENTIFIER, {"subtype": 1}),
    ("1403696d73", options.SERVICE_SELECTION, {"identifier": b"ims"}),
    ("16128040" + OCTETS, options.HOME_NETWORK_PREFIX,
     {"flags": options.HNP_OFF_LINK, "prefix_length": 64, "prefix": ADDRESS}),
    ("17020003", options.HANDOFF_INDICATOR, {"indicator": 3}),
    ("18020004", options.ACCESS_TECHNOLOGY_TYPE, {"technology": 4}),
    ("1908000002005e100001", options.MN_LINK_LAYER_IDENTIFIER,
     {"identifier": b"\x02\x00\x5e\x10\x00\x01"}),
    ("1a10" + OCTETS, options.LINK_LOCAL_ADDRESS, {"address": ADDRESS}),
    ("1b08000066322ec08000", options.TIMESTAMP, {"time": 1714564800 * 65536 + 32768}),
    ("1c0400000007", options.RESTART_COUNTER, {"counter": 7}),
    ("1d066200cb007105", options.IPV4_HOME_ADDRESS,
     {"prefix_length": 24, "prefix_requested": 1, "address": HOST}),
    ("1e068060cb007105", options.IPV4_ADDRESS_ACKNOWLEDGEMENT,
     {"status": 128, "prefix_length": 24, "address": HOST}),
    ("1f0680000000003c", options.NAT_DETECTION,
     {"flags": options.FORCE_UDP_ENCAPSULATION, "refresh_time": 60}),
    ("20060000cb007105", options.IPV4_CARE_OF_ADDRESS, {"address": HOST}),
    ("21020000", options.GRE_KEY, {}),
    ("2106000000000101", options.GRE_KEY, {"key": 257}),
    ("24066000cb007105", options.IPV4_HOME_ADDRESS_REQUEST,
     {"prefix_length": 24, "address": HOST}),
    ("25068460cb007105", options.IPV4_HOME_ADDRESS_REPLY,
     {"status": 132, "prefix_length": 24, "address": HOST}),
    ("26060000cb007105", options.IPV4_DEFAULT_ROUTER_ADDRESS, {"address": HOST}),
    ("27020001", options.IPV4_DHCP_SUPPORT_MODE, {"flags": options.DHCP_SERVER}),
)


def test_every_option_is_built_as_the_rfcs_draw_it():
    for octets, number, fields in WIRE:
        start = FAMILY.layouts[number].rest
        assert FAMILY.write([Option(number, **fields)], start) == bytes.fromhex(octets), octets


def test_every_option_is_read_as_the_rfcs_draw_it():
    for octets, number, fields in WIRE:
        data = bytes.fromhex(octets)
        assert FAMILY.read(data, 0, len(data)) == [Option(number, **fields)], octets


def test_every_option_of_the_table_is_tested():
    assert set([number for _, number, _ in WIRE]) == set([row[0] for row in options.TABLE])


def test_options_are_aligned_with_pad1_and_padn():
    octets = FAMILY.write([Option(options.MN_IDENTIFIER, identifier=b"ab"),
                           Option(options.GRE_KEY), Option(options.HOME_NETWORK_PREFIX),
                           Option(options.TIMESTAMP)], 12)
    offset = 0
    positions = {}
    while offset < len(octets):
        if octets[offset] == 0:
            offset += 1
            continue
        positions[octets[offset]] = offset + 12
        offset += 2 + octets[offset + 1]
    assert positions[options.GRE_KEY] % 4 == 0
    assert positions[options.HOME_NETWORK_PREFIX] % 8 == 4
    assert positions[options.TIMESTAMP] % 8 == 2


def test_a_link_layer_identifier_is_aligned_by_its_size():
    for size, place in ((6, 2), (8, 4), (3, 2)):
        octets = FAMILY.write([Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=bytes(size))], 1)
        assert octets.index(b"\x19") == place - 1, size


def test_reserved_bits_are_ignored():
    for octets, number, fields in (
        ("16127f40" + OCTETS, options.HOME_NETWORK_PREFIX,
         {"prefix_length": 64, "prefix": ADDRESS}),
        ("1702ff03", options.HANDOFF_INDICATOR, {"indicator": 3}),
        ("1802ff04", options.ACCESS_TECHNOLOGY_TYPE, {"technology": 4}),
        ("1908ffff02005e100001", options.MN_LINK_LAYER_IDENTIFIER,
         {"identifier": b"\x02\x00\x5e\x10\x00\x01"}),
        ("240663ffcb007105", options.IPV4_HOME_ADDRESS_REQUEST,
         {"prefix_length": 24, "address": HOST}),
        ("25068463cb007105", options.IPV4_HOME_ADDRESS_REPLY,
         {"status": 132, "prefix_length": 24, "address": HOST}),
        ("2606ffffcb007105", options.IPV4_DEFAULT_ROUTER_ADDRESS, {"address": HOST}),
        ("2702ffff", options.IPV4_DHCP_SUPPORT_MODE, {}),
    ):
        data = bytes.fromhex(octets)
        option, = FAMILY.read(data, 0, len(data))
        assert option.number == number
        for name, value in fields.items():
            assert getattr(option, name) == value, (octets, name)
    assert option.flags & options.DHCP_SERVER


def test_values_that_do_not_fit_are_refused_when_the_option_is_made():
    for number, fields in ((options.HANDOFF_INDICATOR, {"indicator": 256}),
                           (options.HANDOFF_INDICATOR, {"indicator": -1}),
                           (options.HANDOFF_INDICATOR, {"technology": 1}),
                           (options.IPV4_HOME_ADDRESS_REQUEST, {"prefix_length": 64}),
                           (options.LINK_LOCAL_ADDRESS, {"address": HOST}),
                           (options.GRE_KEY, {"key": 1 << 32}),
                           (options.SERVICE_SELECTION, {})):
        with raises(ValueError):
            Option(number, **fields)
    with raises(ValueError):
        FAMILY.write([Option(options.MN_IDENTIFIER, identifier=bytes(255))], 12)


def test_identifiers_are_shown_as_their_subtype_wants():
    for subtype, octets, text in (
            (1, b"mn1@example.net", '"mn1@example.net"'), (1, b"m\n", "6d0a"),
            (2, ADDRESS, "2001:db8::1"),
            (2, b"abc", "616263"), (3, bytes.fromhex("123456123456789f"), "123456123456789"),
            (5, b"\2\0\x5e\x10\0\1", "02:00:5e:10:00:01"), (8, b"\0\1", "0001")):
        option = Option(options.MN_IDENTIFIER, subtype=subtype, identifier=octets)
        assert str(option).endswith(", identifier %s]" % text), str(option)


def test_options_compare_by_value_and_print_themselves():
    option = Option(options.IPV4_HOME_ADDRESS_REPLY, status=132, prefix_length=24, address=HOST)
    assert option == Option(37, address=HOST, prefix_length=24, status=132)
    assert option != Option(37, address=HOST, prefix_length=24)
    assert option != "IPv4 Home Address Reply"
    assert str(option) == (
        "IPv4 Home Address Reply [status 132 (dynamic IPv4 home address assignment not available),"
        " prefix_length 24, address 203.0.113.5]")
    assert str(Option(200, data=b"\x01\xff")) == "Unknown option 200 [data 01ff]"
    assert not hasattr(option, "prefix")
