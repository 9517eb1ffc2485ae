# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways, anchors, clients and a hostile network: run.py [-n EVENTS] [-s SEED] [-t TOTAL]

Runs seeds of SLICE events each, of SEED alone or from the first on that is not in the tally, until
EVENTS (default a million) are done. With -t TOTAL the runs add up in tests/sim/tally.json until it
has reached TOTAL. A violation is told with what led to it and with the command to replay it, and
makes the exit status 1; --trace CLIENT prints all that befell a client (or `all`).
"""

import argparse
import json
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../..")]

from scenario import Scenario  # noqa: E402

TALLY = os.path.join(HERE, "tally.json")
#: Events of one seed.
SLICE = 100000


def load_tally():
    """How many events the seeds from 0 to `seeds` have had, without a violation."""
    try:
        with open(TALLY) as file:
            return json.load(file)
    except FileNotFoundError:
        return {"seeds": 0, "events": 0}


def add_to_tally(seed, events):
    """Record a seed."""
    tally = load_tally()
    tally["seeds"] = seed + 1
    tally["events"] += events
    with open(TALLY + ".new", "w") as file:
        json.dump(tally, file, indent=1, sort_keys=True)
        file.write("\n")
    os.replace(TALLY + ".new", TALLY)


def simulate(seed, trace):
    """Run one seed; return (events, True if nothing was violated)."""
    scenario = Scenario(seed, trace)
    started = time.monotonic()
    try:
        scenario.run(SLICE)
        problem = None
    except Exception:  # whatever is raised anywhere is a finding
        problem = traceback.format_exc()
    if problem or trace:
        print(scenario.settings)
        print(scenario.world.story())
    if problem:
        print(problem)
        print("seed %d FAILED after %d events; replay: python3 tests/sim/run.py -s %d --trace all"
              % (seed, scenario.world.events, seed))
    else:
        rate = scenario.world.events / (time.monotonic() - started)
        print("seed %-6d %8d events  %6.0f /s  %s" % (
            seed, scenario.world.events, rate, summary(scenario.judge.counts)), flush=True)
    return scenario.world.events, problem is None


def summary(counts):
    """What else happened."""
    return ", ".join(["%s: %d" % item for item in sorted(counts.items())])


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--events", type=int, default=1000000)
    parser.add_argument("-s", "--seed", type=int)
    parser.add_argument("-t", "--total", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trace", metavar="CLIENT")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return 0 if simulate(arguments.seed, arguments.trace)[1] else 1
    done, seed = 0, arguments.first
    if arguments.total:
        tally = load_tally()
        done, seed = tally["events"], tally["seeds"]
    while done < (arguments.total or arguments.events):
        events, fine = simulate(seed, arguments.trace)
        if not fine:
            return 1
        if arguments.total:
            add_to_tally(seed, events)
        done += events
        seed += 1
    print("%d events, %d seeds: nothing violated" % (done, seed - arguments.first))
    return 0


if __name__ == "__main__":
    sys.exit(main())
