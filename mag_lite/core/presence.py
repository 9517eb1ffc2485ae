# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows that a station is there, now (RFC 5213 section 6.9.1.3: no refresh without it).

Only a sign of life that is younger than the question counts: the authenticator's word that
the station acknowledged a poll, or a frame of its own, which a probe provokes.
"""

from mag_lite.core.actions import PollStation, SendFrame
from mag_lite.core.default_router import presence_probe

#: A silent station is probed again after this long (ms).
PROBE_INTERVAL = 250


class Presence:
    """Runs one check per station, however many want to know."""

    def __init__(self, timers, actions, counters):
        self.timers = timers
        self.actions = actions
        self.counters = counters
        self._waiting = {}

    def ask(self, binding, now: int, patience: int, answer):
        """Call `answer(binding, present, now)` as soon as that is known, within `patience` ms."""
        waiting = self._waiting.get(binding.key)
        if waiting is not None:
            waiting.append((now + patience, answer))
            return
        self._waiting[binding.key] = [(now + patience, answer)]
        self._probe(binding, now)

    def seen(self, binding, now: int):
        """The station has shown that it is there."""
        binding.shown_at = now
        self._conclude(binding, True, now)

    def forget(self, binding, now: int):
        """The session is over: whoever waits is told that the station is not there."""
        self._conclude(binding, False, now)

    def expire(self, binding, now: int):
        """Give up on questions whose time is over; go on probing for the others."""
        waiting = self._waiting.get(binding.key)
        if waiting is None:
            return
        overdue = [entry for entry in waiting if entry[0] <= now]
        remaining = [entry for entry in waiting if entry[0] > now]
        if remaining:
            self._waiting[binding.key] = remaining
            self._probe(binding, now)
        else:
            del self._waiting[binding.key]
        for _, answer in overdue:
            answer(binding, False, now)

    def _conclude(self, binding, present, now):
        self.timers.cancel(("presence", binding.key))
        for _, answer in self._waiting.pop(binding.key, ()):
            answer(binding, present, now)

    def _probe(self, binding, now):
        self.counters.count("presence.probe")
        self.actions.append(PollStation(binding.interface, binding.mac))
        probe = presence_probe(binding) if binding.forwarded else None
        if probe is not None:
            self.actions.append(SendFrame(binding.interface, probe))
        until = min(deadline for deadline, _ in self._waiting[binding.key])
        self.timers.set(("presence", binding.key), min(now + PROBE_INTERVAL, until))
