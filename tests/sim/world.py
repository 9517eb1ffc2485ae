# SPDX-License-Identifier: GPL-2.0-or-later
"""Fake time: what happens when, how many events the cores have seen, and what to tell of them."""

import heapq
import random
from collections import deque

from mag_lite.wire import mobility_header as header
from mag_lite.wire.address import format_address, format_mac
from mag_lite.wire.error import DecodeError

#: The lines of the trace that a failure shows.
REMEMBERED = 60
#: The time of day (1/65536 s since 1970) when a run begins.
CLOCK = 1714564800 << 16


class Violation(AssertionError):
    """Something happened that must not."""


class World:
    """The queue of what is to come; everything that is random comes from `random`.

    `now` is in milliseconds of true time.  An event is one input to a core.
    """

    def __init__(self, seed, trace=None):
        self.random = random.Random(seed)
        self.chance = self.random.random
        self.now = 0
        self.events = 0
        self.trace = deque(maxlen=None if trace else REMEMBERED)
        self.steady = False
        self.episode = 0
        self._wanted = trace
        self._queue = []
        self._serial = 0

    def at(self, when, call, *arguments):
        """Call at `when`, after what was asked for earlier."""
        self._serial += 1
        heapq.heappush(self._queue, (when, self._serial, call, arguments))

    def after(self, delay, call, *arguments):
        """Call in `delay` ms."""
        self._serial += 1
        heapq.heappush(self._queue, (self.now + delay, self._serial, call, arguments))

    def between(self, lowest, highest):
        """A whole number of `lowest` to `highest`."""
        return lowest + int(self.chance() * (highest - lowest + 1))

    def about(self, mean):
        """A whole number, exponentially distributed."""
        return int(self.random.expovariate(1 / mean)) + 1

    def choose(self, things):
        """One of `things`."""
        return things[int(self.chance() * len(things))]

    def step(self, end):
        """Let the next thing happen; False if there is none until `end`."""
        queue = self._queue
        if not queue or queue[0][0] > end:
            self.now = end
            return False
        self.now, _, call, arguments = heapq.heappop(queue)
        call(*arguments)
        return True

    def event(self, who, what, details=()):
        """Count an input to the core of `who`."""
        self.events += 1
        self.note(who, what, details)

    def note(self, who, what, details=()):
        """Remember a line of the trace."""
        self.trace.append((self.now, self.events, who, what, details))

    def story(self):
        """The trace as text; with a wish for one client, only what names it."""
        lines = []
        for now, events, who, what, details in self.trace:
            line = "%7d.%03d  #%-7d %-6s %-12s %s" % (
                now // 1000, now % 1000, events, who, what, " ".join(map(show, details)))
            if self._wanted in (None, "all") or any(
                    word in line for word in self._wanted.split(",")):
                lines.append(line)
        return "\n".join(lines)


def show(value):
    """A value of the trace as text."""
    if isinstance(value, bytes) and len(value) == 6:
        return format_mac(value)
    if isinstance(value, bytes) and value.endswith(b".example"):
        return value.decode("ascii", "backslashreplace")
    if isinstance(value, bytes) and len(value) in (4, 16):
        return format_address(value)
    if isinstance(value, bytes):
        return _message(value)
    return str(getattr(value, "name", value))


def _message(data):
    if len(data) < 12 or data[0] != header.NO_NEXT_HEADER:
        return "(%d octets)" % len(data)
    try:
        return str(header.decode(data))
    except DecodeError as error:
        return "(%d octets: %s)" % (len(data), error)
