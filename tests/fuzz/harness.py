# SPDX-License-Identifier: GPL-2.0-or-later
"""What the fuzzers call: one function for each codec, and the octets they start from.

Each takes any octets and returns a description of what it saw, the same for inputs that took the
same way; anything but DecodeError (ValueError for text) that comes out of it is a finding.
"""
import io
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../.."), os.path.join(HERE, "../unit")]

import vectors  # noqa: E402

from mag_lite import dissect  # noqa: E402
from mag_lite.system import (  # noqa: E402
    blobmsg,
    netlink,
    nftables,
    own_addresses,
    proxy_neighbour,
    rtnetlink,
    stations,
    ubus_message,
)
from mag_lite.wire import (  # noqa: E402
    address,
    arp,
    dhcpv4,
    dhcpv4_options,
    dhcpv6,
    encapsulation,
    ethernet,
    icmpv6,
    ip,
    mobility_header,
    mobility_options,
    mobility_options_all,
    pcap,
    udp4,
)
from mag_lite.wire.error import DecodeError  # noqa: E402

TABLES = mobility_options_all.MODULES
MAC = b"\x02\x00\x5e\x10\x00\x01"
HOST = bytes((203, 0, 113, 5))
CLIENT = address.parse_address("fe80::1")
#: What reads the kernel's messages; the first octet of an input chooses.
OF_KERNEL = (
    rtnetlink.parse_link, rtnetlink.parse_neighbour, rtnetlink.parse_route, rtnetlink.parse_path,
    rtnetlink.parse_rule, nftables.parse_elements, own_addresses.parse_address,
    proxy_neighbour.parse, stations.parse_station)


def options_seen(options):
    """The numbers of options, and of what is in them."""
    return tuple([(option.number, len(option.values)) for option in options])


def sometimes(data):
    """For one input in eight: printing takes longer than all the rest."""
    return sum(data) % 8 == 0


def fuzz_mobility_header(data):
    message = mobility_header.decode(data)
    again = mobility_header.decode(mobility_header.encode(message))
    assert again == message, "%s is not %s" % (again, message)
    assert not sometimes(data) or str(message)
    return message.kind, options_seen(message.options)


def fuzz_mobility_options(data):
    options = mobility_options.FAMILY.read(data, 0, len(data))
    octets = mobility_options.FAMILY.write(options, 4)
    again = mobility_options.FAMILY.read(octets, 0, len(octets))
    assert again == options, "%s are not %s" % (again, options)
    assert not sometimes(data) or str(options)
    return options_seen(options)


def fuzz_icmpv6(data):
    message = icmpv6.decode(data)
    octets = icmpv6.encode(message, CLIENT, CLIENT)
    assert icmpv6.encode(icmpv6.decode(octets, CLIENT, CLIENT), CLIENT, CLIENT) == octets
    assert str(message)
    return message.kind, options_seen(message.options)


def fuzz_dhcpv4(data):
    message = dhcpv4.decode(data)
    again = dhcpv4.decode(dhcpv4.encode(message))
    assert vars(again) == vars(message), "%s is not %s" % (vars(again), vars(message))
    return tuple([(number, len(value) > 255) for number, value in message.options.items()])


def fuzz_dhcpv6(data):
    message = dhcpv6.decode(data)
    again = dhcpv6.decode(dhcpv6.encode(message))
    assert vars(again) == vars(message), "%s is not %s" % (vars(again), vars(message))
    return message.kind, tuple(sorted(message.options))


def fuzz_dhcpv4_options(data):
    if not data:
        return ()
    text = dhcpv4_options.show_option(data[0], data[1:])
    assert text.isprintable(), text
    return data[0], len(data) % 8, text[:1]


def fuzz_classless_routes(data):
    routes = dhcpv4.decode_classless_routes(data)
    again = dhcpv4.decode_classless_routes(dhcpv4.encode_classless_routes(routes))
    assert again == routes
    return tuple([prefix[1] for prefix, _ in routes])


def fuzz_arp(data):
    packet = arp.decode(data)
    assert arp.encode(packet) == data[:28]
    return packet.operation < 3


def fuzz_ethernet(data):
    destination, source, ethertype, offset = ethernet.decode_frame(data)
    assert len(destination) == len(source) == 6 and offset <= len(data)
    return ethertype, offset


