# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip
"""A gateway behind a NAT: its clients' packets go in UDP, and the NAT does not forget it.

nat.py [cpython]     (without: the daemons run under MicroPython)

    mn1 )))  ap1 --- nat --- router --- anchor --- correspondent
             ap2 -----------/

The router for ap1 translates addresses and lets nothing in that was not asked for; it forgets a UDP
flow after 30 s of silence, or after 120 s if there have been answers.  In the end ap2 moves behind
it, too.
"""

import subprocess
import sys
import time

from bed.capture import Capture
from bed.namespace import Namespace, cable
from bed.network import ANCHOR, CORRESPONDENT, CORRESPONDENT6
from bed.scenario import Scenario
from bed.snapshot import Snapshot, difference
from bed.transfer import Transfer
from bed.watch import now

OUTSIDE = "10.1.1.2"
INSIDE = {"ap1": "192.168.1.2", "ap2": "192.168.2.2"}
SILENCE = 200       # s
RULES = """
table ip nat {
	chain outside { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }
	chain unasked { type filter hook input priority filter; iifname "eth0" ct state new drop; }
}
"""


class Nat(Scenario):
    """One phone, which roams from behind the NAT and back."""

    def __init__(self, python):
        super().__init__(running=False, phones=2, ip="dual", python=python)
        self.phone, self.other = self.phones
        self.nat = Namespace("nat", forwarding=True)
        for ap in self.aps:
            ap.gateway(ANCHOR[4], python=python, timestamp="on", encapsulation="udp")
        self.lma.configure(*self.lma_sections())
        self.move(self.aps[0])
        cable(self.network.router, "eth1", self.nat, "eth0")
        self.network.router.add_address("eth1", "10.1.1.1/24")
        self.nat.add_address("eth0", OUTSIDE + "/24")
        self.nat.route("default", "10.1.1.1")
        self.nat.run("nft", RULES)

    def lma_sections(self):
        """The anchor's usual configuration, and UDP."""
        (kind, name, usual), *others = self.network.lma_sections()
        return [(kind, name, {**usual, "udp": "1"}), *others]

    def move(self, ap):
        """The access point's uplink is plugged into the NAT's other side."""
        ap.ip.link("del", index=ap.index("eth0"))
        interface, address = f"in-{ap.name}", INSIDE[ap.name]
        gateway = address.rpartition(".")[0] + ".1"
        cable(self.nat, interface, ap, "eth0")
        self.nat.add_address(interface, gateway + "/24")
        ap.add_address("eth0", address + "/24")
        ap.route("default", gateway)

    def begin(self):
        self.network.start_radios()
        self.clean = [Snapshot(machine) for machine in self.network.machines]
        self.network.start_daemons()
        self.wire = Capture(self.nat, "eth0")
        self.attach(self.phone, self.aps[0])
        self.watch.until(lambda: self.phone.addresses6, 20, "an IPv6 address")
        self.homes = self.phone.address, self.phone.addresses6

    def binding(self):
        """What the anchor knows of the phone."""
        return [each for each in self.lma.tell("bindings")["bindings"]
                if each["node"] == self.phone.identity][0]

    def judge(self, what, mag):
        """The anchor has it there, in UDP, and packets get through both ways."""
        binding = self.binding()
        self.check(f"{what}: the anchor has it at {mag}, in UDP",
                   (binding["mag"], binding["encapsulation"]) == (mag, "udp"), binding)
        for place, machine, destination in (
                ("phone", self.phone, CORRESPONDENT), ("phone", self.phone, CORRESPONDENT6),
                ("correspondent", self.correspondent, self.homes[0]),
                ("correspondent", self.correspondent, self.homes[1][0])):
            self.check(f"{what}: the {place} reaches {destination}",
                       self.pings(machine, destination))
        for address in (CORRESPONDENT, CORRESPONDENT6):
            transfer = Transfer(self.phone, self.correspondent, address)
            self.watch.until(lambda download=transfer: download.received > 50_000, 20, "50 kB")
            received, _, problem = transfer.stop()
            self.check(f"{what}: a download from {address}",
                       problem is None and received > 50_000, problem or received)

    @staticmethod
    def pings(machine, destination, count=3):
        """Whether every echo request is answered."""
        try:
            return f" {count} received" in machine.run(
                "ping", "-n", "-c", str(count), "-i", "0.2", "-W", "2", destination)
        except RuntimeError:
            return False

    def behind(self):
        """Attached behind the NAT, with UDP in between."""
        self.judge("behind the NAT", OUTSIDE)
        check = self.aps[0].mag.findings()
        self.check("pmip check finds nothing to complain of in the tunnel",
                   not [text for text in check if "UDP" in text or "tunnel" in text], check)

    def restart(self):
        """Killed and started again, the gateway loses no packet."""
        ap, what = self.aps[0], "the gateway is killed"
        before = Snapshot(ap)
        flood = subprocess.Popen(self.correspondent.command(
            "ping", "-n", "-i", "0.1", "-c", "30", "-W", "2", self.homes[0]),
            stdout=subprocess.PIPE, text=True)
        since = now()
        ap.mag.kill()
        self.watch.rest(0.3)
        ap.mag.start()
        self.network.wait_for(ap.mag)
        said = flood.communicate()[0]
        self.check(f"{what}: no packet is lost", " 30 received" in said, said)
        self.watch.expect(10, actor="anchor", kind="PBA", text="status 0", since=since)
        changes = difference(before, Snapshot(ap))
        self.check(f"{what}: the kernel is as before, with its UDP port", not changes, changes)

    def silence(self):
        """Nobody says anything; the NAT knows the way all the same."""
        since = time.time()
        self.watch.rest(SILENCE)
        self.check(f"after {SILENCE} s the correspondent reaches the phone at once",
                   self.pings(self.correspondent, self.homes[0], 1))
        self.check("and by IPv6", self.pings(self.correspondent, self.homes[1][0], 1))
        self.outside(since)

    def outside(self, since):
        """How all this looks outside of the NAT, where there has been silence `since`."""
        rows = self.wire.fields(
            "udp", "frame.time_epoch", "frame.protocols", "ip.addr", "udp.srcport", "udp.dstport",
            "udp.length", "mip6.mhtype")
        for protocol in ("ip:icmp", "ip:ipv6:icmpv6"):
            form = "eth:ethertype:ip:udp:" + protocol
            seen = [row[3:5] for row in rows if row[1].startswith(form)]
            self.check(f"{len(seen)} packets are {form}, from port 5437 to port 5437",
                       len(seen) > 6 and set(map(tuple, seen)) == {("5437", "5437")}, rows[:3])
        inside = [row for row in rows if INSIDE["ap1"] in row[2]]
        self.check("nothing tells of addresses inside", not inside, inside)
        silent = [row for row in rows if float(row[0]) >= since]
        knocks = [row for row in silent if row[3:6] == ("5437", "5437", "8")]
        beats = [row for row in silent if row[6] == "13"]
        self.check(f"{len(knocks)} datagrams and {len(beats)} heartbeats have kept it open",
                   SILENCE // 25 <= len(knocks) <= 2 * SILENCE // 25
                   and 2 * (SILENCE // 25) - 1 <= len(beats) <= 4 * SILENCE // 25,
                   (knocks, beats))

    def roams(self):
        """To the access point without a NAT, and back."""
        for what, ap, mag in (("at ap2", self.aps[1], "10.1.2.2"),
                              ("back behind the NAT", self.aps[0], OUTSIDE)):
            self.network.look_around(self.phone)
            self.roam(self.phone, ap)
            self.check(f"{what}: the same addresses", self.homes == (
                self.phone.address, self.phone.addresses6), self.phone.addresses6)
            self.judge(what, mag)

    def second(self):
        """Another gateway comes behind the NAT: who roams to it is refused, the log says why."""
        ap = self.aps[1]
        ap.mag.stop()
        self.move(ap)
        ap.mag.start()
        self.network.wait_for(ap.mag)
        self.attach(self.other, self.aps[0])
        since = now()
        self.other.supplicant.roam(ap.bssid)
        self.watch.expect(20, actor="anchor", kind="PBA", text="status 129", since=since)
        self.watch.until(lambda: "same NAT" in self.lma.log(), 5, "a line in the anchor's log")
        line = next(each for each in self.lma.log().splitlines() if "same NAT" in each)
        self.check("a second gateway behind the NAT is refused, both are named",
                   all(address in line for address in INSIDE.values()), line)
        self.watch.until(lambda: "forbids it" in ap.mag.log(), 5, "a line in the gateway's log")
        self.judge("the first gateway goes on", OUTSIDE)

    def end(self):
        """Nothing is left."""
        for daemon in self.network.daemons:
            daemon.tell("flush")
            self.watch.until(lambda daemon=daemon: not daemon.running, 10, "the daemon's end")
            self.check(f"{daemon.program} of {daemon.machine.name} has written no traceback",
                       "Traceback" not in daemon.log(), daemon.log()[-2000:])
        for machine in self.network.machines:
            left = machine.run("ip", "fou", "show")
            self.check(f"no UDP port is left at {machine.name}", not left, left)
        for machine, snapshot in [(self.aps[0], self.clean[0]), (self.anchor, self.clean[2])]:
            changes = difference(snapshot, Snapshot(machine))
            self.check(f"nothing of ours is left in the kernel of {machine.name}",
                       not changes, changes)


def main(python="micropython"):
    """Run it."""
    with Nat(python) as bed:
        bed.begin()
        bed.behind()
        bed.restart()
        bed.silence()
        bed.roams()
        bed.second()
        bed.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
