# SPDX-License-Identifier: GPL-2.0-or-later
"""A test in the bed: the network with everything running, steps, and checks that count.

    with Scenario(phones=2) as bed:
        bed.attach(bed.phones[0], bed.aps[0])
        bed.check("the phone has an address", bed.phones[0].address)

prints "ok NAME" or "FAILED NAME: detail" for each check and ends the script with status 0 or 1.
On a failure it shows what happened and what the daemons said.
"""

import os
import sys
import time
import traceback

from bed.network import CORRESPONDENT, Network
from bed.roam import roam_of
from bed.watch import now

MANY_EVENTS = 60
_ROAM = 0.25    # s; most roams are over by then, and who looked on would be in their way


class Scenario:
    """Options are the Network's; `running=False` starts neither radios nor daemons."""

    def __init__(self, running=True, on_event=None, **options):
        self.network = Network(**options)
        self.watch = self.network.watch
        self.watch.on_event = on_event
        self.aps, self.phones = self.network.aps, self.network.phones
        self.anchor, self.correspondent = self.network.anchor, self.network.correspondent
        self.lma = self.network.lma
        self.passed, self.failed = 0, []
        self._running = running

    def __enter__(self):
        try:
            if self._running:
                self.network.start_radios()
                self.network.start_daemons()
        except Exception:
            self.__exit__(*sys.exc_info())
        return self

    def __exit__(self, kind, error, trace):
        if kind and not issubclass(kind, (SystemExit, KeyboardInterrupt)):
            if not isinstance(error, TimeoutError):
                traceback.print_exception(kind, error, trace)
            self.check("the scenario runs to its end", False, f"{kind.__name__}: {error}")
        if self.failed:
            self.explain()
        print(f"{self.passed} passed, {len(self.failed)} failed", flush=True)
        sys.stdout.flush()
        os._exit(1 if self.failed or not self.passed else 0)

    def check(self, name: str, value, detail="") -> bool:
        """Count and print whether `value` is true; `detail` explains when it is not."""
        if value:
            self.passed += 1
            print(f"ok {name}", flush=True)
        else:
            self.failed.append(name)
            print(f"FAILED {name}" + (f": {detail}" if detail != "" else ""), flush=True)
        return bool(value)

    def explain(self):
        """Print the last events and every daemon's log."""
        print("--- the last events")
        for event in self.watch.events[-MANY_EVENTS:]:
            print(f"{event.time:12.1f} {event.actor:6} {event.text[:160]}")
        for daemon in self.network.daemons:
            if daemon.process:
                print(f"--- {daemon.program} on {daemon.machine.name}"
                      + ("" if daemon.running else " (not running)"))
                print(daemon.log()[-6000:])
        sys.stdout.flush()

    def attach(self, phone, ap):
        """`phone` associates to `ap` by EAP, gets its address by DHCP, and looks around."""
        self.network.join(phone, ap)
        phone.dhcp.start()
        self.watch.until(
            lambda: phone.address and phone.lease(), 20, f"{phone.name} has an address by DHCP"
        )
        self.network.look_around(phone)

    def roam(self, phone, ap):
        """`phone` roams to `ap`; returns the Roam once the new gateway has its binding."""
        self.watch.say(phone.name, "say", f"leaves for {ap.name}")
        begin = now()
        phone.supplicant.roam(ap.bssid)
        time.sleep(_ROAM)
        self.watch.expect(
            20, actor=phone.name, kind="CTRL-EVENT-CONNECTED", text=ap.bssid, since=begin
        )
        return roam_of(self.watch, phone, ap, begin)

    def reachable(self, phone) -> bool:
        """Whether the phone can ping the correspondent."""
        try:
            return bool(phone.ping(CORRESPONDENT))
        except RuntimeError:
            return False
