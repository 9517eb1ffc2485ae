# SPDX-License-Identifier: GPL-2.0-or-later
"""One poll() for everything that can happen: file descriptors and timers."""

import select

from mag_lite.system.clock import monotonic
from mag_lite.timers import Timers

READABLE = select.POLLIN
WRITABLE = select.POLLOUT

_INVALID = 0x20  # POLLNVAL, which MicroPython does not name
_LONGEST_WAIT = 86400000  # ms; what poll() takes on 32 bits, and it keeps the clock unwrapped


class Timer:
    """What `Loop.at()` hands out, for `Loop.cancel()`."""

    def __init__(self, callback):
        self.callback = callback


class Loop:
    """Calls back when a descriptor is ready and when a timer is due; sleeps otherwise.

    In one round the descriptors come first, then the timers in the order of their time.  The clock
    is read once a round: reading it is a system call on some machines, and everything would.
    """

    def __init__(self):
        self._poll = select.poll()
        self._watched = {}
        self._timers = Timers()
        self._running = False
        self._now = None  # when this round began

    def add(self, fd: int, callback, events: int = READABLE) -> None:
        """Call `callback()` whenever `fd` is ready or broken; replaces what was said before."""
        self._poll.register(fd, events)
        self._watched[fd] = [callback]

    def remove(self, fd: int) -> None:
        """Forget `fd`.  Before it is closed: the kernel gives its number to the next one."""
        self._poll.unregister(fd)
        del self._watched[fd]

    def now(self) -> int:
        """Monotonic milliseconds; in a callback, those when its round began."""
        return monotonic() if self._now is None else self._now

    def at(self, when: int, callback) -> Timer:
        """Call `callback()` once, at `when` (ms) or as soon as possible after."""
        timer = Timer(callback)
        self._timers.set(timer, when)
        return timer

    def cancel(self, timer: Timer) -> None:
        """Never call this timer's callback; harmless when it has been called already."""
        timer.callback = None
        self._timers.cancel(timer)

    def run(self, on_error=None) -> None:
        """Dispatch until `stop()`.

        An exception of a callback goes to `on_error(error)`, and everything else goes on;
        without `on_error` it ends the loop.
        """
        self._running = True
        try:
            while self._running:
                self._round(on_error)
        finally:
            self._now = None

    def stop(self) -> None:
        """Let `run()` return when everything that is due now has been called."""
        self._running = False

    def _round(self, on_error) -> None:
        ready = []
        for fd, events in self._poll.poll(self._wait()):
            ready.append((fd, events, self._watched.get(fd)))
        self._now = monotonic()
        for fd, events, watched in ready:
            # Another callback may have removed it, and its number may even be in use again.
            if self._watched.get(fd) is watched:
                self._call(self._callback(fd, events), on_error)
        self._fire(on_error)

    def _callback(self, fd: int, events: int):
        if not events & _INVALID:
            return self._watched[fd][0]
        # Closed without remove(): it would be "ready" for ever.
        self.remove(fd)

        def complain():
            raise ValueError("descriptor %d was closed while it was watched" % fd)

        return complain

    def _call(self, callback, on_error) -> None:
        try:
            callback()
        # The one place that must survive whatever a callback did wrong.
        except Exception as error:
            if on_error is None:
                raise
            on_error(error)

    def _wait(self) -> int:
        # From when the round began: a timer comes late by the time that its round took.
        when = self._timers.next()
        if when is None:
            return -1
        return min(max(when - self.now(), 0), _LONGEST_WAIT)

    def _fire(self, on_error) -> None:
        # Timers set meanwhile wait for the next round, so that descriptors get their turn.
        for timer in self._due():
            callback, timer.callback = timer.callback, None
            if callback:
                self._call(callback, on_error)

    def _due(self) -> list:
        due, now = [], self.now()
        timer = self._timers.pop(now)
        while timer:
            due.append(timer)
            timer = self._timers.pop(now)
        return due
