# SPDX-License-Identifier: GPL-2.0-or-later
"""A roam: the gap in the traffic, less what Wi-Fi itself took to associate again.

roam.py [-n ROAMS]
A phone with cached keys goes to and fro between two access points, 10 ms each way from the
anchor, with a probe of 1000 packets a second both ways.  Wi-Fi ends with AP-STA-CONNECTED.
"""

import argparse
import statistics

from figures import figure, gate
from reference import PBU_OCTETS, Echo, Replay, last_notice

from bed.network import ANCHOR, CORRESPONDENT
from bed.probe import Probe
from bed.roam import cost_of
from bed.scenario import Scenario

ABSENT = bytes.fromhex("0200000000fe"), bytes((10, 20, 255, 1))
ALLOWANCE = 2           # ms over round trip and programming
REPEATS = 30
PAUSE = 1               # s; the access point left behind has given the session up by then


def round_trip(bed) -> float:
    """A bare echo between access point and anchor (median ms)."""
    echo = Echo(bed.aps[0], bed.anchor, ANCHOR[4], PBU_OCTETS)
    times = [echo.once() for _ in range(REPEATS)]
    echo.stop()
    return statistics.median(times)


def programming(bed) -> float:
    """The netlink octets of one client, from the first to the last notice (median ms)."""
    replay = Replay(bed.aps[0], "wlan0", *ABSENT)
    times = []
    for _ in range(REPEATS):
        begun = replay.add()
        bed.watch.rest(0.02)
        times.append(last_notice(bed.watch, "wlan0", begun, actor="ap1") - begun)
        replay.remove()
        bed.watch.rest(0.01)
    return statistics.median(times)


def main():
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=12)
    roams = parser.parse_args().n
    with Scenario() as bed:
        phone, (first, second) = bed.phones[0], bed.aps
        bed.attach(phone, first)
        bed.roam(phone, second)
        bed.roam(phone, first)
        probe = Probe(phone, phone.address, bed.correspondent, CORRESPONDENT)
        bed.watch.rest(0.5)
        trip, replayed = round_trip(bed), programming(bed)
        done = []
        for number in range(roams):
            done.append(bed.roam(phone, bed.aps[(number + 1) % 2]))
            bed.watch.rest(PAUSE)
        probe.stop()
        figure("bare echo to the anchor, median", trip, "ms")
        figure("bare netlink replay, median", replayed, "ms")
        report(done, probe, trip, replayed)
        bed.check(f"{roams} roams without EAP", not any(roam.eap for roam in done))


def report(roams, probe, trip, replayed):
    """The gaps of both directions; upwards the last packet left half a round trip before."""
    for name, arrivals, under_way in (("up", probe.up, trip / 2), ("down", probe.down, 0)):
        costs = [cost_of(roam, arrivals) for roam in roams]
        wifi = [cost.wifi + under_way for cost in costs]
        figure(f"gap {name}, median", statistics.median(cost.gap for cost in costs), "ms",
               f"{len(roams)} roams with cached key")
        figure("  of it Wi-Fi, median", statistics.median(wifi), "ms")
        for part in ("signalling", "kernel"):
            figure(f"  of it {part}, median",
                   statistics.median(getattr(cost, part) for cost in costs), "ms")
        ours = [cost.gap - each for cost, each in zip(costs, wifi, strict=True)]
        gate(f"gap {name} less Wi-Fi, median", statistics.median(ours),
             trip + replayed + ALLOWANCE, "ms")


if __name__ == "__main__":
    main()
