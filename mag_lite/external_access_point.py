# SPDX-License-Identifier: GPL-2.0-or-later
"""An access device without hostapd: another authenticator says who may be served."""


class ExternalAccessPoint:
    """As AccessPoint, where `attach` and `detach` tell of stations (RFC 5213 section 6.3).

    Only its own frames show that a station is there.
    """

    connected = True

    def __init__(self, loop, section, listener):
        self._loop = loop
        self._device = section.device
        self._listener = listener

    def query(self, mac: bytes):
        """A station without a session speaks: it is back if it has been let in once."""
        now = self._loop.now()
        self._loop.at(now, lambda: self._listener.station_returned(self._device, mac, now))

    def remove(self, mac: bytes, tell: bool = False):
        """One that is sent away has to be let in anew."""
        if tell:
            self._listener.station_barred(self._device, mac)

    def link_changed(self):
        """Nothing to look at."""

    def poll(self, mac: bytes):
        """Nobody else knows of it."""

    def reauthenticate(self, mac: bytes):
        """That is up to its authenticator."""

    def close(self):
        """Nothing to leave."""
