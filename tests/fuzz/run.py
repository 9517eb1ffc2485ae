# SPDX-License-Identifier: GPL-2.0-or-later
"""Random input to every parser: run.py [-n EXECUTIONS] [-t TOTAL] [-e ENGINE] [CODEC...]

Runs EXECUTIONS (default 100000, or $EXECUTIONS) of each codec in each engine: `mutate`, a fast
mutator in this process that keeps what is seen for the first time, and `atheris`, coverage-guided,
where it is installed. The corpus grows in build/fuzz/. With -t TOTAL (or $TOTAL) runs add up in
tests/fuzz/tally.json, and each codec is run until its tally has reached TOTAL. A finding is written
to build/fuzz/finding-CODEC-*, told, and makes the exit status 1.
"""
import argparse
import hashlib
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import time
import traceback

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "../../build/fuzz")
TALLY = os.path.join(HERE, "tally.json")
# Lengths and boundaries that parsers trip over.
INTERESTING = (0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 18, 59, 63, 64, 127, 128, 129, 254, 255)
BATCH = 20000
MOST_KEPT = 3000
LONGEST = 1500


def load_tally():
    """{codec: {engine: executions, "findings": number}}."""
    try:
        with open(TALLY) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def add_to_tally(codec, engine, executions, findings):
    """Add to the recorded executions since the last finding; after one they begin anew."""
    tally = load_tally()
    entry = tally.setdefault(codec, {"mutate": 0, "atheris": 0, "findings": 0})
    entry[engine] += executions
    if findings:
        entry.update(mutate=0, atheris=0, findings=entry["findings"] + findings)
    with open(TALLY + ".new", "w") as file:
        json.dump(tally, file, indent=1, sort_keys=True)
        file.write("\n")
    os.replace(TALLY + ".new", TALLY)


def corpus_directory(codec):
    """Where inputs worth keeping are."""
    path = os.path.join(BUILD, "corpus-" + codec)
    os.makedirs(path, exist_ok=True)
    return path


def keep(codec, data, prefix=""):
    """Write an input to the corpus (or, with a prefix, as a finding); return the path."""
    name = prefix + hashlib.sha1(data).hexdigest()
    path = os.path.join(BUILD if prefix else corpus_directory(codec), name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def load_corpus(codec):
    """The seeds, and what earlier runs have kept."""
    corpus = list(harness.CODECS[codec][1]())
    directory = corpus_directory(codec)
    for name in sorted(os.listdir(directory))[:MOST_KEPT]:
        with open(os.path.join(directory, name), "rb") as file:
            corpus.append(file.read())
    return corpus


def mutate(data, corpus, chance):
    """A damaged copy of `data`, one to eight times."""
    data = bytearray(data)
    for _ in range(1 << int(chance() * 4)):
        kind = int(chance() * 8)
        place = int(chance() * (len(data) + 1))
        if kind < 3 and place < len(data):
            data[place] = INTERESTING[int(chance() * len(INTERESTING))] if kind else \
                data[place] ^ 1 << int(chance() * 8)
        elif kind == 3:
            data[place:place] = bytes([int(chance() * 256)])
        elif kind == 4:
            del data[place:place + 1 + int(chance() * 8)]
        elif kind == 5:
            del data[place:]
        elif kind == 6:
            end = place + int(chance() * 24)
            data[place:place] = data[place:end]
        else:
            other = corpus[int(chance() * len(corpus))]
            start = int(chance() * (len(other) + 1))
            data[place:] = other[start:]
    return bytes(data[:LONGEST])


def run_mutator(codec, executions, seed):
    """Execute so many mutations; return the number of findings."""
    corpus = load_corpus(codec)
    seen = {run_once(codec, data) for data in corpus}
    chance = random.Random(seed).random
    run = harness.run_once
    for _ in range(executions):
        data = mutate(corpus[int(chance() * len(corpus))], corpus, chance)
        try:
            what = run(codec, data)
        except Exception:
            report(codec, data)
            return 1
        if what not in seen and len(corpus) < MOST_KEPT:
            seen.add(what)
            corpus.append(data)
            keep(codec, data)
    return 0


def run_once(codec, data):
    """For the corpus itself, where a finding ends the run."""
    try:
        return harness.run_once(codec, data)
    except Exception:
        report(codec, data)
        raise


def report(codec, data):
    """Tell of a finding."""
    path = keep(codec, data, "finding-%s-" % codec)
    print("FINDING in %s: %s\n%s\n%s" % (codec, path, data.hex(), traceback.format_exc()))


def run_atheris(codec, executions, seed):
    """Execute under atheris in a process of its own; return (executions done, findings)."""
    directory = corpus_directory(codec)
    for data in harness.CODECS[codec][1]():
        keep(codec, data)
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "atheris_target.py"), codec, "-runs=%d" % executions,
         "-seed=%d" % (seed + 1), "-max_len=%d" % LONGEST, "-timeout=10", "-rss_limit_mb=1024",
         "-artifact_prefix=%s/finding-%s-" % (BUILD, codec), directory],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="backslashreplace", cwd=HERE)
    counted = re.search(r"Done (\d+) runs", done.stdout)
    if done.returncode or not counted:
        print("FINDING in %s (atheris):\n%s" % (codec, done.stdout[-4000:]))
        return 0, 1
    return int(counted.group(1)), 0


def run_codec(codec, engine, executions, record):
    """Run one codec in batches, so that an interruption loses little; True without findings."""
    left = executions
    while left > 0:
        batch = min(left, BATCH * 5 if engine == "mutate" else BATCH * 50)
        started = time.monotonic()
        seed = random.SystemRandom().getrandbits(31)
        if engine == "mutate":
            done, findings = batch, run_mutator(codec, batch, seed)
        else:
            done, findings = run_atheris(codec, batch, seed)
        if record:
            add_to_tally(codec, engine, done, findings)
        rate = done / max(time.monotonic() - started, 0.001)
        print("%-18s %-8s %10d  %8.0f /s" % (codec, engine, done, rate), flush=True)
        if findings:
            return False
        left -= done
    return True


def total(codec):
    """All executions of a codec so far."""
    entry = load_tally().get(codec, {})
    return entry.get("mutate", 0) + entry.get("atheris", 0)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-n", "--executions", type=int,
                        default=int(os.environ.get("EXECUTIONS", 100000)))
    parser.add_argument("-t", "--total", type=int, default=int(os.environ.get("TOTAL", 0)))
    parser.add_argument("-e", "--engine", choices=("mutate", "atheris"))
    parser.add_argument("codecs", nargs="*", metavar="CODEC")
    arguments = parser.parse_args()
    os.makedirs(BUILD, exist_ok=True)
    engines = [arguments.engine] if arguments.engine else ["mutate"]
    if not arguments.engine and importlib.util.find_spec("atheris"):
        engines.append("atheris")
    fine = True
    for codec in arguments.codecs or sorted(harness.CODECS):
        for engine in engines:
            executions = arguments.executions
            if arguments.total:
                executions = max(arguments.total - total(codec), 0) // (1 + (engine != engines[-1]))
            fine = run_codec(codec, engine, executions, bool(arguments.total)) and fine
    print("fuzz: no findings" if fine else "fuzz: FINDINGS")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
