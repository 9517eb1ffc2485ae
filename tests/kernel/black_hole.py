# SPDX-License-Identifier: GPL-2.0-or-later
# run: 4 micropython
# run: 6 cpython
# uml-run: -T skip
"""Large packets are lost between gateway and anchor, and no router says so (RFC 5213 6.9.5): both
ends find out by ICMP echo, and clients' packets get through.

black_hole.py 4|6 cpython|micropython
"""

import subprocess
import sys
import time

from bed.network import ANCHOR, CORRESPONDENT
from bed.scenario import Scenario
from bed.transfer import Transfer

NARROW, WIDE = 1400, 1500
OVERHEAD = {4: 24, 6: 44}
INTERVAL = 600      # s between probes
LIFETIME = "300"    # s, so that there is signalling in each interval
RULES = """
table inet hole
delete table inet hole
table inet hole {
	chain forward {
		type filter hook forward priority filter
		meta length > %d drop
	}
}
"""


class BlackHole(Scenario):
    """The router forwards nothing that is large, and is silent about it."""

    def __init__(self, family, python):
        super().__init__(running=False, family=family, python=python)
        self.family = family
        self.ap, self.phone = self.aps[0], self.phones[0]
        self.ap.gateway(ANCHOR[family], python=python, timestamp="on", lifetime=LIFETIME)
        self.path(NARROW)

    def path(self, mtu):
        """What the router forwards, either way."""
        self.network.router.run("nft", RULES % mtu)

    def mtus(self):
        """What the tunnel's devices have at gateway and anchor, less what they need."""
        return [machine.ip.get_links(machine.index(name))[0].get_attr("IFLA_MTU")
                + OVERHEAD[self.family] for machine, name in
                ((self.ap, "pmip0"), (self.anchor, "lma0"))]

    def wait_for(self, mtu, seconds, what):
        """Both ends have this MTU in time."""
        try:
            self.watch.until(lambda: self.mtus() == [mtu, mtu], seconds, what)
        except TimeoutError:
            pass
        self.check(what, self.mtus() == [mtu, mtu], self.mtus())

    def begin(self):
        self.network.start_radios()
        self.network.start_daemons()
        self.attach(self.phone, self.ap)
        self.wait_for(NARROW, 20, "both tunnels are as wide as what gets through")
        mtu = self.ap.mag.tell("anchors")["anchors"][0]["mtu"]
        self.check("pmip anchors shows it", mtu == NARROW - OVERHEAD[self.family], mtu)
        self.large("at first")

    def large(self, when):
        """Packets of all sizes get through."""
        size = str(NARROW + 50)
        for machine, destination in ((self.phone, CORRESPONDENT),
                                     (self.correspondent, self.phone.address)):
            done = subprocess.run(machine.command(
                "ping", "-n", "-M", "dont", "-c", "3", "-i", "0.2", "-W", "2", "-s", size,
                destination), capture_output=True, text=True)
            self.check(f"{when}: large packets get to {destination}",
                       " 3 received" in done.stdout, done.stdout)
        transfer = Transfer(self.phone, self.correspondent, CORRESPONDENT)
        self.watch.until(lambda: transfer.received > 200_000, 20, "200 kB")
        _, _, problem = transfer.stop()
        self.check(f"{when}: a download goes on", problem is None, problem)

    def restart(self, daemon):
        """Killed and started again, it does not forget meanwhile."""
        daemon.kill()
        daemon.start()
        self.network.wait_for(daemon)
        seen = set()
        for _ in range(40):
            seen.add(tuple(self.mtus()))
            time.sleep(0.2)
        self.check(f"{daemon.program} killed: the tunnels stay as narrow",
                   seen == {(NARROW, NARROW)}, seen)
        self.large(f"{daemon.program} killed")

    def widen(self):
        """The path gets wide: the next probes show it."""
        self.path(WIDE)
        self.wait_for(WIDE, INTERVAL + 2 * int(LIFETIME), "a wide path is found to be so")

    def unanswered(self):
        """Nobody answers probes: what the kernel knows holds."""
        for machine in (self.ap, self.anchor):
            machine.sysctl("net/ipv4/icmp_echo_ignore_all", 1)
            machine.sysctl("net/ipv6/icmp/echo_ignore_all", 1)
        self.path(NARROW)
        self.watch.rest(2 * INTERVAL)
        self.check("without answers tunnels stay as they are", self.mtus() == [WIDE, WIDE],
                   self.mtus())

    def end(self):
        """No daemon has stumbled, none has left a socket."""
        for daemon in self.network.daemons:
            self.check(f"{daemon.program} of {daemon.machine.name} has written no traceback",
                       daemon.running and "Traceback" not in daemon.log(), daemon.log()[-2000:])
        for machine in (self.ap, self.anchor):
            local = [line.split()[3] for line in machine.run("ss", "-Hanw").splitlines()]
            probing = [each for each in local if each.endswith((":1", ":58"))
                       and not each.startswith(("*:", "0.0.0.0:"))]
            self.check(f"{machine.name} probes nothing now", not probing, probing)


def main(family="4", python="micropython"):
    """Run it."""
    with BlackHole(int(family), python) as bed:
        bed.begin()
        bed.restart(bed.ap.mag)
        bed.restart(bed.lma)
        bed.widen()
        bed.unanswered()
        bed.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
