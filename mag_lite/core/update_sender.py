# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends updates and repeats them (RFC 5213 section 6.9.4, RFC 6275 section 11.8)."""

from mag_lite.core.actions import SendMessage
from mag_lite.core.proxy_binding_update import proxy_binding_update
from mag_lite.wire.mobility_header import encode

# Milliseconds (RFC 6275 section 12)
INITIAL_BINDACK_TIMEOUT = 1000
MAX_BINDACK_TIMEOUT = 32000

#: Stamps closer than this, in 1/65536 s, are told apart by counting on.
ONE_MOMENT = 6554
#: Unanswered updates of one exchange whose late answer is still recognised.
REMEMBERED = 8


class UpdateSender:
    """Numbers and stamps updates; sets the timer ("retransmit", station) for each."""

    def __init__(self, timers, actions, counters):
        self.timers = timers
        self.actions = actions
        self.counters = counters
        #: Time of day less `now`, in 1/65536 s; None while the clock is not to be trusted:
        #: then sequence numbers alone order the updates (RFC 5213 section 5.5).
        self.clock_offset = None
        #: The newest number of all: new bindings count on from here, and no late answer to another
        #: is taken for theirs.
        self.last_sequence = 0
        self._last_timestamp = 0

    def begin(self, binding, now: int, lifetime: int, handoff_indicator: int, given_back=()):
        """Start an exchange: `lifetime` in ms, 0 to de-register, only the homes `given_back` if
        there are any; earlier ones end unanswered."""
        binding.outstanding = {}
        binding.back_off = INITIAL_BINDACK_TIMEOUT
        binding.requested_lifetime = lifetime
        binding.handoff_indicator = handoff_indicator
        binding.given_back = given_back
        self._send(binding, now)

    def repeat(self, binding, now: int):
        """Send the update again, freshly numbered and stamped, and wait twice as long."""
        binding.back_off = min(2 * binding.back_off, MAX_BINDACK_TIMEOUT)
        self.counters.count("pbu.retransmitted")
        self._send(binding, now)

    @staticmethod
    def adopt(binding, accepted: int):
        """Count on from the number that the anchor last accepted, unless ours is ahead of it by
        now: no number may stand for two updates.
        """
        if (accepted - binding.sequence) & 0xFFFF < 0x8000:
            binding.sequence = accepted

    def _send(self, binding, now):
        binding.sequence = (binding.sequence + 1) & 0xFFFF
        if (binding.sequence - self.last_sequence) & 0xFFFF < 0x8000:
            self.last_sequence = binding.sequence
        timestamp = self.timestamp(now)
        binding.outstanding[binding.sequence] = timestamp, now
        binding.outstanding.pop((binding.sequence - REMEMBERED) & 0xFFFF, None)
        update = proxy_binding_update(
            binding, binding.requested_lifetime, binding.handoff_indicator, timestamp)
        self.counters.count("pbu.sent")
        self.actions.append(SendMessage(binding.anchor, encode(update)))
        self.timers.set(("retransmit", binding.key), now + binding.back_off)

    def timestamp(self, now: int):
        """Return the time of day, or None without a clock to be trusted.

        Two updates of one moment get different stamps; a clock that was set back is believed.
        """
        if self.clock_offset is None:
            return None
        timestamp = now * 65536 // 1000 + self.clock_offset
        if 0 <= self._last_timestamp - timestamp < ONE_MOMENT:
            timestamp = self._last_timestamp + 1
        self._last_timestamp = timestamp
        return timestamp
