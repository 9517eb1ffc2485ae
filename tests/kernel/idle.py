# SPDX-License-Identifier: GPL-2.0-or-later
"""While packets flow, and while nothing happens, both daemons sleep.

idle.py [micropython]
"""

import os
import sys

from bed.network import CORRESPONDENT
from bed.probe import Probe
from bed.scenario import Scenario
from bed.transfer import Transfer

SECONDS = 5
TICK_MS = 1000 // os.sysconf("SC_CLK_TCK")


def spent(daemon):
    """(CPU time in ms, voluntary context switches) of the daemon's process so far."""
    pid = daemon.process.pid
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status") as file:
        switches = [line.split()[1] for line in file if line.startswith("voluntary_ctxt")]
    return (int(fields[11]) + int(fields[12])) * TICK_MS, int(switches[0])


class Idle(Scenario):
    """Watches what the daemons cost."""

    def judge(self, what):
        """For some seconds they neither compute nor wake up."""
        self.watch.rest(2)      # what was begun has ended
        before = [spent(daemon) for daemon in self.network.daemons]
        self.watch.rest(SECONDS)
        for daemon, (cpu, switches) in zip(self.network.daemons, before, strict=True):
            later_cpu, later_switches = spent(daemon)
            used, woken = later_cpu - cpu, later_switches - switches
            self.check(f"{what}: {daemon.program} of {daemon.machine.name} used {used} ms of CPU "
                       f"and woke up {woken} times in {SECONDS} s", used == woken == 0)

    def trust(self):
        """What is measured does move when a daemon works."""
        daemon = self.network.daemons[1]
        before = spent(daemon)
        for _ in range(5):
            daemon.tell("status")
        self.check("questions wake a daemon up", spent(daemon)[1] >= before[1] + 5)

    def download(self):
        """A download, and 1000 packets a second each way."""
        transfer = Transfer(self.phones[0], self.correspondent, CORRESPONDENT)
        probe = Probe(
            self.phones[0], self.phones[0].address, self.correspondent, CORRESPONDENT)
        self.judge("during a download")
        probe.stop()
        received, _, problem = transfer.stop()
        packets = len(probe.up.packets), len(probe.down.packets)
        self.check(f"meanwhile {received / 1e6:.1f} MB, {packets[0]} packets up and {packets[1]} "
                   "down passed", problem is None and received > 500_000
                   and min(packets) > 2000, problem)


def main(arguments):
    """Run it."""
    with Idle(phones=2, python=arguments[0] if arguments else "cpython") as bed:
        bed.trust()
        bed.judge("without clients")
        for phone in bed.phones:
            bed.attach(phone, bed.aps[0])
        bed.judge("with clients that are silent")
        bed.download()


if __name__ == "__main__":
    main(sys.argv[1:])
