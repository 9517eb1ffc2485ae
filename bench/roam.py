# SPDX-License-Identifier: GPL-2.0-or-later
"""A roam: the gap in the traffic, less what Wi-Fi itself took to associate again.

roam.py [-n ROAMS]
A phone with cached keys goes to and fro between two access points, 10 ms each way from the
anchor, with a probe, first up and then down: the one processor has to carry it, too.  Wi-Fi has
done its part when both ends are authorised, as hostapd and wpa_supplicant say, and the kernel
notes when.  Each roam is followed by the reference.
Meanwhile nobody looks on; which part took how long is seen in more roams after.
"""

import argparse
import statistics
import time

from figures import figure, gate
from monitor import BareListener
from reference import PBU_OCTETS, Echo, Replay, milliseconds

from bed.network import ANCHOR, CORRESPONDENT
from bed.probe import Probe
from bed.roam import cost_of
from bed.scenario import Scenario
from bed.unread import leave_unread, read_all

ABSENT = bytes.fromhex("0200000000fe"), bytes((10, 20, 255, 1))
ALLOWANCE = 2           # ms over round trip and programming
REST = 0.02             # s; the kernel's notices are out by then
SEEN = 8                # roams that are looked at
LONGEST = 0.5           # s; a roam is over by then
PAUSE = 1               # s; the access point left behind has given the session up by then
#: ms between packets.  Up, the phone keeps them until it hears of its router, and lets all go then:
#: fewer say as much, and the simulated radio takes its time for each.
INTERVALS = {"up": 5, "down": 1}
QUEUE = 1000            # messages that a socket keeps for who reads it later


class Ends:
    """Both ends of the radio link: what they say waits in the kernel until the roam is over."""

    def __init__(self, bed):
        with open("/proc/sys/net/unix/max_dgram_qlen", "w") as file:
            file.write(str(QUEUE))
        self._hostapd = {ap: leave_unread(ap.hostapd.connect().attach()) for ap in bed.aps}
        self._supplicant = leave_unread(bed.phones[0].supplicant.connect().attach())

    def connected(self, ap) -> float:
        """When both let data through, for the first time since this was asked last (ms)."""
        return max(when for end, kind in (
            (self._hostapd[ap], b"AP-STA-CONNECTED"), (self._supplicant, b"CTRL-EVENT-CONNECTED"))
            for when, text in read_all(end) if kind in text)


class Reference:
    """A bare echo between access point and anchor, and the netlink octets of a client."""

    def __init__(self, bed):
        ap = bed.aps[0]
        self._echo = Echo(ap, bed.anchor, ANCHOR[4], PBU_OCTETS)
        self._replay = Replay(ap, "wlan0", *ABSENT)
        self._listener = BareListener(ap)
        self.watch = self._listener.watch

    def measure(self) -> tuple:
        """(ms of the echo, ms from the first octets to the last notice)."""
        trip = self._echo.once()
        self._listener.forget()
        begun = self._replay.add()
        time.sleep(REST)
        programmed = self._listener.last() - begun
        self._replay.remove()
        time.sleep(REST)
        return trip, programmed


def roam_unseen(bed, ends, ap, others=()) -> tuple:
    """(when it began, when both ends let data through) in ms; no watch is woken meanwhile."""
    watches = [bed.watch, *others]
    for watch in watches:
        watch.pause()
    begun = milliseconds()
    bed.phones[0].supplicant.roam(ap.bssid)
    time.sleep(LONGEST)
    for watch in watches:
        watch.resume()
    connected = ends.connected(ap)
    bed.watch.rest(PAUSE)
    return begun, connected


def main():
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=20)
    roams = parser.parse_args().n
    with Scenario(watched=False) as bed:
        bed.attach(bed.phones[0], bed.aps[0])
        ends = Ends(bed)
        for ap in (bed.aps[1], bed.aps[0]):
            roam_unseen(bed, ends, ap)
        reference = Reference(bed)
        for way in ("up", "down"):
            gaps(bed, ends, way, roams, reference)
        bed.network.watch_machines()
        parts(bed)


def gaps(bed, ends, way, roams, reference):
    """Measure the gap of the packets that go `way`; each roam is followed by the reference.

    Upwards the last packet before the gap left half a round trip before it arrived.  Downwards the
    first after it comes half an interval of the probe late, on the average.
    """
    phone = bed.phones[0]
    probe = Probe(phone, phone.address, bed.correspondent, CORRESPONDENT, (way,),
                  INTERVALS[way])
    bed.watch.rest(PAUSE)
    done, references = [], []
    for number in range(1, roams + 1):
        done.append(roam_unseen(bed, ends, bed.aps[number % 2], [reference.watch]))
        references.append(reference.measure())
    probe.stop()
    trip, programmed = [statistics.median(column) for column in zip(*references, strict=True)]
    found = [(getattr(probe, way).gap(begun, begun + LONGEST * 1000), connected)
             for begun, connected in done]
    late = trip / 2 if way == "up" else INTERVALS[way] / 2
    figure(f"gap {way}, median", statistics.median(gap.end - gap.start for gap, _ in found),
           "ms", f"{roams} roams with cached key")
    figure(f"  {way}, bare echo to the anchor, median", trip, "ms")
    figure(f"  {way}, bare netlink replay, median", programmed, "ms")
    ours = statistics.median(gap.end - connected - late for gap, connected in found)
    figure(f"gap {way} less Wi-Fi, median", ours, "ms")
    gate(f"  {way}, less echo and replay", ours - trip - programmed, ALLOWANCE, "ms")


def parts(bed):
    """What the parts of a roam take, seen by captures and monitors, which take time themselves."""
    phone = bed.phones[0]
    probe = Probe(phone, phone.address, bed.correspondent, CORRESPONDENT)
    bed.watch.rest(PAUSE)
    roams = []
    for number in range(1, SEEN + 1):
        roams.append(bed.roam(phone, bed.aps[number % 2]))
        bed.watch.rest(PAUSE)
    probe.stop()
    costs = [cost_of(roam, probe.down) for roam in roams]
    for part in ("wifi", "signalling", "kernel"):
        figure(f"stage: {part}, median", statistics.median(getattr(cost, part) for cost in costs),
               "ms", "with captures")
    bed.check(f"{SEEN} roams without EAP", not any(roam.eap for roam in roams))


if __name__ == "__main__":
    main()
