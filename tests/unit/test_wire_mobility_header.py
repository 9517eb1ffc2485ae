# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility Header messages: the vectors, and what RFC 6275 says about wrong ones."""
import vectors

from mag_lite.wire import mobility_header, mobility_options_all
from mag_lite.wire.address import parse_address, parse_mac
from mag_lite.wire.error import DecodeError
from mag_lite.wire.mobility_header import Message, UnknownMessageType, decode, encode
from mag_lite.wire.mobility_options import (
    ACCESS_TECHNOLOGY_TYPE,
    FAMILY,
    HANDOFF_INDICATOR,
    HOME_NETWORK_PREFIX,
    LINK_LOCAL_ADDRESS,
    MN_IDENTIFIER,
    MN_LINK_LAYER_IDENTIFIER,
    TIMESTAMP,
    Option,
)

from raises import raises

MAG = parse_address("2001:db8:a::1")
LMA = parse_address("2001:db8:b::1")
MN_ID = Option(MN_IDENTIFIER, subtype=1, identifier=b"mn1@example.net")


def initial_pbu():
    """Worked example E1 of the specification sheet."""
    return Message(
        mobility_header.BINDING_UPDATE, sequence=1, lifetime=75,
        flags=mobility_header.BU_ACKNOWLEDGE | mobility_header.BU_PROXY,
        options=[
            MN_ID,
            Option(HOME_NETWORK_PREFIX),
            Option(HANDOFF_INDICATOR, indicator=1),
            Option(ACCESS_TECHNOLOGY_TYPE, technology=4),
            Option(TIMESTAMP, time=1714564800 << 16 | 0x8000),
            Option(MN_LINK_LAYER_IDENTIFIER, identifier=parse_mac("02:00:5e:10:00:01")),
            Option(LINK_LOCAL_ADDRESS)])


def test_the_initial_pbu_built_from_its_fields():
    vector = vectors.load("01_pbu_initial_ipv6.json")
    assert encode(initial_pbu(), MAG, LMA) == vectors.octets(vector)
    assert decode(vectors.octets(vector)) == initial_pbu()


def test_everything_that_rfcs_define_is_known():
    assert mobility_options_all.MODULES
    assert sorted(FAMILY.layouts) == list(range(2, 71))
    types = set([kind >> 8 or kind for kind in Message.layouts])
    assert types == set(range(24)) - set((10, 11))


def fixed_fields(vector):
    """{field of the wire: octets} of a vector, without options and padding."""
    return {field["field"]: field["hex"] for field in vector["fields"]
            if not field["field"].startswith("opt") and not field["field"].startswith("Pad")}


FIELD_NAMES = (
    ("Sequence #", "sequence"), ("Lifetime", "lifetime"), ("Lifetime (s)", "lifetime"),
    ("Status", "status"), ("R. Trigger", "trigger"), ("Notification Reason", "reason"),
)


def test_every_vector_decodes_to_its_fields():
    for name in vectors.names():
        vector = vectors.load(name)
        message = decode(vectors.octets(vector))
        fields = fixed_fields(vector)
        assert (message.kind >> 8 or message.kind) == int(fields["MH Type"], 16), name
        for wire_name, attribute in FIELD_NAMES:
            if wire_name in fields:
                assert getattr(message, attribute) == int(fields[wire_name], 16), (name, attribute)
        if "Flags" in fields:
            assert message.flags == int(fields["Flags"], 16), (name, "flags")
        numbers = [int(field["field"].split()[1]) for field in vector["fields"]
                   if field["field"].startswith("opt")]
        assert [option.number for option in message.options] == numbers, name


def test_every_vector_survives_decoding_and_encoding():
    for name in vectors.names():
        vector = vectors.load(name)
        octets = vectors.octets(vector)
        addresses = (None, None)
        if "IPv6" in vector["transport"]:
            addresses = parse_address(vector["src"]), parse_address(vector["dst"])
        assert encode(decode(octets), addresses[0], addresses[1]) == octets, name


def test_options_are_found_by_number():
    message = decode(vectors.octets(vectors.load("22_pbu_rich.json")))
    prefixes = message.all(HOME_NETWORK_PREFIX)
    assert [prefix.prefix_length for prefix in prefixes] == [64, 64]
    assert message.option(HOME_NETWORK_PREFIX) == prefixes[0]
    assert message.option(TIMESTAMP).time >> 16 == 1714564805
    assert message.option(LINK_LOCAL_ADDRESS) is None
    assert message.all(LINK_LOCAL_ADDRESS) == []


