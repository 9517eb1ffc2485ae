# SPDX-License-Identifier: GPL-2.0-or-later
"""Notices that the path to the other end of a tunnel got narrower.

A router that cannot pass on one of our tunnel packets says so with ICMP: fragmentation needed
(RFC 1191) or packet too big (RFC 8201).  The kernel learns from it, but its tunnel device does
not: larger packets that may be fragmented would be lost.  A filter in the kernel lets nothing
else wake us.
"""

import socket

from mag_lite.system import sockets
from mag_lite.system.tunnel import UDP_PORT

_IPPROTO_ICMP = 1
_IPPROTO_ICMPV6 = 58
_LONGEST_PACKET = 1500
_SETTLING_TIME = 50  # ms: the kernel may tell us before it has learnt it itself

# Classic BPF (linux/bpf_common.h): A is the accumulator, X the index register.
_LOAD_BYTE = 0x30  # A = byte at k
_LOAD_BYTE_X = 0x50  # A = byte at X + k
_LOAD_HALF_X = 0x48  # A = 16 bits at X + k
_LOAD_IP_LENGTH = 0xB1  # X = 4 * (byte at k & 15)
_IF_EQUAL = 0x15  # A == k
_RETURN = 0x06  # keep k bytes of the packet; 0 drops it

_GRE, _IPIP, _IPV6, _UDP = 47, 4, 41, 17

# From the IPv4 header on: destination unreachable (3), fragmentation needed (4), quoting a tunnel.
FILTER4 = (
    (_LOAD_IP_LENGTH, 0, 0, 0),
    (_LOAD_BYTE_X, 0, 0, 0),
    (_IF_EQUAL, 0, 10, 3),
    (_LOAD_BYTE_X, 0, 0, 1),
    (_IF_EQUAL, 0, 8, 4),
    (_LOAD_BYTE_X, 0, 0, 17),
    (_IF_EQUAL, 5, 0, _GRE),
    (_IF_EQUAL, 4, 0, _IPV6),
    (_IF_EQUAL, 3, 0, _IPIP),
    (_IF_EQUAL, 0, 3, _UDP),
    (_LOAD_HALF_X, 0, 0, 28),
    (_IF_EQUAL, 0, 1, UDP_PORT),
    (_RETURN, 0, 0, _LONGEST_PACKET),
    (_RETURN, 0, 0, 0),
)
# From the ICMPv6 header on: packet too big (2), quoting a tunnel.
FILTER6 = (
    (_LOAD_BYTE, 0, 0, 0),
    (_IF_EQUAL, 0, 5, 2),
    (_LOAD_BYTE, 0, 0, 14),
    (_IF_EQUAL, 2, 0, _GRE),
    (_IF_EQUAL, 1, 0, _IPV6),
    (_IF_EQUAL, 0, 1, _IPIP),
    (_RETURN, 0, 0, _LONGEST_PACKET),
    (_RETURN, 0, 0, 0),
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
