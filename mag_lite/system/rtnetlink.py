# SPDX-License-Identifier: GPL-2.0-or-later
"""Links, neighbours, routes and rules: what `ip` does, without starting a program.

Functions make `netlink.Request`s of values, so that many go out at once, and values of the
kernel's answers.  Constants have the kernel's names (linux/rtnetlink.h and its neighbours).
"""

import struct
from collections import namedtuple

from mag_lite.system import netlink, sockets
from mag_lite.system.netlink import Request, attribute, attribute_text, attribute_u32, nested
from mag_lite.wire.address import format_address

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_SETLINK = 16, 17, 18, 19
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH = 28, 29, 30
RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE = 32, 33, 34

RTMGRP_LINK = 0x1

IFF_UP = 0x1
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_WIRELESS = 1, 3, 4, 11
IFLA_LINKINFO, IFLA_IFALIAS, IFLA_AF_SPEC, IFLA_GROUP, IFLA_EXT_MASK = 18, 20, 26, 27, 29
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE = 8, b"\1"
RTEXT_FILTER_SKIP_STATS = 0x8

NDA_DST, NDA_LLADDR, NDA_PROTOCOL = 1, 2, 12
NUD_PERMANENT = 0x80
NTF_SELF = 0x2
IFLA_PROTINFO, IFLA_BRPORT_ISOLATED = 12, 33
AF_BRIDGE = 7

RTA_DST, RTA_SRC, RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_METRICS = 1, 2, 4, 5, 7, 8
RTA_CACHEINFO, RTA_TABLE, RTAX_MTU = 12, 15, 2
RTN_UNSPEC, RTN_UNICAST, RTN_BLACKHOLE = 0, 1, 6
RT_TABLE_UNSPEC, RT_TABLE_MAIN = 0, 254
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_NOWHERE = 0, 253, 255

FRA_IIFNAME, FRA_PRIORITY, FRA_FWMARK, FRA_TABLE = 3, 6, 10, 15
FRA_FWMASK, FRA_PROTOCOL = 16, 21
FR_ACT_TO_TBL, FR_ACT_BLACKHOLE = 1, 6

_CLOCK_TICK = 10  # ms, USER_HZ

# `kind` is "" for hardware; `data` the attributes of its kind, {number: bytes}.
Link = namedtuple("Link", ("index", "name", "flags", "mtu", "address", "alias", "kind", "data"))
Neighbour = namedtuple("Neighbour", ("device", "address", "mac", "protocol"))
# `device` is an index, None for a blackhole; `gateway` an address, empty for a link's own.
Route = namedtuple("Route", ("prefix", "device", "table", "protocol", "gateway"))
# `interface` is where packets come from ("" = any); `table` None = a blackhole.
Rule = namedtuple("Rule", ("priority", "interface", "mark", "mask", "table", "protocol"))
# `mtu` in octets, as far as known now; `expires` in ms until what was learnt is forgotten, or None.
Path = namedtuple("Path", ("source", "device", "mtu", "expires"))


def family(address: bytes) -> int:
    """AF_INET or AF_INET6, by the length."""
    return sockets.AF_INET if len(address) == 4 else sockets.AF_INET6


# Links


def _link(name: str, kind: int, index: int, attributes: bytes, up=None, flags: int = 0) -> Request:
    state, change = (IFF_UP if up else 0), (IFF_UP if up is not None else 0)
    body = struct.pack("BBHiII", 0, 0, 0, index, state, change)
    return Request(name, kind, flags, body + attributes)


def get_links() -> Request:
    """All links."""
    mask = attribute_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
    return _link("links", RTM_GETLINK, 0, mask)


def get_link(name: str) -> Request:
    """The link of this name."""
    mask = attribute_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
    return _link("link " + name, RTM_GETLINK, 0, attribute_text(IFLA_IFNAME, name) + mask)


