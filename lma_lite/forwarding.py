# SPDX-License-Identifier: GPL-2.0-or-later
"""How an anchor's kernel forwards: a tunnel device per gateway, a route per mobile node's home,
which is an IPv4 address or an IPv6 prefix, (address, length), and the GRE keys of those that have
some (see gre_keys.py).

A handover is one route replaced: the kernel sends to the new gateway from one packet to the
next.  A mobile node's packets are taken from the gateway its route leads to, and from no other
(RFC 5213 section 5.6.2).  Two nodes of one gateway reach each other through the same tunnel
twice: no redirect tells them of a shorter way, for there is none.

What is ours says so (protocol number 214, alias "pmip-lma", table "pmip_lma", and for the packet
filter device group 214, which is compared sooner than a name); a later process adopts what an
earlier one left, while packets flow.
"""

from mag_lite.system import (
    netlink,
    nftables,
    own_addresses,
    proxy_neighbour,
    rtnetlink,
    sockets,
    tunnel,
)
from mag_lite.system.proxy_neighbour import ProxyNeighbour
from mag_lite.system.rtnetlink import Route
from mag_lite.system.sysctl import Sysctls

PROTOCOL = 214
ALIAS = "pmip-lma"
GROUP = 214
_KEYS_TABLE = "pmip_lma_keys"
_DEFAULT_MTU = 1500

_RULESET = """
add table inet pmip_lma
delete table inet pmip_lma
table inet pmip_lma {
	chain prerouting {
		type filter hook prerouting priority raw
		iifgroup 214 fib saddr . iif oif missing counter drop
	}
	chain output {
		type filter hook output priority filter
		oifgroup 214 icmp type redirect drop
	}
}
"""
_REMOVAL = "add table inet pmip_lma\ndelete table inet pmip_lma\n"


