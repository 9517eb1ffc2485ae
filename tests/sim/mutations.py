# SPDX-License-Identifier: GPL-2.0-or-later
"""Does the judge of the simulation notice faults?  mutations.py [-k WORDS] [-s SEED,...]

Breaks the cores in a copy, in one way after the other, and runs seeds until something is
violated.  Prints a line for each: what was broken, and what the judge said.  A fault that the
seeds do not show makes the exit status 1, and so does one that no longer fits the code.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.join(HERE, "../..")
#: Time stamps and sequence numbers, IPv4, IPv6 and both, one anchor and two, and UDP are among
#: these; the last has what hardly ever happens.
SEEDS = (1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 294)

#: `old` and `new` are whole lines of the file `path`.
Fault = namedtuple("Fault", ("name", "path", "old", "new"))
Outcome = namedtuple("Outcome", ("seed", "events", "said"))


def load():
    """The Faults of faults.txt."""
    with open(os.path.join(HERE, "faults.txt")) as file:
        blocks = file.read().split("\n* ")[1:]
    return [_fault(*block.rstrip("\n").split("\n")) for block in blocks]


def _fault(name, path, *lines):
    old = "".join([line[1:] + "\n" for line in lines if line[:1] != "+"])
    new = "".join([line[1:] + "\n" for line in lines if line[:1] != "-"])
    return Fault(name, path, old, new)


def copy(to):
    """What a simulation needs."""
    for part in ("mag_lite", "lma_lite", "tests/sim"):
        shutil.copytree(os.path.join(REPOSITORY, part), os.path.join(to, part))


def run(directory, seed):
    """The Outcome of a seed, or None if nothing was violated."""
    done = subprocess.run(
        (sys.executable, "tests/sim/run.py", "-s", str(seed)), cwd=directory, text=True,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    if not done.returncode:
        return None
    lines = [line for line in done.stdout.splitlines() if line]
    return Outcome(seed, int(lines[-1].split()[4]), lines[-2])


def judge(directory, fault, seeds):
    """Break, run, mend; return the Outcome, or None."""
    path = os.path.join(directory, fault.path)
    with open(path) as file:
        whole = file.read()
    if whole.count(fault.old) != 1:
        raise ValueError("%r is %d times in %s" % (fault.old, whole.count(fault.old), fault.path))
    try:
        with open(path, "w") as file:
            file.write(whole.replace(fault.old, fault.new))
        return next(filter(None, (run(directory, seed) for seed in seeds)), None)
    finally:
        with open(path, "w") as file:
            file.write(whole)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-k", "--words", default="")
    parser.add_argument("-s", "--seeds", default=",".join(map(str, SEEDS)))
    arguments = parser.parse_args()
    seeds = arguments.seeds.split(",")
    missed = 0
    with tempfile.TemporaryDirectory() as directory:
        copy(directory)
        for fault in load():
            if arguments.words in fault.name:
                outcome = judge(directory, fault, seeds)
                missed += outcome is None
                print("%s: %s" % (fault.name, "NOT NOTICED" if outcome is None else
                                  "seed %s, event %d: %s" % outcome), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
