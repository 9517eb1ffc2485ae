# SPDX-License-Identifier: GPL-2.0-or-later
"""Tunnel devices between a mobile access gateway and an anchor.

The transport's addresses decide the device: `gre` or `sit` over IPv4, `ip6gre` or `ip6tnl` over
IPv6.  All carry IPv4 and IPv6, have a fixed TTL, never fragment outside (path MTU discovery),
inherit the traffic class of the packet inside, and carry nothing optional: no checksum, no sequence
number, no tunnel encapsulation limit (RFC 2473 section 4.1.1), and no key but with "gre-key" (see
gre_keys.py).

`sit`, in its mode "any", is the one kind that takes both as IP-in-IP over IPv4, and puts UDP
between if told so (RFC 5844 section 4).  It is never narrower than IPv6 allows: where the path is,
it fragments outside (RFC 4213 section 3.2.2).
"""

import struct

from mag_lite.system import rtnetlink
from mag_lite.system.netlink import attribute

KEYED = "gre-key"
TTL = 64
LEAST_MTU = 1280
#: Of clients' packets (RFC 5844 section 4.1.4.1).
UDP_PORT = 5437
_TOS_INHERIT = 1
_ANY_PROTOCOL = 0
_TUNNEL_ENCAP_FOU = 1
_IP6_TNL_F_IGN_ENCAP_LIMIT = 0x1
_IP6_TNL_F_USE_ORIG_TCLASS = 0x2
# What the kernel adds to the flags when it finds that the ends' addresses are usable.
_IP6_TNL_F_CAPABILITIES = 0x30000

# Attribute numbers by kind of device (linux/if_tunnel.h, IFLA_GRE_* and IFLA_IPTUN_*).
_GRE = {"local": 6, "remote": 7, "ttl": 8, "tos": 9, "pmtudisc": 10, "limit": 11, "flags": 13}
_IPTUN = {
    "local": 2,
    "remote": 3,
    "ttl": 4,
    "tos": 5,
    "limit": 6,
    "flags": 8,
    "protocol": 9,
    "pmtudisc": 10,
    "encap_type": 15,
    "encap_sport": 17,
    "encap_dport": 18,
}
_SIT_FOR_GOOD = [_IPTUN[name] for name in ("local", "remote", "tos", "protocol")]
_GRE_KEYED = (2, 3)  # IFLA_GRE_IFLAGS and OFLAGS: key, checksum, sequence number
_GRE_KEYS = (4, 5)  # IFLA_GRE_IKEY and OKEY
_KEY_PRESENT = b"\x20\0"
#: The key of a keyed tunnel's device.  (For ip6gre 0 were the same as none.)
DEVICE_KEY = b"pmip"

_KINDS = {
    ("gre", 4): ("gre", _GRE, 24),
    ("gre", 16): ("ip6gre", _GRE, 44),
    ("gre-key", 4): ("gre", _GRE, 28),
    ("gre-key", 16): ("ip6gre", _GRE, 48),
    ("ip", 4): ("sit", _IPTUN, 20),
    ("ip", 16): ("ip6tnl", _IPTUN, 40),
    ("udp", 4): ("sit", _IPTUN, 28),
}


def kind(encapsulation: str, local: bytes) -> str:
    """The kernel's name for the kind of device; `encapsulation` is "gre", "gre-key" or "ip", or
    "udp", which there is over IPv4 only."""
    return _KINDS[encapsulation, len(local)][0]


def overhead(encapsulation: str, local: bytes) -> int:
    """Octets that the tunnel adds to each packet."""
    return _KINDS[encapsulation, len(local)][2]


def make(name: str, encapsulation: str, local: bytes, remote: bytes, mtu: int, alias: str) -> list:
    """The requests for a new device; `mtu` is what fits through the path, in octets."""
    data = encode(encapsulation, local, remote, mtu)
    width = _width(encapsulation, local, mtu)
    return rtnetlink.new_link(name, kind(encapsulation, local), data, width, alias)


def adapt(link, encapsulation: str, local: bytes, remote: bytes, mtu: int) -> list:
    """The requests that take a fitting device up and let it follow the path; [] if it does."""
    requests, width = [], _width(encapsulation, local, mtu)
    if link.mtu != width or not link.flags & rtnetlink.IFF_UP:
        requests.append(rtnetlink.set_link(link.index, width))
    wanted = attributes(encapsulation, local, remote, mtu)
    if link.kind == "sit" and not _has(link.data, wanted):
        data = encode(encapsulation, local, remote, mtu)
        requests.append(rtnetlink.change_link(link.index, link.kind, data))
    return requests


