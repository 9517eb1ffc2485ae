# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateways, anchors, clients and a hostile network: run.py [-n EVENTS] [-s SEED] [-t TOTAL] [-j N]

Runs seeds of SLICE events each, or a little more, from 0 on until EVENTS (default a million) are
done, N at a time; or SEED alone. With -t TOTAL seeds add up in tests/sim/tally.json until they have
had TOTAL events: first those that have failed, then new ones. A violation is told with what led to
it and with the command to replay it, and makes the exit status 1. --trace prints what befell a
client, by the words that name it, such as p7@,00:07; `all` prints everything.
"""

import argparse
import json
import os
import sys
import time
import traceback
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, count

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


def simulate(seed, trace=None):
    """Run one seed; return (seed, events, True if nothing was violated, what to tell)."""
    scenario = Scenario(seed, trace)
    started = time.monotonic()
    try:
        scenario.run(SLICE)
        problem = None
    except Exception:  # whatever is raised anywhere is a finding
        problem = traceback.format_exc()
    told = []
    events = scenario.world.events
    if problem or trace:
        told += [str(scenario.settings), scenario.world.story()]
    if problem:
        told += [problem, "seed %d FAILED after %d events; replay: python3 tests/sim/run.py -s %d "
                          "--trace all" % (seed, events, seed)]
    else:
        told.append("seed %-6d %8d events  %6.0f /s  %s" % (
            seed, events, events / (time.monotonic() - started), summary(scenario.judge.counts)))
    return seed, events, problem is None, "\n".join(told)


def summary(counts):
    """What else happened."""
    return ", ".join(["%s: %d" % item for item in sorted(counts.items())])


def results(seeds, jobs):
    """What simulate() says of each of `seeds`, in their order."""
    with ProcessPoolExecutor(jobs) as pool:
        running = deque([pool.submit(simulate, next(seeds)) for _ in range(jobs)])
        try:
            while True:
                result = running.popleft().result()
                running.append(pool.submit(simulate, next(seeds)))
                print(result[-1], flush=True)
                yield result
        finally:
            pool.shutdown(cancel_futures=True)


def run_until(total, jobs):
    """Run seeds until the tally has so many events; True if none has failed."""
    tally = load_tally()
    for seed, events, fine, _ in results(chain(tally["failed"], count(tally["seeds"])), jobs):
        add_to_tally(seed, events, fine)
        if load_tally()["events"] >= total:
            return not load_tally()["failed"]


def run_events(wanted, jobs):
    """Run seeds until so many events are done; True if none has failed."""
    done = 0
    for _, events, fine, _ in results(count(), jobs):
        done += events
        if done >= wanted or not fine:
            break
    if fine:
        print("%d events: nothing violated" % done)
    return fine


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--events", type=int, default=1000000)
    parser.add_argument("-s", "--seed", type=int)
    parser.add_argument("-t", "--total", type=int)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--trace", metavar="WORDS")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        _, _, fine, told = simulate(arguments.seed, arguments.trace)
        print(told)
    elif arguments.total:
        fine = run_until(arguments.total, arguments.jobs)
    else:
        fine = run_events(arguments.events, arguments.jobs)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
