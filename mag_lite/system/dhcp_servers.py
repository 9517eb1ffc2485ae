# SPDX-License-Identifier: GPL-2.0-or-later
"""The DHCP relay agent's way to servers: UDP from and to port 67 (RFC 2131 section 4.1)."""

import socket

from mag_lite.system import sockets
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.rtnetlink import Rtnetlink
from mag_lite.wire import dhcpv4
from mag_lite.wire.address import format_address

_LONGEST_MESSAGE = 2048
#: A socket over which nothing has been sent for so long is closed (ms).
_IDLE = 60000


class DhcpServers:
    """Sends to them and hears them, at our own address towards each.

    It has port 67 only while it is needed.  `on_reply(source, local, data)` gets each datagram
    that came to our address `local`.
    """

    def __init__(self, loop, log, on_reply):
        self._loop = loop
        self._log = log
        self._on_reply = on_reply
        self._sockets = {}
        self._timers = {}
        self._complaint = None

    def send(self, server: bytes, message: dhcpv4.Dhcp) -> bool:
        """Send a message on, with our address for its giaddr; return True if the kernel took it.

        Why it did not is logged, once until it does.
        """
        try:
            message.giaddr = local = _address_towards(server)
            self._socket(local).sendto(
                dhcpv4.encode(message), sockets.internet_address(server, dhcpv4.SERVER_PORT))
        except (OSError, NetlinkError) as error:
            self._complain(server, error)
            return False
        self._complaint = None
        return True

    def close(self) -> None:
        """Close what is open; once."""
        for local in list(self._sockets):
            self._loop.cancel(self._timers.pop(local))
            self._close(local)

    def _socket(self, local):
        if local in self._timers:
            self._loop.cancel(self._timers[local])
        else:
            self._sockets[local] = self._open(local)
        self._timers[local] = self._loop.at(
            self._loop.now() + _IDLE, lambda: self._let_go(local))
        return self._sockets[local]

    def _open(self, local):
        opened = socket.socket(sockets.AF_INET, sockets.SOCK_DGRAM, 0)
        try:
            # A DHCP server of this machine may have the port at all addresses.
            opened.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
            opened.bind(sockets.internet_address(local, dhcpv4.SERVER_PORT))
        except OSError:
            opened.close()
            raise
        opened.setblocking(False)
        self._loop.add(opened.fileno(), lambda: self._receive(local))
        return opened

    def _let_go(self, local):
        del self._timers[local]
        self._close(local)

    def _close(self, local):
        opened = self._sockets.pop(local)
        self._loop.remove(opened.fileno())
        opened.close()

    def _receive(self, local):
        try:
            received = sockets.receive_from(self._sockets[local], _LONGEST_MESSAGE)
        except OSError:
            return  # the server's machine says that nobody is there: the client will ask again
        if received is not None:
            source, _ = sockets.internet_peer(received[1])
            self._on_reply(source, local, received[0])

    def _complain(self, server, error):
        reason = sockets.reason(error) if isinstance(error, OSError) else str(error)
        if self._complaint != reason:
            self._complaint = reason
            self._log.warning("cannot relay to DHCP server %s: %s" % (
                format_address(server), reason))


def _address_towards(server):
    route = Rtnetlink()
    try:
        return route.route_get(server).source
    finally:
        route.close()
