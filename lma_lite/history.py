# SPDX-License-Identifier: GPL-2.0-or-later
"""What has become of sessions of late, for whoever looks: bounded, in memory alone."""

from collections import namedtuple

from lma_lite.names import show_mn_identifier

#: Events kept, of all sessions together.
MOST_EVENTS = 200

#: `when` is in monotonic ms; `event` is "register", "handover", "deregister", "expire" or
#: "revoke"; `mag` serves the session, `former` did before a handover (else None).
Event = namedtuple("Event", (
    "when", "event", "mn_identifier", "link_layer_identifier", "homes", "mag", "former", "reason"))


class History:
    """The events, the oldest first."""

    def __init__(self):
        self._events = []

    def note(self, now: int, event: str, binding, reason: str, former=None) -> Event:
        """Keep an event of a session; return it."""
        noted = Event(
            now, event, binding.mn_identifier, binding.link_layer_identifier,
            binding.home_addresses(), binding.proxy_care_of_address, former, reason)
        self._events.append(noted)
        if len(self._events) > MOST_EVENTS:
            self._events.pop(0)
        return noted

    def latest(self, most: int, node=None) -> list:
        """Return at most so many events, the latest first: all, or those of this mobile node."""
        found = []
        for event in reversed(self._events):
            if len(found) == most:
                break
            if node is None or show_mn_identifier(event.mn_identifier) == node:
                found.append(event)
        return found
