# SPDX-License-Identifier: GPL-2.0-or-later
"""A bound on how often something is done for whoever asks."""


class RateLimit:
    """Allows `count` times in each `interval` (ms)."""

    def __init__(self, count: int, interval: int):
        self._count = count
        self._interval = interval
        self._start = -interval
        self._used = 0

    def allows(self, now: int) -> bool:
        """Return True, and count it, if it may be done once more at `now`."""
        if now - self._start >= self._interval:
            self._start = now
            self._used = 0
        self._used += 1
        return self._used <= self._count
