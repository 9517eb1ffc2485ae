# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the kernel takes clients' packets out of UDP: port 5437 (RFC 5844 section 4.1.4.1).

Right behind the UDP header comes a packet of IPv4 or IPv6, and nothing tells which but its first
octet.  A port of the kernel's kind FOU has one protocol; one of the kind GUE looks, for version 1
of that header is a bare IP packet.  Into UDP packets come by the tunnel device itself.
"""

import socket
import struct

from mag_lite.system import netlink, sockets
from mag_lite.system.netlink import Request, attribute, attribute_text
from mag_lite.system.tunnel import TTL, UDP_PORT
from mag_lite.wire.address import format_address

_NETLINK_GENERIC = 16

_GENL_ID_CTRL = 16
_CTRL_CMD_GETFAMILY = 3
_CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 1, 2

# linux/fou.h
_FOU_CMD_ADD, _FOU_CMD_DEL = 1, 2
_FOU_ATTR_PORT, _FOU_ATTR_AF, _FOU_ATTR_TYPE, _FOU_ATTR_LOCAL_V4 = 1, 2, 4, 6
_FOU_ENCAP_GUE = b"\2"
_VERSION = 1

_IPPROTO_RAW, _IPPROTO_UDP = 255, 17


def open_ports(addresses) -> None:
    """Take packets out of UDP at these addresses (4 octets) of ours; harmless where it is done.

    NetlinkError when the kernel refuses: ENOENT when it has no module fou.
    """
    _perform(_FOU_CMD_ADD, addresses, (sockets.EADDRINUSE,))


def close_ports(addresses) -> None:
    """Do so no longer; harmless where that is so already."""
    _perform(_FOU_CMD_DEL, addresses, (sockets.EINVAL,))


def knock(local: bytes, remote: bytes) -> None:
    """Send an empty datagram from port to port, so that a NAT in between lets packets back in.

    The kernel has the port, so this goes out beside it; at the other end it is dropped.
    """
    # Of the IP header the kernel fills in length, identification and checksum.
    data = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, TTL, _IPPROTO_UDP, 0) + local + remote
    data += struct.pack("!HHHH", UDP_PORT, UDP_PORT, 8, 0)
    raw = socket.socket(sockets.AF_INET, sockets.SOCK_RAW, _IPPROTO_RAW)
    try:
        raw.sendto(data, sockets.internet_address(remote, 0))
    finally:
        raw.close()


def _perform(command: int, addresses, tolerated) -> None:
    opened = netlink.Netlink(_NETLINK_GENERIC)
    try:
        family = opened.get(_get_family(), _parse_family)
        for address in addresses:
            opened.perform([_port(family, command, address)], tolerated)
    finally:
        opened.close()


def _get_family() -> Request:
    body = struct.pack("BBH", _CTRL_CMD_GETFAMILY, _VERSION, 0)
    body += attribute_text(_CTRL_ATTR_FAMILY_NAME, "fou")
    return Request("UDP encapsulation by the module fou", _GENL_ID_CTRL, 0, body)


def _parse_family(body: bytes) -> int:
    value = netlink.attributes(body, 4).get(_CTRL_ATTR_FAMILY_ID, b"")
    if len(value) != 2:
        raise netlink.NetlinkError("family fou", 0)
    return struct.unpack("H", value)[0]


def _port(family: int, command: int, address: bytes) -> Request:
    body = struct.pack("BBH", command, _VERSION, 0)
    body += attribute(_FOU_ATTR_PORT, struct.pack("!H", UDP_PORT))
    body += attribute(_FOU_ATTR_AF, bytes((sockets.AF_INET,)))
    body += attribute(_FOU_ATTR_TYPE, _FOU_ENCAP_GUE)
    body += attribute(_FOU_ATTR_LOCAL_V4, address)
    return Request("UDP port %d at %s" % (UDP_PORT, format_address(address)), family, 0, body)
