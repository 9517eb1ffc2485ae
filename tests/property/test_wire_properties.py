# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for every message and every octet string."""
import io
import tracemalloc

import strategies
import vectors
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mag_lite.wire import arp, dhcpv4, encapsulation, ethernet, icmpv6, ip, pcap, udp4
from mag_lite.wire.error import DecodeError
from mag_lite.wire.mobility_header import decode, encode

octets4 = st.binary(min_size=4, max_size=4)
octets6 = st.binary(min_size=6, max_size=6)
octets16 = st.binary(min_size=16, max_size=16)
ports = st.integers(0, 65535)
SIGNALLING = [vectors.octets(vectors.load(name)) for name in vectors.names()]
PACKETS = [vectors.octets(vectors.load(name), "packet_hex")
           for name in vectors.names() + vectors.names(data_plane=True)]


def encoded(message):
    """The octets, where the options fit into one message."""
    try:
        return encode(message)
    except ValueError:
        assume(False)


@given(strategies.messages())
@settings(max_examples=600, deadline=None)
def test_decoding_undoes_encoding(message):
    octets = encoded(message)
    assert len(octets) % 8 == 0 and len(octets) == (octets[1] + 1) * 8
    assert decode(octets) == message
    assert encode(decode(octets)) == octets
    assert str(message)


@given(strategies.messages(), octets16, octets16)
@settings(max_examples=100, deadline=None)
def test_the_checksum_of_an_encoded_message_is_right(message, source, destination):
    try:
        octets = encode(message, source, destination)
    except ValueError:
        assume(False)
    total = sum([source[i] << 8 | source[i + 1] for i in range(0, 16, 2)])
    total += sum([destination[i] << 8 | destination[i + 1] for i in range(0, 16, 2)])
    total += sum([octets[i] << 8 | octets[i + 1] for i in range(0, len(octets), 2)])
    total += len(octets) + 135
    assert total % 0xFFFF == 0


@given(strategies.messages())
@settings(max_examples=200, deadline=None)
def test_every_option_stands_where_its_alignment_wants_it(message):
    octets = encoded(message)
    layout = message.layout
    offset = 6 + {16: 1, 21: 2}.get(octets[2], 0) + len(layout.write(message.values()))
    for option in message.options:
        while octets[offset] < 2:
            offset += 1 if octets[offset] == 0 else 2 + octets[offset + 1]
        assert octets[offset] == option.number
        step, rest = option.layout.step, option.layout.rest
        if not step:
            step, rest = (8, 4) if octets[offset + 1] == 10 else (2, 0)
        assert offset % step == rest % step
        offset += len(option.layout.write_tlv(option.number, option.values))


DECODERS = (
    decode, arp.decode, dhcpv4.decode, ethernet.decode_frame, icmpv6.decode, ip.decode_ip,
    udp4.decode_udp4, encapsulation.decode_gre, encapsulation.decode_udp_payload,
    dhcpv4.decode_classless_routes, lambda data: list(pcap.packets(io.BytesIO(data))),
)


def survives(decoder, data):
    """Decode or raise DecodeError, and nothing else."""
    try:
        return decoder(data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data) + 8, str(error)
        return None


@given(st.binary(max_size=400))
@settings(max_examples=1000, deadline=None)
def test_any_octets_decode_or_raise_decode_error(data):
    for decoder in DECODERS:
        survives(decoder, data)


def mutated(originals):
    """One of the originals with a few octets replaced, inserted or removed."""
    def change(data, changes):
        data = bytearray(data)
        for place, kind, value in changes:
            place %= len(data) + 1
            data[place:place + (kind != 1)] = bytes([value]) if kind != 2 else b""
        return bytes(data)
    change_list = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2), st.integers(0, 255)),
                           min_size=1, max_size=5)
    return st.builds(change, st.sampled_from(originals), change_list)


@given(mutated(SIGNALLING))
@settings(max_examples=1500, deadline=None)
def test_what_can_be_decoded_can_be_encoded(data):
    message = survives(decode, data)
    if message is not None:
        assert str(message)
        again = decode(encode(message))
        assert again == message


