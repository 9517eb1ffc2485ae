# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the test_* functions of test_*.py on any Python: run.py [WANTED]

A stand-in for pytest where there is none (MicroPython).  WANTED is part of a file's or function's
name.  Ends with one line "N passed, N failed" and status 1 on a failure or when nothing ran.
"""

import os
import sys

DIRECTORY = __file__[: __file__.rfind("/")] if "/" in __file__ else "."


def show(error):
    """Print the traceback of `error`."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error, sys.stdout)
    else:
        sys.excepthook(type(error), error, error.__traceback__)


def functions(file, wanted):
    """The (name, function) pairs of the test file `file` whose name matches `wanted`."""
    module = __import__(file[:-3])
    return [
        (name, getattr(module, name))
        for name in sorted(dir(module))
        if name.startswith("test_") and wanted in file + ":" + name
    ]


def passes(label, function):
    """Whether `function()` returns; prints what went wrong otherwise."""
    try:
        function()
        return True
    except Exception as error:  # a test may fail in any way
        print("FAILED", label)
        show(error)
        return False


def main(wanted=""):
    """Run all tests that match `wanted`; return the exit status."""
    sys.path.insert(0, DIRECTORY)
    passed = failed = 0
    for file in sorted(os.listdir(DIRECTORY)):
        if file.startswith("test_") and file.endswith(".py"):
            for name, function in functions(file, wanted):
                if passes(file + ":" + name, function):
                    passed += 1
                else:
                    failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
