# SPDX-License-Identifier: GPL-2.0-or-later
"""Who a station was when it last authenticated.

A station that returns with a cached key (PMKSA, IEEE 802.11 section 12.6.10.3) runs no EAP, and
its authenticator may have forgotten its identity.  Only the station that authenticated on this
link has the key, so it still is who it was.
"""

#: How long hostapd keeps a key (ms); an identity is not needed longer.
PMK_LIFETIME = 43200000
#: A station is asked to authenticate again no more often than this (ms).
ASK_AGAIN = 60000
#: More stations than an access point can have; the oldest is forgotten.
MOST_STATIONS = 512


class IdentityMemory:
    """Identities by station: (interface, MAC)."""

    def __init__(self):
        self._known = {}
        self._order = []
        self._asked = {}

    def learn(self, station, identity: bytes, now: int):
        """`station`, an (interface, MAC), has authenticated as `identity` (not empty)."""
        if station not in self._known:
            self._order.append(station)
        self._known[station] = (identity, now)
        if len(self._order) > MOST_STATIONS:
            del self._known[self._order.pop(0)]

    def recall(self, station, now: int):
        """Return who the station last was, nobody (empty) if that is not known (any more)."""
        identity, learnt = self._known.get(station, (b"", now))
        return identity if now - learnt <= PMK_LIFETIME else b""

    def forget(self, station):
        """The station has to authenticate anew."""
        if self._known.pop(station, None):
            self._order.remove(station)

    def served(self, station):
        """It has shown who it is: if it must do so anew, it is asked at once."""
        self._asked.pop(station, None)

    def may_ask(self, station, now: int) -> bool:
        """Return True, and count it, if `station` was not asked in the last ASK_AGAIN ms."""
        if station in self._asked and now - self._asked[station] < ASK_AGAIN:
            return False
        if len(self._asked) >= MOST_STATIONS:
            self._asked = {}
        self._asked[station] = now
        return True
