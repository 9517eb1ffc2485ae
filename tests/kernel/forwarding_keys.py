# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE keys (RFC 5845): every session's own on the wire, each way; nothing comes in with another's.

forwarding_keys.py [4|6 gre-key cpython|micropython]
"""

import os
import shutil
import socket
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
    CORRESPONDENT6,
    I1,
    I2,
    I3,
    KEYS,
    LMA,
    MAG,
    P1,
    P2,
    P3,
    Agent,
    Bed,
    Checks,
    arguments,
    hear,
    heard,
    ping,
    transfer,
)

from bed.capture import Capture  # noqa: E402
from bed.snapshot import Snapshot, difference  # noqa: E402
from mag_lite.system.tunnel import DEVICE_KEY  # noqa: E402

family, encapsulation, python = arguments(
    __file__, "4 gre-key cpython", "6 gre-key micropython")
check = Checks()
bed = Bed(family, encapsulation, python)
bed.wire_ipv6()
CLIENTS = [("wlan0", C1, A1), ("wlan0", C2, A2), ("wlan1", C3, A3),
           ("wlan0", C1, P1), ("wlan0", C2, P2), ("wlan1", C3, P3)]


def dropped(machine):
    """How many packets were dropped on the way in for their key."""
    table = "pmip_keys0" if machine is bed.mag else "pmip_lma_keys"
    words = machine.run("nft", "list", "chain", "inet", table, "inward").split()
    return int(words[words.index("packets") + 1])


def outer(source, destination, key, packet):
    """A tunnel packet as it stands on the wire, made by hand; without key if that is None."""
    from scapy.all import GRE, IP, IPv6

    header = GRE() if key is None else GRE(key_present=1, key=key)
    ip = IP(src=source, dst=destination) if family == 4 else IPv6(src=source, dst=destination)
    return ip / header / packet


def datagram(source, destination, payload):
    from scapy.all import IP, UDP, IPv6, Raw

    ip = (IPv6 if ":" in source else IP)(src=source, dst=destination)
    return ip / UDP(sport=9000, dport=9000) / Raw(payload)


def inject(machine, packet):
    """Let a machine on the way send an IP packet that says it comes from elsewhere."""
    version = socket.AF_INET if family == 4 else socket.AF_INET6
    sender = machine.socket(version, socket.SOCK_RAW, socket.IPPROTO_RAW)
    if family == 6:
        sender.setsockopt(socket.IPPROTO_IPV6, 36, 1)   # IPV6_HDRINCL
    sender.sendto(bytes(packet), (packet.dst, 0))
    sender.close()


def keys_seen(capture, what, source):
    """{(GRE key, inner address)} of packets from `source`; `what` is inner src or dst."""
    outer_source = "ip.src" if family == 4 else "ipv6.src"
    found = set()
    for protocol in ("ip", "ipv6"):
        rows = capture.fields(
            "gre && %s == %s && (icmp || icmpv6)" % (outer_source, source),
            "gre.key", "%s.%s" % (protocol, what), "gre.flags_and_version")
        for key, addresses, flags in rows:
            address = addresses.split(",")[-1]
            if key and address and flags == "0x2000":
                found.add((int(key, 16), address))
            elif not key or flags != "0x2000":
                found.add((key, address, flags))
    return found


def flood(seconds):
    """Ping every 10 ms meanwhile, both ways."""
    return [subprocess.Popen(
        machine.command("ping", "-n", "-i", "0.01", "-c", str(int(seconds * 100)), "-W", "2",
                        destination), stdout=subprocess.PIPE, text=True)
        for machine, destination in ((bed.c1, CORRESPONDENT6), (bed.correspondent, A1))]


def loss(processes):
    words = [process.communicate()[0].split("ping statistics ---")[1].split()
             for process in processes]
    return [int(each[0]) - int(each[3]) for each in words]


time.sleep(3)       # the machines' own link-local addresses are settled then
before = [Snapshot(machine) for machine in (bed.mag, bed.lma)]
bed.start(CLIENTS)

# On the wire
up, down = Capture(bed.core, "eth1"), Capture(bed.far, "eth0")
for client, address, six in ((bed.c1, A1, I1), (bed.c2, A2, I2), (bed.c3, A3, I3)):
    check("%s reaches the Internet" % address, ping(client, CORRESPONDENT)[0])
    check("the Internet reaches %s" % address, ping(bed.correspondent, address)[0])
    check("%s reaches the Internet" % six, ping(client, CORRESPONDENT6)[0])
    check("the Internet reaches %s" % six, ping(bed.correspondent, six)[0])
homes = ((A1, A1), (A2, A2), (A3, A3), (I1, P1), (I2, P2), (I3, P3))
wanted = {(KEYS[home][1], address) for address, home in homes}
seen = {pair for pair in keys_seen(up, "src", MAG[family]) if pair[1] != CORRESPONDENT}
check("up, each session has its uplink key, and no key is missing", wanted <= seen and
      {key for key, *_ in seen} == {0x201, 0x202, 0x203}, seen)
wanted = {(KEYS[home][0], address) for address, home in homes}
seen = keys_seen(down, "dst", LMA[family])
check("down, each session has its downlink key, and no key is missing", wanted <= seen and
      {key for key, *_ in seen} == {0x101, 0x102, 0x103}, seen)
check("clients reach each other", ping(bed.c1, A3)[0] and ping(bed.c3, I2)[0])
check("TCP up", transfer(bed.c1, bed.correspondent, CORRESPONDENT) == 3_000_000)
check("TCP down", transfer(bed.correspondent, bed.c1, I1) == 3_000_000)
check("what is right is not dropped", (dropped(bed.mag), dropped(bed.lma)) == (0, 0),
      (dropped(bed.mag), dropped(bed.lma)))

# Wrong keys, made by hand on the way
for inner, other in ((A1, CORRESPONDENT), (I1, CORRESPONDENT6)):
    version = socket.AF_INET6 if ":" in inner else socket.AF_INET
    for way, target, machine, ends, right, wrong, sink in (
            ("down", bed.mag, bed.far, (LMA[family], MAG[family]), 0x101, 0x102, bed.c1),
            ("up", bed.lma, bed.core, (MAG[family], LMA[family]), 0x201, 0x202,
             bed.correspondent)):
        pair = (other, inner) if way == "down" else (inner, other)
        listener, count = hear(sink, family=version), dropped(target)
        for key in (wrong, 0, 0x999, int.from_bytes(DEVICE_KEY, "big"), None):
            inject(machine, outer(*ends, key, datagram(*pair, b"wrong")))
        inject(machine, outer(*ends, right, datagram(*pair, b"right")))
        got = heard(listener)
        check("%s, for %s: the right key alone passes" % (way, inner), got == [b"right"], got)
        check("%s, for %s: wrong keys are counted" % (way, inner),
              dropped(target) == count + 4, (count, dropped(target)))
        listener.close()

# Doing it again, and another process, change nothing and lose nothing
during = [Snapshot(machine) for machine in (bed.mag, bed.lma)]
traffic = flood(3)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
bed.anchor.prepare([LMA[family]])
for client in CLIENTS:
    bed.serve(*client)
bed.gateway.kill()
bed.anchor.kill()
bed.gateway, bed.anchor = Agent(bed.mag, "mag", python), Agent(bed.lma, "lma", python)
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
bed.anchor.prepare([LMA[family]])
check("a new anchor finds its tunnel", bed.anchor.tunnels() == [
    [MAG[family], LMA[family], encapsulation, bed.tunnel]], bed.anchor.tunnels())
for client in CLIENTS:
    bed.serve(*client)
lost = loss(traffic)
check("no packet was lost meanwhile", lost == [0, 0], lost)
for machine, snapshot in zip((bed.mag, bed.lma), during):
    changes = difference(snapshot, Snapshot(machine))
    check("nothing changed on " + machine.name, changes == [], changes)

# Keys that change; half a session, or one that should not be
bed.gateway.add_client("wlan0", C1, A1, 0, (0x101, 0x301))
check("another uplink key counts at once", not ping(bed.c1, CORRESPONDENT, wait=0.3)[0])
bed.gateway.add_client("wlan0", C1, A1, 0, (0x101, 0x201))
check("and the first again", ping(bed.c1, CORRESPONDENT)[0])
bed.mag.run("nft", "flush", "map", "inet", "pmip_keys0", "keys4")
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
wanted = [(home, 0, KEYS[home]) for _, _, home in CLIENTS[:5]]
bed.gateway.keep_keys(wanted)
check("what somebody has removed is repaired", ping(bed.c1, CORRESPONDENT)[0])
check("a home without keys is not served", not ping(bed.c3, CORRESPONDENT6, wait=0.3)[0])
bed.gateway.keep_keys([*wanted, (P3, 0, KEYS[P3])])
check("but with them", ping(bed.c3, CORRESPONDENT6)[0])

# A session that ends at the anchor
bed.anchor.blackhole(A1)
check("a session that has ended has no keys", not ping(bed.c1, CORRESPONDENT, wait=0.3)[0])
bed.serve(*CLIENTS[0])
check("when it is back, it has", ping(bed.c1, CORRESPONDENT)[0])

# Where nftables cannot write keys there is GRE without, beside others' tunnels with keys
bed.gateway.close()
folder = os.path.join(bed.mag.directory, "bin")
os.mkdir(folder)
with open(folder + "/nft", "w") as script:
    script.write("#!/bin/sh\nif grep -q typeof \"$2\"; then echo too old >&2; exit 1; fi\n"
                 "exec %s \"$@\"\n" % shutil.which("nft"))
os.chmod(folder + "/nft", 0o755)
bed.gateway = Agent(
    bed.mag, "mag", python, ("env", "PATH=%s:%s" % (folder, os.environ["PATH"])))
bed.gateway.prepare(["wlan0", "wlan1"], bed.anchors)
check("who cannot have keys says so", "no GRE keys with anchor anchor0: nft: too old"
      in bed.gateway.log(), bed.gateway.log())
bed.gateway.add_client(*CLIENTS[0], 0)
plain = bed.anchor.add_tunnel(MAG[family], LMA[family], "gre")
check("a tunnel without keys is another", plain != bed.tunnel, bed.anchor.tunnels())
bed.anchor.route(A1, plain)
check("and serves", ping(bed.c1, CORRESPONDENT)[0] and ping(bed.correspondent, A1)[0])

# And nothing remains
bed.gateway.close()
bed.anchor.close()
for machine, snapshot in zip((bed.mag, bed.lma), before):
    changes = difference(snapshot, Snapshot(machine))
    check("nothing of ours remains on " + machine.name, changes == [], changes)
check.done()
