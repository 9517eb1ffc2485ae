# SPDX-License-Identifier: GPL-2.0-or-later
"""What has become of clients of late, for whoever looks: bounded, in memory alone.

Times are monotonic milliseconds.  It outlives a reload of the configuration.
"""

#: Events kept of each station; stations of which any are kept; sessions begun and ended.
MOST_EVENTS = 30
MOST_STATIONS = 128
MOST_SESSIONS = 120


class History:
    """Events by station, and the sessions that began and ended on any."""

    def __init__(self):
        self._events = {}
        self._counts = {}
        #: (when, 1 for a session that began or -1 for one that ended, how long the attach took
        #: or None, whether the client is known to have roamed), the oldest first.
        self.sessions = []

    def note(self, mac: bytes, now: int, text: str) -> None:
        """Keep an event of a station; one that repeats the last is counted."""
        events = self._events.get(mac)
        if events is None:
            if len(self._events) >= MOST_STATIONS:
                self._forget_quietest()
            events = self._events[mac] = []
        times = 1
        if events and events[-1][1] == text:
            times += events.pop()[2]
        events.append((now, text, times))
        if len(events) > MOST_EVENTS:
            events.pop(0)

    def count(self, mac: bytes, name: str) -> None:
        """Count what happened to a station of which there are events."""
        if mac in self._events:
            counts = self._counts.setdefault(mac, {})
            counts[name] = counts.get(name, 0) + 1

    def begun(self, now: int, milliseconds: int, roamed: bool) -> None:
        """A session is up, that long after its client came; `roamed`: from another gateway."""
        self._session(now, 1, milliseconds, roamed)

    def ended(self, now: int) -> None:
        """A session has ended."""
        self._session(now, -1, None, False)

    def events(self, mac: bytes, now: int) -> list:
        """Return [[age (s), text, how often], ...] of a station, the latest first."""
        return [[(now - when) // 1000, text, times]
                for when, text, times in reversed(self._events.get(mac, []))]

    def counts(self, mac: bytes) -> dict:
        """Return how often what happened to a station: {name: number}."""
        return self._counts.get(mac, {})

    def since(self, mac: bytes, when: int) -> list:
        """Return [(when, text), ...] of a station from then on, the oldest first."""
        return [(at, text) for at, text, _ in self._events.get(mac, []) if at >= when]

    def course(self, now: int) -> list:
        """Return [[age (s), 1 or -1, attach (ms) or None, roamed], ...], the oldest first."""
        return [[(now - when) // 1000] + of for when, *of in self.sessions]

    def _session(self, *session):
        self.sessions.append(session)
        if len(self.sessions) > MOST_SESSIONS:
            self.sessions.pop(0)

    def _forget_quietest(self):
        last = {mac: events[-1][0] for mac, events in self._events.items()}
        quietest = min(last, key=last.get)
        del self._events[quietest]
        self._counts.pop(quietest, None)