def new_link(name: str, kind: str, data: bytes, mtu: int, alias: str) -> list:
    """Make a link and take it up; `data` are the attributes of its kind.

    It never speaks IPv6 of its own accord: no link-local address, no router solicitation.
    Three requests, because the kernel looks at some attributes only of a link that exists, and
    only after it took it up.
    """
    info = attribute_text(IFLA_INFO_KIND, kind) + nested(IFLA_INFO_DATA, data)
    named = attribute_text(IFLA_IFNAME, name)
    attributes = named + attribute_u32(IFLA_MTU, mtu) + nested(IFLA_LINKINFO, info)
    flags = netlink.NLM_F_CREATE | netlink.NLM_F_EXCL
    silent = nested(sockets.AF_INET6, attribute(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE))
    details = named + attribute_text(IFLA_IFALIAS, alias) + nested(IFLA_AF_SPEC, silent)
    return [
        _link("new %s link %s" % (kind, name), RTM_NEWLINK, 0, attributes, None, flags),
        _link("details of link " + name, RTM_SETLINK, 0, details),
        _link("link %s up" % name, RTM_SETLINK, 0, named, True),
    ]


def set_link(index: int, mtu: int) -> Request:
    """Set the MTU (octets) of a link and take it up."""
    return _link("link %d" % index, RTM_SETLINK, index, attribute_u32(IFLA_MTU, mtu), True)


def set_group(name: str, group: int) -> Request:
    """Put a link into a group, which packet filters can tell it by."""
    attributes = attribute_text(IFLA_IFNAME, name) + attribute_u32(IFLA_GROUP, group)
    return _link("group of link " + name, RTM_SETLINK, 0, attributes)


def change_link(index: int, kind: str, data: bytes) -> Request:
    """Give a link these attributes of its kind."""
    info = attribute_text(IFLA_INFO_KIND, kind) + nested(IFLA_INFO_DATA, data)
    return _link("change link %d" % index, RTM_NEWLINK, index, nested(IFLA_LINKINFO, info))


def delete_link(index: int) -> Request:
    """Remove a link, with its routes and neighbours."""
    return _link("delete link %d" % index, RTM_DELLINK, index, b"")


def parse_link(body: bytes) -> Link:
    """A link of the kernel's message; NetlinkError when malformed."""
    _require(body, 16, "link")
    index, flags = struct.unpack_from("iI", body, 4)
    found = netlink.attributes(body, 16)
    info = netlink.attributes(found.get(IFLA_LINKINFO, b""))
    return Link(
        index,
        netlink.text(found.get(IFLA_IFNAME, b"")),
        flags,
        netlink.u32(found.get(IFLA_MTU, bytes(4))),
        found.get(IFLA_ADDRESS, b""),
        netlink.text(found.get(IFLA_IFALIAS, b"")),
        netlink.text(info.get(IFLA_INFO_KIND, b"")),
        netlink.attributes(info.get(IFLA_INFO_DATA, b"")),
    )


# Neighbours


def get_neighbours(address_family: int) -> Request:
    """All neighbours of an address family."""
    return Request("neighbours", RTM_GETNEIGH, 0, _neighbour_header(address_family, 0, 0))


def replace_neighbour(neighbour: Neighbour) -> Request:
    """Let the kernel know for good, without asking, which MAC has the address."""
    return _neighbour("neighbour", RTM_NEWNEIGH, neighbour)


def delete_neighbour(neighbour: Neighbour) -> Request:
    """Forget a neighbour."""
    return _neighbour("delete neighbour", RTM_DELNEIGH, neighbour)


def _neighbour(name: str, kind: int, neighbour: Neighbour) -> Request:
    address, flags = neighbour.address, 0
    body = _neighbour_header(family(address), neighbour.device, NUD_PERMANENT)
    body += attribute(NDA_DST, address)
    if kind == RTM_NEWNEIGH:
        flags = netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE
        body += attribute(NDA_LLADDR, neighbour.mac)
        body += attribute(NDA_PROTOCOL, bytes((neighbour.protocol,)))
    return Request("%s %s" % (name, format_address(address)), kind, flags, body)


