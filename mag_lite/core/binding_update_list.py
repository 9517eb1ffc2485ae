# SPDX-License-Identifier: GPL-2.0-or-later
"""The Binding Update List (RFC 5213 section 6.1, RFC 5844 section 3.2.1)."""

from mag_lite.core.default_router import ROUTER_LINK_LOCAL
from mag_lite.wire.address import format_home, format_mac

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
    number last sent (0-65535), `back_off` the wait for its answer (ms).  `ip_versions`
    are those to ask for, `home_network_prefixes` pairs of address and length, `forwarded`
    the homes for which the kernel carries traffic, `given_back` those that the update under way
    de-registers alone, `router_link_local` our address on the link, `link_local_address` the
    client's own if that was heard.  `outstanding` holds the time stamp and the time of each
    unanswered update by sequence number, `waiting` the frames to be answered once the session is
    up, `host_name` what it calls itself in DHCP.  `relayed` says that its DHCP goes to a server,
    `relayed_request` is the transaction and type of what went there last and is not answered yet
    (or None), `dhcp_complaint` what the log has been told of that.  `downlink_key` is the GRE key
    that we gave the session (0: none), `uplink_key` the anchor's or None, `forwarded_keys` those
    with which the kernel carries it.  The entry lives while the station is attached or a message
    about it is outstanding.
    """

    __slots__ = (
        "interface", "mac", "mn_identifier", "service", "anchor", "access_technology",
        "state", "attached", "attached_at", "shown_at", "reclaim_at", "reason",
        "ip_versions", "home_address", "prefix_length", "default_router", "forwarded",
        "home_network_prefixes", "router_link_local", "link_local_address",
        "sequence", "outstanding", "back_off", "retries", "status",
        "lifetime", "expires_at", "requested_lifetime", "handoff_indicator", "given_back",
        "waiting", "stages", "host_name", "downlink_key", "uplink_key", "forwarded_keys",
        "relayed", "relayed_request", "dhcp_complaint",
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
        self.reclaim_at = 0
        self.reason = ""
        self.ip_versions = (4,)
        self.forget_home()
        self.default_router = None
        self.forwarded = None
        self.router_link_local = ROUTER_LINK_LOCAL
        self.link_local_address = None
        self.sequence = 0
        self.outstanding = {}
        self.back_off = 0
        self.retries = 0
        self.status = None
        self.lifetime = 0
        self.expires_at = 0
        self.requested_lifetime = 0
        self.handoff_indicator = 0
        self.given_back = ()
        self.waiting = {}
        self.stages = {}
        self.host_name = b""
        self.downlink_key = 0
        self.uplink_key = self.forwarded_keys = None
        self.relayed_request = self.dhcp_complaint = None

    @property
    def key(self):
        """The station: (interface, link-layer identifier)."""
        return self.interface, self.mac

    @property
    def homes(self):
        """What the anchor assigned: the IPv4 address, then the prefixes."""
        ipv4 = (self.home_address,) if self.home_address else ()
        return ipv4 + tuple(self.home_network_prefixes)

    @property
    def keys(self):
        """The GRE keys (downlink, uplink) of the session, or None (RFC 5845 section 4.1)."""
        return None if self.uplink_key is None else (self.downlink_key, self.uplink_key)

    @property
    def home_versions(self):
        """The IP versions of its homes."""
        return ((4,) if self.home_address else ()) + ((6,) if self.home_network_prefixes else ())

    def forget_home(self):
        """Ask for any address and prefix next time."""
        self.home_address, self.prefix_length = None, 0
        self.relayed = False
        self.home_network_prefixes = []

    def forget_unwanted(self):
        """Forget what it has of an IP version that is not asked for; return those homes."""
        before = self.homes
        if 4 not in self.ip_versions:
            self.home_address = None
        if 6 not in self.ip_versions:
            self.home_network_prefixes = []
        return tuple([home for home in before if home not in self.homes])

    @property
    def has_ipv4(self) -> bool:
        """The session is up and has an IPv4 address."""
        return self.forwarded is not None and self.home_address is not None

    @property
    def has_ipv6(self) -> bool:
        """The session is up and has prefixes."""
        return self.forwarded is not None and bool(self.home_network_prefixes)

    def __str__(self):
        """The client as every log line names it: MAC, MN-Id, address, prefixes, as far as known."""
        words = [format_mac(self.mac)]
        if self.mn_identifier:
            words.append(printable(self.mn_identifier))
        words += [format_home(home) for home in self.homes]
        return " ".join(words)


class BindingUpdateList:
    """All entries, by station and by the identity under which the anchor knows them."""

    def __init__(self):
        self._by_station = {}
        self._by_mobile_node = {}
        self._last_key = 0

    def __len__(self):
        return len(self._by_station)

    def __iter__(self):
        return iter(list(self._by_station.values()))

    def get(self, interface: str, mac: bytes):
        """Return the entry of a station, or None."""
        return self._by_station.get((interface, mac))

    def add(self, binding: Binding):
        """Enter a binding; the station must not have one yet, and keeps its MN-Identifier.

        It keeps its downlink key, too, and gets one that is new if its anchor wants to know one.
        """
        self._by_station[binding.key] = binding
        self._by_mobile_node.setdefault(binding.mn_identifier, []).append(binding)
        if binding.anchor.encapsulation == "gre-key" and not binding.downlink_key:
            binding.downlink_key = self._last_key + 1
        self._last_key = max(self._last_key, binding.downlink_key)

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

    def of_home(self, anchor, home):
        """Return the entry for which the kernel carries this home of `anchor`'s, or None."""
        for binding in self._by_station.values():
            if home in (binding.forwarded or ()) and binding.anchor is anchor:
                return binding
        return None


def printable(identifier: bytes) -> str:
    """Return an identity as text that cannot forge a log line or a table."""
    return "".join(chr(byte) if 32 < byte < 127 else "\\x%02x" % byte for byte in identifier)
