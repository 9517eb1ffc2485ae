# SPDX-License-Identifier: GPL-2.0-or-later
"""/etc/config/pmip-lma: what may stand in it, and the core's view of it."""

from collections import namedtuple

from lma_lite import kinds, prefix_pool
from lma_lite.policy import Node, Pool
from mag_lite.system import settings, uci
from mag_lite.system.settings import ANY, ONCE, REQUIRED, SectionSchema
from mag_lite.wire.address import format_address, format_home, format_prefix, prefix_contains

DEFAULT_PATH = "/etc/config/pmip-lma"

#: `addresses`: where we answer; `lifetime` in s; `timestamp_window` in ms, or None for any;
#: `delete_delay` and `assign_delay` in ms; `gre_key`: "allow", "require" or "refuse" GRE keys;
#: `mags`: {address: name of the gateway}; `pools` and `nodes` as in `policy`; `udp`: whether to
#: accept the wish for UDP; `ipsec`: the request id of the security associations without which
#: there is no signalling, or None; `mtus`: {address of a gateway: octets}, where they are given.
Configuration = namedtuple(
    "Configuration",
    ("addresses", "lifetime", "timestamp_window", "delete_delay", "assign_delay", "gre_key", "mags",
     "pools", "nodes", "udp", "ipsec", "mtus"))

#: So many fit into one Router Advertisement with room to spare.
_MOST_PREFIXES = 16

#: A network needs a network, a broadcast and a router's address, and one to give away.
_LONGEST_PREFIX = 30

SCHEMA = (
    SectionSchema("lma", ONCE, (
        ("enabled", settings.FLAG, "1"),
        ("address", settings.list_of(settings.ADDRESS), REQUIRED),
        ("lifetime", settings.integer(4, 262140, "s"), "3600"),
        ("timestamp_window", settings.integer(1, 86400000, "ms"), "300"),
        ("node_timestamps", settings.FLAG, "0"),
        ("udp", settings.FLAG, "0"),
        ("ipsec", settings.REQUEST_ID, None),
        ("delete_delay", settings.integer(0, 3600000, "ms"), "10000"),
        ("assign_delay", settings.integer(0, 60000, "ms"), "1500"),
        ("gre_key", settings.choice("allow", "require", "refuse"), "allow"),
    )),
    SectionSchema("mag", ANY, (
        ("address", settings.list_of(settings.ADDRESS), REQUIRED),
        ("mtu", settings.integer(576, 9000, "octets"), None),
    )),
    SectionSchema("pool", ANY, (
        ("service", settings.TEXT, None),
        ("network", kinds.PREFIX4, None),
        ("router", settings.ADDRESS4, None),
        ("prefix", kinds.PREFIX6, None),
        ("dhcp_relay", settings.FLAG, "0"),
    )),
    SectionSchema("node", ANY, (
        ("match", settings.PATTERN, REQUIRED),
        ("pool", settings.TEXT, None),
        ("address", settings.ADDRESS4, None),
        ("prefix", settings.list_of(kinds.PREFIX6), None),
        ("allow", settings.FLAG, "1"),
    )),
)


def load(path: str):
    """Read the file; return (Configuration or None, problems, enabled).

    Problems are (settings.ERROR or settings.WARNING, text).  With an error there is no
    configuration: half of an anchor would refuse those whom the other half served.
    """
    try:
        sections = uci.load(path)
    except (OSError, uci.UciError) as error:
        return None, [(settings.ERROR, "%s: %s" % (path, error))], True
    return interpret(sections, path)


def interpret(sections, path: str):
    """As `load`, from sections that were read already."""
    found, problems = settings.read(sections, SCHEMA, path)
    reader = _Reader(found, path, problems)
    lma = found.lma
    pools = reader.pools()
    configuration = Configuration(
        lma.address, lma.lifetime, None if lma.node_timestamps else lma.timestamp_window,
        lma.delete_delay, lma.assign_delay, lma.gre_key,
        reader.mags(pools), pools, reader.nodes(pools), lma.udp, lma.ipsec,
        reader.mtus())
    errors = [text for level, text in problems if level == settings.ERROR]
    return None if errors else configuration, problems, lma.enabled


