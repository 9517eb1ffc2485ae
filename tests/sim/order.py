# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether an anchor accepts updates in the order in which they were sent, and tells gateways
whom it has moved away from them.
"""

from collections import OrderedDict

from network import FAIR
from octets import homes_of, options_of
from world import Violation, show

from lma_lite.sessions import LIFETIME_UNIT
from mag_lite.wire.address import format_address
from mag_lite.wire.mobility_options import TIMESTAMP

#: Updates of one client that may still arrive.
REMEMBERED = 64
#: An anchor waits for a moment with its news, which then may meet other news (ms).
SOON = 1000
#: So long (ms) before, an anchor may have asked the gateway whether the client has left it.
REVOKING = 4000
#: BRIMaxRetriesNumber, and the first.
MOST_INDICATIONS = 2
#: By so much (ms) a stamp may be ahead of the clock, so that none is used twice.
ONE_MOMENT = 100


class Order:
    """Of all sessions; a client is (identity, MAC).  Raises Violation."""

    def __init__(self, world, settings):
        self.world = world
        self.settings = settings
        self._sent = {}  # client -> {(gateway's address, sequence): when, by which clock}
        self._accepted = {}  # session -> (gateway's address, when it was sent, by which clock)
        self._ended = {}  # session -> (when its gateway de-registered it, accepted before)
        self._place = {}  # session -> (gateway that has it, since when)
        self._indications = {}  # (gateway's address, identity, options) -> (octets, how often)
        self._told = {}  # (gateway's address, identity) -> when it was told of that (ms)
        self._missed = {}  # the same, of what may have been lost

    def forget(self, anchor):
        """An anchor begins anew, and counts its revocations anew."""
        self._indications.clear()
        for session in list(self._place):
            if session[0] is anchor:
                self.ended(anchor, session[1])

    def ended(self, anchor, number):
        """An anchor has deleted a session, and with it what was accepted last."""
        self._accepted.pop((anchor, number), None)
        self._ended.pop((anchor, number), None)
        self._place.pop((anchor, number), None)

    def given_up(self, anchor, number):
        """A gateway has said that it no longer serves a session."""
        self._place[anchor, number] = None, self.world.now

    def sent(self, access_point, client, data):
        """A gateway sends an update."""
        now = self.world.now
        stamp = now + access_point.error if access_point.synchronised else None
        updates = self._sent.setdefault(client, OrderedDict())
        if len(updates) >= REMEMBERED:
            updates.popitem(last=False)
        updates[access_point.address, data[6:8]] = now, stamp

    def accepted(self, anchor, gateway, client, data):
        """An anchor accepts it."""
        binding = self._session(anchor, data)
        if binding is None:
            return
        self._check_lifetime(anchor, binding, data)
        session = anchor, binding.number
        self._moves(session, gateway if data[10] or data[11] else None, client)
        found = self._sent.get(client, {}).get((gateway, data[8:10]))
        former = self._accepted.pop(session, None)
        ended, before = self._ended.pop(session, (-1, None))
        if not data[10] and not data[11]:
            self._ended[session] = self.world.now, former
        if found is None or self.settings.hostile:
            return
        if ended == self.world.now:
            former = before  # it has waited for the end
        if former and _is_older(gateway, found, former):
            raise Violation("%s accepts an update for %s that is older than another" % (
                anchor.name, client))
        self._accepted[session] = (gateway,) + found

    @staticmethod
    def _session(anchor, data):
        found = [anchor.core.cache.of_address(home) for home in homes_of(data)]
        return found[0] if found else None

    def _check_lifetime(self, anchor, binding, data):
        """What is granted counts from now; a message that comes again is known by its stamp."""
        granted = int.from_bytes(data[10:12], "big") * LIFETIME_UNIT
        if not granted or TIMESTAMP in options_of(data) or self.settings.hostile:
            return
        if binding.expires != anchor.monotonic() + granted:
            raise Violation("%s grants %s %d ms that end in %d" % (
                anchor.name, show(binding.mn_identifier[1]), granted,
                binding.expires - anchor.monotonic()))

    def _moves(self, session, gateway, client):
        former, _ = self._place.get(session, (None, 0))
        if gateway != former:
            place = self._place[session] = gateway, self.world.now
            if gateway and former:
                self.world.after(SOON, self._check_told, session, session[0].core, client,
                                 former, place)

    def may_have_missed(self, access_point, identity):
        """When a gateway was last told of that client in bad weather (ms)."""
        return self._missed.get((access_point.address, identity), -1 << 40)

    def tells(self, anchor, access_point, data):
        """An anchor sends a revocation, or repeats it once (RFC 5846 section 11)."""
        found = options_of(data)
        gateway = access_point.address
        self._told[gateway, found[8][1:]] = self.world.now
        nat = access_point.nat
        if access_point.weather is not FAIR or nat and not nat.is_open(anchor):
            self._missed[gateway, found[8][1:]] = self.world.now
        session = gateway, found[8][1:], data[12:]
        before, times = self._indications.get(session, (None, 0))
        times = times + 1 if before == data else 1
        if times > MOST_INDICATIONS:
            raise Violation("a revocation is sent %d times to %s" % (
                times, format_address(gateway)))
        self._indications[session] = data, times

    def _check_told(self, session, core, client, former, place):
        if session[0].core is not core or self._place.get(session) != place:
            return  # it has been killed, or there is later news
        if self.settings.hostile:
            return
        if self._told.get((former, client[0]), -1) < place[1] - REVOKING:
            raise Violation("%s did not tell a gateway that %s has left it" % (
                session[0].name, client))


def _is_older(gateway, update, former):
    """By their stamps if both have one; else the numbers of one gateway tell."""
    when, stamp = update
    if stamp is not None and former[2] is not None:
        return stamp + ONE_MOMENT < former[2]
    return stamp is former[2] is None and gateway == former[0] and when < former[1]
