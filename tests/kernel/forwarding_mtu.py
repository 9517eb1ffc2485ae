# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients are told what fits, and the tunnel follows the path.

forwarding_mtu.py [4|6 gre|ip|udp cpython|micropython]
"""

import os
import sys
import time

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_TESTS, _TESTS + "/kernel/support"]

from forwarding_bed import (  # noqa: E402
    A1,
    CORRESPONDENT,
    LMA,
    MAG,
    Bed,
    Checks,
    arguments,
    ping,
    transfer,
)

from bed.capture import Capture  # noqa: E402

EXPIRY = 5  # s

family, encapsulation, python = arguments(
    __file__, "4 gre micropython", "6 gre cpython", "4 ip cpython", "6 ip micropython",
    "6 gre-key cpython", "4 udp micropython",
)
check = Checks()
bed = Bed(family, encapsulation, python)
for machine in (bed.mag, bed.lma, bed.c1, bed.correspondent):
    for setting in ("net/ipv4/route/mtu_expires", "net/ipv6/route/mtu_expires"):
        machine.sysctl(setting, EXPIRY)
bed.start()
overhead = 1500 - bed.mtu


def size(mtu):
    return str(mtu - 28)


def tunnel_mtu(machine, name):
    return machine.ip.get_links(machine.index(name))[0].get_attr("IFLA_MTU")


def told(machine):
    capture = Capture(machine, "eth0")
    done = transfer(bed.c1, bed.correspondent, CORRESPONDENT, 200_000)
    sizes = capture.fields("tcp.flags.syn == 1", "tcp.options.mss_val")
    return done == 200_000 and {int(value) for (value,) in sizes if int(value) < 1460}


check("the tunnel's MTU is the path's less the overhead", bed.gateway.tunnel_mtu(0) == bed.mtu)
for machine, name in ((bed.mag, "pmip0"), (bed.lma, bed.tunnel)):
    check("%s has it" % name, tunnel_mtu(machine, name) == bed.mtu)
answered, said = ping(bed.c1, CORRESPONDENT, "-M", "do", "-s", size(1500))
check("a client that ignores it is told", "mtu = %d" % bed.mtu in said and not answered, said)
answered, said = ping(bed.correspondent, A1, "-M", "do", "-s", size(1500))
check("so is its correspondent", "mtu = %d" % bed.mtu in said and not answered, said)
whole = ping(bed.c1, CORRESPONDENT, "-M", "dont", "-s", "2000")
check("what may be fragmented passes", whole[0], whole[1])
check("what fits passes", ping(bed.c1, CORRESPONDENT, "-M", "do", "-s", size(bed.mtu))[0])

# The path gets narrower in the middle
narrow = 1400
for machine, interface in ((bed.core, "eth0"), (bed.far, "eth1")):
    machine.up(interface, mtu=narrow)
ping(bed.c1, CORRESPONDENT, "-M", "dont", "-s", size(bed.mtu), wait=0.2)
event = bed.gateway.event("mtu")
soon = bed.gateway.refresh_mtu(0)
check("the gateway notices", event == ["mtu", narrow - overhead], (event, bed.gateway.log()))
check("what was learnt expires", soon and 0 < soon <= EXPIRY * 1000, soon)
check("its tunnel follows", tunnel_mtu(bed.mag, "pmip0") == narrow - overhead)
ping(bed.correspondent, A1, "-M", "dont", "-s", size(bed.mtu), wait=0.2)
soon = bed.anchor.refresh_mtu(MAG[family], LMA[family], encapsulation)
check("the anchor learns the same", soon and 0 < soon <= EXPIRY * 1000, soon)
check("its tunnel follows", tunnel_mtu(bed.lma, bed.tunnel) == narrow - overhead)
for machine, destination in ((bed.c1, CORRESPONDENT), (bed.correspondent, A1)):
    passed = ping(machine, destination, "-M", "dont", "-s", size(bed.mtu))
    check("what may be fragmented passes to " + destination, passed[0], passed[1])
    answered, said = ping(machine, destination, "-M", "do", "-s", size(bed.mtu))
    check("what may not is told the size", "mtu = %d" % (narrow - overhead) in said, said)
sizes = told(bed.correspondent)
check("so is TCP", sizes == {narrow - overhead - 40}, sizes)

# And wide again
for machine, interface in ((bed.core, "eth0"), (bed.far, "eth1")):
    machine.up(interface, mtu=1500)
time.sleep(EXPIRY + 0.5)
check("nothing is left to expire", bed.gateway.refresh_mtu(0) is None)
check("the tunnel is wide again", tunnel_mtu(bed.mag, "pmip0") == bed.mtu)
sizes = told(bed.correspondent)
check("so is TCP's segment size", sizes == {bed.mtu - 40}, sizes)

# The gateway's own link
for machine, interface in ((bed.core, "eth1"), (bed.mag, "eth0")):
    machine.up(interface, mtu=narrow)
check("a narrower device is there to stay", bed.gateway.refresh_mtu(0) is None)
check("and is followed", tunnel_mtu(bed.mag, "pmip0") == narrow - overhead)

# The anchor's administrator knows better
tunnel = MAG[family], LMA[family], encapsulation
bed.anchor.prepare([LMA[family]], [["192.0.2.99", 1280]])
bed.anchor.refresh_mtu(*tunnel)
wide = tunnel_mtu(bed.lma, bed.tunnel)
check("an MTU for another gateway does not count", wide > 1300, wide)
bed.anchor.prepare([LMA[family]], [[MAG[family], 1300]])
check("the anchor keeps to a configured MTU", bed.anchor.refresh_mtu(*tunnel) is None
      and tunnel_mtu(bed.lma, bed.tunnel) == 1300)
answered, said = ping(bed.correspondent, A1, "-M", "do", "-s", size(1301))
check("who sends more is told so", "mtu = 1300" in said and not answered, said)
passed = ping(bed.correspondent, A1, "-M", "dont", "-s", size(1400))
check("what may be fragmented fits then", *passed)
bed.anchor.prepare([LMA[family]])
bed.anchor.refresh_mtu(*tunnel)
check("without it the path counts again", tunnel_mtu(bed.lma, bed.tunnel) == wide)

# A path narrower than IPv6 allows
if (family, encapsulation) == (4, "ip"):
    for machine, interface in ((bed.core, "eth1"), (bed.mag, "eth0")):
        machine.up(interface, mtu=1000)
    bed.gateway.refresh_mtu(0)
    check("clients are told what fits", bed.gateway.tunnel_mtu(0) == 1000 - overhead)
    check("the tunnel's device stays fit for IPv6", tunnel_mtu(bed.mag, "pmip0") == 1280)
    ping(bed.correspondent, A1, "-M", "dont", "-s", size(1200), wait=0.2)
    bed.anchor.refresh_mtu(MAG[family], LMA[family], encapsulation)
    passed = ping(bed.c1, CORRESPONDENT, "-M", "dont", "-s", size(1200))
    check("what may be fragmented passes", *passed)
    check("nor is a route lost", A1 in bed.anchor.routes(), bed.anchor.routes())
    answered, said = ping(bed.c1, CORRESPONDENT, "-M", "do", "-s", size(1200))
    check("what may not is told the size", "mtu = %d" % (1000 - overhead) in said, said)

# An administrator knows better, and one of two access links takes even less
bed.mag.up("wlan1", mtu=1290)
bed.gateway.prepare(["wlan0", "wlan1"], [bed.anchors[0] + [1300]])
check("a configured MTU is kept to", bed.gateway.refresh_mtu(0) is None
      and tunnel_mtu(bed.mag, "pmip0") == bed.gateway.tunnel_mtu(0) == 1300)
sizes = [bed.gateway.client_mtu(name, 0) for name in ("wlan0", "wlan1")]
check("clients are told what their link takes, too", sizes == [1300, 1290], sizes)

bed.anchor.prepare([LMA[family]], [[MAG[family], 1300]])
bed.anchor.remove_tunnel(*tunnel)
again = bed.anchor.add_tunnel(*tunnel)
check("a new tunnel has the configured MTU", tunnel_mtu(bed.lma, again) == 1300)

bed.gateway.close()
bed.anchor.close()
check.done()
