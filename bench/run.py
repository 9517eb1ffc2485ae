# SPDX-License-Identifier: GPL-2.0-or-later
"""Run every measurement, or those named: run.py [NAME...]

Prints one table, writes build/bench.json, and ends with status 1 if a gate is not passed.  Each
measurement but the codec's is a boot of the test kernel.  They want a quiet machine.

All run on one processor.  The test kernel has no more; left to roam between two of the machine's,
each of its system calls may take five times as long.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time

from figures import MARK, within

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(HERE)
REPORT = os.path.join(REPOSITORY, "build/bench.json")
BOOT = ["tests/bed/uml-run", "-t", "1200", "-a", "mac80211_hwsim.radios=4"]
#: The runs of each measurement, a boot each.
ON_TEST_KERNEL = {
    "registration": ["registration.py"],
    "registration-pyroute2": ["registration.py --pyroute2 -n 500"],
    "registration-micropython": ["registration.py --micropython -n 500"],
    "dhcp": ["dhcp.py"],
    "throughput": ["throughput.py"] * 16,
    "roam": ["roam.py"] * 3,
    "combinations": [f"combination.py {family} {encapsulation} {client}" for family in (4, 6)
                     for encapsulation in ("gre", "ip") for client in (4, 6, "dual")],
    "footprint": ["footprint.py"],
}
CODEC = "codec"


class Failure(Exception):
    """A measurement did not come to its end; the argument is its output."""


def output_of(command) -> str:
    """What the command prints; Failure if it fails."""
    done = subprocess.run(
        command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="backslashreplace",
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY}/tests"})
    if done.returncode:
        raise Failure(done.stdout)
    return done.stdout


def measured(name: str) -> list:
    """The rows of a measurement on the test kernel: of what several boots tell, the medians."""
    rows = {}
    for words in ON_TEST_KERNEL[name]:
        script, *options = words.split()
        output = output_of([*BOOT, sys.executable, os.path.join(HERE, script), *options])
        for line in output.split("\n"):
            if line.startswith(MARK):
                row = json.loads(line[len(MARK):])
                rows.setdefault(row["name"], []).append(row)
    return [combined(same) for same in rows.values()]


def combined(rows) -> dict:
    """One row of the same row of several boots."""
    row = dict(rows[0], value=statistics.median([each["value"] for each in rows]))
    if len(rows) > 1:
        row["boots"] = [each["value"] for each in rows]
    if "limit" in row:
        row["passed"] = within(row["value"], row["limit"], row["at_least"])
    return row


def codec() -> list:
    """The rows of the codec's measurement, which needs no kernel."""
    output = output_of([sys.executable, os.path.join(HERE, "codec.py")])
    found = json.loads(output.strip().split("\n")[-1])
    return [
        {"name": each["what"], "value": each["us"], "unit": "us",
         "note": f"scapy {each['scapy_us']} us" if "scapy_us" in each else ""}
        for each in found["results"]]


def verdict(row) -> str:
    """What a row's last column says."""
    if "limit" not in row:
        return row["note"]
    relation = ">=" if row["at_least"] else "<="
    return f"{'PASS' if row['passed'] else 'FAIL'}  {relation} {row['limit']:g}"


def show(name, rows):
    """One measurement's part of the table."""
    print(f"{name}")
    for row in rows:
        print(f"  {row['name']:<56}{row['value']:>12.3f} {row['unit']:<8}{verdict(row)}")
    sys.stdout.flush()


def main(wanted) -> int:
    """Measure; return the exit status."""
    begun, before = time.time(), os.getloadavg()
    os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    results, broken = {}, []
    for name in wanted or [CODEC, *ON_TEST_KERNEL]:
        try:
            results[name] = codec() if name == CODEC else measured(name)
        except Failure as failure:
            broken.append(name)
            print(f"{name}: did not come to its end\n{failure.args[0]}", flush=True)
            continue
        show(name, results[name])
    gates = [row for rows in results.values() for row in rows if "passed" in row]
    failed = [row["name"] for row in gates if not row["passed"]] + broken
    os.makedirs(os.path.dirname(REPORT), exist_ok=True)
    with open(REPORT, "w") as file:
        json.dump({
            "begun": int(begun), "seconds": round(time.time() - begun), "load_before": before,
            "machine": platform.machine(), "processors": os.cpu_count(),
            "kernel": os.environ.get("KERNEL", "newest"), "results": results, "failed": failed,
        }, file, indent=1)
    if before[0] > 1:
        print(f"The machine was busy (load {before[0]:.1f}): times are worth little.")
    print(f"{len(gates)} gates, failed: {', '.join(failed) or 'none'}; see build/bench.json")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
