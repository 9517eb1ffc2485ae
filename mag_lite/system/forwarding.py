# SPDX-License-Identifier: GPL-2.0-or-later
"""How a mobile access gateway's kernel forwards: everything that lets packets flow without us.

Per anchor N: a tunnel device `pmipN`, a table with the way up (default route into the tunnel), a
table with the way down (a route per client), and four rules, all for each IP version.  Per home of
a client, which is an IPv4 address or an IPv6 prefix, (address, 64): the route, a permanent
neighbour, and an element in the packet filter's map.  So nothing that the kernel walks through
grows with the clients, and each anchor's clients live in an address space of their own.

A client may have any address in its prefix, and need not tell: the prefix is routed to a next hop
of our own making, of which the neighbour says that it is the client.

What is ours says so (protocol number 213, alias "pmip-mag", tables "pmip"); a later process
adopts what an earlier one left, while packets flow.
"""

import struct

from mag_lite.system import netlink, nftables, packet_filter, rtnetlink, sockets, sysctl, tunnel
from mag_lite.system.rtnetlink import Neighbour, Route, Rule
from mag_lite.system.sysctl import Sysctls

PROTOCOL = 213
ALIAS = "pmip-mag"
FIRST_TABLE = 52130
_PRIORITY = 521
_ANY = {sockets.AF_INET: (bytes(4), 0), sockets.AF_INET6: (bytes(16), 0)}
_LINK_LOCAL = b"\xfe\x80" + bytes(6)
_DEFAULT_MTU = 1500
_KEYS_TABLES = "pmip_keys"  # + anchor index
_IPV6 = "net/ipv6/fwmark_reflect"  # a setting of every kernel that knows IPv6


def device(index: int) -> str:
    """The tunnel device to the anchor of this index."""
    return "pmip%d" % index


def mark(index: int) -> int:
    """What the packet filter marks the packets of this anchor's clients with."""
    return packet_filter.MARK + index


def table_up(index: int) -> int:
    """The table with the way from this anchor's clients."""
    return FIRST_TABLE + 2 * index


def table_down(index: int) -> int:
    """The table with the way to this anchor's clients."""
    return FIRST_TABLE + 2 * index + 1


def rules(index: int, local_routing: bool = False) -> list:
    """The four rules of an anchor; a fifth for `local_routing`.

    ICMP errors that we send to a client carry the mark of what they answer.  What comes out of
    the tunnel for nobody goes nowhere.  The last rule also proves to the kernel's reverse path
    filter that what came out of the tunnel came the right way.  The fifth lets a client's packet
    to another client here find it: what it does not find goes up.
    """
    up, down, tunnel_device = table_up(index), table_down(index), device(index)
    either = 0xFFFFFFFF - packet_filter.FROM_TUNNEL
    found = [
        Rule(_PRIORITY, "lo", mark(index), 0xFFFFFFFF, down, PROTOCOL),
        Rule(_PRIORITY + 1, tunnel_device, 0, 0, down, PROTOCOL),
        Rule(_PRIORITY + 2, tunnel_device, 0, 0, None, PROTOCOL),
        Rule(_PRIORITY + 3, "", mark(index), either, up, PROTOCOL),
    ]
    if local_routing:
        found.append(Rule(_PRIORITY + 2, "", mark(index), 0xFFFFFFFF, down, PROTOCOL))
    return found


