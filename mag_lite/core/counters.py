# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts what happened, by dotted name."""


class Counters:
    """Only names that occurred take memory; the code, never a peer, chooses the names."""

    def __init__(self):
        self.values = {}

    def count(self, name: str):
        """Add one to the counter `name`."""
        self.values[name] = self.values.get(name, 0) + 1
