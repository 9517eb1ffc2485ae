# SPDX-License-Identifier: GPL-2.0-or-later
"""The socket over which MAG and anchor exchange mobility messages.

Over IPv6 the Mobility Header is an IPv6 extension header (RFC 6275 6.1, protocol 135); over IPv4
it travels in UDP, port 5436 (RFC 5844 4.1).
"""

import socket

from mag_lite.system import sockets
from mag_lite.system.log import Log
from mag_lite.wire import mobility_header
from mag_lite.wire.address import format_address

PORT = 5436

_MOBILITY_HEADER = 135
_CHECKSUM_OFFSET = 4
_HOP_LIMIT = 64
_LONGEST_MESSAGE = 2048
_QUIET = 60000  # ms until the same trouble is worth another line
_PROBLEMS_APART = 1000  # ms between two messages about wrong Mobility Headers


class Signalling:
    """Sends and receives mobility messages at one local address of ours.

    `local_address` is 4 bytes for UDP over IPv4, 16 for the Mobility Header over IPv6; there the
    kernel fills in the checksum and drops what comes with a wrong one.  `on_message(data,
    source_address, source_port)` gets each message; the port is 0 over IPv6.  With `ipsec`, the
    request id of security associations, nothing is sent or heard without these.
    OSError when the address is not ours, another process has the port, or there is no IPsec.
    """

    def __init__(self, loop, local_address: bytes, on_message, log=None, ipsec=None):
        self._loop = loop
        self._on_message = on_message
        self._log = log or Log("pmip")
        self._complained = {}
        self._local_address = local_address
        self._next_problem = 0
        self._ipsec = ipsec
        self._over_ipv6 = len(local_address) == 16
        self._socket = _mobility_socket() if self._over_ipv6 else _udp_socket()
        try:
            if ipsec:
                from mag_lite.system.ipsec import demand
                demand(self._socket, self._over_ipv6, ipsec)
            self._socket.bind(sockets.internet_address(local_address, self._port(PORT)))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        loop.add(self._socket.fileno(), self._receive)

    def send(self, data: bytes, destination: bytes, port: int = PORT) -> bool:
        """Whether the kernel took the message; why not is logged once a minute and cause."""
        try:
            self._socket.sendto(data, sockets.internet_address(destination, self._port(port)))
        except OSError as error:
            self._complain("cannot send to " + format_address(destination), error)
            return False
        return True

    def close(self) -> None:
        """Free the address; once."""
        self._loop.remove(self._socket.fileno())
        self._socket.close()

    def _port(self, port: int) -> int:
        return 0 if self._over_ipv6 else port

    def _receive(self) -> None:
        # One message a wake-up: poll() says so if there are more, cheaper than asking in vain.
        try:
            received = sockets.receive_from(self._socket, _LONGEST_MESSAGE)
        except OSError as error:
            self._complain("cannot receive", error)
            return
        if received is not None:
            address, port = sockets.internet_peer(received[1])
            if self._over_ipv6:
                self._look_over(received[0], address)
            self._on_message(received[0], address, self._port(port))

    def _look_over(self, data: bytes, source: bytes) -> None:
        """Tell who sent a wrong header so, but not often: addresses can be forged."""
        offset, now = mobility_header.erroneous_field(data), self._loop.now()
        if offset is None or now < self._next_problem:
            return
        self._next_problem = now + _PROBLEMS_APART
        from mag_lite.system.parameter_problem import tell  # hardly anybody needs it
        try:
            tell(self._local_address, source, offset, data)
        except OSError as error:
            self._complain("cannot send to " + format_address(source), error)

    def _complain(self, what: str, error: OSError) -> None:
        now = self._loop.now()
        if now - self._complained.get(error.errno, now - _QUIET) >= _QUIET:
            self._complained[error.errno] = now
            reason = sockets.reason(error)
            if self._ipsec and error.errno in (sockets.EAGAIN, sockets.ESRCH):
                reason = "there is no IPsec security association"
            self._log.warning("%s: %s" % (what, reason))


def _udp_socket():
    return socket.socket(sockets.AF_INET, sockets.SOCK_DGRAM, 0)


def _mobility_socket():
    raw = socket.socket(sockets.AF_INET6, sockets.SOCK_RAW, _MOBILITY_HEADER)
    raw.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_CHECKSUM, _CHECKSUM_OFFSET)
    raw.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_UNICAST_HOPS, _HOP_LIMIT)
    return raw
