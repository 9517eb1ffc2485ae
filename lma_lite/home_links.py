# SPDX-License-Identifier: GPL-2.0-or-later
"""Which of our links are home links: those whose subnet has homes of a pool in it.

There others ask by ARP and neighbour discovery for the mobile nodes that are away, and the homes
that the link itself uses are not to be given away.
"""

from mag_lite.system import rtnetlink, sockets
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.own_addresses import AddressMonitor
from mag_lite.wire.address import format_address, format_mac, network, prefix_contains

#: Changes of links and addresses come in crowds (ms).
SETTLING_TIME = 100
#: So many addresses of a pool are asked for before their turn comes.
SCOUTED = 16

_IFF_LOOPBACK, _IFF_RUNNING, _IFF_NOARP = 0x8, 0x40, 0x80
_LINK_LOCAL = ((b"\xfe\x80" + bytes(14), 10), (b"\xa9\xfe\0\0", 16))
_LONGEST_SUBNET = {4: 30, 16: 63}  # a longer one has no home in it but our own


class HomeLinks:
    """What is done on them for the sessions of `anchor`.

    `on_use(address, mac)` hears that a station of a home link has an address of a pool; it
    returns whether a mobile node is to have it nevertheless.
    """

    def __init__(self, loop, log, anchor, forwarding, on_use):
        self._loop = loop
        self._log = log
        self._anchor = anchor
        self._on_use = on_use
        self._forwarding = forwarding
        self._links = []
        self._scouted = set()
        self._timer = None
        self._address_monitor = AddressMonitor(loop, self._changed)
        self._link_monitor = None
        self._subnets = {}  # name -> (link, its subnets in which there are homes)
        self._sources = {}  # index -> an IPv6 address of ours

    def survey(self):
        """Look which links and addresses we have; ours are given to nobody."""
        pools = _networks(self._anchor.configuration.pools)
        links, own = self._forwarding.links_and_addresses()
        links = {link.index: link for link in links.values()}
        self._anchor.exclude([_home(each.address) for each in own])
        self._subnets = {}
        for each in own:
            subnet = network(each.address, each.length), each.length
            if each.length <= _LONGEST_SUBNET[len(each.address)] and subnet not in _LINK_LOCAL:
                self._note(links[each.device], subnet, pools)
        # The kernel names link-local addresses last, and those stay.
        self._sources = {each.device: each.address for each in own if len(each.address) == 16}

    def serve(self):
        """Stand in for everybody who is away, and for nobody else."""
        self._watch_links()
        self._open_links()
        there = self._forwarding.proxies()
        for binding in self._anchor.cache:
            for home in binding.home_addresses():
                link = self._link_of(home)
                if link:
                    self._attach(link, home, (link.device.index, home) in there)
                    there.discard((link.device.index, home))
        for device, address in there:
            self._withdraw(device, address)
        self._scouted.clear()
        self._scout()

    def attach(self, home):
        """Packets for `home` take a tunnel now; if they did already, nothing happens."""
        link = self._link_of(home)
        if link and home not in link.attached:
            self._attach(link, home, False)
            self._scout()

    def detach(self, home):
        """They do no more."""
        link = self._link_of(home)
        if link and home in link.attached:
            if not isinstance(home, tuple):
                self._withdraw(link.device.index, home)
            link.detach(home)

    def names(self) -> list:
        """The devices that are home links now."""
        return sorted([link.device.name for link in self._links])

    def close(self):
        """Fall silent and leave the kernel as it is; once."""
        if self._timer is not None:
            self._loop.cancel(self._timer)
        for link in self._links:
            link.close()
        self._address_monitor.close()
        if self._link_monitor:
            self._link_monitor.close()

    # Links

    def _note(self, link, subnet, pools):
        for pool in pools:
            if len(pool[0]) == len(subnet[0]) and (
                    prefix_contains(pool, subnet[0]) or prefix_contains(subnet, pool[0])):
                device, subnets = self._subnets.setdefault(link.name, (link, []))
                if subnet not in subnets:
                    subnets.append(subnet)

    def _watch_links(self):
        """Only with home links there is something to hear of."""
        if self._subnets and self._link_monitor is None:
            self._link_monitor = rtnetlink.LinkMonitor(self._loop, self._link_changed)

    def _link_changed(self, name):
        if name is None or name in self._subnets:
            self._changed()

    def _changed(self):
        if self._timer is None:
            self._timer = self._loop.at(self._loop.now() + SETTLING_TIME, self._settled)

    def _settled(self):
        self._timer = None
        try:
            self.survey()
            self.serve()
        except NetlinkError as error:
            self._log.error("home links: %s" % error)

    def _open_links(self):
        """Open what is usable and was not, close what is no more, or is another now."""
        wanted = {name: (link, subnets, self._source(link, subnets))
                  for name, (link, subnets) in self._subnets.items() if _is_usable(link)}
        kept = []
        for link in self._links:
            found = wanted.get(link.device.name)
            if found and link.is_same(*found):
                kept.append(link)
                del wanted[link.device.name]
            else:
                link.close()
                self._log.info("%s is no home link now" % link.device.name)
        self._links = kept
        self._forwarding.answer_at_once(self._subnets)
        for found in wanted.values():
            self._open(*found)

    def _open(self, device, subnets, source):
        from lma_lite.home_link import HomeLink  # only with a home link it costs memory
        try:
            link = HomeLink(self._loop, device, subnets, source, self._in_use)
        except OSError as error:
            self._log.warning("home link %s: %s" % (device.name, sockets.reason(error)))
            return
        self._links.append(link)
        self._log.info("%s is a home link" % device.name)

    def _source(self, link, subnets):
        """Our IPv6 address there, if there are prefixes to stand in for."""
        has_prefixes = any([len(address) == 16 for address, _ in subnets])
        return self._sources.get(link.index) if has_prefixes else None

    def _link_of(self, home):
        address = home[0] if isinstance(home, tuple) else home
        for link in self._links:
            for subnet in link.subnets:
                if len(subnet[0]) == len(address) and prefix_contains(subnet, address):
                    return link
        return None

    # Homes

    def _attach(self, link, home, known: bool):
        if home in link.attached:
            return
        if not isinstance(home, tuple):
            self._scouted.discard(home)
            try:
                self._forwarding.add_proxy(link.device.index, home)
            except NetlinkError as error:
                self._log.error("%s on %s: %s" % (
                    format_address(home), link.device.name, error))
        link.attach(home, known)

    def _withdraw(self, device: int, address: bytes):
        try:
            self._forwarding.remove_proxy(device, address)
        except NetlinkError as error:
            self._log.error("%s: %s" % (format_address(address), error))

    def _scout(self):
        """Ask for the addresses whose turn is next, so that nobody need wait for it then."""
        for address in self._anchor.next_addresses(SCOUTED) if self._links else ():
            link = self._link_of(address)
            if link and address not in self._scouted:
                self._scouted.add(address)
                link.scout(address)

    def _in_use(self, address: bytes, mac: bytes) -> bool:
        self._scouted.discard(address)
        kept = self._on_use(address)
        self._log.warning("%s is in use by %s: %s" % (
            format_address(address), format_mac(mac),
            "a mobile node has it all the same" if kept else "not given away"))
        self._scout()
        return kept


def _networks(pools) -> list:
    """What the pools have to give, as pairs of address and length."""
    found = [(pool.network, pool.prefix_length) for pool in pools if pool.network]
    return found + [pool.prefix for pool in pools if pool.prefix]


def _home(address: bytes):
    """The address of IPv4, or the /64 that has the one of IPv6 in it."""
    return address if len(address) == 4 else (network(address, 64), 64)


def _is_usable(link) -> bool:
    running = link.flags & rtnetlink.IFF_UP and link.flags & _IFF_RUNNING
    silent = link.flags & (_IFF_LOOPBACK | _IFF_NOARP)
    return bool(running) and not silent and len(link.address) == 6
