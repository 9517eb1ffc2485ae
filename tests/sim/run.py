# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways, anchors, clients and a hostile network: run.py [-n EVENTS] [-s SEED] [-t TOTAL]

Runs seeds of SLICE events each, or a little more, from 0 on until EVENTS (default a million) are
done; or SEED alone. With -t TOTAL seeds add up in tests/sim/tally.json until they have had TOTAL
events: first those that have failed, then new ones. A violation is told with what led to it and
with the command to replay it, and makes the exit status 1. --trace prints what befell a client, by
the words that name it, such as p7@,00:07; `all` prints everything.
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
    """How many events the seeds below `seeds` have had, but for those that `failed`."""
    try:
        with open(TALLY) as file:
            return json.load(file)
    except FileNotFoundError:
        return {"events": 0, "failed": [], "seeds": 0}


def add_to_tally(seed, events, fine):
    """Record a seed."""
    tally = load_tally()
    tally["seeds"] = max(tally["seeds"], seed + 1)
    tally["failed"] = sorted(set(tally["failed"]) - {seed} | (set() if fine else {seed}))
    if fine:
        tally["events"] += events
    with open(TALLY + ".new", "w") as file:
        json.dump(tally, file, sort_keys=True)
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


def run_until(total):
    """Run seeds until the tally has so many events; True if none has failed."""
    again = load_tally()["failed"]
    while again or load_tally()["events"] < total:
        seed = again.pop(0) if again else load_tally()["seeds"]
        events, fine = simulate(seed, None)
        add_to_tally(seed, events, fine)
    return not load_tally()["failed"]


def run_events(wanted):
    """Run seeds until so many events are done; True if none has failed."""
    done = seed = 0
    while done < wanted:
        events, fine = simulate(seed, None)
        if not fine:
            return False
        done += events
        seed += 1
    print("%d events in %d worlds: nothing violated" % (done, seed))
    return True


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--events", type=int, default=1000000)
    parser.add_argument("-s", "--seed", type=int)
    parser.add_argument("-t", "--total", type=int)
    parser.add_argument("--trace", metavar="WORDS")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        fine = simulate(arguments.seed, arguments.trace)[1]
    elif arguments.total:
        fine = run_until(arguments.total)
    else:
        fine = run_events(arguments.events)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
