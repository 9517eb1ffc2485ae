# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds by ICMP echo that packets of some size are lost on a path and no router says so
(RFC 5213 section 6.9.5)."""

import os
import socket
import struct

from mag_lite.core.path_mtu_search import PathMtuSearch
from mag_lite.system import netlink, sockets
from mag_lite.system.rtnetlink import Rtnetlink
from mag_lite.system.socket_filter import (
    IF_EQUAL,
    LOAD_BYTE_X,
    LOAD_HALF_X,
    LOAD_IP_LENGTH,
    RETURN,
)
from mag_lite.wire.address import format_address
from mag_lite.wire.checksum import internet_checksum

#: A path is probed at most this often, and some time after that is asked for (ms).
INTERVAL = 600000
_DELAY = 1000
_PATIENCE = 1000  # ms that an answer may take

_HEAD = 128  # octets of an answer that we look at
_NEVER_FRAGMENT = 3  # IP_PMTUDISC_PROBE, whatever is known of the path

# Of ICMP and ICMPv6: protocol, echo request, echo reply, (level, option) of IP_MTU_DISCOVER,
# octets in front of the data, what every path takes.
_ICMP = 1, 8, 0, (sockets.IPPROTO_IP, 10), 28, 576
_ICMPV6 = 58, 128, 129, (sockets.IPPROTO_IPV6, 23), 48, 1280


class PathProbe:
    """Probes paths now and then; `on_found(destination, mtu)` is called after each search.

    `mtu` is what the path takes (octets) if that is less than the kernel knows, else None: nothing
    is lost in silence, or nobody answers.
    """

    def __init__(self, loop, log, on_found):
        self._loop = loop
        self._log = log
        self._on_found = on_found
        self._due = {}
        self._searches = []

    def want(self, source: bytes, destination: bytes) -> None:
        """Have the path probed soon, unless that was done within INTERVAL."""
        now = self._loop.now()
        if now < self._due.get((source, destination), now):
            return
        self._due[source, destination] = now + INTERVAL
        self._loop.at(now + _DELAY, lambda: self._search(source, destination))

    def close(self) -> None:
        """Stop all searches; once, when the loop has ended."""
        for search in self._searches:
            search.close()

    def _search(self, source, destination):
        try:
            widest = _known_mtu(source, destination)
            self._searches.append(_Search(self._loop, source, destination, widest, self._ended))
        except (OSError, netlink.NetlinkError) as error:
            self._log.debug("no probe of the path to %s: %s" % (
                format_address(destination), error))

    def _ended(self, search, found):
        self._searches.remove(search)
        try:
            known = _known_mtu(search.source, search.destination)
        except netlink.NetlinkError:  # the path has gone meanwhile
            return
        self._on_found(search.destination, found if found and found < known else None)


class _Search:
    """Sends probes from `source` and hears the answers, until it knows."""

    def __init__(self, loop, source, destination, widest, on_end):
        protocol, self._request, reply, discover, self._overhead, least = (
            _ICMP if len(destination) == 4 else _ICMPV6)
        self.source = source
        self.destination = destination
        self._loop = loop
        self._on_end = on_end
        self._search = PathMtuSearch(min(least, widest), widest)
        self._identifier = os.urandom(2)
        family = sockets.AF_INET if len(destination) == 4 else sockets.AF_INET6
        self._socket = socket.socket(family, sockets.SOCK_RAW, protocol)
        try:
            self._open(reply, discover)
        except OSError:
            self._socket.close()
            raise
        self._loop.add(self._socket.fileno(), self._receive)
        self._send()

    def close(self):
        self._loop.cancel(self._timer)
        self._loop.remove(self._socket.fileno())
        self._socket.close()

    def _open(self, reply, discover):
        accepted = [
            (LOAD_BYTE_X, 0, 0, 0),
            (IF_EQUAL, 0, 3, reply),
            (LOAD_HALF_X, 0, 0, 4),
            (IF_EQUAL, 0, 1, int.from_bytes(self._identifier, "big")),
            (RETURN, 0, 0, _HEAD),
            (RETURN, 0, 0, 0),
        ]
        if len(self.destination) == 4:  # of IPv6 a raw socket hears no header
            accepted.insert(0, (LOAD_IP_LENGTH, 0, 0, 0))
        sockets.attach_filter(self._socket, accepted)
        self._socket.setblocking(False)
        level, option = discover
        self._socket.setsockopt(level, option, _NEVER_FRAGMENT)
        self._socket.bind(sockets.internet_address(self.source))

    def _send(self):
        for size in self._search.sizes:
            # What the kernel refuses is lost like any other.
            try:
                self._socket.sendto(
                    self._probe(size), sockets.internet_address(self.destination))
            except OSError:
                pass
        self._timer = self._loop.at(self._loop.now() + _PATIENCE, self._next_round)

    def _probe(self, size):
        """An echo request that makes a packet of so many octets, which is its number, too."""
        message = struct.pack("!BBH", self._request, 0, 0) + self._identifier
        message += struct.pack("!H", size) + bytes(size - self._overhead)
        if len(self.destination) == 4:  # for ICMPv6 the kernel does it
            checksum = struct.pack("!H", internet_checksum(message))
            message = message[:2] + checksum + message[4:]
        return message

    def _receive(self):
        try:
            received = sockets.receive_from(self._socket, _HEAD)
        except OSError:
            return
        if received is None or sockets.internet_peer(received[1])[0] != self.destination:
            return
        packet = received[0]
        start = 4 * (packet[0] & 15) if len(self.destination) == 4 else 0
        self._search.answered(int.from_bytes(packet[start + 6 : start + 8], "big"))

    def _next_round(self):
        self._search.next_round()
        if self._search.sizes:
            self._send()
            return
        self.close()
        self._on_end(self, self._search.found)


def _known_mtu(source, destination):
    route = Rtnetlink()
    try:
        return route.route_get(destination, source).mtu
    finally:
        route.close()