def fuzz_ip(data):
    source, destination, protocol, hops, start, end = ip.decode_ip(data)
    assert len(source) == len(destination) and 20 <= start <= end <= len(data) and 0 <= hops < 256
    return protocol, start, len(source)


def fuzz_udp4(data):
    payload = udp4.decode_udp4(data)[4]
    assert len(payload) <= len(data) - 28
    return len(payload)


def fuzz_encapsulation(data):
    seen = []
    for decoder in (encapsulation.decode_gre, encapsulation.decode_udp_payload):
        try:
            result = decoder(data)
            assert result[-1] <= len(data)
            seen.append(result[-1])
        except DecodeError as error:
            seen.append(error.expected)
    return tuple(seen)


def fuzz_pcap(data):
    packets = list(pcap.packets(io.BytesIO(data)))
    assert sum([len(packet) for _, packet in packets]) <= len(data)
    return tuple([(link_type, len(packet) % 4) for link_type, packet in packets[:20]])


def fuzz_dissect(data):
    seen = []
    for dissector in (dissect.dissect_octets, dissect.dissect_ip):
        try:
            for node in dissector(data):
                assert node.lines() and node.json()
                seen.append((node.name, tuple([option.kind for option in node.options])))
        except DecodeError as error:
            seen.append(error.expected)
    return tuple(seen)


def fuzz_address(data):
    text = data.decode("latin-1")
    seen = []
    for parse, show in ((address.parse_address, address.format_address),
                        (address.parse_mac, address.format_mac),
                        (address.parse_prefix, address.format_prefix)):
        try:
            value = parse(text)
            assert parse(show(value)) == value, text
            seen.append(len(show(value)))
        except ValueError:
            seen.append(0)
    return tuple(seen)


def fuzz_blobmsg(data):
    try:
        values = blobmsg.decode(data)
    except blobmsg.BlobError as error:
        return str(error)[:12]
    octets = blobmsg.encode(values)
    assert blobmsg.encode(blobmsg.decode(octets)) == octets
    return tuple([(len(name), type(value).__name__) for name, value in values.items()])


def fuzz_ubus_message(data):
    receiver, seen = ubus_message.Receiver(), []
    try:
        for start in range(0, len(data), 50):
            for message in receiver.feed(data[start:start + 50]):
                seen.append((message.kind, tuple(message.found or ())))
    except blobmsg.BlobError as error:
        seen.append(str(error))
    return tuple(seen)


def fuzz_netlink(data):
    number = data[0] % len(OF_KERNEL) if data else 0
    try:
        found = OF_KERNEL[number](data[1:])
    except netlink.NetlinkError as error:
        return number, str(error)[:8]
    return number, tuple([type(value).__name__ for value in found or ()])


def _signalling():
    return [vectors.octets(vectors.load(name)) for name in vectors.names()]


def _packets():
    return [vectors.octets(vectors.load(name), "packet_hex")
            for name in vectors.names() + vectors.names(data_plane=True)]


def _every_option():
    import test_wire_mobility_options
    import test_wire_mobility_options_all
    rows = test_wire_mobility_options.WIRE + test_wire_mobility_options_all.WIRE
    return [bytes.fromhex(row[0]) for row in rows]


