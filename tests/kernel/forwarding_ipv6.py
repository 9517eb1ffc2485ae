# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients' IPv6 packets flow through the tunnel, whatever addresses they make in their prefix; and
nothing else does.

forwarding_ipv6.py [4|6 gre|ip|udp cpython|micropython]
"""

import os
import socket
import sys
import time

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_TESTS, _TESTS + "/kernel/support"]

from forwarding_bed import (  # noqa: E402
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
    ROUTER6,
    ROUTER_MAC,
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

from bed.capture import Capture  # noqa: E402
from bed.snapshot import Snapshot, difference  # noqa: E402

family, encapsulation, python = arguments(
    __file__, "4 gre cpython", "6 gre micropython", "6 ip cpython", "4 ip micropython",
    "4 udp cpython",
)
PRIVACY = P1.replace("::/64", ":1:2:3:4")
check = Checks()
bed = Bed(family, encapsulation, python)
bed.wire_ipv6()
time.sleep(3)       # the machines' own link-local addresses are settled then
before = [Snapshot(machine) for machine in (bed.mag, bed.lma)]
bed.start()
SIX = [["wlan0", C1, P1, 0], ["wlan0", C2, P2, 0], ["wlan1", C3, P3, 0]]
for client in SIX:
    bed.gateway.add_client(*client)
    bed.anchor.route(client[2], bed.tunnel)
complete, partial = bed.gateway.clients()
check("the kernel holds addresses and prefixes",
      len(complete) == 6 and not partial and all(client in complete for client in SIX), complete)

# Traffic
near_gateway = Capture(bed.core, "eth1")
for client, address in ((bed.c1, I1), (bed.c2, I2), (bed.c3, I3)):
    check("%s reaches the Internet" % address, ping(client, CORRESPONDENT6)[0])
    check("the Internet reaches %s" % address, ping(bed.correspondent, address)[0])
check("IPv4 works beside it", ping(bed.c1, CORRESPONDENT)[0])
bed.c1.add_address("eth0", PRIVACY + "/128")
check("another address of the prefix works at once",
      ping(bed.c1, CORRESPONDENT6, "-I", PRIVACY)[0] and ping(bed.correspondent, PRIVACY)[0])
check("clients on one device reach each other", ping(bed.c1, I2)[0])
check("clients on two devices reach each other", ping(bed.c1, I3)[0])
outer = "ip" if family == 4 else "ipv6"
form = "eth:ethertype:%s:%sipv6:icmpv6" % (
    outer, {"gre": "gre:", "ip": "", "udp": "udp:ip:"}[encapsulation])
rows = near_gateway.fields("icmpv6.type == 128", "frame.protocols", "%s.addr" % outer)
ends = [row for row in rows if MAG[family] in row[1] and LMA[family] in row[1]]
check("their packets are in the tunnel: %s" % form,
      len(ends) >= 6 and {row[0].split(":data")[0] for row in rows} == {form}, rows[:3])
check("TCP up", transfer(bed.c1, bed.correspondent, CORRESPONDENT6) == 3_000_000)
capture = Capture(bed.correspondent, "eth0")
check("TCP down", transfer(bed.correspondent, bed.c1, I1) == 3_000_000)
sizes = {int(size) for (size,) in capture.fields("tcp.flags.syn == 1", "tcp.options.mss_val")}
check("segments fit the tunnel", min(sizes) == bed.mtu - 60, sizes)
for what, machine, address in (("the client", bed.c1, CORRESPONDENT6),
                               ("its correspondent", bed.correspondent, I1)):
    answered, said = ping(machine, address, "-M", "do", "-s", str(bed.mtu - 47))
    check(what + " is told what is too big",
          "too big: mtu=%d" % bed.mtu in said and not answered, said)
check("what fits passes", ping(bed.c1, CORRESPONDENT6, "-M", "do", "-s", str(bed.mtu - 48))[0])

# Nothing else
here = [hear(machine, family=socket.AF_INET6)
        for machine in (bed.correspondent, bed.c2, bed.mag, bed.lma)]
own = bed.mag.ip.get_addr(index=bed.mag.index("wlan0"), family=socket.AF_INET6)
own = own[0].get_attr("IFA_ADDRESS") if own else ROUTER6
for what, mac, destination_mac, source, destination in (
    ("the other's address", C1, ROUTER_MAC, I2, CORRESPONDENT6),
    ("a MAC that nobody has", "02:00:00:00:00:99", ROUTER_MAC, I1, CORRESPONDENT6),
    ("an address outside", C1, ROUTER_MAC, "2001:db8:1::77", CORRESPONDENT6),
    ("the correspondent's address", C1, ROUTER_MAC, CORRESPONDENT6, I2),
    ("a link-local address", C1, ROUTER_MAC, "fe80::1", CORRESPONDENT6),
    ("no address", C1, ROUTER_MAC, "::", CORRESPONDENT6),
    ("the router's link-local address as destination", C1, ROUTER_MAC, I1, ROUTER6),
    ("a link-local address of the access point", C1, ROUTER_MAC, I1, own),
    ("the access point's address", C1, ROUTER_MAC, I1, MAG[6]),
    ("everybody", C1, "33:33:00:00:00:01", I1, "ff02::1"),
    ("another router's MAC", C1, bed.mag.ip.get_links(bed.mag.index("wlan0"))[0].get_attr(
        "IFLA_ADDRESS"), I1, CORRESPONDENT6),
):
    send_frame(bed.c1, frame(mac, destination_mac, source, destination))
    arrived = [data for listener in here for data in heard(listener)]
    check("dropped: " + what, arrived == [], arrived)
send_frame(bed.c1, frame(C1, ROUTER_MAC, I1, CORRESPONDENT6, b"true"))
check("its own packet arrives", heard(here[0]) == [b"true"])

# Found again, broken and repaired
bed.gateway.kill()
bed.gateway = Agent(bed.mag, "mag", python)
during = Snapshot(bed.mag)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("a new process changes nothing", difference(during, Snapshot(bed.mag)) == [])
check("and finds all", len(bed.gateway.clients()[0]) == 6, bed.gateway.clients())
for what, command in (
    ("route", ["ip", "-6", "route", "del", P1, "table", "52131"]),
    ("neighbour", ["ip", "-6", "neigh", "del", "fe80::2001:db8:100:11", "dev", "wlan0"]),
    ("map element", ["nft", "delete", "element", "netdev", "pmip", "prefixes",
                     "{ wlan0 . %s . %s }" % (C1, P1.split("/")[0])]),
):
    bed.mag.run(*command)
    complete, partial = bed.gateway.clients()
    check("a missing %s is seen" % what, len(complete) == 5 and partial, (complete, partial))
    for client in partial:
        bed.gateway.remove_client(*client)
    bed.gateway.add_client(*SIX[0])
    check("and the client served again", ping(bed.c1, CORRESPONDENT6)[0])
bed.anchor.blackhole(P1)
check("a prefix is dropped", ping(bed.correspondent, I1, wait=0.3)[0] == 0)
check("a blackhole is told from a route", bed.anchor.routes()[P1] is None, bed.anchor.routes())
check("what comes from it as well", ping(bed.c1, CORRESPONDENT6, wait=0.3)[0] == 0)
bed.anchor.route(P1, bed.tunnel)
check("and routed again", ping(bed.correspondent, I1)[0])
bed.gateway.remove_client(*SIX[0])
bed.gateway.remove_client(*SIX[0])
check("a client that left reaches nobody", ping(bed.c1, CORRESPONDENT6, wait=0.3)[0] == 0)
check("its IPv4 address is none of that", ping(bed.c1, CORRESPONDENT)[0])

# And nothing remains
bed.gateway.close()
bed.anchor.close()
for machine, snapshot in zip((bed.mag, bed.lma), before):
    changes = difference(snapshot, Snapshot(machine))
    check("nothing of ours remains on " + machine.name, changes == [], changes)
    check("it does not forward IPv6 any more", machine.run(
        "cat", "/proc/sys/net/ipv6/conf/all/forwarding").strip() == "0")
check.done()
