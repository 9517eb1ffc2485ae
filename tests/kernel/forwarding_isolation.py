# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody gets further than to the tunnel, and nobody gets in who is not registered.

forwarding_isolation.py [4|6 gre|ip cpython|micropython]
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
    C1,
    C2,
    C3,
    CORRESPONDENT,
    CORRESPONDENT6,
    I1,
    I2,
    I3,
    LMA,
    MAG,
    P1,
    P2,
    P3,
    ROUTER_MAC,
    STRANGER,
    Agent,
    Bed,
    Checks,
    arguments,
    frame,
    hear,
    heard,
    ping,
    send_frame,
    transfer,
)
from scapy.all import GRE, IP, UDP, Ether, IPv6, Raw  # noqa: E402

from bed.capture import Capture  # noqa: E402
from bed.snapshot import Snapshot, difference  # noqa: E402

family, encapsulation, python = arguments(__file__, "4 gre cpython", "6 gre micropython")
check = Checks()
bed = Bed(family, encapsulation, python)
bed.mag.sysctl("net/ipv4/conf/all/rp_filter", 1)
for device in ("wlan0", "wlan1", "eth0"):
    bed.mag.sysctl("net/ipv4/conf/%s/rp_filter" % device, 1)
bed.start()

# What the gateway lets in
in_tunnel = Capture(bed.mag, "pmip0")
correspondent = hear(bed.correspondent)


def refused():
    lines = bed.mag.run("nft", "list", "chain", "netdev", "pmip", "access-wlan0").split("\n")
    return [int(line.split()[2]) for line in lines if "counter packets" in line][0]


send_frame(bed.c1, frame(C1, ROUTER_MAC, A1, CORRESPONDENT, b"mine"))
check(
    "a client's own packet arrives (strict reverse path filter)", heard(correspondent) == [b"mine"]
)
own_mac = bed.mag.ip.get_links(bed.mag.index("wlan0"))[0].get_attr("IFLA_ADDRESS")
before = refused()
for what, source_mac, destination_mac, source in (
    ("an address that nobody has", C1, ROUTER_MAC, "10.20.0.99"),
    ("another client's address", C1, ROUTER_MAC, A2),
    ("another client's MAC", C2, ROUTER_MAC, A1),
    ("a MAC that nobody has", "02:00:00:00:00:99", ROUTER_MAC, A1),
    ("the access point's own MAC as router", C1, own_mac, A1),
    ("the access point's own address", C1, ROUTER_MAC, "192.0.2.10"),
    ("a local address", C1, ROUTER_MAC, "127.0.0.1"),
):
    send_frame(bed.c1, frame(source_mac, destination_mac, source, CORRESPONDENT))
    check("refused: " + what, heard(correspondent) == [])
check("what was refused was counted", refused() - before == 7, refused() - before)
send_frame(bed.c3, frame(C1, ROUTER_MAC, A1, CORRESPONDENT))
check("refused: a client's MAC and address on another access device", heard(correspondent) == [])
bed.gateway.remove_client("wlan0", C2, A2, 0)
check("refused: a client that was removed", ping(bed.c2, CORRESPONDENT)[0] == 0)
outside = Capture(bed.core, "eth1")
answered = ping(bed.correspondent, A2)[0]
came, told = [outside.count("icmp.type == %d" % kind) for kind in (8, 3)]
check("what comes for it is dropped without a word", came and not answered and not told, told)
bed.gateway.add_client("wlan0", C2, A2, 0)
check("a client that was added again is served", ping(bed.c2, CORRESPONDENT)[0])
udp = in_tunnel.count("udp.dstport == 9000")
check("only the client's own packet went into the tunnel", udp == 1, udp)

# The access point itself
on_ap = hear(bed.mag)
for address in ("192.0.2.10", "255.255.255.255", "10.20.255.255", "224.0.0.1", "127.0.0.1"):
    send_frame(bed.c1, frame(C1, ROUTER_MAC, A1, address))
    send_frame(bed.c1, frame(C1, "ff:ff:ff:ff:ff:ff", A1, address))
check("no client's packet reaches the access point", heard(on_ap) == [])
check("the access point's address does not answer", ping(bed.c1, "192.0.2.10")[0] == 0)
check("the access point's subnet is not reached directly", ping(bed.c1, "192.0.2.254")[0] == 0)

air = Capture(bed.c1, "eth0")
bed.mag.down("wlan0")
bed.mag.up("wlan0")
ap_link_local = [
    address.get_attr("IFA_ADDRESS")
    for address in bed.mag.ip.get_addr(family=10, index=bed.mag.index("wlan0"))
]
for address in ap_link_local:
    check("its link-local address is silent", ping(bed.c1, address + "%eth0")[0] == 0)
bed.gateway.add_client("wlan0", C1, A1, 0)
bed.gateway.add_client("wlan0", C2, A2, 0)
check("the link is served again after it was down", ping(bed.c1, CORRESPONDENT)[0])
given_away = air.fields("eth.src == %s && !icmp" % own_mac, "frame.protocols")
check("the access point says nothing of itself", given_away == [], given_away)

# Who feeds the tunnel's ends
if encapsulation == "gre":
    stranger_mac = bed.core.ip.get_links(bed.core.index("eth2"))[0].get_attr("IFLA_ADDRESS")

    def outside(destination, inner):
        layer = IP if family == 4 else IPv6
        number = {"proto": 47} if family == 4 else {"nh": 47}
        packet = layer(src=STRANGER[family], dst=destination, **number) / GRE() / inner
        return bytes(Ether(src=own_mac, dst=stranger_mac) / packet)

    on_client, on_correspondent = hear(bed.c1), correspondent
    to_client = IP(src=CORRESPONDENT, dst=A1) / UDP(sport=9000, dport=9000) / Raw(b"stranger")
    send_frame(bed.stranger, outside(MAG[family], to_client))
    check("a stranger's GRE to the gateway is dropped", heard(on_client) == [])
    from_client = IP(src=A1, dst=CORRESPONDENT) / UDP(sport=9000, dport=9000) / Raw(b"stranger")
    send_frame(bed.stranger, outside(LMA[family], from_client))
    check("a stranger's GRE to the anchor is dropped", heard(on_correspondent) == [])

