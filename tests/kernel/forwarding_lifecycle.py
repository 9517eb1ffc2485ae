# SPDX-License-Identifier: GPL-2.0-or-later
"""What we make is made once, survives us, is adopted, repaired, and leaves no trace.

forwarding_lifecycle.py [4|6 gre|ip|udp cpython|micropython]
"""

import os
import subprocess
import sys
import time

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
    LMA,
    MAG,
    STRANGER,
    Agent,
    Bed,
    Checks,
    arguments,
    ping,
)

from bed.snapshot import Snapshot, difference  # noqa: E402

family, encapsulation, python = arguments(__file__, "4 gre cpython", "6 gre micropython",
                                          "4 udp cpython")
check = Checks()
bed = Bed(family, encapsulation, python)
CLIENTS = [["wlan0", C1, A1, 0], ["wlan0", C2, A2, 0], ["wlan1", C3, A3, 0]]


def settings(machine):
    names = "forwarding src_valid_mark accept_local rp_filter send_redirects".split()
    paths = ["/proc/sys/net/ipv4/conf/*/" + name for name in names]
    paths += ["/proc/sys/net/ipv4/fwmark_reflect", "/proc/sys/net/ipv4/ip_forward"]
    return machine.run("sh", "-c", "grep . " + " ".join(paths))


def kernel():
    complete, partial = bed.gateway.clients()
    return sorted(complete), partial


def flood(seconds):
    """Ping every 10 ms meanwhile; the result's `wait()` says how many were lost."""
    command = ["ping", "-n", "-i", "0.01", "-c", str(int(seconds * 100)), "-W", "2", CORRESPONDENT]
    return subprocess.Popen(bed.c1.command(*command), stdout=subprocess.PIPE, text=True)


def loss(process):
    words = process.communicate()[0].split("ping statistics ---")[1].split()
    return int(words[0]) - int(words[3])


machines = (bed.mag, bed.lma)
before = [(Snapshot(machine), settings(machine)) for machine in machines]
bed.start()
check("the kernel holds the clients", kernel() == (CLIENTS, []), kernel())
during = Snapshot(bed.mag), Snapshot(bed.lma)

# Doing it again changes nothing and interrupts nobody
traffic = flood(2)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
bed.anchor.prepare([LMA[family]])
again = bed.anchor.add_tunnel(MAG[family], LMA[family], encapsulation)
check("the same tunnel is found", again == bed.tunnel, again)
for client in CLIENTS:
    bed.gateway.add_client(*client)
    bed.anchor.route(client[2], bed.tunnel)
check("no packet was lost meanwhile", loss(traffic) == 0)
for machine, snapshot in zip(machines, during):
    changes = difference(snapshot, Snapshot(machine))
    check("nothing changed on " + machine.name, changes == [], changes)

# kill -9, and another process goes on
traffic = flood(3)
bed.gateway.kill()
bed.anchor.kill()
bed.lma.run("ip", "link", "set", "dev", bed.tunnel, "group", "default")     # an older one's
bed.gateway, bed.anchor = Agent(bed.mag, "mag", python), Agent(bed.lma, "lma", python)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
bed.anchor.prepare([LMA[family]])
check("a new process finds the clients", kernel() == (CLIENTS, []), kernel())
tunnels = [[MAG[family], LMA[family], encapsulation, bed.tunnel]]
check("a new anchor finds its tunnel", bed.anchor.tunnels() == tunnels, bed.anchor.tunnels())
routes = {address: bed.tunnel for address in (A1, A2, A3)}
check("and its routes", bed.anchor.routes() == routes, bed.anchor.routes())
check("no packet was lost meanwhile", loss(traffic) == 0)
for machine, snapshot in zip(machines, during):
    changes = difference(snapshot, Snapshot(machine))
    check("nothing changed on " + machine.name, changes == [], changes)

# What somebody broke is found and repaired
index = bed.mag.index("wlan0")
key = "{ wlan0 . %s . %s }" % (C1, A1)
for what, damage in (
    ("route", lambda: bed.mag.run("ip", "route", "del", A1, "table", "52131")),
    ("neighbour", lambda: bed.mag.ip.neigh("del", dst=A1, ifindex=index)),
    (
        "map element",
        lambda: bed.mag.run("nft", "delete", "element", "netdev", "pmip", "clients", key),
    ),
):
    damage()
    complete, partial = kernel()
    check("a missing %s is seen" % what, complete == CLIENTS[1:] and partial, (complete, partial))
    for client in partial:
        bed.gateway.remove_client(*client)
    check("its remains are removed", kernel() == (CLIENTS[1:], []), kernel())
    bed.gateway.add_client(*CLIENTS[0])
    check("and the client is served again", ping(bed.c1, CORRESPONDENT)[0])
