# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients get their addresses from a DHCP server beyond the anchor: gateways relay.

dhcp_relay.py [cpython]     (without: the daemons run under MicroPython)

dnsmasq, a server that respects link selection and server identifier override, runs at the
correspondent and knows nothing of mobility.  Another, as OpenWrt starts it, has the access points'
port 67 for a network of theirs.
"""

import os
import sys

from bed.network import ANCHOR, CORRESPONDENT, POOL_ROUTER
from bed.scenario import Scenario

RANGE = "10.20.0.2,10.20.255.254,255.255.0.0,10m"
LAN = "192.168.1.100,192.168.1.200,10m"
LEASE = "600"


class DhcpRelay(Scenario):
    """One phone, two access points."""

    def __init__(self, python):
        super().__init__(running=False, phones=1, python=python)
        self.phone, = self.phones
        self.network.router.route(CORRESPONDENT + "/32", ANCHOR[4])
        for ap in self.aps:
            ap.gateway(ANCHOR[4], python=python, timestamp="on", dhcp_server=CORRESPONDENT)
        self.lma.configure(*[
            (kind, name, {**values, "dhcp_relay": "1"} if kind == "pool" else values)
            for kind, name, values in self.network.lma_sections()])

    def begin(self):
        self.network.start_radios()
        self.network.start_daemons()
        self.serve(self.correspondent, RANGE, "--log-dhcp")
        for ap in self.aps:
            ap.ip.link("add", ifname="lan", kind="dummy")
            ap.up("lan")
            ap.add_address("lan", "192.168.1.1/24")
            self.serve(ap, LAN, "--bind-dynamic", "--interface=lan")
            self.watch.until(lambda ap=ap: ":67 " in ap.run("ss", "-Hanu"), 10, "dnsmasq")

    @staticmethod
    def serve(machine, addresses, *options):
        """Start a DHCP server."""
        machine.start(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping",
            "--user=root", "--dhcp-authoritative", "--log-facility=-", "--pid-file",
            f"--dhcp-leasefile={os.path.join(machine.directory, 'leases')}",
            f"--dhcp-range={addresses}", *options, log="dnsmasq.log")

    def explain(self):
        super().explain()
        print("--- dnsmasq", self.server_log(), sep="\n")

    def server_log(self):
        """What the server has said."""
        with open(os.path.join(self.correspondent.directory, "dnsmasq.log")) as file:
            return file.read()

    def judge(self, what):
        """The phone's address is the anchor's, and it was the server that confirmed it."""
        lease = self.phone.lease()
        binding, = self.lma.tell("bindings")["bindings"]
        self.check(f"{what}: the address is the one that the anchor assigned",
                   lease.address == binding["address"] + "/16", (lease, binding))
        self.check(f"{what}: the lease time is the server's", lease.seconds == LEASE, lease)
        self.check(f"{what}: the default router is router and server",
                   (lease.router, lease.server) == (POOL_ROUTER, POOL_ROUTER), lease)
        self.check(f"{what}: the MTU is the tunnel's", lease.mtu == "1476", lease)

    def renew(self, what, giaddr):
        """A renewal goes to the default router by unicast, and through this gateway."""
        before, said = len(self.phone.dhcp.leases()), len(self.server_log())
        self.phone.dhcp.renew()
        self.watch.until(lambda: len(self.phone.dhcp.leases()) > before, 20, "a renewal")
        self.judge(what)
        log = self.server_log()[said:]
        self.check(f"{what}: the server was asked once",
                   log.count(" DHCPREQUEST(") == 1 and log.count(" DHCPACK(") == 1, log)
        stats = self.aps[giaddr].mag.tell("stats")["counters"]
        self.check(f"{what}: by the gateway that serves", stats.get("dhcp.ack"), stats)

    def judge_daemons(self):
        for daemon in self.network.daemons:
            self.check(f"{daemon.program} of {daemon.machine.name} has written no traceback",
                       daemon.running and "Traceback" not in daemon.log(), daemon.log()[-2000:])


def main(python="micropython"):
    """Run it."""
    with DhcpRelay(python) as bed:
        bed.begin()
        bed.attach(bed.phone, bed.aps[0])
        bed.judge("attached")
        bed.check("the server gave it", " DHCPOFFER(" in bed.server_log(), bed.server_log())
        bed.renew("renewed", 0)
        address = bed.phone.address
        bed.roam(bed.phone, bed.aps[1])
        bed.check("the same address after a roam", bed.phone.address == address)
        bed.renew("renewed after a roam", 1)
        bed.judge_daemons()


if __name__ == "__main__":
    main(*sys.argv[1:])
