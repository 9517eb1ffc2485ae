# SPDX-License-Identifier: GPL-2.0-or-later
"""The watcher: sees everything on every machine, and notes when.

A process of its own with real-time priority reads the sources (control sockets, captures, netlink),
so that an event's time is right however busy the one processor is.
"""

import os
import select
import signal
import socket
import struct
import time
from collections import namedtuple

Event = namedtuple("Event", "time actor kind text detail")
Event.__doc__ = """What happened: time (monotonic ms, float), on which machine, what, in words."""

_HEADER = struct.Struct("!QII")     # nanoseconds, source, length
_BUFFER = 8 << 20
_ORDINARY = os.sched_param(0)


def now() -> float:
    """Monotonic milliseconds."""
    return time.monotonic_ns() / 1e6


def _add_source(control, poll, sources):
    number, descriptors, _, _ = socket.recv_fds(control, 4, 1)
    if not descriptors:
        os._exit(0)
    sources[descriptors[0]] = struct.unpack("!I", number)[0]
    poll.register(descriptors[0], select.POLLIN)


def _note(descriptor, number, report):
    """Pass on one datagram of a source; False when the source has ended."""
    try:
        data = os.read(descriptor, 65536)
    except OSError:
        return False
    report.sendall(_HEADER.pack(time.monotonic_ns(), number, len(data)) + data)
    return bool(data)


def _observe(control, report):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
    poll = select.poll()
    poll.register(control, select.POLLIN)
    sources = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == control.fileno():
                _add_source(control, poll, sources)
            elif not _note(descriptor, sources[descriptor], report):
                poll.unregister(descriptor)
                os.close(descriptor)


class Watch:
    """All events so far are in `.events`; `on_event(event)` is called for each as it comes."""

    def __init__(self, on_event=None):
        self.events = []
        self.on_event = on_event
        self._decoders = []
        self._partial = b""
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._report, report = socket.socketpair()
        report.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._observer = os.fork()
        if self._observer == 0:
            self._control.close()
            self._report.close()
            try:
                _observe(control, report)
            finally:
                os._exit(1)
        control.close()
        report.close()
        self._report.setblocking(False)

    def add(self, source):
        """Watch `source`: it has `.socket` and `.decode(time, data) -> list of Events`."""
        number = struct.pack("!I", len(self._decoders))
        self._decoders.append(source.decode)
        socket.send_fds(self._control, [number], [source.socket.fileno()])

    def pause(self):
        """Look away: what happens until `resume` is noted with the time of that."""
        os.kill(self._observer, signal.SIGSTOP)

    def resume(self):
        """Look on again."""
        os.kill(self._observer, signal.SIGCONT)

    def _take(self, timeout):
        """Decode what has been reported, waiting up to `timeout` ms; whether there was any."""
        if not select.select([self._report], [], [], max(timeout, 0) / 1000)[0]:
            return False
        self._partial += self._report.recv(1 << 20)
        while len(self._partial) >= _HEADER.size:
            when, number, length = _HEADER.unpack_from(self._partial)
            end = _HEADER.size + length
            if len(self._partial) < end:
                break
            data, self._partial = self._partial[_HEADER.size:end], self._partial[end:]
            for event in self._decoders[number](when / 1e6, data):
                self._keep(event)
        return True

    def _keep(self, event):
        self.events.append(event)
        if self.on_event:
            self.on_event(event)

    def say(self, actor: str, kind: str, text: str, detail=None):
        """Add an event of our own, now."""
        self._keep(Event(now(), actor, kind, text, detail))

    def find(self, **match):
        """The first event so far that matches, or None; `match` as of `all`, but for `until`."""
        self.catch_up()
        return self._first(**match)

    def _first(self, actor=None, kind=None, text="", since=0.0):
        for event in self.events:
            if (
                event.time >= since
                and actor in (None, event.actor)
                and kind in (None, event.kind)
                and text in event.text
            ):
                return event
        return None

    def all(self, actor=None, kind=None, text="", since=0.0, until=float("inf")) -> list:
        """All events so far that match, from `since` to `until` (ms), oldest first."""
        self.catch_up()
        return [
            event
            for event in self.events
            if since <= event.time <= until
            and actor in (None, event.actor)
            and kind in (None, event.kind)
            and text in event.text
        ]

    def until(self, condition, seconds: float, what: str):
        """Wait until `condition()` is true and return its value; TimeoutError names `what`.

        Meanwhile this process gives way to the machines it watches, and at once: what it decodes
        takes milliseconds of the one processor.
        """
        end = now() + seconds * 1000
        os.sched_setscheduler(0, os.SCHED_IDLE, _ORDINARY)
        try:
            while True:
                value = condition()
                if value:
                    return value
                if now() >= end:
                    raise TimeoutError(f"{what}: not within {seconds:g} s")
                self._take(min(end - now(), 50))
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, _ORDINARY)

    def expect(self, seconds: float, **match):
        """Wait for an event as `find` describes it, and return it.

        `since` must be a time (`now()`) at which it had surely not happened yet: the newest of
        `events` may be older than what has happened.
        """
        words = " ".join(str(value) for key, value in match.items() if key != "since")
        return self.until(lambda: self._first(**match), seconds, words)

    def catch_up(self):
        """Note what happened so far, without waiting."""
        while self._take(0):
            pass

    def rest(self, seconds: float):
        """Let time pass, noting what happens."""
        end = now() + seconds * 1000
        self.until(lambda: now() >= end, seconds + 1, "rest")
