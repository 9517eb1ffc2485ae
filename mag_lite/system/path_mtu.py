# SPDX-License-Identifier: GPL-2.0-or-later
"""Notices that the path to the other end of a tunnel got narrower.

A router that cannot pass on one of our tunnel packets says so with ICMP: fragmentation needed
(RFC 1191) or packet too big (RFC 8201).  The kernel learns from it, but its tunnel device does
not: larger packets that may be fragmented would be lost.  A filter in the kernel lets nothing
else wake us.
"""

import socket

from mag_lite.system import sockets
from mag_lite.system.socket_filter import (
    IF_EQUAL,
    LOAD_BYTE,
    LOAD_BYTE_X,
    LOAD_HALF_X,
    LOAD_IP_LENGTH,
    RETURN,
)
from mag_lite.system.tunnel import UDP_PORT

_IPPROTO_ICMP = 1
_IPPROTO_ICMPV6 = 58
_LONGEST_PACKET = 1500
_SETTLING_TIME = 50  # ms: the kernel may tell us before it has learnt it itself

_GRE, _IPIP, _IPV6, _UDP = 47, 4, 41, 17

# From the IPv4 header on: destination unreachable (3), fragmentation needed (4), quoting a tunnel.
FILTER4 = (
    (LOAD_IP_LENGTH, 0, 0, 0),
    (LOAD_BYTE_X, 0, 0, 0),
    (IF_EQUAL, 0, 10, 3),
    (LOAD_BYTE_X, 0, 0, 1),
    (IF_EQUAL, 0, 8, 4),
    (LOAD_BYTE_X, 0, 0, 17),
    (IF_EQUAL, 5, 0, _GRE),
    (IF_EQUAL, 4, 0, _IPV6),
    (IF_EQUAL, 3, 0, _IPIP),
    (IF_EQUAL, 0, 3, _UDP),
    (LOAD_HALF_X, 0, 0, 28),
    (IF_EQUAL, 0, 1, UDP_PORT),
    (RETURN, 0, 0, _LONGEST_PACKET),
    (RETURN, 0, 0, 0),
)
# From the ICMPv6 header on: packet too big (2), quoting a tunnel.
FILTER6 = (
    (LOAD_BYTE, 0, 0, 0),
    (IF_EQUAL, 0, 5, 2),
    (LOAD_BYTE, 0, 0, 14),
    (IF_EQUAL, 2, 0, _GRE),
    (IF_EQUAL, 1, 0, _IPV6),
    (IF_EQUAL, 0, 1, _IPIP),
    (RETURN, 0, 0, _LONGEST_PACKET),
    (RETURN, 0, 0, 0),
)


def quoted_destination4(packet: bytes) -> bytes:
    """Whom the packet was for that an ICMP error (with its IPv4 header) quotes; b"" if cut off."""
    start = 4 * (packet[0] & 15) + 8 + 16 if packet else 0
    return _address(packet, start, 4)


def quoted_destination6(packet: bytes) -> bytes:
    """Whom the packet was for that an ICMPv6 error quotes; b"" if cut off."""
    return _address(packet, 8 + 24, 16)


def _address(packet: bytes, start: int, length: int) -> bytes:
    address = bytes(packet[start : start + length])
    return address if len(address) == length else b""


class PathMtuMonitor:
    """Calls `on_change(address)` when the path to one of `destinations` (bytes) got narrower.

    Then ask the kernel: what the ICMP message says is not believed here.
    """

    def __init__(self, loop, destinations, on_change):
        self._loop = loop
        self._destinations = destinations
        self._on_change = on_change
        self._changed = set()
        self._timer = None
        self._sockets = []
        lengths = {len(address) for address in destinations}
        if 4 in lengths:
            self._open(sockets.AF_INET, _IPPROTO_ICMP, FILTER4, quoted_destination4)
        if 16 in lengths:
            self._open(sockets.AF_INET6, _IPPROTO_ICMPV6, FILTER6, quoted_destination6)

    def close(self) -> None:
        """Stop listening; once."""
        for listener in self._sockets:
            self._loop.remove(listener.fileno())
            listener.close()
        self._sockets = []
        if self._timer:
            self._loop.cancel(self._timer)

    def _open(self, family: int, protocol: int, instructions, quoted_destination) -> None:
        listener = socket.socket(family, sockets.SOCK_RAW, protocol)
        self._sockets.append(listener)
        sockets.attach_filter(listener, instructions)
        listener.setblocking(False)
        self._loop.add(listener.fileno(), lambda: self._receive(listener, quoted_destination))

    def _receive(self, listener, quoted_destination) -> None:
        try:
            packet = sockets.receive(listener, _LONGEST_PACKET)
        except OSError:
            return
        destination = quoted_destination(packet or b"")
        if destination in self._destinations:
            self._changed.add(destination)
            if not self._timer:
                self._timer = self._loop.at(self._loop.now() + _SETTLING_TIME, self._settled)

    def _settled(self) -> None:
        changed, self._changed = self._changed, set()
        self._timer = None
        for destination in changed:
            self._on_change(destination)
