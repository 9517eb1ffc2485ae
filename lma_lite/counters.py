# SPDX-License-Identifier: GPL-2.0-or-later
"""How often what happened; statuses count under the names that the RFCs give them."""

from mag_lite.wire import status

#: Everything counted besides refusals.
EVENTS = (
    "registrations",
    "refreshes",
    "handovers",
    "deregistrations",
    "expirations",
    "revocations",
    "retransmissions",
    "ignored deregistrations",
    "heartbeats",
    "malformed",
    "unknown message types",
    "unexpected messages",
    "unlisted gateways",
    "forwarding failures",
    "address conflicts",
    "not sent",
)


class Counters:
    """Counts from the start of the daemon on."""

    def __init__(self):
        self._counts = {}

    def count(self, event: str):
        """Add one to the count of `event`."""
        self._counts[event] = self._counts.get(event, 0) + 1

    def count_refusal(self, code: int):
        """Count a refusal with this status code."""
        self.count(status_name(code))

    def get(self, event: str) -> int:
        """Return how often `event` has happened."""
        return self._counts.get(event, 0)

    def items(self) -> list:
        """Return (name, count) of every event, then of the refusals that occurred, by name."""
        events = [(event, self.get(event)) for event in EVENTS]
        return events + sorted([item for item in self._counts.items() if item[0] not in EVENTS])


def status_name(code: int) -> str:
    """Return what the RFCs call a status code (RFC 5213 section 8.9, RFC 5844 section 3.3.5)."""
    return status.BINDING_STATUS.get(code, "status %d" % code)