class Forwarding:
    """The kernel's forwarding state, made, found again, changed and removed.

    `run_directory` is ours alone, `ipv6` whether clients may have prefixes, `local_routing`
    whether those of one anchor reach each other without it (RFC 5213 section 6.10.3).  Methods
    raise netlink.NetlinkError when the kernel refuses and nftables.NftablesError when `nft` does.
    """

    def __init__(self, run_directory: str, log, ipv6: bool = True, local_routing: bool = False):
        self._log = log
        self._ipv6 = ipv6
        self._local_routing = local_routing
        self._ruleset_file = run_directory + "/ruleset.nft"
        self._sysctls = Sysctls(run_directory + "/sysctl")
        self._route = rtnetlink.Rtnetlink()
        self._filter = nftables.Nftables()
        self._access = []
        self._anchors = {}
        self._mtu = {}
        self._probed = {}
        self._keys = None
        self._access_mtu = {}

    def prepare(self, access_devices, anchors) -> None:
        """Make the kernel forward between these access devices and anchors, and no others.

        `anchors`: objects with `index`, `address`, `local` (bytes of one length),
        `encapsulation` ("gre", "gre-key", "ip" or "udp") and `mtu` (octets; None: what the path
        can).  What fits already stays as it is.  Access devices that do not exist are kept closed:
        prepare again when they come.  Where there can be no keys, "gre-key" becomes "gre".
        """
        self._access = list(access_devices)
        self._anchors = {anchor.index: anchor for anchor in anchors}
        self._prepare_keys()
        for anchor in anchors:
            self._adopt_mtu(anchor)
            self._mtu[anchor.index] = self._find_mtu(anchor)[0]
        links = [self._route.link(name) for name in self._access]
        self._access_mtu = {link.name: link.mtu for link in links if link}
        udp_ends = {anchor.local for anchor in anchors if anchor.encapsulation == "udp"}
        self._remove_tunnels([device(index) for index in self._anchors], udp_ends)
        for anchor in anchors:
            self._make_tunnel(anchor)
        tunnel.open_ports(udp_ends)
        self._load_filter()
        self._sysctls.apply(self._settings())
        self._remove_stale_clients()
        self._make_routes()

    def add_client(
        self, access_device: str, mac: bytes, home, anchor_index: int, keys=None
    ) -> None:
        """Forward for a client: `home` is behind `mac` on the access device; its GRE `keys`
        (downlink, uplink) if its anchor's tunnel has some.

        Harmless when it is done already, and completes what is half done.
        """
        if keys and self._keys is not None:
            self._keys.set(home, anchor_index, keys)

        def change(link_index):
            neighbour = Neighbour(link_index, _next_hop(home), mac, PROTOCOL)
            route = _home_route(link_index, home, anchor_index)
            return [rtnetlink.replace_neighbour(neighbour), rtnetlink.replace_route(route)]

        self._route.perform_at(access_device, change)
        self._add_element(access_device, mac, home, mark(anchor_index))

    def remove_client(self, access_device: str, mac, home, anchor_index) -> None:
        """Forward no longer; harmless when that is so already.

        What `clients()` calls partial is removed as well: `mac` or `anchor_index` may be None.
        """
        if mac is not None:
            self._remove_element(access_device, mac, home)
        if self._keys is not None:
            self._keys.remove(home, anchor_index)
        link = self._route.link(access_device)
        if link is None:
            return
        neighbour = Neighbour(link.index, _next_hop(home), b"", PROTOCOL)
        requests = [rtnetlink.delete_neighbour(neighbour)]
        if anchor_index is not None:
            requests.append(rtnetlink.delete_route(_home_route(link.index, home, anchor_index)))
        self._route.perform(requests, (sockets.ENOENT, sockets.ESRCH))

    def keep_keys(self, wanted) -> None:
        """Let exactly these homes have GRE keys: {(home, anchor index): (downlink, uplink)}."""
        if self._keys is not None:
            self._keys.keep(wanted)

    def clients(self):
        """What the kernel holds: (complete, partial), both sets of (access device, MAC, home,
        anchor index).

        To repair, remove every partial one, then add the client it should have been.  In partial
        ones MAC and anchor index are None where they are not known.
        """
        pieces = {}
        names = {link.index: link.name for link in self._route.links().values()}

        def found(name, home, mac, index):
            pieces.setdefault((name, home), []).append((mac, index))

        for neighbour in self._neighbours():
            found(names[neighbour.device], _home_at(neighbour.address), neighbour.mac, None)
        for route in self._home_routes():
            index = (route.table - FIRST_TABLE) // 2
            found(names[route.device], _home_of(route), None, index)
        for key, value in self._elements():
            name, mac, home = packet_filter.parse_key(key)
            found(name, home, mac, netlink.u32(value) - packet_filter.MARK)
        return _sort_out(pieces)

    def tunnel_mtu(self, anchor_index: int) -> int:
        """The MTU (octets) of the tunnel to this anchor."""
        return self._mtu[anchor_index]

    def client_mtu(self, access_device: str, anchor_index: int) -> int:
        """The MTU (octets) for the clients there to be told: what tunnel and access link take."""
        mtu = self._mtu[anchor_index]
        return min(mtu, self._access_mtu.get(access_device, mtu))

    def path_takes(self, anchor_index: int, mtu) -> None:
        """What a probe has found that the path takes (octets), or None: what the kernel knows of
        it.  `refresh_mtu` makes use of it."""
        self._probed[anchor_index] = mtu

    def refresh_mtu(self, anchor_index: int):
        """Let the tunnel follow what is known of the path; when to ask again (ms from now), or
        None if nothing of what is known is going to expire."""
        anchor = self._anchors[anchor_index]
        mtu, expires = self._find_mtu(anchor)
        if mtu != self._mtu[anchor_index]:
            self._log.info("MTU of the tunnel to %s is now %d" % (anchor.name, mtu))
            self._mtu[anchor_index] = mtu
            self._make_tunnel(anchor)
            self._load_filter()
            self._make_routes()
        return expires

    def close(self) -> None:
        """Remove everything of ours from the kernel and put back what was; once."""
        self._access, self._anchors = [], {}
        self._remove_tunnels([], set())
        self._remove_stale_clients()
        self._make_routes()
        self._prepare_keys()
        nftables.load(packet_filter.removal(), self._ruleset_file)
        self._sysctls.apply({})
        self.abandon()

    def abandon(self) -> None:
        """Let the kernel go on forwarding without us; once."""
        self._route.close()
        self._filter.close()
        if self._keys is not None:
            self._keys.abandon()

    def _prepare_keys(self) -> None:
        keyed = [anchor for anchor in self._anchors.values()
                 if anchor.encapsulation == tunnel.KEYED]
        existing = [name for name in self._filter.tables(nftables.NFPROTO_INET)
                    if name.startswith(_KEYS_TABLES)]
        if self._keys is None and (keyed or existing):
            from mag_lite.system.anchor_keys import AnchorKeys  # hardly any gateway needs it

            self._keys = AnchorKeys(_KEYS_TABLES, self._ruleset_file, self._log)
        if self._keys is not None:
            self._keys.prepare(keyed, existing)

    def _find_mtu(self, anchor):
        # (MTU of the tunnel, ms until it should be looked at again or None)
        if anchor.mtu:
            return anchor.mtu, None
        overhead = tunnel.overhead(anchor.encapsulation, anchor.local)
        try:
            path = self._route.route_get(anchor.address, anchor.local)
        except netlink.NetlinkError as error:
            self._log.debug(str(error))
            return _DEFAULT_MTU - overhead, None
        return min(path.mtu, self._probed.get(anchor.index) or path.mtu) - overhead, path.expires

    def _adopt_mtu(self, anchor) -> None:
        # What an earlier process has found out holds until the path has been probed again.
        link = self._route.link(device(anchor.index))
        if anchor.index not in self._mtu and link and link.alias == ALIAS:
            self.path_takes(
                anchor.index, link.mtu + tunnel.overhead(anchor.encapsulation, anchor.local))

    def _make_tunnel(self, anchor) -> None:
        name, mtu = device(anchor.index), self._mtu[anchor.index]
        ends = anchor.encapsulation, anchor.local, anchor.address
        link = self._route.link(name)
        if link and link.alias == ALIAS and not tunnel.fits(link, *ends):
            self._route.perform([rtnetlink.delete_link(link.index)])
            link = None
        if link and link.alias == ALIAS:
            changes = tunnel.adapt(link, *ends, mtu)
            if changes:
                self._route.perform(changes)
            return
        self._route.perform(tunnel.make(name, *ends, mtu, ALIAS))

    def _remove_tunnels(self, wanted, udp_ends) -> None:
        ours = [link for link in self._route.links().values() if link.alias == ALIAS]
        tunnel.close_ports(tunnel.udp_ends(ours) - udp_ends)
        for link in ours:
            if link.name not in wanted:
                self._route.perform([rtnetlink.delete_link(link.index)])

    def _load_filter(self) -> None:
        links = self._route.links()
        present = [name for name in self._access if name in links]
        chains = [packet_filter.chain(name) for name in present]
        existing = self._filter.chains(nftables.NFPROTO_NETDEV, packet_filter.TABLE)
        stale = [name for name in existing if name not in chains]
        tunnels = {device(index): (mark(index), self._mtu[index]) for index in self._anchors}
        text = packet_filter.ruleset(self._access, present, tunnels, stale)
        nftables.load(text, self._ruleset_file)

    def _settings(self) -> dict:
        # Let our devices alone forward.  The reverse path filter, where it is on, must look with
        # the mark, and ICMP errors to clients must carry it.  Where it is off, no packet need be
        # looked up backwards as well: the packet filter knows the right sources.
        settings = {"net/ipv4/fwmark_reflect": 1}
        if self._local_routing and self._anchors:
            # Clients of one device cannot hear each other: none is told to ask for the other.
            # A device has this setting if "all" or itself has it.
            for name in ["all"] + self._access:
                settings["net/ipv4/conf/%s/send_redirects" % name] = 0
        if self._ipv6 and self._anchors:
            settings["net/ipv6/fwmark_reflect"] = 1
            settings.update(self._sysctls.ipv6_forwarding())
        for name in self._access + [device(index) for index in self._anchors]:
            settings["net/ipv4/conf/%s/forwarding" % name] = 1
            settings["net/ipv4/conf/%s/src_valid_mark" % name] = 1
            settings["net/ipv4/conf/%s/accept_local" % name] = 1
            if self._ipv6:
                settings["net/ipv6/conf/%s/disable_ipv6" % name] = 0
        return settings

    def _make_routes(self) -> None:
        self._make_ways(sockets.AF_INET, self._anchors)
        if sysctl.read(_IPV6):
            self._make_ways(sockets.AF_INET6, self._anchors if self._ipv6 else [])

    def _make_ways(self, family: int, indexes) -> None:
        links, wanted = self._route.links(), []
        for index in indexes:
            name = device(index)
            takes_it = family == sockets.AF_INET or self._takes_ipv6(index)
            link_index = links[name].index if takes_it else None
            up = Route(_ANY[family], link_index, table_up(index), PROTOCOL, b"")
            self._route.perform([rtnetlink.replace_route(up)])
            wanted += rules(index, self._local_routing)
        existing = self._route.rules(family, PROTOCOL)
        for rule in wanted:
            if rule not in existing:
                self._route.perform([rtnetlink.new_rule(family, rule)])
        for rule in existing:
            if rule not in wanted:
                self._route.perform([rtnetlink.delete_rule(family, rule)])

    def _takes_ipv6(self, index: int) -> bool:
        # The kernel has no IPv6 on a device whose MTU is too small for it.
        return sysctl.read("net/ipv6/conf/%s/disable_ipv6" % device(index)) == "0"

    def _remove_stale_clients(self) -> None:
        # Of access devices and anchors that we no longer have.
        complete, partial = self.clients()
        for name, mac, home, index in complete | partial:
            if name not in self._access or (index is not None and index not in self._anchors):
                self.remove_client(name, mac, home, index)

    def _neighbours(self) -> list:
        found = self._route.neighbours(sockets.AF_INET)
        found += self._route.neighbours(sockets.AF_INET6)
        return [neighbour for neighbour in found if neighbour.protocol == PROTOCOL]

    def _home_routes(self) -> list:
        found = self._route.routes(sockets.AF_INET, PROTOCOL)
        found += self._route.routes(sockets.AF_INET6, PROTOCOL)
        return [route for route in found if route.prefix[1]]

    def _elements(self) -> list:
        # (key, value) of all homes
        found = []
        for name in (packet_filter.CLIENTS, packet_filter.PREFIXES):
            elements = self._filter.elements(nftables.NFPROTO_NETDEV, packet_filter.TABLE, name)
            found += list(elements.items())
        return found

    def _add_element(self, access_device: str, mac: bytes, home, value: int) -> None:
        table = nftables.NFPROTO_NETDEV, packet_filter.TABLE, packet_filter.map_of(home)
        key = packet_filter.key(access_device, mac, home)
        add = nftables.add_element(*table, key, struct.pack("I", value))
        try:
            self._filter.commit([add])
        except netlink.NetlinkError as error:
            # It leads to another anchor; older kernels say EBUSY.
            if error.errno not in (sockets.EEXIST, sockets.EBUSY):
                raise
            self._filter.commit([nftables.delete_element(*table, key), add])

    def _remove_element(self, access_device: str, mac: bytes, home) -> None:
        table = nftables.NFPROTO_NETDEV, packet_filter.TABLE, packet_filter.map_of(home)
        key = packet_filter.key(access_device, mac, home)
        self._filter.commit([nftables.delete_element(*table, key)], (sockets.ENOENT,))


def _next_hop(home) -> bytes:
    # The prefix as an interface identifier: of each there is one.
    return _LINK_LOCAL + home[0][:8] if isinstance(home, tuple) else home


def _home_at(next_hop: bytes):
    return next_hop if len(next_hop) == 4 else (next_hop[8:] + bytes(8), 64)


def _home_route(link_index: int, home, anchor_index: int) -> Route:
    if isinstance(home, tuple):
        return Route(home, link_index, table_down(anchor_index), PROTOCOL, _next_hop(home))
    return Route((home, 32), link_index, table_down(anchor_index), PROTOCOL, b"")


def _home_of(route: Route):
    return route.prefix if len(route.prefix[0]) == 16 else route.prefix[0]


def _sort_out(pieces: dict):
    # A client is complete when its route, neighbour and element are there, agree, and are alone.
    complete, partial = set(), set()
    for (name, home), found in pieces.items():
        elements = [(mac, index) for mac, index in found if mac is not None and index is not None]
        mac, index = elements[0] if elements else (None, None)
        if set(found) == {(mac, None), (None, index), (mac, index)}:
            complete.add((name, mac, home, index))
        else:
            partial.update([(name, mac, home, index) for mac, index in found])
    return complete, partial
