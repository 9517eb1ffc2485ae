# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets flow between clients and the Internet through the tunnel, in the form the RFCs want.

forwarding_traffic.py [4|6 [gre|ip|udp [cpython|micropython]]]
"""

import os
import socket
import sys

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_TESTS, _TESTS + "/kernel/support"]

from forwarding_bed import (  # noqa: E402
    A1,
    A2,
    A3,
    CORRESPONDENT,
    LMA,
    MAG,
    Bed,
    Checks,
    arguments,
    hear,
    ping,
    send_frame,
    transfer,
)
from scapy.all import GRE, IP, UDP, Ether, IPv6  # noqa: E402

from bed.capture import Capture  # noqa: E402

family, encapsulation, python = arguments(
    __file__, "4 gre cpython", "6 gre micropython", "4 ip micropython", "6 ip cpython",
    "4 udp cpython",
)
# Expedited forwarding (RFC 3246) of what knows ECN, and the same after congestion (RFC 3168)
EXPEDITED, CONGESTED = 0xBA, 0xBB
check = Checks()
bed = Bed(family, encapsulation, python)
bed.start()

near_gateway, near_anchor = Capture(bed.core, "eth1"), Capture(bed.far, "eth0")
for client, address in ((bed.c1, A1), (bed.c2, A2), (bed.c3, A3)):
    check("%s reaches the Internet" % address, ping(client, CORRESPONDENT)[0])
    check("the Internet reaches %s" % address, ping(bed.correspondent, address)[0])
check("a traffic class, and ECT", ping(bed.c1, CORRESPONDENT, "-Q", hex(EXPEDITED))[0])
check("clients on one device reach each other", ping(bed.c1, A2)[0])
check("clients on two devices reach each other", ping(bed.c1, A3)[0])

protocol = {"gre": 47, "ip": 4, "udp": 17}[encapsulation]
outer = "ip" if family == 4 else "ipv6"
ttl = "ip.ttl" if family == 4 else "ipv6.hlim"
number = "ip.proto" if family == 4 else "ipv6.nxt"
traffic_class = "ip.dsfield" if family == 4 else "ipv6.tclass"
names = ["%s.dst" % outer, ttl, number, traffic_class, "ip.flags.df", "gre.flags_and_version"]
for place, capture, source, destination in (
    ("gateway", near_gateway, MAG, LMA),
    ("anchor", near_anchor, LMA, MAG),
):
    sent = "icmp && %s.src == %s" % (outer, source[family])
    rows = [[value.split(",")[0] for value in row] for row in capture.fields(sent, *names)]
    seen = [set(column) for column in zip(*rows)]
    check("the %s's outer packets were seen" % place, len(rows) >= 10, len(rows))
    check("they go to the other end", seen[0] == {destination[family]}, seen[0])
    check("their TTL is 64", seen[1] == {"64"}, seen[1])
    check("nothing but the encapsulation follows", seen[2] == {str(protocol)}, seen[2])
    classes = {int(value, 16) for value in seen[3]}
    check("traffic class and ECT are inherited", classes == {0, EXPEDITED}, classes)
    if family == 4:
        check("they must not be fragmented", seen[4] <= {"1", "True"}, seen[4])
    if encapsulation == "udp":
        ports = capture.fields(sent, "udp.srcport", "udp.dstport", "udp.length")
        check("UDP's ports are 5437, and a packet follows its header",
              {row[:2] for row in ports} == {("5437", "5437")} and len(ports) == len(rows), ports)
    if encapsulation == "gre":
        check("no key, checksum or sequence number", seen[5] == {"0x0000"}, seen[5])
between = near_gateway.count("icmp && ip.addr == %s && ip.addr == %s" % (A1, A2))
check("clients reach each other by way of the anchor: up and down, twice", between == 4, between)
check("nobody is redirected", near_gateway.count("icmp.type == 5") == 0)



def decapsulated(outside, machine, interface, source, destination, receiver, *inside):
    """The traffic class of an EXPEDITED packet out of a tunnel packet of the class `outside`."""
    entry = bed.lma if destination is LMA else bed.mag
    entry_mac = entry.ip.get_links(entry.index("eth0"))[0].get_attr("IFLA_ADDRESS")
    packet = IP(src=inside[0], dst=inside[1], tos=EXPEDITED) / UDP(sport=9000, dport=9000)
    if encapsulation == "gre":
        packet = GRE() / packet
    if encapsulation == "udp":
        packet = UDP(sport=5437, dport=5437, chksum=0) / packet
    ends = {"src": source[family], "dst": destination[family]}
    outer = IP(tos=outside, proto=protocol, **ends) if family == 4 else IPv6(
        tc=outside, nh=protocol, **ends)
    listener = hear(receiver)
    listener.settimeout(10)
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    send_frame(machine, bytes(Ether(dst=entry_mac) / outer / packet), interface)
    try:
        return listener.recvmsg(100, 100)[1][0][2][0]
    except TimeoutError:
        return None
    finally:
        listener.close()


for way, *ends in (
    ("up", bed.far, "eth0", MAG, LMA, bed.correspondent, A1, CORRESPONDENT),
    ("down", bed.core, "eth1", LMA, MAG, bed.c1, CORRESPONDENT, A1),
):
    found = decapsulated(EXPEDITED, *ends)
    check("%s: ECN is left as it was" % way, found == EXPEDITED, found)
    found = decapsulated(CONGESTED, *ends)
    check("%s: congestion outside is told inside" % way, found == CONGESTED, found)

server, client = Capture(bed.correspondent, "eth0"), Capture(bed.c1, "eth0")
check("TCP up", transfer(bed.c1, bed.correspondent, CORRESPONDENT) == 3_000_000)
check("TCP down", transfer(bed.correspondent, bed.c1, A1) == 3_000_000)
for place, capture in (("correspondent", server), ("client", client)):
    sizes = {int(size) for (size,) in capture.fields("tcp.flags.syn == 1", "tcp.options.mss_val")}
    outside = min(sizes) if sizes else 0
    check(
        "the segment size that the %s is told fits the tunnel" % place,
        outside == bed.mtu - 40,
        sizes,
    )
check("what the kernel holds is complete", bed.gateway.clients()[1] == [])

bed.gateway.close()
bed.anchor.close()
check.done()