def _neighbour_header(address_family: int, device: int, state: int) -> bytes:
    return struct.pack("BBHiHBB", address_family, 0, 0, device, state, 0, 0)


def parse_neighbour(body: bytes):
    """A permanent neighbour of the kernel's message, None for one of another state."""
    _require(body, 12, "neighbour")
    device, state = struct.unpack_from("iH", body, 4)
    if not state & NUD_PERMANENT:
        return None
    found = netlink.attributes(body, 12)
    protocol = (found.get(NDA_PROTOCOL) or b"\0")[0]
    return Neighbour(device, found.get(NDA_DST, b""), found.get(NDA_LLADDR, b""), protocol)


# Bridges


def new_own_address(bridge: int, mac: bytes) -> Request:
    """Let a bridge hand up what is for this MAC address, as for its own."""
    return _own_address("new", RTM_NEWNEIGH, netlink.NLM_F_CREATE, bridge, mac)


def delete_own_address(bridge: int, mac: bytes) -> Request:
    """Undo it; ENOENT when there is nothing to undo."""
    return _own_address("delete", RTM_DELNEIGH, 0, bridge, mac)


def _own_address(verb: str, kind: int, flags: int, bridge: int, mac: bytes) -> Request:
    header = struct.pack("BBHiHBB", AF_BRIDGE, 0, 0, bridge, NUD_PERMANENT, NTF_SELF, 0)
    return Request("%s address of bridge %d" % (verb, bridge), kind, flags,
                   header + attribute(NDA_LLADDR, mac))


def isolate_port(port: int) -> Request:
    """Let a bridge pass nothing between this port and others that are isolated."""
    header = struct.pack("BBHiII", AF_BRIDGE, 0, 0, port, 0, 0)
    return Request("isolate port %d" % port, RTM_SETLINK, 0, header + nested(
        IFLA_PROTINFO, attribute(IFLA_BRPORT_ISOLATED, b"\1")))


# Routes


def get_routes(address_family: int, protocol: int) -> Request:
    """The routes of all tables that have this protocol number."""
    header = struct.pack("BBBBBBBBI", address_family, 0, 0, 0, 0, protocol, 0, 0, 0)
    return Request("routes", RTM_GETROUTE, 0, header)


def replace_route(route: Route) -> Request:
    """Make a route, or in one step turn the one that has the same prefix into it."""
    flags = netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE
    return _route("route", RTM_NEWROUTE, flags, route)


def delete_route(route: Route) -> Request:
    """Remove the route with this prefix; with device None, wherever it leads."""
    return _route("delete route", RTM_DELROUTE, 0, route)


def _route(name: str, kind: int, flags: int, route: Route) -> Request:
    address, length = route.prefix
    table = route.table if route.table < 256 else RT_TABLE_UNSPEC
    scope, action = RT_SCOPE_NOWHERE, RTN_UNSPEC
    if kind == RTM_NEWROUTE:
        scope, action = _scope_and_action(route)
    header = family(address), length, 0, 0, table, route.protocol, scope, action, 0
    body = struct.pack("BBBBBBBBI", *header)
    body += attribute(RTA_DST, address) + attribute_u32(RTA_TABLE, route.table)
    if route.device is not None:
        body += attribute_u32(RTA_OIF, route.device)
    if route.gateway:
        body += attribute(RTA_GATEWAY, route.gateway)
    return Request("%s %s/%d" % (name, format_address(address), length), kind, flags, body)


def _scope_and_action(route: Route):
    if route.device is None:
        return RT_SCOPE_UNIVERSE, RTN_BLACKHOLE
    return RT_SCOPE_LINK if len(route.prefix[0]) == 4 else RT_SCOPE_UNIVERSE, RTN_UNICAST