def _every_message():
    import test_wire_mobility_options_all
    messages = [bytes.fromhex(row[0]) for row in test_wire_mobility_options_all.MESSAGES]
    for option in _every_option():
        body = bytes.fromhex("0001" "8200" "004b") + option
        body += bytes(-(6 + len(body)) % 8)
        messages.append(bytes([59, (6 + len(body)) // 8 - 1, 5, 0, 0, 0]) + body)
    return messages + _signalling()


def _neighbours():
    import test_wire_icmpv6
    options = [bytes.fromhex(row[0]) for row in test_wire_icmpv6.OPTIONS]
    messages = [bytes.fromhex(row[0]) for row in test_wire_icmpv6.MESSAGES]
    return messages + [messages[1] + option for option in options] + [
        messages[1] + b"".join(options)]


def _dhcp():
    import test_wire_dhcpv4
    discover = test_wire_dhcpv4.discover
    return [discover(), discover(b"\x35\x01\x01\x34\x01\x03\xff", b"\x0c\x01b\xff", b"\x0c\x01c"),
            dhcpv4.encode(dhcpv4.Dhcp(options={53: b"\2", 121: b"\0" + HOST, 43: bytes(300)}))]


def _frames():
    inner = _packets()
    return ([ethernet.frame(MAC, MAC, ethernet.IPV6, inner[0]),
             MAC + MAC + b"\x81\x00\x00\x05\x08\x00" + inner[-1]]
            + [ethernet.frame(MAC, MAC, ethernet.ARP, packet) for packet in _arps()])


def _arps():
    return [arp.encode(arp.Arp(operation, MAC, HOST, MAC, HOST)) for operation in (1, 2)]


def _udp():
    return [udp4.encode_udp4(HOST, HOST, 68, 67, message) for message in _dhcp()] + [
        packet for packet in _packets() if packet[0] == 0x45 and packet[9] == 17]


def _blobs():
    import test_system_blobmsg
    return [bytes.fromhex(octets) for _, octets in test_system_blobmsg.WIRE] + [
        b"".join([bytes.fromhex(octets) for _, octets in test_system_blobmsg.WIRE if
                  len(octets) % 8 == 0])]


def _bus():
    attributes = blobmsg.attribute_u32(3, 1 << 31) + blobmsg.attribute_text(4, "send")
    messages = [ubus_message.encode(0, 0, 5, b"")] + [
        ubus_message.encode(5, 7, 1, attributes + blobmsg.attribute(7, blob)) for blob in _blobs()]
    return messages + [b"".join(messages)]


def _kernel():
    """A message for each parser, with attributes as in attributes."""
    inner = b"".join([netlink.attribute(kind, HOST) for kind in range(1, 9)])
    nested = b"".join([netlink.attribute(kind, inner) for kind in range(1, 24)])
    plain = b"".join([netlink.attribute(kind, HOST) for kind in range(1, 24)])
    return [bytes([number]) + bytes(header) + attributes for number in range(len(OF_KERNEL))
            for header in (4, 8, 12, 16) for attributes in (plain, nested)]


def _captures():
    import test_wire_pcap
    return [test_wire_pcap.pcap_file(order) for order in "<>"] + [
        test_wire_pcap.pcapng_file(order) for order in "<>"]


def _everything():
    neighbours = [ip.encode_ipv6(CLIENT, CLIENT, 58, message, 255) for message in _neighbours()]
    return _packets() + _udp() + _frames() + _arps() + neighbours + _signalling()


CODECS = {
    "address": (fuzz_address, lambda: [b"2001:db8::1", b"::ffff:192.0.2.1", b"192.0.2.10",
                                       b"02:00:5e:10:00:01", b"10.20.0.0/16", b"2001:db8::/32"]),
    "arp": (fuzz_arp, _arps),
    "blobmsg": (fuzz_blobmsg, _blobs),
    "classless_routes": (fuzz_classless_routes, lambda: [b"\x08\x0a" + HOST + b"\0" + HOST]),
    "dhcpv4": (fuzz_dhcpv4, _dhcp),
    "dhcpv4_options": (fuzz_dhcpv4_options, lambda: [
        bytes([number]) + HOST for number in dhcpv4_options.TABLE]),
    "dhcpv6": (fuzz_dhcpv6, lambda: [dhcpv6.encode(dhcpv6.Dhcp6(
        dhcpv6.INFORMATION_REQUEST, b"abc", {1: b"\0\3\0\1" + MAC, 6: b"\0\x17", 8: b"\0\0"}))]),
    "dissect": (fuzz_dissect, _everything),
    "encapsulation": (fuzz_encapsulation, lambda: [
        packet[40:] for packet in _packets()[-6:]] + [packet[28:] for packet in _packets()[-6:]]),
    "ethernet": (fuzz_ethernet, _frames),
    "icmpv6": (fuzz_icmpv6, _neighbours),
    "ip": (fuzz_ip, lambda: _packets() + [ip.encode_ipv6(
        CLIENT, CLIENT, 0, b"\x3c\x00" + bytes(6) + b"\x87\x01" + bytes(14))]),
    "mobility_header": (fuzz_mobility_header, _every_message),
    "mobility_options": (fuzz_mobility_options, _every_option),
    "netlink": (fuzz_netlink, _kernel),
    "pcap": (fuzz_pcap, _captures),
    "ubus_message": (fuzz_ubus_message, _bus),
    "udp4": (fuzz_udp4, _udp),
}


def run_once(codec, data):
    """What the codec makes of `data`, as something hashable; findings come out as they are."""
    try:
        return CODECS[codec][0](data)
    except DecodeError as error:
        assert 0 <= error.offset <= len(data) + 1024, str(error)
        return error.expected
