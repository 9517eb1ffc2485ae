# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs system_probe.py on a machine of the bed and asks it what it saw."""

import os
import time

from bed.daemon import ENVIRONMENT, PYTHONS
from mag_lite.system.control import NoAnswer, ask

PROBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "system_probe.py")


class Probe:
    """One of mag_lite.system's objects in a process of its own."""

    serial = 0

    def __init__(self, machine, python, kind, *arguments):
        Probe.serial += 1
        self.machine = machine
        self.log = "probe%d.log" % Probe.serial
        self.control = os.path.join(machine.directory, "probe%d" % Probe.serial)
        self.seen = []
        self.process = machine.start(
            *PYTHONS[python], PROBE, self.control, kind, *arguments,
            log=self.log, environment=ENVIRONMENT,
        )
        end = time.monotonic() + 10
        while not self.answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("the probe did not start:\n" + machine.log(self.log))
            time.sleep(0.02)

    def answers(self):
        try:
            self.events()
            return True
        except NoAnswer:
            return False

    def ask(self, verb, **arguments):
        return ask(self.control, {"verb": verb, **arguments}).get("done")

    def events(self):
        """Everything that happened so far."""
        self.seen += ask(self.control, {"verb": "events"})["events"]
        return self.seen

    def forget(self):
        """Begin anew with what happened."""
        self.events()
        self.seen = []

    def until(self, *beginning, seconds=10):
        """The first event that begins like this, waiting for it; None when it does not come."""
        end = time.monotonic() + seconds
        while True:
            for event in self.events():
                if tuple(event[: len(beginning)]) == beginning:
                    return event
            if time.monotonic() > end:
                return None
            time.sleep(0.02)

    def wake_ups(self):
        """How often the process has gone to sleep so far."""
        with open("/proc/%d/status" % self.process.pid) as file:
            for line in file:
                if line.startswith("voluntary_ctxt_switches"):
                    return int(line.split()[1])
        raise RuntimeError("no count of context switches")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """End it; what it complained about."""
        ask(self.control, {"verb": "stop"})
        self.process.wait(10)
        return self.machine.log(self.log)


class Checks:
    """Counts and prints what was checked; `done()` ends the script with status 0 or 1."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def __call__(self, name, value, detail=""):
        if value:
            self.passed += 1
            print("ok " + name, flush=True)
        else:
            self.failed += 1
            print("FAILED %s: %s" % (name, detail), flush=True)

    def done(self):
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        os._exit(1 if self.failed or not self.passed else 0)
