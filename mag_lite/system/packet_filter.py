# SPDX-License-Identifier: GPL-2.0-or-later
"""The gateway's packet filter, as nftables text.

Table `netdev pmip` stands at the door of each access device.  It lets in what a registered client
sends to its router, marked with the client's anchor, and nothing else: the map `clients`, for IPv6
`prefixes`, is both the check of the source (RFC 5844 section 3.2.4, RFC 5213 section 6.10.5) and
the choice of the tunnel.  A client makes its IPv6 addresses as it likes: its prefix is looked up.
What crosses no router, such as neighbour discovery, stays outside.  What the gateway
answers itself, its packet socket has seen before the door closes.

Table `inet pmip` keeps the access link apart from everything but the tunnels, whatever the rest
of the system is configured to forward, and clamps TCP's segment size to the tunnels' MTU.
"""

from mag_lite.wire.address import format_mac

ROUTER_MAC = b"\x00\x00\x5e\x00\x52\x13"  # RFC 6543 section 3

TABLE = "pmip"
CLIENTS = "clients"
PREFIXES = "prefixes"

MARK = 0x52130000  # + anchor index: from its client
FROM_TUNNEL = 0x8000  # set besides: from its tunnel
_MARK_FAMILY = 0xFFFF0000
_EITHER_WAY = 0xFFFFFFFF - FROM_TUNNEL

# Octets of both headers
_TCP_OVER_IPV4 = 40
_TCP_OVER_IPV6 = 60
_WORD_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

_FROM_CLIENT = (
    "ether daddr " + format_mac(ROUTER_MAC) + " meta mark set iifname . ether saddr . %s map @%s"
    " meta pkttype set host accept")
# The clients' data comes first: it is what most packets are.
_ACCESS_RULES = (
    "udp dport 67 drop",
    _FROM_CLIENT % ("ip saddr", CLIENTS),
    "ether type { 0x888e, 0x88b7, 0x88c7, 0x890d } accept",
    "ether type arp drop",
    "ip6 daddr { fe80::/10, ff00::/8 } drop",
    _FROM_CLIENT % ("(ip6 saddr & ffff:ffff:ffff:ffff::)", PREFIXES),
    "meta pkttype { broadcast, multicast } drop",
    "counter",
)

# Each hook costs a packet more than the rules in it: there are as few as can be.  What access
# devices send unmarked came in before their door was there.
_ISOLATION = """
add table inet pmip
delete table inet pmip
table inet pmip {
	set access { type ifname; %(access)s }
	set guarded { type ifname; %(guarded)s }
	chain segment_sizes_ipv6 {
		%(segment_sizes_ipv6)s
	}
	chain segment_sizes {
		meta nfproto ipv6 goto segment_sizes_ipv6
		%(segment_sizes)s
	}
	chain clients {
		notrack
		tcp flags syn / syn,rst goto segment_sizes
	}
	chain prerouting {
		type filter hook prerouting priority raw
		meta mark & %(family)d == %(mark)d goto clients
		%(from_tunnels)s
		iifname @access drop
	}
	chain input {
		type filter hook input priority filter - 5
		iifname @guarded drop
	}
}
add table ip6 pmip
delete table ip6 pmip
table ip6 pmip {
	set access { type ifname; %(access)s }
	chain output {
		type filter hook output priority filter - 5
		meta mark & %(family)d == %(mark)d accept
		oifname @access drop
	}
}
"""


def chain(device: str) -> str:
    """Name of the chain at the door of an access device."""
    name = "access-"
    for character in device:
        name += character if character in _WORD_CHARACTERS else "/%02x" % ord(character)
    return name


def map_of(home) -> str:
    """The map for a client's IPv4 address, or (address, 64), its prefix."""
    return PREFIXES if isinstance(home, tuple) else CLIENTS


def key(device: str, mac: bytes, home) -> bytes:
    """A client's key in the map: each part padded to 4 bytes, as the kernel's registers are."""
    name = device.encode()
    address = home[0] if isinstance(home, tuple) else home
    return name + bytes(16 - len(name)) + mac + bytes(2) + address


def parse_key(data: bytes):
    """(device, mac, home) of a key in the map."""
    address = data[24:]
    home = address if len(address) == 4 else (address, 64)
    return str(data[:16].split(b"\0")[0], "utf-8"), data[16:22], home


def ruleset(access, present, tunnels, stale_chains) -> str:
    """The whole filter; loaded over another it keeps the map's elements and lets no packet slip.

    `access`: names of all access devices; `present`: of those that exist now; `tunnels`:
    {device: (mark, MTU)}; `stale_chains`: existing chains to remove.
    """
    return _door(present, stale_chains) + _ISOLATION % {
        "access": _elements(access),
        "guarded": _elements(list(access) + list(tunnels)),
        "mark": MARK,
        "family": _MARK_FAMILY,
        "from_tunnels": "\n\t\t".join(
            [
                "iifname %s meta mark set %d goto clients" % (_quoted(device), mark | FROM_TUNNEL)
                for device, (mark, _) in tunnels.items()
            ]
        ),
        "segment_sizes": "\n\t\t".join(_segment_sizes(tunnels, _TCP_OVER_IPV4)),
        "segment_sizes_ipv6": "\n\t\t".join(_segment_sizes(tunnels, _TCP_OVER_IPV6)),
    }


def removal() -> str:
    """Text that removes everything of ours."""
    return "".join(["add table %s pmip\ndelete table %s pmip\n" % (family, family)
                    for family in ("netdev", "inet", "ip6")])


def _door(present, stale_chains) -> str:
    lines = [
        "add table netdev pmip",
        "add map netdev pmip clients { type ifname . ether_addr . ipv4_addr : mark; }",
        "add map netdev pmip prefixes { type ifname . ether_addr . ipv6_addr : mark; }",
    ]
    for name in stale_chains:
        lines.append("delete chain netdev pmip %s" % name)
    for device in present:
        name = chain(device)
        hook = "type filter hook ingress device %s priority filter; policy drop;" % _quoted(device)
        lines.append("add chain netdev pmip %s { %s }" % (name, hook))
        lines.append("flush chain netdev pmip %s" % name)
        for rule in _ACCESS_RULES:
            lines.append("add rule netdev pmip %s %s" % (name, rule))
    return "\n".join(lines)


def _segment_sizes(tunnels, headers) -> list:
    return ["meta mark & %d == %d tcp option maxseg size set %d" % (
        _EITHER_WAY, mark, mtu - headers) for mark, mtu in tunnels.values()]


def _elements(devices) -> str:
    names = ", ".join([_quoted(device) for device in devices])
    return "elements = { %s }" % names if names else ""


def _quoted(device: str) -> str:
    if '"' in device or "\n" in device or not 0 < len(device) < 16:
        raise ValueError("%s cannot be the name of a device" % device)
    return '"%s"' % device