other_anchor = "{ wlan0 . %s . %s : 0x52130007 }" % (C1, A1)
bed.mag.run("nft", "delete", "element", "netdev", "pmip", "clients", key)
bed.mag.run("nft", "add", "element", "netdev", "pmip", "clients", other_anchor)
complete, partial = kernel()
check("a wrong map element is seen", complete == CLIENTS[1:] and partial, (complete, partial))
bed.gateway.add_client(*CLIENTS[0])
check("and replaced", kernel() == (CLIENTS, []), kernel())
for command in ("rule del priority 522", "rule del priority 524", "link set pmip0 mtu 1300 down"):
    bed.mag.run("ip", *command.split())
bed.mag.run("nft", "flush", "table", "inet", "pmip")
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
for client in CLIENTS:
    bed.gateway.add_client(*client)
changes = difference(during[0], Snapshot(bed.mag))
check("rules, device and packet filter are repaired", changes == [], changes)
check("with the same effect", ping(bed.c1, CORRESPONDENT)[0])

# A device that goes and comes
bed.gateway.clients()
bed.gateway.events.clear()
bed.mag.ip.link("del", index=bed.mag.index("wlan0"))
gone = bed.gateway.event("link")
check("a device's end is noticed", gone == ["link", "wlan0"], gone)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("its clients are gone", bed.gateway.clients()[0] == CLIENTS[2:], kernel())
bed.gateway.events.clear()
bed.join_air()
came = bed.gateway.event("link")
check("its return is noticed", came == ["link", "wlan0"], came)
check("nobody has got in meanwhile", ping(bed.c1, MAG[4], wait=0.3)[0] == 0)
for client in kernel()[1]:
    bed.gateway.remove_client(*client)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
bed.gateway.add_client(*CLIENTS[0])
check("clients are served again", ping(bed.c1, CORRESPONDENT)[0])

# One that was made anew before anybody has heard of it
bed.mag.ip.link("del", index=bed.mag.index("wlan0"))
bed.join_air()
bed.gateway.add_client(*CLIENTS[0])
route = bed.mag.run("ip", "route", "show", A1, "table", "52131")
check("a client's route leads to the new device", "dev wlan0" in route, route)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("and it is served", ping(bed.c1, CORRESPONDENT)[0])

# Another anchor, and none
second = [1, STRANGER[family], MAG[family], encapsulation]
bed.gateway.prepare(["wlan0", "wlan1"], [*bed.anchors, second])
check("a second anchor disturbs nobody", ping(bed.c1, CORRESPONDENT)[0])
bed.gateway.remove_client("wlan1", C3, A3, 0)
bed.gateway.add_client("wlan1", C3, A3, 1)
check("a client moves to it", kernel() == ([CLIENTS[0], ["wlan1", C3, A3, 1]], []), kernel())
check("and no longer to the first", ping(bed.c3, CORRESPONDENT, wait=0.3)[0] == 0)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("its clients go with it", kernel() == (CLIENTS[:1], []), kernel())
bed.gateway.prepare(["wlan1"], bed.anchors)
check("so do an access device's", kernel() == ([], []), kernel())

# Handover at the anchor: no packet in between is lost or misled
other = bed.anchor.add_tunnel(STRANGER[family], LMA[family], encapsulation)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
bed.gateway.add_client(*CLIENTS[0])
bed.anchor.route(A1, other)
check("a node elsewhere cannot send from here", ping(bed.c1, CORRESPONDENT, wait=0.3)[0] == 0)
bed.anchor.route(A1, bed.tunnel)
check("it can when it is back", ping(bed.c1, CORRESPONDENT)[0])
bed.anchor.blackhole(A1)
check("a blackhole is told from a route", bed.anchor.routes()[A1] is None)
bed.anchor.unroute(A1)
bed.anchor.unroute(A1)
check("a route is removed once", A1 not in bed.anchor.routes())
bed.anchor.remove_tunnel(STRANGER[family], LMA[family], encapsulation)
bed.anchor.remove_tunnel(STRANGER[family], LMA[family], encapsulation)
check("a tunnel is removed once", bed.anchor.tunnels() == tunnels, bed.anchor.tunnels())

# And nothing remains
bed.gateway.kill()
bed.gateway = Agent(bed.mag, "mag", python)
bed.gateway.close()
bed.anchor.close()
time.sleep(0.1)
for machine, (snapshot, numbers) in zip(machines, before):
    changes = difference(snapshot, Snapshot(machine))
    # wlan0 is another device now, and eth0 was named after its number.
    changes = [line for line in changes if "wlan0" not in line and "ifname=eth0" not in line]
    check("nothing of ours remains on " + machine.name, changes == [], changes)
    left = [line for line in settings(machine).split("\n") if line not in numbers.split("\n")]
    left = [line for line in left if "/wlan0/" not in line]
    check("every setting is back on " + machine.name, left == [], left)
    files = [name for name in os.listdir(machine.directory) if not name.endswith(".log")]
    check("no file is left", files == [], files)
check.done()
