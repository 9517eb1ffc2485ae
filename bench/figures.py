# SPDX-License-Identifier: GPL-2.0-or-later
"""What a measurement reports: rows of a table, and gates that are passed or not.

A measurement prints each as one line of JSON, which run.py collects.
"""

import json
import statistics

MARK = "figure "


def figure(name: str, value: float, unit: str, note=""):
    """One number."""
    _say({"name": name, "value": round(value, 3), "unit": unit, "note": note})


def gate(name: str, value: float, limit: float, unit: str, at_least=False):
    """One number that must not be above `limit` (or not below, with `at_least`)."""
    _say({"name": name, "value": round(value, 3), "unit": unit, "limit": round(limit, 3),
          "at_least": at_least, "passed": within(value, limit, at_least)})


def within(value: float, limit: float, at_least: bool) -> bool:
    """Whether a gate is passed."""
    return value >= limit if at_least else value <= limit


def spread(name: str, values, unit="ms", note=""):
    """Median, 99th percentile and maximum of many."""
    ordered = sorted(values)
    figure(name + ", median", statistics.median(ordered), unit, note)
    figure(name + ", p99", ordered[len(ordered) * 99 // 100], unit)
    figure(name + ", max", ordered[-1], unit)


def _say(row):
    print(MARK + json.dumps(row), flush=True)