@given(mutated(PACKETS))
@settings(max_examples=500, deadline=None)
def test_damaged_packets(data):
    for decoder in DECODERS:
        survives(decoder, data)


@given(strategies.messages())
@settings(max_examples=200, deadline=None)
def test_zero_padding_at_the_end_is_read(message):
    octets = encoded(message)
    assume(len(octets) < 2000)
    longer = octets[:1] + bytes([octets[1] + 1]) + octets[2:] + bytes(8)
    assert decode(longer) == message


dhcp_options = st.dictionaries(st.integers(1, 254).filter(lambda number: number != 52),
                               st.binary(max_size=600), max_size=8)


@given(st.integers(0, 255), st.integers(0, 0xFFFFFFFF), octets6, ports, ports, dhcp_options,
       st.tuples(octets4, octets4, octets4, octets4))
@settings(max_examples=300, deadline=None)
def test_dhcp_messages(op, xid, chaddr, secs, flags, options, addresses):
    message = dhcpv4.Dhcp(op, xid, chaddr, 1, secs, flags, options)
    message.ciaddr, message.yiaddr, message.siaddr, message.giaddr = addresses
    octets = dhcpv4.encode(message)
    again = dhcpv4.decode(octets)
    assert vars(again) == vars(message)
    assert dhcpv4.encode(again) == octets
    assert len(octets) >= 300
    for longest in (300, 548):
        try:
            short = dhcpv4.encode(message, longest)
        except ValueError:
            continue
        assert len(short) <= longest and vars(dhcpv4.decode(short)) == vars(message)


@given(st.lists(st.tuples(st.integers(0, 32), octets4, octets4), max_size=5))
def test_classless_routes(triples):
    routes = []
    for length, network, router in triples:
        size = (length + 7) // 8
        routes.append(((network[:size] + bytes(4 - size), length), router))
    octets = dhcpv4.encode_classless_routes(routes)
    assert dhcpv4.decode_classless_routes(octets) == routes


@given(strategies.neighbor_messages(), octets16, octets16)
@settings(max_examples=300, deadline=None)
def test_neighbour_discovery_messages(message, source, destination):
    try:
        octets = icmpv6.encode(message, source, destination)
    except ValueError:
        assume(False)
    again = icmpv6.decode(octets, source, destination)
    # A link-layer address that does not fill its 8 octets comes back with the padding.
    assert icmpv6.encode(again, source, destination) == octets
    if all(len(option.values[0]) % 8 == 6 for option in message.options if option.number < 3):
        assert again == message


@given(octets4, octets4, ports, ports, st.binary(max_size=100), st.binary(max_size=20))
def test_udp_in_ipv4(source, destination, source_port, destination_port, payload, padding):
    packet = udp4.encode_udp4(source, destination, source_port, destination_port, payload)
    assert udp4.decode_udp4(packet + padding, verify=True) == (
        source, destination, source_port, destination_port, payload)


@given(octets16, octets16, st.integers(61, 134), st.binary(max_size=100), st.integers(0, 255))
def test_ipv6_packets(source, destination, protocol, payload, hops):
    packet = ip.encode_ipv6(source, destination, protocol, payload, hops)
    assert ip.decode_ip(packet) == (source, destination, protocol, hops, 40, len(packet))


@given(st.builds(arp.Arp, st.integers(0, 65535), octets6, octets4, octets6, octets4))
def test_arp(packet):
    assert arp.decode(arp.encode(packet)) == packet


@given(ports, st.none() | st.integers(0, 0xFFFFFFFF))
def test_gre_headers(protocol, key):
    header = encapsulation.encode_gre(protocol, key)
    assert encapsulation.decode_gre(header) == (protocol, key, len(header))


@given(st.binary(max_size=2000))
@example(b"\x3b\xff\x05\x00\x00\x00" + bytes(2042))
@example(b"\x3b\xff\x05\x00\x00\x00" + b"\x02\x00" * 1021)
@settings(max_examples=50, deadline=None)
def test_memory_stays_in_proportion(data):
    for decoder in DECODERS:
        tracemalloc.start()
        survives(decoder, data)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 100 * len(data) + 20000, decoder