def test_an_unknown_message_type_is_told_apart():
    with raises(UnknownMessageType) as caught:
        decode(bytes.fromhex("3b00630000000000"))
    assert caught.error.kind == 99
    with raises(UnknownMessageType) as caught:
        decode(bytes.fromhex("3b0110000000030000000000" "01020000"))
    assert caught.error.kind == 16


def test_truncated_messages_are_malformed_wherever_they_are_cut():
    for name in vectors.names():
        octets = vectors.octets(vectors.load(name))
        for length in range(len(octets) - 7):
            with raises(DecodeError):
                decode(octets[:length])


def test_wrong_headers_are_malformed():
    octets = encode(initial_pbu())
    for offset, value, complained in ((0, 58, 0), (1, 13, 1), (1, 0, 1), (13, 255, 13)):
        with raises(DecodeError) as caught:
            decode(octets[:offset] + bytes([value]) + octets[offset + 1:]
                   if value else octets[:1] + b"\0" + octets[2:8])
        assert caught.error.offset == complained, str(caught.error)


def test_an_option_of_the_wrong_length_is_malformed():
    for option in ("16030000000000", "1701000000000", "2105000000000000", "21070000000000000000"):
        body = bytes.fromhex(option + "0" * (len(option) % 2))
        body += bytes(-(12 + len(body)) % 8)
        with raises(DecodeError):
            decode(bytes([59, (12 + len(body)) // 8 - 1, 5, 0, 0, 0, 0, 1, 2, 0, 0, 9]) + body)


def test_octets_behind_the_message_are_ignored():
    octets = encode(initial_pbu())
    assert decode(octets + bytes(8)) == initial_pbu()
    assert decode(octets + b"\xff" * 40) == initial_pbu()


def test_peers_that_ignore_alignment_or_pad_with_zeros_are_read():
    pbu = initial_pbu()
    body = b"".join([
        bytes.fromhex("0810016d6e31406578616d706c652e6e6574"), bytes(3),
        bytes.fromhex("1612000000000000000000000000000000000000"),
        bytes.fromhex("17020001" "18020004" "1b08000066322ec08000"),
        bytes.fromhex("1908000002005e100001" "1a10"), bytes(16)])
    octets = bytes.fromhex("3b0c0500000000018200004b") + body
    padded = octets + bytes(-len(octets) % 8)
    assert decode(padded) == pbu
    # Neither padding at the end: Header Len counts started or whole units of 8 octets.
    assert len(octets) % 8
    for units in (len(octets) // 8, len(octets) // 8 - 1):
        assert decode(octets[:1] + bytes([units]) + octets[2:]) == pbu


def test_unknown_options_are_kept_as_octets():
    octets = bytes.fromhex("3b02050000000001" "8200004b" "fa06010203040506" "01020000")
    option = decode(octets).options[0]
    assert option.number == 250 and option.data == b"\1\2\3\4\5\6"
    assert encode(decode(octets)) == octets


def test_what_does_not_fit_is_not_sent():
    for fields in ({"sequence": 65536}, {"lifetime": -1}):
        with raises(ValueError):
            encode(Message(mobility_header.BINDING_UPDATE, **fields))
    message = Message(mobility_header.BINDING_UPDATE)
    message.sequence = 65536
    with raises(ValueError):
        encode(message)
    with raises(ValueError):
        Message(mobility_header.BINDING_UPDATE, staus=1)
    with raises(ValueError):
        encode(Message(mobility_header.BINDING_UPDATE,
                       [Option(MN_IDENTIFIER, identifier=bytes(250)) for _ in range(9)]))


def test_messages_print_themselves_with_the_names_of_the_rfcs():
    text = str(decode(vectors.octets(vectors.load("11_pba_timestamp_mismatch.json"))))
    assert text.startswith("Proxy Binding Acknowledgement [status 156 (TIMESTAMP_MISMATCH), "
                           "flags 0x20 (P), sequence 4, lifetime 0 (0 s)]; Mobile Node Id"), text
    assert 'identifier "mn1@example.net"' in text


def test_a_wrong_payload_proto_or_header_len_is_for_the_sender_to_know():
    """RFC 6275 section 9.2: an ICMPv6 Parameter Problem points to the field."""
    update = bytes.fromhex("3b010500000000010000000a00000000")
    for data, expected in (
            (update, None),
            (b"\x06" + update[1:], 0),
            (b"\x3b\x00" + update[2:8], 1),
            (b"\x3b\x40" + update[2:], 1),
            (b"\x3b\x01\xfe" + update[3:], None),    # unknown type: a Binding Error
            (update[:7], None)):
        assert mobility_header.erroneous_field(data) == expected
