# SPDX-License-Identifier: GPL-2.0-or-later
"""The Binding Cache: one entry for each interface of a mobile node that is served.

RFC 6275 section 9.1, RFC 5213 section 5.1, RFC 5844 section 3.1.1, RFC 5845 section 5.1.
"""

from collections import namedtuple

#: One tunnel is shared by all sessions with the same ends and encapsulation ("gre", "gre-key",
#: "ip" or "udp").
Tunnel = namedtuple("Tunnel", ("mag", "local", "encapsulation"))

#: What the entry holds of a mobile node whose link-layer identifier is not known.
NO_LINK_LAYER_IDENTIFIER = bytes(2)


class Binding:
    """A Binding Cache entry: one mobility session.

    `mn_identifier` is the pair (subtype, octets) of the Mobile Node Identifier option;
    `number` tells sessions apart in the journal.  A session has an IPv4 home address, home
    network prefixes (pairs of address and length), or both.  `lifetime` is in units of 4 s,
    `expires` and `since` are monotonic ms, `timestamp` counts 1/65536 s since 1970 (0: ordered by
    `sequence`), `port` is the gateway's (0 over IPv6), `private_address` that of a gateway behind a
    NAT or None, `downlink_key` the GRE key that it chose or None.  `last_update` and
    `last_answer` are the
    octets of the last exchange, to answer a retransmission alike.
    """

    def __init__(self, number: int, mn_identifier, access_technology: int,
                 link_layer_identifier: bytes):
        self.number = number
        self.mn_identifier = mn_identifier
        self.access_technology = access_technology
        self.link_layer_identifier = link_layer_identifier
        self.service = None
        self.ipv4_home_address = None
        self.home_network_prefixes = []
        self.link_local_address = None
        self.tunnel = None
        self.downlink_key = None
        self.port = 0
        self.private_address = None
        self.lifetime = 0
        self.expires = 0
        self.since = 0
        self.sequence = 0
        self.timestamp = 0
        self.handoff_indicator = 0
        self.deregistered = False
        self.last_update = None
        self.last_answer = None

    @property
    def proxy_care_of_address(self) -> bytes:
        """The address of the mobile access gateway where the mobile node is."""
        return self.tunnel.mag

    @property
    def keys(self):
        """The GRE keys (uplink, downlink) of the session, or None (RFC 5845 section 5.1).

        The uplink key is the session's number: it is the same at every gateway.
        """
        if self.downlink_key is None:
            return None
        return self.number & 0xFFFFFFFF, self.downlink_key

    @property
    def owner(self):
        """Whose addresses these are, for an address pool."""
        return self.mn_identifier, self.link_layer_identifier

    @property
    def interface(self):
        """The key of RFC 5213 section 5.4.1.2, or None if the interface is not known."""
        if self.link_layer_identifier == NO_LINK_LAYER_IDENTIFIER:
            return None
        return self.mn_identifier, self.access_technology, self.link_layer_identifier

    def home_addresses(self) -> list:
        """Everything that is routed to the mobile node: IPv4 address, then prefixes."""
        ipv4 = [self.ipv4_home_address] if self.ipv4_home_address else []
        return ipv4 + self.home_network_prefixes

    def set_home_addresses(self, homes):
        """The reverse of `home_addresses`; not while the entry is in the cache."""
        addresses = [home for home in homes if not isinstance(home, tuple)]
        self.ipv4_home_address = addresses[0] if addresses else None
        self.home_network_prefixes = [home for home in homes if isinstance(home, tuple)]


class BindingCache:
    """All entries, found by number, mobile node, interface and home address or prefix."""

    def __init__(self):
        self._by_number = {}
        self._by_node = {}
        self._by_interface = {}
        self._by_address = {}

    def __len__(self):
        return len(self._by_number)

    def __iter__(self):
        """Iterate over a copy, the oldest session first."""
        return iter([self._by_number[number] for number in sorted(self._by_number)])

    def add(self, binding: Binding):
        """Enter `binding`; what it is found by must not change until it is removed."""
        self._by_number[binding.number] = binding
        self._by_node.setdefault(binding.mn_identifier, {})[binding.number] = binding
        if binding.interface:
            self._by_interface[binding.interface] = binding
        for address in binding.home_addresses():
            self._by_address[address] = binding

    def remove(self, binding: Binding):
        """Take `binding` out; it must be in."""
        del self._by_number[binding.number]
        of_node = self._by_node[binding.mn_identifier]
        del of_node[binding.number]
        if not of_node:
            del self._by_node[binding.mn_identifier]
        if self._by_interface.get(binding.interface) is binding:
            del self._by_interface[binding.interface]
            self._find_by_interface(binding)
        for address in binding.home_addresses():
            del self._by_address[address]

    def _find_by_interface(self, gone: Binding):
        """A session may have moved to an interface that had one (RFC 5213 5.4.1.1 rule 5)."""
        for other in self.of_node(gone.mn_identifier):
            if other.interface == gone.interface:
                self._by_interface[other.interface] = other

    def of_number(self, number: int):
        """Return the entry with this number, or None."""
        return self._by_number.get(number)

    def of_node(self, mn_identifier) -> list:
        """Return all entries of a mobile node."""
        return list(self._by_node.get(mn_identifier, {}).values())

    def of_interface(self, mn_identifier, access_technology: int, link_layer_identifier: bytes):
        """Return the entry of one interface of a mobile node, or None."""
        return self._by_interface.get((mn_identifier, access_technology, link_layer_identifier))

    def of_address(self, address):
        """Return the entry with this IPv4 home address or home network prefix, or None."""
        return self._by_address.get(address)

    def of_gateway(self, mag: bytes) -> list:
        """Return all entries whose Proxy-CoA is `mag`."""
        return [binding for binding in self if binding.proxy_care_of_address == mag]
