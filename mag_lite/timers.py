# SPDX-License-Identifier: GPL-2.0-or-later
"""A queue of deadlines, pure: it is told the time and never asks for it."""

import heapq


class Timers:
    """Deadlines by key; setting a key again moves its deadline.

    A cancelled deadline stays in the heap until it surfaces; the heap is rebuilt when more
    than half of it is dead, so refreshing a timer for ever costs no memory.
    """

    def __init__(self):
        self._heap = []
        self._live = {}
        self._serial = 0

    def __len__(self):
        return len(self._live)

    def __contains__(self, key):
        return key in self._live

    def set(self, key, when: int):
        """Let `key` fall due at `when` (ms), in place of any earlier deadline it had."""
        self._serial += 1
        entry = (when, self._serial, key)
        self._live[key] = entry
        heapq.heappush(self._heap, entry)
        if len(self._heap) > 2 * len(self._live) + 16:
            self._heap = list(self._live.values())
            heapq.heapify(self._heap)

    def hasten(self, key, when: int):
        """Let `key` fall due no later than `when` (ms)."""
        if key not in self._live or when < self._live[key][0]:
            self.set(key, when)

    def cancel(self, key):
        """Forget the deadline of `key`, if it has one."""
        self._live.pop(key, None)

    def next(self):
        """Return the earliest deadline (ms), or None."""
        heap = self._heap
        while heap and self._live.get(heap[0][2]) is not heap[0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def pop(self, now: int):
        """Remove and return a key whose deadline has come, earliest first, or None."""
        when = self.next()
        if when is None or when > now:
            return None
        key = heapq.heappop(self._heap)[2]
        del self._live[key]
        return key
