# SPDX-License-Identifier: GPL-2.0-or-later
"""One codec under the coverage-guided fuzzer: atheris_target.py CODEC [LIBFUZZER-ARGUMENT...]"""
import sys

import atheris

with atheris.instrument_imports(include=["mag_lite"]):
    import harness

CODEC = sys.argv.pop(1)


def one_input(data):
    """What libFuzzer calls."""
    harness.run_once(CODEC, data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