def _width(encapsulation: str, local: bytes, mtu: int) -> int:
    return max(mtu, LEAST_MTU) if kind(encapsulation, local) == "sit" else mtu


def attributes(encapsulation: str, local: bytes, remote: bytes, mtu: int = LEAST_MTU) -> dict:
    """{number: value} of the kind's netlink attributes."""
    _, numbers, _ = _KINDS[encapsulation, len(local)]
    found = {"local": local, "remote": remote, "ttl": bytes((TTL,))}
    if len(local) == 4:
        found["tos"] = bytes((_TOS_INHERIT,))
        found["pmtudisc"] = b"\1"
    else:
        flags = _IP6_TNL_F_IGN_ENCAP_LIMIT | _IP6_TNL_F_USE_ORIG_TCLASS
        found["flags"] = struct.pack("I", flags)
        found["limit"] = b"\0"
    if numbers is _IPTUN:
        found["protocol"] = bytes((_ANY_PROTOCOL,))
    if kind(encapsulation, local) == "sit":
        found["encap_type"] = struct.pack("H", _TUNNEL_ENCAP_FOU * (encapsulation == "udp"))
        if mtu < LEAST_MTU:
            found["pmtudisc"] = found["ttl"] = b"\0"  # with a TTL of its own it never fragments
    if encapsulation == "udp":
        found["encap_sport"] = found["encap_dport"] = struct.pack("!H", UDP_PORT)
    encoded = {numbers[name]: value for name, value in found.items()}
    if encapsulation == KEYED:
        encoded.update({number: _KEY_PRESENT for number in _GRE_KEYED})
        encoded.update({number: DEVICE_KEY for number in _GRE_KEYS})
    return encoded


def encode(encapsulation: str, local: bytes, remote: bytes, mtu: int = LEAST_MTU) -> bytes:
    """The netlink attributes of a new device."""
    found = attributes(encapsulation, local, remote, mtu)
    return b"".join([attribute(number, found[number]) for number in sorted(found)])


def fits(link, encapsulation: str, local: bytes, remote: bytes) -> bool:
    """Whether an existing `rtnetlink.Link` is such a tunnel already, or can be adapted to it."""
    if link.kind != kind(encapsulation, local):
        return False
    if encapsulation == "gre" and _is_keyed(link):
        return False
    found = dict(link.data)
    if len(local) == 16:
        number = _KINDS[encapsulation, 16][1]["flags"]
        flags = struct.unpack("I", found.get(number, bytes(4)))[0]
        found[number] = struct.pack("I", flags & ~_IP6_TNL_F_CAPABILITIES)
    wanted = attributes(encapsulation, local, remote)
    if link.kind == "sit":
        wanted = {number: wanted[number] for number in _SIT_FOR_GOOD}
    return _has(found, wanted)


def _has(found: dict, wanted: dict) -> bool:
    return all([found.get(number) == value for number, value in wanted.items()])


def _is_keyed(link) -> bool:
    return any([any(link.data.get(number, b"")) for number in _GRE_KEYED])


def ends(link):
    """(encapsulation, local, remote) of an existing device, all None when it is no such tunnel."""
    for (encapsulation, _), (name, numbers, _) in _KINDS.items():
        if name == link.kind and (
                numbers is not _GRE or _is_keyed(link) == (encapsulation == KEYED)):
            if name == "sit":
                encapsulation = "udp" if any(link.data.get(numbers["encap_type"], b"")) else "ip"
            return encapsulation, link.data.get(numbers["local"]), link.data.get(numbers["remote"])
    return None, None, None


def udp_ends(links) -> set:
    """Our addresses at which the devices among these that use UDP end."""
    found = [ends(link) for link in links]
    return {local for encapsulation, local, _ in found if encapsulation == "udp"}


def open_ports(addresses) -> None:
    """Let the kernel take packets out of UDP at these addresses; NetlinkError if it cannot."""
    if addresses:
        from mag_lite.system import udp_encapsulation
        udp_encapsulation.open_ports(addresses)


def close_ports(addresses) -> None:
    """Let it do so no longer."""
    if addresses:
        from mag_lite.system import udp_encapsulation
        udp_encapsulation.close_ports(addresses)
