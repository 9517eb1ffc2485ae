# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration: a phone roams between two access points and keeps its address.

demo.py [--ipv6] [--micropython] [--keep]
    --ipv6          the access points reach the anchor over IPv6 instead of IPv4
    --micropython   the daemons run under MicroPython
    --keep          at the end leave everything up, with a prompt
Runs in the test kernel, with the folder `tests` in PYTHONPATH (`make demo`).
Ends with status 1, naming what failed, if anything is not as it should be.
"""

import re
import sys

from bed.attachment import Arp, Dhcp
from bed.capture import Capture
from bed.cost_table import print_costs
from bed.keep import keep
from bed.network import ANCHOR, CORRESPONDENT, POOL
from bed.probe import Probe
from bed.scenario import Scenario
from bed.snapshot import LEFT_OUT, Snapshot, difference
from bed.sources import SIGNALLING
from bed.timeline import Timeline
from bed.transfer import Transfer
from bed.watch import now

PICTURE = """\
           ))) ap1  {ap1} ---.
     mn1                             router == 10 ms == anchor {anchor} --- {correspondent}
           ))) ap2  {ap2} ---'                    ({pool})"""
ROUTER_MAC = "00:00:5e:00:52:13"
DELETE_DELAY = 10


class Demo(Scenario):
    """The story, one method a chapter."""

    def __init__(self, family, python):
        self.line = Timeline({}, now())
        super().__init__(family=family, python=python)
        self.line.bssids = {ap.bssid: ap.name for ap in self.aps}
        self.phone = self.phones[0]
        self.probe = self.download = None
        self.roams = []

    def check(self, name, value, detail=""):
        """As a Scenario's, but as part of the time line."""
        if value:
            self.passed += 1
            print(" " * 15 + self.line.paint("good", "ok") + f"  {name}", flush=True)
        else:
            self.failed.append(name)
            failed = self.line.paint("bad", "FAILED")
            print(f"{failed:>17}      {name}: {detail}", flush=True)
        return bool(value)

    def picture(self):
        """What there is."""
        family = self.network.family
        subnets = {4: "10.1.{}.0/24", 6: "2001:db8:{}::/64"}[family]
        self.line.title("Two access points on different subnets, an anchor, a correspondent")
        print(PICTURE.format(
            ap1=f"{subnets.format(1):<16}",
            ap2=f"{subnets.format(2):<16}",
            anchor=ANCHOR[family],
            correspondent=CORRESPONDENT,
            pool=POOL,
        ), flush=True)

    def associate(self):
        """The phone comes, by EAP; its address comes from the anchor, by DHCP."""
        self.line.title("The phone associates to ap1")
        self.before = {machine.name: Snapshot(machine) for machine in self.network.machines}
        self.capture = Capture(self.network.router, "eth0", SIGNALLING)
        self.watch.rest(0.1)
        self.watch.on_event = self.line.event
        self.watch.add(Dhcp(self.phone))
        self.watch.add(Arp(self.phone))
        self.line.zero = now()
        self.attach(self.phone, self.aps[0])
        self.address = self.phone.address
        self.router = self.default_router()
        granted = self.watch.find(actor="ap1", kind="PBA", text=self.address)
        self.check(f"the address {self.address} is the one that the anchor assigned", granted,
                   "no such PBA")
        mtu = self.phone.ip.get_links(self.phone.index("wlan0"))[0].get_attr("IFLA_MTU")
        tunnel = self.tunnel(self.aps[0]).get_attr("IFLA_MTU")
        self.check(f"the phone's MTU {mtu} is the tunnel's", mtu == tunnel, f"tunnel: {tunnel}")

    @staticmethod
    def said(ap, word):
        """What the newest line with `word` in the gateway's log says from there."""
        lines = [line for line in ap.mag.log().split("\n") if word in line]
        return lines[-1][lines[-1].index(word):]

    @staticmethod
    def tunnel(ap):
        """pyroute2's view of the tunnel of `ap`."""
        return ap.ip.get_links(ap.index("pmip0"))[0]

    def tunnelled(self, ap, what):
        """How many packets or bytes `ap` has received from its tunnel."""
        return self.tunnel(ap).get_attr("IFLA_STATS64")["rx_" + what]

    def default_router(self):
        """The phone's default router: (address, MAC)."""
        for route in self.phone.ip.get_default_routes(family=2):
            gateway = route.get_attr("RTA_GATEWAY")
            for neighbour in self.phone.ip.get_neighbours(family=2, dst=gateway):
                return gateway, neighbour.get_attr("NDA_LLADDR")
            return gateway, None
        return None, None

    def use(self):
        """Traffic: ping, a download, and the probe."""
        self.line.title("Traffic runs through the anchor, by GRE")
        times = re.findall(r"time=([\d.]+) ms", self.phone.ping(CORRESPONDENT))
        self.watch.rest(0.01)
        self.line.line(now(), self.phone.name, f"ping {CORRESPONDENT}: {', '.join(times)} ms")
        self.router = self.default_router()
        self.check(f"the default router answers as {ROUTER_MAC}", self.router[1] == ROUTER_MAC,
                   self.router[1])
        self.download = Transfer(self.phone, self.correspondent, CORRESPONDENT)
        self.probe = Probe(self.phone, self.address, self.correspondent, CORRESPONDENT)
        self.line.line(now(), self.phone.name, "starts a download, and 1000 packets/s each way")
        self.sleep()

    def sleep(self):
        """While packets pass, the gateway's daemon sleeps (but for an ARP request or two)."""
        passed, (wakeups, spent) = self.tunnelled(self.aps[0], "packets"), self.aps[0].mag.usage()
        self.watch.rest(1)
        passed = self.tunnelled(self.aps[0], "packets") - passed
        wakeups, spent = (
            after - before
            for after, before in zip(self.aps[0].mag.usage(), (wakeups, spent), strict=True)
        )
        self.check(f"{passed} packets passed ap1, its daemon woke up {wakeups} times and "
                   f"computed {spent} ms", passed > 100 * wakeups, "too often")

    def go_to(self, ap, how, eap=False):
        """One roam."""
        self.line.title(f"It roams to {ap.name} ({how})")
        self.line.zero = now()
        roam = self.roam(self.phone, ap)
        self.roams.append(roam)
        self.watch.rest(0.5)
        self.line.line(now(), ap.name, "its daemon: " + self.said(ap, "attached"))
        self.check(f"EAP {'ran' if eap else 'did not run'}", roam.eap == eap)
        self.check(f"same address {self.address}", self.phone.address == self.address,
                   self.phone.address)
        self.check(f"same default router {self.router[0]} at {self.router[1]}",
                   self.default_router() == self.router, self.default_router())

    def end_traffic(self):
        """Stop probe and download; judge the download."""
        self.line.title("The traffic ends")
        self.probe.stop()
        received, stall, problem = self.download.stop()
        self.check(f"the download never broke: {received / 1e6:.1f} MB, every byte right, "
                   f"longest stall {stall:.0f} ms", problem is None, problem)
        tunnelled = sum(self.tunnelled(ap, "bytes") for ap in self.aps)
        self.check("it came through the access points' GRE tunnels", tunnelled >= received,
                   f"{tunnelled} of {received} bytes")
        print_costs(self.line, self.roams, self.probe)

    def leave(self):
        """The phone goes: de-registration."""
        self.line.title("It leaves")
        since = self.line.zero = now()
        self.phone.dhcp.stop()
        self.phone.supplicant.disconnect()
        left = self.watch.expect(10, kind="PBU", text="de-registration", since=since)
        self.left = self.watch.expect(
            10, actor=left.actor, kind="PBA", text="status 0", since=since
        ).time
        self.watch.rest(0.5)

    def judge_signalling(self):
        """tshark reads what went between the access points and the anchor."""
        messages = self.capture.fields("mipv6", "frame.number", "_ws.malformed")
        malformed = [message for message in messages if message[1]]
        self.check(f"tshark reads {len(messages)} signalling messages, none malformed",
                   messages and not malformed, malformed)

    def forget(self):
        """The anchor keeps the binding for its delay (MinDelayBeforeBCEDelete), then forgets it."""
        removed = self.watch.expect(
            DELETE_DELAY + 5, actor="anchor", kind="route", text="removed: " + self.address,
            since=self.left,
        )
        delay = (removed.time - self.left) / 1000
        self.check(f"the anchor kept the binding for {DELETE_DELAY} s",
                   DELETE_DELAY - 0.1 < delay < DELETE_DELAY + 1, f"{delay:.1f} s")
        held = self.lma.ask("bindings")["bindings"]
        self.check("then it forgot it", not held, held)

    def compare(self, *machines):
        """The kernels are as they were."""
        for machine in machines:
            before = self.before[machine.name]
            changes = difference(before, Snapshot(machine))
            self.check(f"{machine.name}'s kernel is as it was: {len(before.lines)} entries",
                       not changes, "\n    ".join(["", *changes]))

    def left_out(self):
        """What the comparison does not look at."""
        print(self.line.paint("dim", "\nCompared: links, addresses, routes of every table, rules, "
                              "neighbours, nftables, FOU ports, xfrm.  Left out:"))
        for kind, what in LEFT_OUT.items():
            print(self.line.paint("dim", f"     {kind}: {what}"), flush=True)


def main(arguments):
    """Run the story."""
    family = 6 if "--ipv6" in arguments else 4
    python = "micropython" if "--micropython" in arguments else "cpython"
    demo = Demo(family, python)
    with demo:
        demo.picture()
        demo.associate()
        demo.use()
        first, second = demo.aps
        demo.go_to(second, "full EAP", eap=True)
        demo.go_to(first, "cached key")
        demo.go_to(second, "cached key")
        demo.end_traffic()
        if "--keep" in arguments:
            keep(demo)
        demo.leave()
        demo.compare(first, second)
        demo.forget()
        demo.compare(demo.anchor)
        demo.judge_signalling()
        demo.left_out()
        failed = "; ".join(demo.failed)
        demo.line.title(f"Failed: {failed}" if failed else "All as it should be")


if __name__ == "__main__":
    main(sys.argv[1:])
