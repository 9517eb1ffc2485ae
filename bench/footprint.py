# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemons need: memory, and time from start to serving, under both Pythons.

Memory is resident (VmRSS): of a bare interpreter, without clients, and with 50.  The MicroPython
from PyPI lives in a process of CPython, whose memory counts here: compare with the bare one.
CPython finds compiled files, as a package would ship them.
"""

import os
import subprocess
import time

from eapol import Supplicant
from figures import figure
from reference import milliseconds
from wired_network import LINK, SECRET, WiredNetwork

from bed.daemon import PYTHONS

CLIENTS = 50
STARTS = 5
PATIENCE = 30


def resident(pid: int) -> float:
    """VmRSS of a process in MB."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no memory")


def wait(condition, what):
    """Look every millisecond, as a shell script could not."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.001)


def bare(python: str):
    """(ms until it has started and ended, MB) of an interpreter that does nothing."""
    begun = milliseconds()
    subprocess.run([*PYTHONS[python], "-c", "pass"], check=True)
    taken = milliseconds() - begun
    process = subprocess.Popen([*PYTHONS[python], "-c", "import time; time.sleep(60)"])
    time.sleep(0.5)
    memory = resident(process.pid)
    process.kill()
    process.wait()
    return taken, memory


def start(daemon) -> float:
    """Milliseconds from starting the daemon until it answers."""
    begun = milliseconds()
    daemon.start()
    wait(lambda: daemon.serving, daemon.program)
    return milliseconds() - begun


def best_start(daemon) -> float:
    """The least of several; leaves the daemon running."""
    times = []
    for _ in range(STARTS):
        if daemon.process:
            daemon.stop()
        times.append(start(daemon))
    return min(times)


def report_memory(daemon, python, when, bare_memory):
    """Report a daemon's memory."""
    memory = resident(daemon.process.pid)
    figure(f"{python}, {daemon.program}: resident, {when}", memory, "MB",
           f"{memory - bare_memory:.1f} MB more than bare")


def measure(python: str):
    """Report one interpreter."""
    network = WiredNetwork(python, suffix="-" + python[0])
    network.hostapd.start()
    network.hostapd.connect().close()
    taken, memory = bare(python)
    figure(f"{python}, bare: start and end", taken, "ms")
    figure(f"{python}, bare: resident", memory, "MB")
    daemons = (network.lma, network.mag)
    for daemon in daemons:
        figure(f"{python}, {daemon.program}: start to serving", best_start(daemon), "ms",
               f"best of {STARTS}")
    time.sleep(2)
    for daemon in daemons:
        report_memory(daemon, python, "no client", memory)
    supplicant = Supplicant(network.stations, LINK, SECRET)
    for number in range(CLIENTS):
        supplicant.logon(bytes((2, 0, 0, 0, 3, number)), f"mn{number}@example.org")
        time.sleep(0.02)
    wait(lambda: network.mag.tell("status")["clients"] == CLIENTS, f"{CLIENTS} clients")
    for daemon in daemons:
        report_memory(daemon, python, f"{CLIENTS} clients", memory)


def main():
    """Measure and report."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = "/run/compiled"
    for python in PYTHONS:
        measure(python)


if __name__ == "__main__":
    main()