def parse_route(body: bytes) -> Route:
    """A route of the kernel's message; NetlinkError when malformed."""
    _require(body, 12, "route")
    found = netlink.attributes(body, 12)
    unspecified = bytes(4 if body[0] == sockets.AF_INET else 16)
    # An IPv6 blackhole names the loopback device.
    leads_somewhere = RTA_OIF in found and body[7] != RTN_BLACKHOLE
    device = netlink.u32(found[RTA_OIF]) if leads_somewhere else None
    table = netlink.u32(found[RTA_TABLE]) if RTA_TABLE in found else body[4]
    prefix = found.get(RTA_DST, unspecified), body[1]
    return Route(prefix, device, table, body[5], found.get(RTA_GATEWAY, b""))


def get_path(destination: bytes, source: bytes = b"") -> Request:
    """How the kernel would send to `destination`, from `source` if that is said."""
    length = 8 * len(destination)
    body = struct.pack("BBBBBBBBI", family(destination), length, 8 * len(source), 0, 0, 0, 0, 0, 0)
    body += attribute(RTA_DST, destination)
    if source:
        body += attribute(RTA_SRC, source)
    return Request("route to " + format_address(destination), RTM_GETROUTE, 0, body)


def parse_path(body: bytes) -> Path:
    """The answer to `get_path()`; `mtu` 0 = whatever the device has."""
    _require(body, 12, "route")
    found = netlink.attributes(body, 12)
    metrics = netlink.attributes(found.get(RTA_METRICS, b""))
    cache = found.get(RTA_CACHEINFO, b"")
    ticks = struct.unpack_from("i", cache, 8)[0] if len(cache) >= 12 else 0
    return Path(
        found.get(RTA_PREFSRC, b""),
        netlink.u32(found.get(RTA_OIF, bytes(4))),
        netlink.u32(metrics.get(RTAX_MTU, bytes(4))),
        ticks * _CLOCK_TICK if ticks > 0 else None,
    )


# Rules


def get_rules(address_family: int) -> Request:
    """All rules of an address family."""
    header = struct.pack("BBBBBBBBI", address_family, 0, 0, 0, 0, 0, 0, 0, 0)
    return Request("rules", RTM_GETRULE, 0, header)


def new_rule(address_family: int, rule: Rule) -> Request:
    """Add a rule; EEXIST when there is the same already."""
    flags = netlink.NLM_F_CREATE | netlink.NLM_F_EXCL
    return _rule("rule", RTM_NEWRULE, flags, address_family, rule)


def delete_rule(address_family: int, rule: Rule) -> Request:
    """Remove exactly this rule."""
    return _rule("delete rule", RTM_DELRULE, 0, address_family, rule)


def _rule(name: str, kind: int, flags: int, address_family: int, rule: Rule) -> Request:
    action = FR_ACT_BLACKHOLE if rule.table is None else FR_ACT_TO_TBL
    body = struct.pack("BBBBBBBBI", address_family, 0, 0, 0, 0, 0, 0, action, 0)
    body += attribute_u32(FRA_PRIORITY, rule.priority)
    body += attribute(FRA_PROTOCOL, bytes((rule.protocol,)))
    if rule.table is not None:
        body += attribute_u32(FRA_TABLE, rule.table)
    if rule.interface:
        body += attribute_text(FRA_IIFNAME, rule.interface)
    if rule.mask:
        body += attribute_u32(FRA_FWMARK, rule.mark) + attribute_u32(FRA_FWMASK, rule.mask)
    return Request("%s %d" % (name, rule.priority), kind, flags, body)


def parse_rule(body: bytes) -> Rule:
    """A rule of the kernel's message; NetlinkError when malformed."""
    _require(body, 12, "rule")
    found = netlink.attributes(body, 12)

    def number(kind):
        return netlink.u32(found.get(kind, bytes(4)))

    return Rule(
        number(FRA_PRIORITY),
        netlink.text(found.get(FRA_IIFNAME, b"")),
        number(FRA_FWMARK),
        number(FRA_FWMASK),
        number(FRA_TABLE) if body[7] == FR_ACT_TO_TBL else None,
        (found.get(FRA_PROTOCOL) or b"\0")[0],
    )


