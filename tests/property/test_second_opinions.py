# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark and scapy say about the packets we build, and we about theirs."""
import functools
import shutil
import struct
import subprocess

import pytest
import test_wire_dhcpv4
import test_wire_icmpv6
import test_wire_mobility_options
import test_wire_mobility_options_all
import vectors

from mag_lite.wire import arp, dhcpv4, encapsulation, ethernet, icmpv6, ip, udp4
from mag_lite.wire.address import parse_address, parse_mac
from mag_lite.wire.mobility_header import Message, encode
from mag_lite.wire.mobility_options import Option

MAG = parse_address("2001:db8:a::1")
LMA = parse_address("2001:db8:b::1")
MAG4, LMA4 = bytes((192, 0, 2, 10)), bytes((198, 51, 100, 1))
CLIENT, ROUTER = parse_address("fe80::1"), parse_address("fe80::200:5eff:fe00:5213")
MAC, ROUTER_MAC = parse_mac("02:00:5e:10:00:01"), parse_mac("00:00:5e:00:52:13")

# tshark 4.0 looks for the options of a Home Agent Switch at the type of the message.
WRONG_IN_TSHARK = ("message 12",)

needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="there is no tshark")


def in_ipv6(message):
    """The Ethernet frame of a Mobility Header message, with its checksum."""
    packet = ip.encode_ipv6(MAG, LMA, 135, encode(message, MAG, LMA))
    return ethernet.frame(ROUTER_MAC, MAC, ethernet.IPV6, packet)


def in_udp(message):
    """The Ethernet frame of the same over IPv4."""
    packet = udp4.encode_udp4(MAG4, LMA4, 5436, 5436, encode(message))
    return ethernet.frame(ROUTER_MAC, MAC, ethernet.IPV4, packet)


def frames():
    """(what, Ethernet frame) of everything that we can build."""
    for _, number, fields in (test_wire_mobility_options.WIRE
                              + test_wire_mobility_options_all.WIRE):
        update = Message(5, [Option(8, subtype=1, identifier=b"mn1@example.net"),
                             Option(number, **fields)], sequence=1, flags=0x8200, lifetime=75)
        yield "option %d" % number, in_ipv6(update)
        yield "option %d" % number, in_udp(update)
    for kind in sorted(Message.layouts):
        yield "message %d" % (kind >> 8 or kind), in_ipv6(Message(kind))
    for name in vectors.names() + vectors.names(data_plane=True):
        vector = vectors.load(name)
        packet = vectors.octets(vector, "packet_hex")
        ethertype = ethernet.IPV6 if packet[0] >> 4 == 6 else ethernet.IPV4
        kind = "message %d" % int(vector["mh_hex"][4:6], 16) if "mh_hex" in vector else "tunnel"
        yield kind, ethernet.frame(ROUTER_MAC, MAC, ethertype, packet)
    yield "arp", ethernet.frame(ethernet.BROADCAST, MAC, ethernet.ARP, arp.encode(
        arp.Arp(arp.REQUEST, MAC, MAG4, bytes(6), LMA4)))
    for message in dhcp_messages():
        yield "dhcp", ethernet.frame(ethernet.BROADCAST, MAC, ethernet.IPV4, udp4.encode_udp4(
            MAG4, bytes(4 * [255]), 67, 68, dhcpv4.encode(message)))
    for message in neighbour_messages():
        yield "icmpv6", ethernet.frame(ROUTER_MAC, MAC, ethernet.IPV6, ip.encode_ipv6(
            CLIENT, ROUTER, 58, icmpv6.encode(message, CLIENT, ROUTER), 255))
    inner = ip.encode_ipv4(MAG4, LMA4, 253, b"payload")
    yield "gre", ethernet.frame(ROUTER_MAC, MAC, ethernet.IPV4, ip.encode_ipv4(
        MAG4, LMA4, ip.GRE, encapsulation.encode_gre(ethernet.IPV4, 0x201) + inner))


def dhcp_messages():
    """An ACK with every option that the gateway sends, and one with a long option."""
    acknowledgement = dhcpv4.Dhcp(dhcpv4.BOOTREPLY, 7, MAC, options={
        dhcpv4.MESSAGE_TYPE: b"\5", dhcpv4.SUBNET_MASK: b"\xff\xff\xff\0", dhcpv4.ROUTER: LMA4,
        dhcpv4.DNS: LMA4 + MAG4, dhcpv4.INTERFACE_MTU: b"\x05\x8a",
        dhcpv4.LEASE_TIME: b"\0\0\x0e\x10", dhcpv4.SERVER_IDENTIFIER: LMA4,
        dhcpv4.RENEWAL_TIME: b"\0\0\x07\x08", dhcpv4.REBINDING_TIME: b"\0\0\x0c\x4e",
        dhcpv4.CLIENT_IDENTIFIER: b"\1" + MAC, dhcpv4.RAPID_COMMIT: b"",
        dhcpv4.CLASSLESS_ROUTES: dhcpv4.encode_classless_routes([((bytes(4), 0), LMA4)])})
    acknowledgement.yiaddr = MAG4
    return [acknowledgement,
            dhcpv4.Dhcp(options={53: b"\6", dhcpv4.MESSAGE: b"not your address" * 20})]


