# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses for which the kernel answers ARP requests on a link, as `ip neighbour proxy` (RFC 5944
section 4.6).

It does so without being asked to be a proxy in general, provided that it forwards and that its
route to the address leads elsewhere.  The entries of a link go when the link goes down.
"""

import struct
from collections import namedtuple

from mag_lite.system import netlink, sockets
from mag_lite.system.netlink import Request, attribute
from mag_lite.system.rtnetlink import (
    NDA_DST,
    NDA_PROTOCOL,
    RTM_DELNEIGH,
    RTM_GETNEIGH,
    RTM_NEWNEIGH,
    family,
)
from mag_lite.wire.address import format_address

NTF_PROXY = 0x8

ProxyNeighbour = namedtuple("ProxyNeighbour", ("device", "address", "protocol"))


def entries(route, protocol: int) -> list:
    """The IPv4 entries of this protocol number, of all links."""
    request = Request("proxy neighbours", RTM_GETNEIGH, 0, _header(sockets.AF_INET, 0))
    found = route.dump(request, parse)
    return [entry for entry in found if entry.protocol == protocol]


def add(entry: ProxyNeighbour) -> Request:
    """Let the kernel answer; harmless when it does already."""
    return Request("proxy neighbour " + format_address(entry.address), RTM_NEWNEIGH,
                   netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE,
                   _body(entry) + attribute(NDA_PROTOCOL, bytes((entry.protocol,))))


def delete(entry: ProxyNeighbour) -> Request:
    """Let it answer no more; ENOENT when it did not."""
    return Request("delete proxy neighbour " + format_address(entry.address), RTM_DELNEIGH, 0,
                   _body(entry))


def parse(body: bytes) -> ProxyNeighbour:
    """An entry of the kernel's message; NetlinkError when malformed."""
    if len(body) < 12:
        raise netlink.NetlinkError("proxy neighbour of %d bytes" % len(body), 0)
    found = netlink.attributes(body, 12)
    protocol = (found.get(NDA_PROTOCOL) or b"\0")[0]
    return ProxyNeighbour(
        struct.unpack_from("i", body, 4)[0], found.get(NDA_DST, b""), protocol)


def _body(entry: ProxyNeighbour) -> bytes:
    return _header(family(entry.address), entry.device) + attribute(NDA_DST, entry.address)


def _header(address_family: int, device: int) -> bytes:
    return struct.pack("BBHiHBB", address_family, 0, 0, device, 0, NTF_PROXY, 0)