def _require(body: bytes, length: int, name: str) -> None:
    if len(body) < length:
        raise netlink.NetlinkError(name + " of %d bytes" % len(body), 0)


class Rtnetlink(netlink.Netlink):
    """A socket for all of the above; raises NetlinkError when the kernel refuses."""

    def __init__(self):
        super().__init__(netlink.NETLINK_ROUTE)
        self._indexes = {}

    def links(self) -> dict:
        """{name: Link} of all."""
        found = {link.name: link for link in self.dump(get_links(), parse_link)}
        self._indexes = {name: link.index for name, link in found.items()}
        return found

    def link(self, name: str):
        """The link of this name, or None."""
        try:
            return self.get(get_link(name), parse_link)
        except netlink.NetlinkError as error:
            if error.errno == sockets.ENODEV:
                return None
            raise

    def perform_at(self, name: str, requests) -> None:
        """Perform `requests(index)`, a list, for the index of the device of this name.

        The index is remembered, since asking takes as long as a change.  A device that was made
        anew has another one.
        """
        if name in self._indexes:
            try:
                self.perform(requests(self._indexes[name]))
                return
            except netlink.NetlinkError as error:
                del self._indexes[name]
                if error.errno != sockets.ENODEV:
                    raise
        self._indexes[name] = self.get(get_link(name), parse_link).index
        self.perform(requests(self._indexes[name]))

    def neighbours(self, address_family: int) -> list:
        """The permanent neighbours."""
        found = self.dump(get_neighbours(address_family), parse_neighbour)
        return [neighbour for neighbour in found if neighbour]

    def routes(self, address_family: int, protocol: int) -> list:
        """The routes of this protocol number, of all tables."""
        found = self.dump(get_routes(address_family, protocol), parse_route)
        return [route for route in found if route.protocol == protocol]

    def rules(self, address_family: int, protocol: int) -> list:
        """The rules of this protocol number."""
        found = self.dump(get_rules(address_family), parse_rule)
        return [rule for rule in found if rule.protocol == protocol]

    def route_get(self, destination: bytes, source: bytes = b"") -> Path:
        """The way to `destination`: source address, device index, MTU with what was learnt."""
        path = self.get(get_path(destination, source), parse_path)
        device = self.get(_link("link", RTM_GETLINK, path.device, b""), parse_link)
        mtu = min(path.mtu or device.mtu, device.mtu)
        return Path(path.source, path.device, mtu, path.expires)


class LinkMonitor:
    """Calls `on_change(name)` when a device came, went or changed; `on_change(None)` when the
    kernel had more to say than it could."""

    def __init__(self, loop, on_change):
        self._loop = loop
        self._on_change = on_change
        self._socket = netlink.open_socket(netlink.NETLINK_ROUTE, RTMGRP_LINK)
        loop.add(self._socket.fileno(), self._receive)

    def close(self) -> None:
        """Stop listening; once."""
        self._loop.remove(self._socket.fileno())
        self._socket.close()

    def _receive(self) -> None:
        changed = set()
        try:
            data = netlink.receive(self._socket, "link notification")
            while data is not None:
                changed.update(changed_links(data))
                data = netlink.receive(self._socket, "link notification")
        except netlink.NetlinkError:
            changed = {None}
        for name in changed:
            self._on_change(name)


def changed_links(data: bytes) -> list:
    """Names of the links that the notifications in a datagram are about.

    News of scans and roams of a station (IFLA_WIRELESS) are none of ours.
    """
    names = []
    for kind, _, _, body in netlink.messages(data):
        if kind in (RTM_NEWLINK, RTM_DELLINK):
            found = netlink.attributes(body, 16)
            if IFLA_WIRELESS not in found:
                names.append(netlink.text(found.get(IFLA_IFNAME, b"")))
    return names
