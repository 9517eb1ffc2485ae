# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps a NAT between us and an anchor from forgetting the way back (RFC 5555 section 4.3).

What is sent is a Heartbeat (RFC 5847), because it is answered: many NATs remember longer then.
With each message to such an anchor goes a datagram for the clients' packets' port, see
mag_lite.transport.
"""

from mag_lite.core.actions import SendMessage
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.mobility_header import Message, encode

#: Seconds, where the anchor suggests none (RFC 5555 section 6).
NATKATIMEOUT = 110
#: As a refresh time: there is no NAT.
NEVER = 0xFFFFFFFF


class NatKeepalive:
    """Sets the timer ("keepalive", anchor) while clients are served through the anchor."""

    def __init__(self, bindings, timers, actions):
        self._bindings = bindings
        self._timers = timers
        self._actions = actions
        self._intervals = {}
        self._sequence = 0

    def granted(self, anchor, acknowledgement, now: int):
        """An anchor that tunnels in UDP accepted an update, and says how often to be heard."""
        option = acknowledgement.option(options.NAT_DETECTION)
        interval = (option.refresh_time or NATKATIMEOUT) * 1000
        if option.refresh_time == NEVER:
            self._stop(anchor)
        elif self._intervals.get(anchor) != interval:
            self._intervals[anchor] = interval
            self._timers.set(("keepalive", anchor), now + interval)

    def expire(self, anchor, now: int):
        """The time has come, unless nobody is left whom a packet could be for."""
        if not any([binding.anchor is anchor and binding.forwarded for binding in self._bindings]):
            self._stop(anchor)
            return
        self._sequence += 1
        message = Message(header.HEARTBEAT, [], sequence=self._sequence)
        self._actions.append(SendMessage(anchor, encode(message)))
        self._timers.set(("keepalive", anchor), now + self._intervals[anchor])

    def _stop(self, anchor):
        self._intervals.pop(anchor, None)
        self._timers.cancel(("keepalive", anchor))