def neighbour_messages():
    """Every neighbour discovery message, and an advertisement with each option."""
    for kind in sorted(icmpv6.Message.layouts):
        yield icmpv6.Message(kind)
    for _, number, fields in test_wire_icmpv6.OPTIONS:
        if number != icmpv6.TARGET_LINK_LAYER_ADDRESS:
            yield icmpv6.Message(icmpv6.ROUTER_ADVERTISEMENT, [icmpv6.Option(number, **fields)],
                                 hop_limit=64, router_lifetime=1800)


FIELDS = (
    "frame.number", "_ws.malformed", "_ws.expert.message", "mip6.mhtype", "mip6.bu.seqnr",
    "mip6.bu.lifetime", "mip6.ba.status", "mip6.ba.seqnr", "mip6.ba.lifetime", "mip6.hi",
    "mip6.att", "mip6.gre_key", "mip6.hb.seqnr", "mip6.rc", "mip6.nemo.mnp.mnp",
    "udp.checksum.status", "ip.checksum.status", "icmpv6.checksum.status",
)


@functools.lru_cache
def opinions(directory):
    """[(what, {field: text})] of tshark for each of our frames."""
    every = list(frames())
    capture = directory / "frames.pcap"
    with open(capture, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for second, (_, frame) in enumerate(every):
            file.write(struct.pack("<IIII", second, 0, len(frame), len(frame)) + frame)
    command = ["tshark", "-r", str(capture), "-o", "udp.check_checksum:TRUE",
               "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=|"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split("|") for line in done.stdout.rstrip("\n").split("\n")]
    assert len(lines) == len(every)
    return [(what, dict(zip(FIELDS, line))) for (what, _), line in zip(every, lines)]


@pytest.fixture(scope="session")
def tshark(tmp_path_factory):
    """tshark's opinions, asked for once."""
    return opinions(tmp_path_factory.mktemp("tshark"))


@needs_tshark
def test_tshark_calls_nothing_malformed(tshark):
    complaints = [(what, seen["frame.number"], seen["_ws.expert.message"])
                  for what, seen in tshark
                  if seen["_ws.malformed"] and what not in WRONG_IN_TSHARK]
    assert complaints == []


@needs_tshark
def test_tshark_finds_every_checksum_right(tshark):
    for what, seen in tshark:
        for field in ("udp.checksum.status", "ip.checksum.status", "icmpv6.checksum.status"):
            assert set(seen[field].split(",")) <= {"", "1"}, (what, field, seen)


@needs_tshark
def test_tshark_reads_the_same_numbers(tshark):
    by_name = iter(tshark)
    assert by_name
    for what, seen in tshark:
        if what.startswith("option") and seen["mip6.mhtype"] == "5":
            assert seen["mip6.bu.seqnr"] == "1" and seen["mip6.bu.lifetime"] == "75", what
    values = {"option 23": ("mip6.hi", "3"), "option 24": ("mip6.att", "4"),
              "option 28": ("mip6.rc", "7"), "option 22": ("mip6.nemo.mnp.mnp", "2001:db8::1")}
    for name, (field, value) in values.items():
        assert [seen[field] for what, seen in tshark if what == name] == [value, value], name
    assert "257" in [seen["mip6.gre_key"] for what, seen in tshark if what == "option 33"]


def test_scapy_reads_our_mobility_header():
    from scapy.layers.inet6 import MIP6MH_BU, IPv6
    for _, number, fields in (test_wire_mobility_options.WIRE
                              + test_wire_mobility_options_all.WIRE):
        message = Message(5, [Option(number, **fields)], sequence=7, flags=0x8200, lifetime=75)
        octets = encode(message, MAG, LMA)
        packet = IPv6(ip.encode_ipv6(MAG, LMA, 135, octets))
        update, total = packet[MIP6MH_BU], packet[MIP6MH_BU].cksum
        assert (update.seq, update.mhtime, update.len) == (7, 75, len(octets) // 8 - 1)
        assert number in [option.otype for option in update.options]
        del packet[MIP6MH_BU].cksum
        packet = IPv6(bytes(packet))
        assert packet[MIP6MH_BU].cksum == total, number


def test_scapy_builds_what_we_read():
    from scapy.layers.inet6 import MIP6MH_BA, MIP6OptMNID, MIP6OptReplayProtection
    packet = MIP6MH_BA(cksum=0, status=135, seq=9, mhtime=3, options=[
        MIP6OptMNID(subtype=1, id="mn1@example.net"), MIP6OptReplayProtection(timestamp=5)])
    from mag_lite.wire.mobility_header import decode
    message = decode(bytes(packet))
    assert (message.status, message.sequence, message.lifetime) == (135, 9, 3)
    assert message.option(8).identifier == b"mn1@example.net"
    assert message.option(10) is not None


def test_scapy_reads_our_dhcp():
    from scapy.layers.dhcp import BOOTP, DHCP
    packet = BOOTP(dhcpv4.encode(dhcp_messages()[0]))
    options = dict(option[:2] for option in packet[DHCP].options if isinstance(option, tuple))
    assert (packet.xid, packet.yiaddr, packet.op) == (7, "192.0.2.10", 2)
    assert options["message-type"] == 5 and options["lease_time"] == 3600
    assert options["router"] == "198.51.100.1" and options["subnet_mask"] == "255.255.255.0"
    assert options["interface-mtu"] == 1418 and options["renewal_time"] == 1800


def test_we_read_scapys_dhcp():
    from scapy.layers.dhcp import BOOTP, DHCP
    packet = BOOTP(op=1, xid=9, flags=0x8000, ciaddr="192.0.2.10", chaddr=MAC) / DHCP(options=[
        ("message-type", "request"), ("requested_addr", "192.0.2.10"), ("hostname", b"phone"),
        ("param_req_list", [1, 3, 6]), "end"])
    message = dhcpv4.decode(bytes(packet))
    assert (message.op, message.xid, message.flags, message.ciaddr) == (1, 9, 0x8000, MAG4)
    assert message.chaddr == MAC and message.message_type() == dhcpv4.REQUEST
    assert message.options[50] == MAG4 and message.options[12] == b"phone"
    assert dhcpv4.decode(test_wire_dhcpv4.discover()).message_type() == dhcpv4.DISCOVER


def test_scapy_reads_our_neighbour_discovery():
    from scapy.layers import inet6
    for message in neighbour_messages():
        octets = icmpv6.encode(message, CLIENT, ROUTER)
        packet = inet6.IPv6(ip.encode_ipv6(CLIENT, ROUTER, 58, octets, 255))
        layer = packet.payload
        assert layer.type == message.kind and "Unknown" not in layer.name, layer.name
        again = inet6.IPv6(bytes(packet))
        del again.payload.cksum
        assert bytes(again) == ip.encode_ipv6(CLIENT, ROUTER, 58, octets, 255), message


def test_we_read_scapys_router_advertisement():
    from scapy.layers import inet6
    packet = inet6.IPv6(src="fe80::1", dst="ff02::1", hlim=255) / inet6.ICMPv6ND_RA(
        chlim=64, M=1, O=0, prf=0, routerlifetime=1800) / inet6.ICMPv6NDOptPrefixInfo(
        prefix="2001:db8::", prefixlen=64, L=1, A=1, validlifetime=7, preferredlifetime=5
    ) / inet6.ICMPv6NDOptMTU(mtu=1418) / inet6.ICMPv6NDOptRDNSS(
        dns=["2001:db8::1"], lifetime=9) / inet6.ICMPv6NDOptSrcLLAddr(lladdr="02:00:5e:10:00:01")
    source, destination, _, hops, start, end = ip.decode_ip(bytes(packet))
    message = icmpv6.decode(bytes(packet)[start:end], source, destination)
    assert hops == 255 and message.flags == icmpv6.RA_MANAGED
    information = message.option(icmpv6.PREFIX_INFORMATION)
    assert information.prefix == parse_address("2001:db8::") and information.prefix_length == 64
    assert (information.valid_lifetime, information.preferred_lifetime) == (7, 5)
    assert message.option(icmpv6.MTU).mtu == 1418
    assert message.option(icmpv6.RECURSIVE_DNS_SERVER).addresses == [parse_address("2001:db8::1")]
    assert message.option(icmpv6.SOURCE_LINK_LAYER_ADDRESS).address == MAC


def test_scapy_agrees_about_arp_gre_and_udp():
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import ARP, GRE
    request = arp.Arp(arp.REQUEST, MAC, MAG4, bytes(6), LMA4)
    packet = ARP(arp.encode(request))
    assert (packet.op, packet.hwsrc, packet.pdst) == (1, "02:00:5e:10:00:01", "198.51.100.1")
    assert arp.decode(bytes(packet)) == request
    header = bytes(GRE(proto=0x0800, key_present=1, key=0x201))
    assert encapsulation.encode_gre(0x0800, 0x201) == header
    theirs = IP(src="192.0.2.10", dst="198.51.100.1", id=0, flags="DF") / UDP(
        sport=67, dport=68) / b"payload"
    assert udp4.encode_udp4(MAG4, LMA4, 67, 68, b"payload") == bytes(theirs)
