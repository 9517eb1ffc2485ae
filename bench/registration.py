# SPDX-License-Identifier: GPL-2.0-or-later
"""Registration: from hostapd's word that a station is authorised to the kernel's last notice.

registration.py [-n ATTACHES] [--micropython] [--pyroute2]
Real hostapd (driver=wired) authenticates by EAP-MD5; the supplicant is a few lines of ours.  T0 is
AP-STA-CONNECTED as an independent listener on the control socket sees it, T3 the last of route,
neighbour and filter element as a bare listener sees them, or pyroute2's monitor.  Each attach is
followed by the reference: a bare UDP echo of the update's size to the anchor and the same netlink
octets sent by a bare loop, seen by the same listener.
"""

import argparse
import statistics
import time

from eapol import Supplicant
from figures import figure, gate, spread
from monitor import BareListener, Pyroute2Monitor
from reference import PBU_OCTETS, Echo, Replay, milliseconds
from wired_network import ANCHOR, LINK, SECRET, WiredNetwork

from bed.sources import Control, Signalling
from bed.watch import Watch

PRESENT, CIRCULATING = 50, 250
SETTLE = 0.02           # s; an attach and its notifications are over by then
ABSENT = bytes.fromhex("0200000000fe"), bytes((10, 20, 255, 1))


class Registrations:
    """Attaches stations in turn and times them; the newest `PRESENT` stay (`.present`)."""

    def __init__(self, python, listener=BareListener):
        self.network = WiredNetwork(python)
        self.watch = Watch()
        self.network.hostapd.start()
        self._control = self.network.hostapd.connect()
        for daemon in (self.network.lma, self.network.mag):
            daemon.start()
            self.watch.until(lambda daemon=daemon: daemon.serving, 30, daemon.program)
        self.watch.rest(1)
        self.watch.add(Control("ap", self.network.hostapd.connect()))
        self._listener = listener(self.network.ap)
        self._supplicant = Supplicant(self.network.stations, LINK, SECRET)
        self._number = 0
        self.present = []

    def attach(self, at_once=None) -> tuple:
        """Let the next station in, and call `at_once(mac)` if given; return (T0, T3) in ms."""
        if len(self.present) >= PRESENT:
            self._leave(self.present.pop(0))
        self._number += 1
        mac = bytes((2, 0, 0, 0, 2, self._number % CIRCULATING))
        self.watch.events.clear()
        self._listener.forget()
        begun = milliseconds()
        self._supplicant.logon(mac, f"mn{mac[5]}@example.org")
        self.present.append(mac)
        if at_once:
            self._supplicant.wait()
            at_once(mac)
        time.sleep(SETTLE)      # nothing of ours runs meanwhile
        authorised = self.watch.expect(5, kind="AP-STA-CONNECTED", since=begun).time
        return authorised, self._listener.last()

    def _leave(self, mac):
        self._supplicant.logoff(mac)
        time.sleep(SETTLE)
        self._control.order("DISASSOCIATE " + mac.hex(":"))
        self._listener.wait_for("element removed")

    def replay(self, replay) -> float:
        """The netlink octets again, from the first sent to the last notification (ms)."""
        self._listener.forget()
        begun = replay.add()
        time.sleep(SETTLE)
        taken = self._listener.last() - begun
        replay.remove()
        time.sleep(SETTLE / 4)
        return taken

    def stages(self, attaches: int) -> dict:
        """Where the time goes (median ms); with captures, which cost time themselves."""
        for machine in (self.network.ap, self.network.anchor):
            self.watch.add(Signalling(machine, "eth0"))
        spans = {"identity and update": [], "way to the anchor and back": [], "anchor": [],
                 "acknowledgement and kernel": []}
        for _ in range(attaches):
            begun, end = self.attach()
            at = {(event.actor, event.kind): event.time for event in self.watch.events
                  if event.kind in ("PBU", "PBA")}
            anchor = at["anchor", "PBA"] - at["anchor", "PBU"]
            spans["identity and update"].append(at["ap", "PBU"] - begun)
            spans["anchor"].append(anchor)
            spans["way to the anchor and back"].append(at["ap", "PBA"] - at["ap", "PBU"] - anchor)
            spans["acknowledgement and kernel"].append(end - at["ap", "PBA"])
        return {name: statistics.median(values) for name, values in spans.items()}


def main():
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=2000)
    parser.add_argument("--micropython", action="store_true")
    parser.add_argument("--pyroute2", action="store_true")
    arguments = parser.parse_args()
    run = Registrations("micropython" if arguments.micropython else "cpython",
                        Pyroute2Monitor if arguments.pyroute2 else BareListener)
    run.attach()
    echo = Echo(run.network.ap, run.network.anchor, ANCHOR, PBU_OCTETS)
    replay = Replay(run.network.ap, LINK, *ABSENT)
    for _ in range(PRESENT):
        run.attach()
    taken, echoes, replays = [], [], []
    started = milliseconds()
    for _ in range(arguments.n):
        authorised, programmed = run.attach()
        taken.append(programmed - authorised)
        echoes.append(echo.once())
        replays.append(run.replay(replay))
    seconds = (milliseconds() - started) / 1000
    echo.stop()
    spread(f"registration, {arguments.n} attaches", taken, note=f"in {seconds:.0f} s")
    figure("bare echo to the anchor, median", statistics.median(echoes), "ms")
    figure("bare netlink replay, median", statistics.median(replays), "ms",
           f"{replay.messages} datagrams, {replay.octets} octets")
    excess = statistics.median(
        each - one - other for each, one, other in zip(taken, echoes, replays, strict=True))
    if arguments.pyroute2:
        gate("median excess over echo and replay", excess, 3 * statistics.median(replays), "ms")
        return
    figure("median excess over echo and replay", excess, "ms")
    figure("  in units of the replay", excess / statistics.median(replays), "x")
    for name, value in run.stages(100).items():
        figure(f"  stage: {name}", value, "ms", "with captures")
    for name, median, most in (("C++", 1.1, 27), ("C", 15, 528)):
        figure(f"  context: old IPv6-only {name}, median", median, "ms", f"max {most} ms")


if __name__ == "__main__":
    main()
