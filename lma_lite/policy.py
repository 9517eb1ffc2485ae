# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is served, and from which pool (RFC 5213 sections 5.3.1 and 6.2, RFC 5149)."""

from collections import namedtuple

from lma_lite.address_pool import AddressPool
from lma_lite.prefix_pool import PrefixPool
from mag_lite.identity_pattern import matches
from mag_lite.wire import status

#: A home network as configured; `selection` is the Service Selection that asks for it, empty
#: for the default.  An IPv4 network has a router; `network` or `prefix`, (address, length), is None
#: where that IP version is not served; `dhcp_relay`: gateways relay the DHCP of its mobile nodes.
_Pool = namedtuple("Pool", (
    "name", "selection", "network", "prefix_length", "router", "prefix", "dhcp_relay"))

#: A policy profile.  `match` is an identifier, in which each * stands for any octets; `pool`
#: names a pool or is None; `address` (or None) and `prefixes` are the node's static homes in it.
Node = namedtuple("Node", ("match", "allow", "pool", "address", "prefixes"))

#: Subtype of the Mobile Node Identifier option (RFC 4283).
NETWORK_ACCESS_IDENTIFIER = 1


def Pool(name, selection, network, prefix_length, router, prefix, dhcp_relay=False):
    """Return the pool; its gateways are DHCP servers unless something else is said."""
    return _Pool(name, selection, network, prefix_length, router, prefix, dhcp_relay)


class Service:
    """What a pool offers: IPv4 addresses, IPv6 home network prefixes, or both (None: not)."""

    def __init__(self, name: str, selection: bytes, addresses=None, prefixes=None):
        self.name = name
        self.selection = selection
        self.addresses = addresses
        self.prefixes = prefixes

    def pool_of(self, home):
        """Return the pool for an IPv4 address or a prefix, or None."""
        return self.prefixes if isinstance(home, tuple) else self.addresses

    def claim(self, owner, homes) -> bool:
        """Give exactly these addresses and prefixes to `owner`, or none of them."""
        claimed = []
        for home in homes:
            pool = self.pool_of(home)
            if pool is None or not pool.claim(owner, home):
                self.release(claimed)
                return False
            claimed.append(home)
        return True

    def release(self, homes):
        """Take addresses and prefixes back."""
        for home in homes:
            self.pool_of(home).release(home)

    def inherit(self, older: "Service"):
        """Remember of `older` who had what."""
        if self.addresses and older.addresses:
            self.addresses.inherit(older.addresses)
        if self.prefixes and older.prefixes:
            self.prefixes.inherit(older.prefixes)


class Policy:
    """The profiles and pools of one configuration."""

    def __init__(self, pools, nodes):
        self.services = {pool.name: _service(pool) for pool in pools}
        self._by_selection = {service.selection: service for service in self.services.values()}
        self._exact = {}
        self._patterns = []
        for node in nodes:
            self._add(node)

    def _add(self, node: Node):
        if b"*" in node.match:
            self._patterns.append(node)
            return
        self._exact[node.match] = node
        mn_identifier = (NETWORK_ACCESS_IDENTIFIER, node.match)
        for home in ([node.address] if node.address else []) + list(node.prefixes):
            self.services[node.pool].pool_of(home).reserve(home, mn_identifier)

    def node(self, mn_identifier):
        """Return the profile of a mobile node: its own, else the first that matches, or None."""
        subtype, identifier = mn_identifier
        if subtype != NETWORK_ACCESS_IDENTIFIER:
            return None
        if identifier in self._exact:
            return self._exact[identifier]
        for node in self._patterns:
            if matches(node.match, identifier):
                return node
        return None

    def service_of(self, home):
        """Return the service whose pool has this address or prefix to give, or None."""
        for service in self.services.values():
            pool = service.pool_of(home)
            if pool and pool.contains(home):
                return service
        return None

    def exclude(self, homes):
        """Keep these addresses and prefixes from everybody."""
        for home in homes:
            service = self.service_of(home)
            if service:
                service.pool_of(home).reserve(home, None)

    def authorize(self, mn_identifier, selection: bytes):
        """Return (status, service) for a mobile node that asks for the service `selection`.

        An empty `selection` leaves the choice to the node's profile, else to the default pool.
        """
        node = self.node(mn_identifier)
        if node and not node.allow:
            return status.PROXY_REG_NOT_ENABLED, None
        chosen = self.services.get(node.pool) if node else None
        if not selection:
            service = chosen or self._by_selection.get(b"")
            return (status.ACCEPTED if service else status.NOT_LMA_FOR_THIS_MOBILE_NODE), service
        service = self._by_selection.get(selection)
        if service is None or (chosen and service is not chosen):
            return status.SERVICE_AUTHORIZATION_FAILED, None
        return status.ACCEPTED, service


def _service(pool: Pool) -> Service:
    addresses = prefixes = None
    if pool.network:
        addresses = AddressPool(
            pool.network, pool.prefix_length, pool.router, pool.dhcp_relay)
    if pool.prefix:
        prefixes = PrefixPool(*pool.prefix)
    return Service(pool.name, pool.selection, addresses, prefixes)