class AnchorForwarding:
    """The kernel's forwarding state, made, found again, changed and removed.

    `run_directory` is ours alone.  Methods raise netlink.NetlinkError when the kernel refuses
    and nftables.NftablesError when `nft` does.
    """

    def __init__(self, run_directory: str, log):
        self._log = log
        self._ruleset_file = run_directory + "/ruleset.nft"
        self._sysctls = Sysctls(run_directory + "/sysctl")
        self._proxy_sysctls = Sysctls(run_directory + "/proxy-sysctl")
        self._route = rtnetlink.Rtnetlink()
        self._keys = None
        self._mtus = {}
        self._probed = None

    def prepare(self, local_addresses, ipv6: bool, mtus: dict) -> None:
        """Make the kernel forward, IPv6 too if that is said, for tunnels that end at these
        addresses (bytes); adopt those that exist, remove those that end elsewhere.  From now on
        tunnels to the gateways in `mtus`, {address: octets}, have that MTU whatever the path has
        (RFC 5213 section 6.9.5); `refresh_mtu` tells those that exist."""
        self._mtus = mtus
        for link in self._links():
            self._route.perform([rtnetlink.set_group(link.name, GROUP)])
        nftables.load(_RULESET, self._ruleset_file)
        settings = {"net/ipv4/ip_forward": 1}
        if ipv6:
            settings.update(self._sysctls.ipv6_forwarding())
        self._sysctls.apply(settings)
        self._prepare_keys()
        links = self._links()
        if self._probed is None:
            self._probed = _path_mtus(links, mtus)
        self._remove([link for link in links if tunnel.ends(link)[1] not in local_addresses])
        if self._keys is not None:
            self._prepare_keys()
        tunnel.open_ports(tunnel.udp_ends(self._links()))

    def add_tunnel(self, mag_address: bytes, local_address: bytes, encapsulation: str) -> str:
        """The device that leads to this gateway; made when there is none."""
        links, ends = self._route.links(), (encapsulation, local_address, mag_address)
        for link in links.values():
            if link.alias == ALIAS and tunnel.fits(link, *ends):
                if tunnel.ends(link) != ends:
                    self._exchange_udp(link, *ends)
                return link.name
        name = _free_name(links)
        mtu = self._find_mtu(mag_address, local_address, encapsulation)[0]
        requests = tunnel.make(name, *ends, mtu, ALIAS)
        requests.insert(1, rtnetlink.set_group(name, GROUP))
        self._route.perform(requests)
        if encapsulation == tunnel.KEYED:
            self._prepare_keys()
        if encapsulation == "udp":
            tunnel.open_ports([local_address])
        return name

    def remove_tunnel(self, mag_address: bytes, local_address: bytes, encapsulation: str) -> None:
        """Remove the device and its routes; harmless when there is none."""
        ends = encapsulation, local_address, mag_address
        self._remove([link for link in self._links() if tunnel.ends(link) == ends])
        if encapsulation == tunnel.KEYED:
            self._prepare_keys()

    def tunnels(self) -> dict:
        """{(gateway's address, our address, encapsulation): device} of what the kernel has."""
        found = {}
        for link in self._links():
            encapsulation, local, remote = tunnel.ends(link)
            found[remote, local, encapsulation] = link.name
        return found

    def path_takes(self, mag_address: bytes, mtu) -> None:
        """What a probe has found that the path to this gateway takes (octets), or None: what the
        kernel knows of it.  `refresh_mtu` makes use of it."""
        self._probed[mag_address] = mtu

    def refresh_mtu(self, mag_address: bytes, local_address: bytes, encapsulation: str):
        """Let the tunnel follow what is known of the path; when to ask again (ms from now), or
        None if nothing of what is known is going to expire."""
        mtu, expires = self._find_mtu(mag_address, local_address, encapsulation)
        for link in self._links():
            ends, changes = tunnel.ends(link), []
            if ends == (encapsulation, local_address, mag_address):
                changes = tunnel.adapt(link, *ends, mtu)
            if changes:
                self._log.info("MTU of %s is now %d" % (link.name, mtu))
                self._route.perform(changes)
        return expires

    def route(self, home, device: str, keys=None) -> None:
        """Send to this mobile node by this tunnel, in one step with sending by no other; with its
        GRE `keys` (uplink, downlink) if the tunnel has some."""
        if keys is None:
            self._remove_keys(home)
        elif self._keys is not None:  # else the tunnel has gone, as we are about to learn
            self._keys.set(home, *keys)
        self._route.perform_at(
            device, lambda index: [rtnetlink.replace_route(_home_route(home, index))])

    def blackhole(self, home) -> None:
        """Drop what is sent to this mobile node, for as long as nobody knows where it is."""
        self._remove_keys(home)
        self._route.perform([rtnetlink.replace_route(_home_route(home, None))])

    def unroute(self, home) -> None:
        """Have no route to this mobile node; harmless when that is so already."""
        self._remove_keys(home)
        request = rtnetlink.delete_route(_home_route(home, None))
        self._route.perform([request], (sockets.ESRCH,))

    def routes(self) -> dict:
        """{home: device} of what the kernel has; the device is None for a blackhole."""
        names = {link.index: link.name for link in self._links()}
        found = {home: None for home in (self._keys.homes() if self._keys else ())}
        found.update({_home(route): names.get(route.device) for route in self._home_routes()})
        return found

    def links_and_addresses(self):
        """({name: Link}, [OwnAddress]) of everything but our tunnels."""
        links = {name: link for name, link in self._route.links().items() if link.alias != ALIAS}
        indexes = [link.index for link in links.values()]
        found = own_addresses.addresses(self._route)
        return links, [each for each in found if each.device in indexes]

    def answer_at_once(self, devices) -> None:
        """Let the kernel answer for others there, and only there, without the pause that is usual
        with a proxy."""
        self._proxy_sysctls.apply({
            "net/ipv4/neigh/%s/proxy_delay" % device: 0 for device in devices})

    def proxies(self) -> set:
        """{(device index, address)} for which the kernel answers ARP requests."""
        found = proxy_neighbour.entries(self._route, PROTOCOL)
        return {(entry.device, entry.address) for entry in found}

    def add_proxy(self, device: int, address: bytes) -> None:
        """Let it answer there for an IPv4 address whose route leads to a tunnel."""
        entry = ProxyNeighbour(device, address, PROTOCOL)
        self._route.perform([proxy_neighbour.add(entry)])

    def remove_proxy(self, device: int, address: bytes) -> None:
        """Let it answer no more; harmless when it does not."""
        request = proxy_neighbour.delete(ProxyNeighbour(device, address, PROTOCOL))
        self._route.perform([request], (sockets.ENOENT, sockets.ENODEV))

    def close(self) -> None:
        """Remove everything of ours from the kernel and put back what was; once."""
        for device, address in self.proxies():
            self.remove_proxy(device, address)
        self.answer_at_once(())
        self._remove(self._links())
        for route in self._home_routes():
            self.unroute(_home(route))
        self._prepare_keys()
        nftables.load(_REMOVAL, self._ruleset_file)
        self._sysctls.apply({})
        self.abandon()

    def abandon(self) -> None:
        """Let the kernel go on forwarding without us; once."""
        self._route.close()
        if self._keys is not None:
            self._keys.abandon()

    def _prepare_keys(self) -> None:
        # The keys come with the first tunnel that has some, and go with the last.
        keyed = [(local, remote) for remote, local, encapsulation in self.tunnels()
                 if encapsulation == tunnel.KEYED]
        if keyed and self._keys is None:
            from mag_lite.system import gre_keys  # hardly any anchor needs it

            self._keys = gre_keys.GreKeys(
                _KEYS_TABLE, gre_keys.SOURCE, gre_keys.DESTINATION, self._ruleset_file)
            self._keys.prepare()
        if keyed:
            self._keys.use(keyed)
        elif self._keys is not None:
            self._keys.close()
            self._keys = None

    def _remove_keys(self, home) -> None:
        if self._keys is not None:
            self._keys.remove(home)

    def _exchange_udp(self, link, encapsulation: str, local_address: bytes, mag_address: bytes):
        # Of a gateway that has changed over to or from UDP: there can be but one for both.
        mtu = self._find_mtu(mag_address, local_address, encapsulation)[0]
        self._route.perform(tunnel.adapt(link, encapsulation, local_address, mag_address, mtu))
        self._close_unused_port(local_address)
        tunnel.open_ports(tunnel.udp_ends(self._links()) & {local_address})

    def _remove(self, links) -> None:
        for link in links:
            self._route.perform([rtnetlink.delete_link(link.index)])
        for local_address in tunnel.udp_ends(links):
            self._close_unused_port(local_address)

    def _close_unused_port(self, local_address: bytes) -> None:
        tunnel.close_ports({local_address} - tunnel.udp_ends(self._links()))

    def _links(self) -> list:
        return [link for link in self._route.links().values() if link.alias == ALIAS]

    def _home_routes(self) -> list:
        found = self._route.routes(sockets.AF_INET, PROTOCOL)
        return found + self._route.routes(sockets.AF_INET6, PROTOCOL)

    def _find_mtu(self, mag_address: bytes, local_address: bytes, encapsulation: str):
        # (MTU of the tunnel, ms until it should be looked at again or None)
        if mag_address in self._mtus:
            return self._mtus[mag_address], None
        overhead = tunnel.overhead(encapsulation, local_address)
        try:
            path = self._route.route_get(mag_address, local_address)
        except netlink.NetlinkError as error:
            self._log.debug(str(error))
            return _DEFAULT_MTU - overhead, None
        return min(path.mtu, self._probed.get(mag_address) or path.mtu) - overhead, path.expires


def _path_mtus(links, configured) -> dict:
    # What an earlier process has found out holds until the paths have been probed again.
    found = {}
    for link in links:
        encapsulation, local_address, mag_address = tunnel.ends(link)
        if mag_address not in configured:
            found[mag_address] = link.mtu + tunnel.overhead(encapsulation, local_address)
    return found


def _free_name(links) -> str:
    number = 0
    while "lma%d" % number in links:
        number += 1
    return "lma%d" % number


def _home_route(home, link_index) -> Route:
    prefix = home if isinstance(home, tuple) else (home, 32)
    return Route(prefix, link_index, rtnetlink.RT_TABLE_MAIN, PROTOCOL, b"")


def _home(route: Route):
    return route.prefix if len(route.prefix[0]) == 16 else route.prefix[0]
