# SPDX-License-Identifier: GPL-2.0-or-later
"""What hostapd does at an access point: lets stations in, hears nothing when they roam away."""

#: A station that was not heard for so long (ms) is dropped.
INACTIVITY = 300000


class Authenticator:
    """The stations of one access point, whether its daemon runs or not."""

    def __init__(self, world, access_point):
        self.world = world
        self.stations = {}  # (interface, MAC) -> (phone, since)
        self.restarted_at = -1
        self._access_point = access_point

    def associate(self, phone, interface, cached):
        """A station gets in: with a key of an earlier time or by EAP."""
        key = interface, phone.mac
        self.stations[key] = (phone, self.world.now)
        tell, gateway = self._access_point.tell, self._access_point.gateway
        if gateway is None:
            return
        since = self._access_point.monotonic()
        if cached and tell("returned", gateway.station_returned, interface, phone.mac, since):
            return
        if self._access_point.gateway is gateway:
            self._authorized(key, b"" if cached == "forgotten" else phone.identity, since)

    def disassociate(self, phone, interface):
        """A station says good-bye; return True if that is news."""
        known = self.stations.pop((interface, phone.mac), None) is not None
        if known:
            self._gone(interface, phone.mac, "disconnected")
        return known

    def left_silently(self, phone, interface):
        """Nobody notices, for a while."""
        entry = self.stations.get((interface, phone.mac))
        self.world.after(INACTIVITY, self._time_out, interface, phone, entry)

    def frame(self, phone, interface, frame):
        """A station says something; one that is not known is told so."""
        if (interface, phone.mac) not in self.stations:
            self.world.after(2, phone.sent_away, self._access_point, interface)
        elif self._access_point.gateway:
            self._access_point.tell(
                "frame", self._access_point.gateway.frame_received, interface, frame)

    def forget_all(self):
        """It restarts, or its machine does."""
        for interface, mac in sorted(self.stations):
            phone = self.stations[interface, mac][0]
            self.world.after(
                self.world.between(10, 3000), phone.sent_away, self._access_point, interface)
        self.stations.clear()
        self.restarted_at = self.world.now

    def list_stations(self):
        """The daemon has just started and asks for them all, one after the other."""
        for number, key in enumerate(sorted(self.stations)):
            self.world.after(2 + number, self._describe, key, self._access_point.gateway)

    # What the daemon asks

    def query(self, interface, mac):
        """Who is this?"""
        self.world.after(3, self._describe, (interface, mac), self._access_point.gateway)

    def poll(self, interface, mac):
        """Is it there?"""
        entry = self.stations.get((interface, mac))
        if entry is None:
            self.world.after(1, self._gone, interface, mac, "not associated")
        elif entry[0].hears_poll(self._access_point, interface):
            self.world.after(self.world.between(2, 30), self._seen, interface, mac)

    def reauthenticate(self, interface, mac):
        """Run EAP again."""
        entry = self.stations.get((interface, mac))
        if entry and entry[0].is_at(self._access_point, interface):
            self.world.after(200, self._reauthenticated, (interface, mac), entry)

    def remove(self, interface, mac, tell):
        """Drop it."""
        entry = self.stations.pop((interface, mac), None)
        if entry and tell:
            self.world.after(2, entry[0].sent_away, self._access_point, interface)

    # What the daemon is told

    def _authorized(self, key, identity, since):
        gateway = self._access_point.gateway
        self._access_point.tell(
            "authorized", gateway.station_authorized, key[0], key[1], identity, since)

    def _describe(self, key, gateway):
        if key not in self.stations or gateway is not self._access_point.gateway or not gateway:
            return
        phone, since = self.stations[key]
        seconds = (self.world.now - since) // 1000 + 1
        self._authorized(key, phone.authenticated_as,
                         self._access_point.monotonic() - 1000 * seconds)

    def _reauthenticated(self, key, entry):
        present = entry[0].is_at(self._access_point, key[0])
        if present and self.stations.get(key) is entry and self._access_point.gateway:
            self._authorized(key, entry[0].identity, self._access_point.monotonic())

    def _seen(self, interface, mac):
        if (interface, mac) in self.stations and self._access_point.gateway:
            self._access_point.tell(
                "seen", self._access_point.gateway.station_seen, interface, mac)

    def _gone(self, interface, mac, reason):
        if (interface, mac) not in self.stations and self._access_point.gateway:
            self._access_point.tell(
                "gone", self._access_point.gateway.station_gone, interface, mac, reason)

    def _time_out(self, interface, phone, entry):
        if entry is not None and self.stations.get((interface, phone.mac)) is entry:
            if not phone.is_at(self._access_point, interface):
                del self.stations[interface, phone.mac]
                self._gone(interface, phone.mac, "inactive")
