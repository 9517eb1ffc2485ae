# SPDX-License-Identifier: GPL-2.0-or-later
"""The addresses of this machine, and news of them (rtnetlink)."""

import struct
from collections import namedtuple

from mag_lite.system import netlink, sockets
from mag_lite.system.netlink import Request

RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x10, 0x100
IFA_ADDRESS, IFA_LOCAL = 1, 2

# `address` has 4 or 16 octets, `length` is that of its subnet's prefix, `device` an index.
OwnAddress = namedtuple("OwnAddress", ("address", "length", "device"))


def addresses(route) -> list:
    """All of them, link-local ones too; `route` is an `rtnetlink.Rtnetlink`."""
    found = []
    for family in (sockets.AF_INET, sockets.AF_INET6):
        request = Request("addresses", RTM_GETADDR, 0, struct.pack("BBBBI", family, 0, 0, 0, 0))
        found += route.dump(request, parse_address)
    return found


def parse_address(body: bytes) -> OwnAddress:
    """An address of the kernel's message; NetlinkError when malformed."""
    if len(body) < 8:
        raise netlink.NetlinkError("address of %d bytes" % len(body), 0)
    found = netlink.attributes(body, 8)
    # At the end of a point-to-point link IFA_ADDRESS is the other end's.
    address = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS, b"")
    return OwnAddress(address, body[1], struct.unpack_from("I", body, 4)[0])


class AddressMonitor:
    """Calls `on_change()` when an address of this machine came or went."""

    def __init__(self, loop, on_change):
        self._loop = loop
        self._on_change = on_change
        self._socket = netlink.open_socket(
            netlink.NETLINK_ROUTE, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        loop.add(self._socket.fileno(), self._receive)

    def close(self) -> None:
        """Stop listening; once."""
        self._loop.remove(self._socket.fileno())
        self._socket.close()

    def _receive(self) -> None:
        try:
            while netlink.receive(self._socket, "address notification") is not None:
                pass
        except netlink.NetlinkError:
            pass  # the kernel had more to say than it could: something has changed
        self._on_change()
