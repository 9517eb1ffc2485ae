# SPDX-License-Identifier: GPL-2.0-or-later
"""The Binding Update List (RFC 5213 section 6.1, RFC 5844 section 3.2.1)."""

from mag_lite.wire.address import format_address, format_mac

# What a binding is doing; the arrows between these are in registration.TRANSITIONS.
IDLE = "idle"
REGISTERING = "registering"
ACTIVE = "active"
REFRESHING = "refreshing"
DEREGISTERING = "deregistering"
DENIED = "denied"


class Binding:
    """One Binding Update List entry: a station on one of our access links and its session.

    Times are monotonic milliseconds, `lifetime` is what the anchor granted (ms), `sequence` the
    number last sent (0-65535), `back_off` the wait for its answer (ms).  `forwarded` is the
    address for which the kernel carries traffic, `outstanding` the time stamp and the time of
    each unanswered update by sequence number, `waiting` the frames to be answered once the
    session is up, `host_name` what it calls itself in DHCP.  The entry lives while the station
    is attached or a message about it is outstanding.
    """

    __slots__ = (
        "interface", "mac", "mn_identifier", "service", "anchor", "access_technology",
        "state", "attached", "attached_at", "shown_at", "reason",
        "home_address", "prefix_length", "default_router", "forwarded",
        "sequence", "outstanding", "back_off", "retries", "status",
        "lifetime", "expires_at", "requested_lifetime", "handoff_indicator",
        "waiting", "stages", "host_name",
    )

    def __init__(self, interface: str, mac: bytes, mn_identifier: bytes = b""):
        self.interface = interface
        self.mac = mac
        self.mn_identifier = mn_identifier
        self.service = b""
        self.anchor = None
        self.access_technology = 0
        self.state = IDLE
        self.attached = False
        self.attached_at = 0
        self.shown_at = 0
        self.reason = ""
        self.home_address = None
        self.prefix_length = 0
        self.default_router = None
        self.forwarded = None
        self.sequence = 0
        self.outstanding = {}
        self.back_off = 0
        self.retries = 0
        self.status = None
        self.lifetime = 0
        self.expires_at = 0
        self.requested_lifetime = 0
        self.handoff_indicator = 0
        self.waiting = {}
        self.stages = {}
        self.host_name = b""

    @property
    def key(self):
        """The station: (interface, link-layer identifier)."""
        return self.interface, self.mac

    def __str__(self):
        """The client as every log line names it: MAC, MN-Id and address, as far as known."""
        words = [format_mac(self.mac)]
        if self.mn_identifier:
            words.append(printable(self.mn_identifier))
        if self.home_address:
            words.append(format_address(self.home_address))
        return " ".join(words)


class BindingUpdateList:
    """All entries, by station and by the identity under which the anchor knows them."""

    def __init__(self):
        self._by_station = {}
        self._by_mobile_node = {}

    def __len__(self):
        return len(self._by_station)

    def __iter__(self):
        return iter(list(self._by_station.values()))

    def get(self, interface: str, mac: bytes):
        """Return the entry of a station, or None."""
        return self._by_station.get((interface, mac))

    def add(self, binding: Binding):
        """Enter a binding; the station must not have one yet, and keeps its MN-Identifier."""
        self._by_station[binding.key] = binding
        self._by_mobile_node.setdefault(binding.mn_identifier, []).append(binding)

    def remove(self, binding: Binding):
        """Drop a binding; dropping it twice does no harm."""
        if self._by_station.pop(binding.key, None) is None:
            return
        of_node = self._by_mobile_node[binding.mn_identifier]
        of_node.remove(binding)
        if not of_node:
            del self._by_mobile_node[binding.mn_identifier]

    def of_mobile_node(self, anchor, mn_identifier: bytes):
        """Return the entries that `anchor` knows under this MN-Identifier."""
        return [binding for binding in self._by_mobile_node.get(mn_identifier, ())
                if binding.anchor is anchor]

    def of_address(self, anchor, address: bytes):
        """Return the entry for which the kernel carries this address of `anchor`'s, or None."""
        for binding in self._by_station.values():
            if binding.forwarded == address and binding.anchor is anchor:
                return binding
        return None


def printable(identifier: bytes) -> str:
    """Return an identity as text that cannot forge a log line or a table."""
    return "".join(chr(byte) if 32 < byte < 127 else "\\x%02x" % byte for byte in identifier)
