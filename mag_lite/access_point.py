# SPDX-License-Identifier: GPL-2.0-or-later
"""The access point behind one access device: one BSS or several, each with its hostapd."""

from mag_lite.system.hostapd import Hostapd

#: Whose BSS is known; an open network may see any number of addresses.
_MOST_PLACES = 4096


class AccessPoint:
    """Makes one of the BSSes whose clients come in by the access device `section`.

    What their hostapds tell goes on to `listener`, with the device in place of the BSS; what
    is asked of a station goes to the BSS that it is at.  See mag_lite.system.hostapd.
    """

    def __init__(self, loop, section, listener):
        self._device = section.device
        self._listener = listener
        self._places = {}
        self._hostapds = {
            bss: Hostapd(loop, section.hostapd, bss, self, section.isolate)
            for bss in section.bss}

    def link_changed(self):
        """Look whether every hostapd is still the same."""
        for hostapd in self._hostapds.values():
            hostapd.link_changed()

    @property
    def connected(self) -> bool:
        """Return True if every BSS is on the air and its hostapd there."""
        return all([hostapd.connected for hostapd in self._hostapds.values()])

    def query(self, mac: bytes):
        """Have station_authorized told if this station is."""
        for hostapd in self._at(mac):
            hostapd.query(mac)

    def poll(self, mac: bytes):
        """Have told whether a station is in reach.

        Of one that no BSS has told of, all must be there to say that they do not know it.
        """
        hostapds = self._at(mac)
        if len(hostapds) == 1 or self.connected:
            for hostapd in hostapds:
                hostapd.poll(mac)

    def reauthenticate(self, mac: bytes):
        """Have a station run EAP again."""
        for hostapd in self._at(mac):
            hostapd.reauthenticate(mac)

    def remove(self, mac: bytes, tell: bool = False):
        """Drop a station."""
        for hostapd in self._at(mac):
            hostapd.remove(mac, tell)

    def close(self):
        """Leave all alone; once."""
        for hostapd in self._hostapds.values():
            hostapd.close()

    def _at(self, mac):
        bss = self._places.get(mac)
        return [self._hostapds[bss]] if bss else list(self._hostapds.values())

    def _is_at(self, mac, bss):
        if len(self._places) >= _MOST_PLACES:
            self._places = {}
        self._places[mac] = bss

    # What the hostapds tell

    def hostapd_up(self, bss):
        """As for the listener."""
        self._listener.hostapd_up(self._device, bss)

    def hostapd_down(self, bss, reason):
        """As for the listener."""
        self._listener.hostapd_down(self._device, bss, reason)

    def station_authorized(self, bss, mac, identity, since, transition):
        """As for the listener."""
        self._is_at(mac, bss)
        self._listener.station_authorized(self._device, mac, identity, since, transition)

    def station_returned(self, bss, mac, since):
        """As for the listener."""
        self._is_at(mac, bss)
        return self._listener.station_returned(self._device, mac, since)

    def station_gone(self, bss, mac, reason):
        """As for the listener, unless it has gone no further than to another BSS of ours."""
        if self._places.get(mac, bss) == bss:
            self._places.pop(mac, None)
            self._listener.station_gone(self._device, mac, reason)

    def station_seen(self, bss, mac):
        """As for the listener."""
        self._listener.station_seen(self._device, mac)
