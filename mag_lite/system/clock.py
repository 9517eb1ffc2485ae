# SPDX-License-Identifier: GPL-2.0-or-later
"""The two clocks: one that only goes forward, and the time of day."""

import time


def time_of_day() -> int:
    """Units of 1/65536 s since 1970-01-01 00:00 UTC: the Timestamp option's form (RFC 5213 8.8).

    As right as the system's clock is, and it may jump.
    """
    return (time.time_ns() << 16) // 1000000000


def uptime() -> int:
    """Milliseconds since boot, to within 10 ms, as the kernel tells every process."""
    with open("/proc/uptime") as file:
        return int(file.read().split()[0].replace(".", "")) * 10


def boot_identifier() -> int:
    """32 bits that are the same for as long as the machine runs."""
    with open("/proc/sys/kernel/random/boot_id") as file:
        return int(file.read()[:8], 16)


class Unwrapped:
    """A monotonic clock from a counter of milliseconds that wraps around.

    `difference(a, b)` is a - b within half the counter's period; `start` is the true time of
    any moment at most that far from now.  Right for ever if read once per half period (6 days
    on a 32-bit machine: the event loop wakes once a day).
    """

    def __init__(self, counter, difference, mask: int, start: int):
        self._counter = counter
        self._difference = difference
        self._last = counter()
        self._total = start + difference(self._last, start & mask)

    def read(self) -> int:
        count = self._counter()
        self._total += self._difference(count, self._last)
        self._last = count
        return self._total


if hasattr(time, "monotonic_ns"):

    def monotonic() -> int:
        """Milliseconds since boot: never jumps, never wraps, the same in every process."""
        return time.monotonic_ns() // 1000000

else:
    _unwrapped = Unwrapped(time.ticks_ms, time.ticks_diff, time.ticks_add(0, -1), uptime())

    def monotonic() -> int:
        """Milliseconds since boot: never jumps, never wraps, the same in every process."""
        return _unwrapped.read()
