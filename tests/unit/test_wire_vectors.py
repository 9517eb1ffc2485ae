# SPDX-License-Identifier: GPL-2.0-or-later
"""Every option of every vector, value by value, against what the vectors' author noted of it."""
import vectors

from mag_lite.wire import mobility_header, mobility_options_all
from mag_lite.wire.address import format_address, format_mac


def prefix(address, length):
    return "%s/%d" % (format_address(address), length)


def address_of(option):
    return format_address(option.address)


# The note on an option, made of what we have decoded.
NOTES = {
    3: address_of,
    8: lambda o: 'subtype %d, id "%s"' % (o.subtype, o.identifier.decode()),
    19: lambda o: "vendor %d subtype %d" % (o.vendor, o.subtype),
    20: lambda o: o.identifier.decode(),
    22: lambda o: "L=%d, prefix %s" % (o.flags >> 7, prefix(o.prefix, o.prefix_length)),
    23: lambda o: "HI=%d" % o.indicator,
    24: lambda o: "ATT=%d" % o.technology,
    25: lambda o: "id " + format_mac(o.identifier),
    26: address_of,
    27: lambda o: "%d s + %d/65536" % (o.time >> 16, o.time & 0xFFFF),
    28: lambda o: "counter %d" % o.counter,
    31: lambda o: "F=%d, refresh 0x%x" % (o.flags >> 15, o.refresh_time),
    33: lambda o: "key 0x%08x" % o.key,
    36: lambda o: prefix(o.address, o.prefix_length),
    37: lambda o: "status %d, %s" % (o.status, prefix(o.address, o.prefix_length)),
    38: address_of,
    39: lambda o: "S=%d" % o.flags,
    46: lambda o: "",
    47: lambda o: "K=%d %s" % (o.flags >> 15, address_of(o)),
    48: lambda o: "prio %d sess %d/%d cap %d/%d" % (
        o.priority, o.sessions_in_use, o.maximum_sessions, o.used_capacity, o.maximum_capacity),
    50: lambda o: "subtype %d id %d" % (o.subtype, o.identifier),
    51: address_of,
    52: lambda o: "%d sub-options" % len(o.identifiers),
    55: lambda o: prefix(o.prefix, o.prefix_length),
    58: lambda o: "SR-ID %d DSCP %d OC %d" % (
        o.service_request_identifier, o.dscp, o.operation),
    59: address_of,
    62: lambda o: "%d sub-options" % len(o.parameters),
    63: lambda o: "If-ATT %d label %d BID %d B=%d O=%d" % (
        o.technology, o.label, o.binding_identifier, o.flags >> 7, o.flags >> 6 & 1),
    64: lambda o: o.identifier.decode(),
}


def test_every_option_has_the_values_that_were_put_into_it():
    assert mobility_options_all.MODULES
    compared = 0
    for name in vectors.names():
        vector = vectors.load(name)
        message = mobility_header.decode(vectors.octets(vector))
        notes = [field for field in vector["fields"] if field["field"].startswith("opt")]
        assert len(notes) == len(message.options), name
        for note, option in zip(notes, message.options):
            assert NOTES[option.number](option) == note["value"], (name, note["field"])
            compared += 1
    assert compared == 142, compared


def test_the_suboptions_of_the_vectors():
    rich = mobility_header.decode(vectors.octets(vectors.load("22_pbu_rich.json")))
    network, place, operator = rich.option(52).identifiers
    assert (network.flags, network.network_name, network.access_point_name) == (
        0x80, b"ssid-1", b"ap-7")
    assert (place.latitude, place.longitude) == (round(48.2 * 32768), round(-16.37 * 32768))
    assert (operator.type, operator.identifier) == (1, b"\0\0\x09")
    modern = mobility_header.decode(vectors.octets(vectors.load("29_pbu_modern_options.json")))
    assert modern.option(58).attributes[0].bit_rate == 2000000
    parameters = mobility_header.decode(
        vectors.octets(vectors.load("30_pba_lcmp.json"))).option(62).parameters
    assert parameters[0].values == (10, 1, 32) and parameters[1].values == (60, 5, 3)
