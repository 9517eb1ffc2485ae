# SPDX-License-Identifier: GPL-2.0-or-later
"""The signalling sockets at our addresses, each as soon as the address is there."""

from mag_lite.system import sockets
from mag_lite.system.signalling import Signalling
from mag_lite.wire.address import format_address

# Milliseconds between attempts at addresses that we do not have yet.
_FIRST_RETRY = 500
_LAST_RETRY = 30000


class Listeners:
    """Hears gateways at all `addresses`; `on_message(data, source, port, local)` gets it all."""

    def __init__(self, loop, log, on_message):
        self._loop = loop
        self._log = log
        self._on_message = on_message
        self._open = {}
        self._ipsec = None
        self._missing = {}
        self._retry = _FIRST_RETRY
        self._timer = None

    def use(self, addresses, ipsec):
        """Listen at these addresses and no others; `ipsec` is as for Signalling."""
        for address in list(self._open):
            if address not in addresses or ipsec != self._ipsec:
                self._open.pop(address).close()
        self._missing = {address: None for address in addresses if address not in self._open}
        self._ipsec = ipsec
        self._retry = _FIRST_RETRY
        self._try()

    def is_open(self, address: bytes) -> bool:
        """Return True if we hear gateways at this address."""
        return address in self._open

    def send(self, local: bytes, destination: bytes, port: int, data: bytes) -> bool:
        """Return True if the kernel took the message."""
        signalling = self._open.get(local)
        return signalling is not None and signalling.send(data, destination, port)

    def close(self):
        """Close every socket; once."""
        self.use((), None)

    def _try(self):
        if self._timer is not None:
            self._loop.cancel(self._timer)
            self._timer = None
        for address in list(self._missing):
            self._try_address(address)
        if self._missing:
            self._timer = self._loop.at(self._loop.now() + self._retry, self._try)
            self._retry = min(2 * self._retry, _LAST_RETRY)

    def _try_address(self, address: bytes):
        try:
            self._open[address] = Signalling(
                self._loop, address,
                lambda data, source, port: self._on_message(data, source, port, address),
                self._log, self._ipsec)
        except OSError as error:
            if self._missing[address] != error.errno:
                self._missing[address] = error.errno
                self._log.warning("cannot listen at %s: %s" % (
                    format_address(address), sockets.reason(error)))
            return
        if self._missing.pop(address) is not None:
            self._log.info("listening at %s now" % format_address(address))