# The anchor
bed.anchor.blackhole(A1)
send_frame(bed.c1, frame(C1, ROUTER_MAC, A1, CORRESPONDENT))
check("the anchor takes nothing from whom it has no route to", heard(correspondent) == [])
check("and sends nothing there", ping(bed.correspondent, A1)[0] == 0)
bed.anchor.route(A1, bed.tunnel)
check("until it has again", ping(bed.correspondent, A1)[0])

# Unless clients may meet at the gateway (still with the strict reverse path filter)
bed.wire_ipv6()
for client in ("wlan0", C1, P1), ("wlan0", C2, P2), ("wlan1", C3, P3):
    bed.serve(*client)
OTHERS, INTERNET = [A2, I2, A3, I3], [CORRESPONDENT, CORRESPONDENT6]


def requests(capture):
    """Where to there are echo requests in a capture."""
    rows = capture.fields("icmp.type == 8 || icmpv6.type == 128", "ip.dst", "ipv6.dst")
    return sorted(address for row in rows for address in row if address)


def reached(way):
    """Where to the first client's packets pass the tunnel, when it and all others reach another."""
    tunnel = Capture(bed.mag, "pmip0")
    for address in OTHERS + INTERNET:
        check("%s: a client reaches %s" % (way, address), ping(bed.c1, address, wait=5)[0])
    return requests(tunnel)


before = Snapshot(bed.mag), bed.mag.run("sysctl", "-ar", "send_redirects")
found = reached("by the anchor")
check("each passes the tunnel, up and down", found == sorted(2 * OTHERS + INTERNET), found)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors, True)
air = Capture(bed.c1, "eth0")
found = reached("locally")
check("none but what is for others passes the tunnel", found == sorted(INTERNET), found)
for address in A1, I1:
    check("locally: %s is reached" % address, ping(bed.c2, address, wait=5)[0]
          and ping(bed.c3, address, wait=5)[0] and ping(bed.correspondent, address, wait=5)[0])
check("locally: TCP", transfer(bed.c1, bed.c3, A3) == transfer(bed.c3, bed.c1, I1) == 3_000_000)
told = air.count("icmp.type == 5 || icmpv6.type == 137")
check("nobody is redirected", told == 0, told)
during = Snapshot(bed.mag)
bed.gateway.kill()
bed.gateway = Agent(bed.mag, "mag", python)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors, True)
changes = difference(during, Snapshot(bed.mag))
check("locally: a new process finds all as it is", changes == [], changes)
listeners = [hear(machine, family=socket.AF_INET6) for machine in (bed.c2, bed.c3)]
for what, source_mac, source, destination in (
    ("another client's address", C1, A2, A3),
    ("an address that nobody has", C1, "10.20.0.99", A2),
    ("another client's MAC", C2, A1, A3),
    ("another client's prefix", C1, I2, I3),
    ("no prefix of a client's", C1, "2001:db8:100:99::1", I2),
    ("a link-local address", C1, "fe80::1", I2),
):
    send_frame(bed.c1, frame(source_mac, ROUTER_MAC, source, destination))
    arrived = [data for listener in listeners for data in heard(listener)]
    check("locally: refused: " + what, arrived == [], arrived)
send_frame(bed.c1, frame(C1, ROUTER_MAC, A1, A3, b"four"))
send_frame(bed.c2, frame(C2, ROUTER_MAC, I2, I3, b"six"))   # its bridge has to learn its MAC again
listeners[1].settimeout(10)
arrived = sorted(listeners[1].recv(2048) for _ in range(2))
check("locally: their own packets arrive", arrived == [b"four", b"six"], arrived)
tunnel = Capture(bed.mag, "pmip0")
for home, address in ((A3, A3), (P3, I3)):
    bed.gateway.remove_client("wlan1", C3, home, 0)
    check("locally: a client that is gone is not reached: " + address,
          ping(bed.c1, address, wait=0.3)[0] == 0)
found = requests(tunnel)
check("the way to it is by the anchor", set(found) == {A3, I3}, found)
for home in A3, P3:
    bed.gateway.add_client("wlan1", C3, home, 0)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("by the anchor again", ping(bed.c1, A2, wait=5)[0])
changes = difference(before[0], Snapshot(bed.mag))
check("off again: all is as before", changes == [], changes)
check("off again: so are settings", bed.mag.run("sysctl", "-ar", "send_redirects") == before[1])

# What if the door fails, as for the moment after a device came back
for device in ("all", "wlan0"):
    bed.mag.sysctl("net/ipv4/conf/%s/rp_filter" % device, 0)
bed.mag.run("nft", "delete", "chain", "netdev", "pmip", "access-wlan0")
on_stranger = hear(bed.stranger)
send_frame(bed.c1, frame(C1, own_mac, A1, STRANGER[4]))
check("without a door, nobody gets past the access point", heard(on_stranger) == [])
send_frame(bed.c1, frame(C1, own_mac, A1, "192.0.2.10"))
check("nor into it", heard(on_ap) == [])
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("a client is served when there is one again", ping(bed.c1, CORRESPONDENT)[0])

bed.gateway.close()
bed.anchor.close()
check.done()
