# SPDX-License-Identifier: GPL-2.0-or-later
"""The clocks."""

import time

from mag_lite.system.clock import Unwrapped, monotonic, time_of_day, uptime


class Counter:
    """A 32-bit machine's millisecond counter, with a hand to turn it."""

    PERIOD = 1 << 30

    def __init__(self, value):
        self.value = value

    def read(self):
        return self.value % self.PERIOD

    def difference(self, a, b):
        half = self.PERIOD // 2
        return (a - b + half) % self.PERIOD - half


def unwrapped(counter, start):
    return Unwrapped(counter.read, counter.difference, counter.PERIOD - 1, start)


def test_monotonic_counts_milliseconds_since_boot_as_every_process_sees_them():
    # A machine that slept has an uptime that is ahead; it is never behind.
    assert monotonic() <= uptime() + 10
    assert monotonic() >= 0


def test_monotonic_never_goes_back():
    last = monotonic()
    for _ in range(1000):
        now = monotonic()
        assert now >= last
        last = now


def test_a_counter_that_wraps_gives_a_clock_that_does_not():
    counter = Counter(Counter.PERIOD - 10)
    clock = unwrapped(counter, Counter.PERIOD - 10)
    for step in (5, 20, Counter.PERIOD // 2 - 1, Counter.PERIOD // 2 - 1, 0, 7):
        counter.value += step
        assert clock.read() == counter.value


def test_a_process_that_starts_after_the_counter_wrapped_agrees_with_the_uptime():
    counter = Counter(3 * Counter.PERIOD + 4)
    for error in (-9, 0, 9):
        clock = unwrapped(counter, 3 * Counter.PERIOD + 4 + error)
        assert clock.read() == counter.value


def test_time_of_day_is_in_units_of_one_65536th_of_a_second():
    before = int(time.time())
    now = time_of_day()
    after = int(time.time()) + 1
    assert before <= now / 65536 <= after


def test_time_of_day_resolves_the_timestamp_options_fraction():
    # A clock of whole milliseconds would only ever show multiples of 65.536 units.
    remainders = [(time_of_day() * 1000) % 65536 for _ in range(2000)]
    assert any(0 < remainder < 64536 for remainder in remainders)
