# SPDX-License-Identifier: GPL-2.0-or-later
"""Asks a daemon for a person at a terminal."""

import json
import sys

from mag_lite.system.control import NoAnswer, ask


def report(program: str, run_directory: str, request: dict, as_json: bool, show) -> int:
    """Print what the daemon answers to `request`; return the exit status, 1 for an error.

    `show(request, answer)` gives the lines to print; errors go to standard error, as `program`.
    """
    try:
        answer = ask(run_directory + "/control", request)
    except NoAnswer as error:
        answer = {"error": str(error)}
    if "error" in answer:
        sys.stderr.write("%s: %s\n" % (program, answer["error"]))
        return 1
    if as_json:
        print(json.dumps(answer))
    else:
        for line in show(request, answer):
            print(line)
    return 0