class _Reader:
    """Builds the parts, and complains of what does not fit together."""

    def __init__(self, found, path: str, problems: list):
        self._found = found
        self._path = path
        self._problems = problems

    def pools(self) -> list:
        pools = []
        for index, section in enumerate(self._found.pool):
            where = _label("pool", section, index)
            if (section.network is None) != (section.router is None):
                self._complain("%s: options network and router need each other" % where)
                continue
            if section.network is None and section.prefix is None:
                self._complain("%s: it has neither option network nor option prefix" % where)
                continue
            network, length = section.network or (None, 0)
            pool = Pool(section.name or where, (section.service or "").encode(), network, length,
                        section.router, section.prefix, section.dhcp_relay)
            self._check_pool(where, pool, pools)
            pools.append(pool)
        if not pools:
            self._complain("there is no section 'pool'; no mobile node can get an address")
        return pools

    def _check_pool(self, where: str, pool: Pool, others: list):
        if pool.network:
            self._check_network(where, pool)
        if pool.prefix and pool.prefix[1] > prefix_pool.LENGTH:
            self._complain("%s: option prefix: %s is too small: each mobile node gets a /%d"
                           % (where, format_prefix(pool.prefix), prefix_pool.LENGTH))
        for other in others:
            for option, one, two in (("network", _network(pool), _network(other)),
                                     ("prefix", pool.prefix, other.prefix)):
                if one and two and _overlap(one, two):
                    self._complain("%s: option %s: %s overlaps pool '%s'"
                                   % (where, option, format_prefix(one), other.name))
            if other.selection == pool.selection:
                self._complain("%s: option service: pool '%s' has the same" % (where, other.name))

    def _check_network(self, where: str, pool: Pool):
        text = format_prefix(_network(pool))
        if pool.prefix_length > _LONGEST_PREFIX:
            self._complain("%s: option network: %s is too small: the longest prefix length is %d"
                           % (where, text, _LONGEST_PREFIX))
        elif not _is_host(pool, pool.router):
            self._complain("%s: option router: %s is not a host address of %s"
                           % (where, format_address(pool.router), text))

    def mags(self, pools: list) -> dict:
        mags = {}
        for index, section in enumerate(self._found.mag):
            where = _label("mag", section, index)
            for address in section.address:
                self._check_mag(where, address, mags, pools)
                mags[address] = section.name or where
        if not mags:
            self._warn("there is no section 'mag'; every registration will be refused")
        return mags

    def mtus(self) -> dict:
        return {address: section.mtu for section in self._found.mag if section.mtu
                for address in section.address}

    def _check_mag(self, where: str, address: bytes, mags: dict, pools: list):
        text = format_address(address)
        if address in mags:
            self._complain("%s: option address: %s is the address of mag '%s'"
                           % (where, text, mags[address]))
        for pool in pools:
            for home in (_network(pool), pool.prefix):
                if home and prefix_contains(home, address):
                    self._complain("%s: option address: %s lies in pool '%s'"
                                   % (where, text, pool.name))
        lengths = [len(local) for local in self._found.lma.address]
        if lengths and len(address) not in lengths:
            self._warn("%s: option address: %s cannot reach us: no address of section lma is of "
                       "its IP version" % (where, text))

    def nodes(self, pools: list) -> list:
        nodes = []
        for index, section in enumerate(self._found.node):
            where = _label("node", section, index)
            if section.match is not None:
                node = self._node(where, section, {pool.name: pool for pool in pools})
                for other in nodes:
                    self._check_nodes(where, node, other)
                nodes.append(node)
        return nodes

    def _node(self, where: str, section, pools: dict) -> Node:
        pool = section.pool
        if pool is not None and pool not in pools:
            self._complain("%s: option pool: there is no pool '%s'" % (where, pool))
        else:
            for option, home in _homes(section.address, section.prefix):
                pool = self._pool_of_home(where, section, option, home, pool, pools)
        if len(set(section.prefix)) < len(section.prefix):
            self._complain("%s: option prefix: one is there twice" % where)
        if len(section.prefix) > _MOST_PREFIXES:
            self._complain("%s: option prefix: there are %d, and %d are the most"
                           % (where, len(section.prefix), _MOST_PREFIXES))
        return Node(section.match.encode(), section.allow, pool, section.address,
                    tuple(section.prefix))

    def _pool_of_home(self, where: str, section, option: str, home, chosen, pools: dict):
        """The name of the pool that has the node's address or prefix; it may be left out."""
        if "*" in section.match:
            self._complain("%s: option %s: it is for one node, not for all that match '%s'"
                           % (where, option, section.match))
        for name in [chosen] if chosen else sorted(pools):
            if _gives(pools[name], home):
                return name
        self._complain("%s: option %s: %s is not one of %s to give away" % (
            where, option, format_home(home), "pool '%s'" % chosen if chosen else "any pool"))
        return chosen

    def _check_nodes(self, where: str, node: Node, other: Node):
        if node.match == other.match:
            self._complain("%s: option match: another node section has the same" % where)
        taken = _homes(other.address, other.prefixes)
        for option, home in _homes(node.address, node.prefixes):
            if (option, home) in taken:
                self._complain("%s: option %s: %s is another node's"
                               % (where, option, format_home(home)))

    def _complain(self, text: str):
        self._problems.append((settings.ERROR, "%s: %s" % (self._path, text)))

    def _warn(self, text: str):
        self._problems.append((settings.WARNING, "%s: %s" % (self._path, text)))


def _label(kind: str, section, index: int) -> str:
    return "%s '%s'" % (kind, section.name) if section.name else "@%s[%d]" % (kind, index)


def _homes(address, prefixes) -> list:
    """(option, home) of everything that is kept for a node."""
    addresses = [("address", address)] if address else []
    return addresses + [("prefix", prefix) for prefix in prefixes]


def _network(pool: Pool):
    return (pool.network, pool.prefix_length) if pool.network else None


def _gives(pool: Pool, home) -> bool:
    """Return True if the address or prefix is one that the pool has to give away."""
    if isinstance(home, tuple):
        return bool(pool.prefix) and home[1] == prefix_pool.LENGTH and (
            prefix_contains(pool.prefix, home[0]))
    return bool(pool.network) and _is_host(pool, home) and home != pool.router


def _is_host(pool: Pool, address: bytes) -> bool:
    """Return True if the address is in the network, and neither its first nor its last."""
    if not prefix_contains((pool.network, pool.prefix_length), address):
        return False
    host = int.from_bytes(address, "big") - int.from_bytes(pool.network, "big")
    return 0 < host < (1 << (32 - pool.prefix_length)) - 1


def _overlap(one, other) -> bool:
    return prefix_contains(one, other[0]) or prefix_contains(other, one[0])
