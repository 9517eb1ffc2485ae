# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock udhcpc (busybox) on a phone; it takes over the address, the router and the MTU."""

import os
import signal
from collections import namedtuple

from bed import paths

Lease = namedtuple("Lease", "event interface address router mtu seconds server")


def parse_lease(line: str) -> Lease:
    """One line of what udhcpc.script logs."""
    event, interface, address, _, rest = line.split(" ", 4)
    router, rest = rest.split(" mtu ")
    mtu, rest = rest.split(" lease ")
    seconds, server = rest.split(" server ")
    return Lease(event, interface, address, router, mtu, seconds, server)


class Udhcpc:
    """udhcpc for `interface` of `machine`."""

    def __init__(self, machine, interface="wlan0"):
        self.machine, self.interface = machine, interface
        self.events = os.path.join(machine.directory, "dhcp.events")
        open(self.events, "w").close()
        self.process = None

    def start(self, *options: str):
        """Start it in the foreground; it asks for the MTU, too, and once a second."""
        self.process = self.machine.start(
            "udhcpc", "-f", "-i", self.interface, "-O", "mtu", "-t", "10", "-T", "1", "-A", "1",
            "-s", os.path.join(paths.BED, "udhcpc.script"), *options,
            log="udhcpc.log",
            environment={"PMIP_DHCP_LOG": self.events},
        )

    def leases(self) -> list:
        """The leases obtained so far ("bound" and "renew" events), oldest first."""
        with open(self.events) as file:
            lines = [parse_lease(line.rstrip("\n")) for line in file]
        return [lease for lease in lines if lease.event in ("bound", "renew")]

    def renew(self):
        """Ask for a renewal now."""
        self.process.send_signal(signal.SIGUSR1)

    def release(self):
        """Give the lease back."""
        self.process.send_signal(signal.SIGUSR2)

    def stop(self):
        """End it; the phone keeps its address."""
        self.process.terminate()
        self.process.wait(10)
