# SPDX-License-Identifier: GPL-2.0-or-later
"""What the installed daemons take of memory, and how often they wake up, under both Pythons.

As footprint.py, but for the modules that PMIP_LIBRARY names, in plain text; seconds that nothing
happens in are watched for wake-ups.  Fails when a daemon takes more than it may.  The MicroPython
from PyPI lives in a process of CPython and is not judged; PMIP_MICROPYTHON names another.
"""

import os
import sys
import time

from eapol import Supplicant
from footprint import CLIENTS, bare, resident, start, wait
from wired_network import ANCHOR, LINK, SECRET, WiredNetwork

from bed.daemon import PYTHONS

SECONDS = 10
LIMIT = {"cpython": 14, "micropython": 4}       # MB resident
EMBEDDED = 5            # MB: a bare MicroPython takes 2


def say(*words):
    """One line."""
    print(*words, flush=True)


def watch(daemons, when, bare_memory):
    """Report what daemons take while nothing happens; return the most memory of one, in MB."""
    time.sleep(3)  # what was begun has ended
    before = [daemon.usage() for daemon in daemons]
    time.sleep(SECONDS)
    for daemon, (wakeups, _) in zip(daemons, before):
        memory = resident(daemon.process.pid)
        rate = (daemon.usage()[0] - wakeups) / SECONDS
        say(f"  {daemon.program}, {when}: {memory:5.1f} MB resident, of which "
            f"{memory - bare_memory:4.1f} MB ours; {rate:.1f} wake-ups per second")
    return max(resident(daemon.process.pid) for daemon in daemons)


def judge(python, most, bare_memory):
    """Whether a daemon takes no more than it may."""
    limit = LIMIT[python]
    if python == "micropython" and bare_memory > EMBEDDED:
        say(f"----  this {python} lives in a process of CPython: at most {limit} MB is not judged")
        return True
    say(f"{'PASS' if most <= limit else 'FAIL'}  {python}: at most {limit} MB with {CLIENTS} "
        "clients")
    return most <= limit


def measure(python):
    """Report one interpreter; return whether its memory is within the limit."""
    network = WiredNetwork(python, suffix="-" + python[0])
    # Sequence numbers forgive a busy machine its delays.
    network.mag.configure(
        ("mag", "mag", {"lma": ANCHOR, "timestamp": "off"}),
        ("access", "lan", {"device": LINK, "hostapd": network.hostapd.directory}))
    network.hostapd.start()
    network.hostapd.connect().close()
    _, memory = bare(python)
    say(f"{python}: {memory:.1f} MB resident without us")
    daemons = network.lma, network.mag
    for daemon in daemons:
        first = start(daemon)
        daemon.stop()
        say(f"  {daemon.program}: starts in {first:.0f} ms the first time, then in "
            f"{start(daemon):.0f} ms")
    watch(daemons, "no client", memory)
    supplicant = Supplicant(network.stations, LINK, SECRET)
    for number in range(CLIENTS):
        supplicant.logon(bytes((2, 0, 0, 0, 3, number)), f"mn{number}@example.org")
        wait(lambda wanted=number + 1: network.mag.tell("status")["clients"] == wanted,
             f"{number + 1} clients")
    return judge(python, watch(daemons, f"{CLIENTS} clients", memory), memory)


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = "/run/compiled"
    sys.exit(not all([measure(each) for each in PYTHONS]))
