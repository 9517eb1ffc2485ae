# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole mobility domain in memory: access points, an anchor, phones, a network with a delay.

Nothing is played: the gateways' and the anchor's cores exchange real messages.  Time passes
only in `run`; messages on the way can be lost.
"""

import heapq

from lma_lite import actions as anchor_actions
from lma_lite.anchor import Anchor as LocalMobilityAnchor
from lma_lite.configuration import Configuration as AnchorConfiguration
from lma_lite.policy import Pool
from mag_lite import journal_record
from mag_lite.core import actions
from mag_lite.core.configuration import Access, Anchor, Configuration
from mag_lite.core.gateway import Gateway
from mag_lite.wire.address import parse_address

LMA = parse_address("198.51.100.1")
NETWORK = parse_address("10.20.0.0")
ROUTER = parse_address("10.20.0.1")
LINK = "wlan0"
DELAY = 10
CLOCK = 1714564800 << 16


class AccessPoint:
    """A gateway's core, what it put into its kernel, and the stations its hostapd knows."""

    def __init__(self, domain, address, ip_versions, encapsulation):
        self.domain = domain
        self.address = address
        self.anchor = Anchor(0, "lma", LMA, address, encapsulation, None)
        self.gateway = self._gateway(ip_versions)
        self.kernel = {}
        self.keys = {}
        self.stations = set()
        self.log = []

    def _gateway(self, ip_versions):
        access = {LINK: Access(LINK, (LINK,), "/var/run/hostapd", "authenticated", 4, True)}
        return Gateway(
            Configuration(self.domain.lifetime, "on", [], [], ip_versions, access, [self.anchor],
                          [], False, None),
            lambda binding: 1476)

    def reload(self, ip_versions):
        """Serve on with what the journal keeps, as another configuration says."""
        records = [journal_record.record(binding) for binding in self.gateway.bindings]
        self.gateway = self._gateway(ip_versions)
        for record in records:
            self.gateway.restore(
                journal_record.binding(record, self.gateway.configuration), self.domain.now)
        self.settle()

    def settle(self):
        gateway = self.gateway
        while gateway.actions:
            action = gateway.actions.pop(0)
            if isinstance(action, actions.SendMessage):
                self.domain.post(self.address, LMA, action.data)
            elif isinstance(action, actions.Forward):
                self.kernel[action.binding.mac] = action.binding.forwarded
                self.keys[action.binding.mac] = action.binding.keys
            elif isinstance(action, actions.Withdraw):
                homes = list(self.kernel.pop(action.mac))
                homes.remove(action.home)
                if homes:
                    self.kernel[action.mac] = tuple(homes)
            elif isinstance(action, actions.PollStation):
                if self.domain.whereabouts.get(action.mac) is self:
                    gateway.station_seen(LINK, action.mac, self.domain.now)
            elif isinstance(action, actions.RemoveStation):
                self.stations.discard(action.mac)
            elif isinstance(action, actions.Log):
                self.log.append(action.text)


class Domain:
    """Access points `self.access_points[0..]` and the anchor `self.anchor`."""

    def __init__(self, access_points=2, lifetime=3600000, timestamps=True, ip_versions=(4,),
                 prefix=None, nodes=(), encapsulation="gre"):
        self.now = 1000
        self.lifetime = lifetime
        self.timestamps = timestamps
        self.whereabouts = {}
        self.routes = {}
        self.keys = {}
        self.blackholes = set()
        self.lose = None
        self._post = []
        self._serial = 0
        addresses = [parse_address("192.0.2.%d" % (10 + n)) for n in range(access_points)]
        self.access_points = [AccessPoint(self, address, ip_versions, encapsulation)
                              for address in addresses]
        self.by_address = {ap.address: ap for ap in self.access_points}
        self.anchor = LocalMobilityAnchor(AnchorConfiguration(
            (LMA,), lifetime // 1000, 300, 10000, 1500, "allow",
            {address: "ap" for address in addresses},
            [Pool("internet", b"", NETWORK, 16, ROUTER, prefix)], nodes, False, None, {}))

    def post(self, source, destination, data):
        """Put a message on its way, unless the test loses it."""
        if self.lose is not None and self.lose(source, destination, data):
            return
        self._serial += 1
        heapq.heappush(self._post, (self.now + DELAY, self._serial, source, destination, data))

    def attach(self, number, mac, identity=b"mn1@example.org"):
        """A phone appears at an access point; the one that it left hears nothing of it."""
        ap = self.access_points[number]
        self.whereabouts[mac] = ap
        ap.stations.add(mac)
        self._clock(ap)
        ap.gateway.station_authorized(LINK, mac, identity, self.now, self.now)
        ap.settle()

    def leave(self, number, mac):
        """A phone says good-bye."""
        ap = self.access_points[number]
        self.whereabouts.pop(mac, None)
        ap.stations.discard(mac)
        ap.gateway.station_gone(LINK, mac, "it disassociated", self.now)
        ap.settle()

    def run(self, milliseconds):
        """Let time pass, event by event."""
        end = self.now + milliseconds
        while True:
            when = self._next()
            if when is None or when > end:
                break
            self.now = max(when, self.now)
            self._step()
        self.now = end

    def _next(self):
        times = [ap.gateway.next_timeout() for ap in self.access_points]
        times.append(self.anchor.next_timeout())
        times.append(self._post[0][0] if self._post else None)
        times = [time for time in times if time is not None]
        return min(times) if times else None

    def _step(self):
        while self._post and self._post[0][0] <= self.now:
            _, _, source, destination, data = heapq.heappop(self._post)
            if destination == LMA:
                self.anchor.receive(data, source, 5436, LMA, self.now, self._time_of_day())
            else:
                ap = self.by_address[destination]
                self._clock(ap)
                ap.gateway.message_received(source, data, self.now)
                ap.settle()
        for ap in self.access_points:
            self._clock(ap)
            ap.gateway.expire(self.now)
            ap.settle()
        self.anchor.expire(self.now)
        self._settle_anchor()

    def _settle_anchor(self):
        while self.anchor.actions:
            action = self.anchor.actions.pop(0)
            if isinstance(action, anchor_actions.Send):
                self.post(action.local, action.destination, action.data)
            elif isinstance(action, anchor_actions.Keys):
                self.keys[action.address] = action.keys
            elif isinstance(action, anchor_actions.Route):
                self.blackholes.discard(action.address)
                self.routes[action.address] = self.by_address[action.mag]
            elif isinstance(action, anchor_actions.Blackhole):
                self.routes.pop(action.address, None)
                self.blackholes.add(action.address)
            elif isinstance(action, anchor_actions.Unroute):
                self.routes.pop(action.address, None)
                self.blackholes.discard(action.address)

    def _time_of_day(self):
        return CLOCK + self.now * 65536 // 1000

    def _clock(self, ap):
        ap.gateway.sender.clock_offset = CLOCK if self.timestamps else None

    def homes_of(self, mac):
        """Return the homes for which exactly one access point and the anchor forward to `mac`.

        Fails if they disagree.
        """
        serving = [ap for ap in self.access_points if mac in ap.kernel]
        assert serving == [self.whereabouts[mac]], "served where the phone is, and only there"
        homes = serving[0].kernel[mac]
        for home in homes:
            assert self.routes[home] is serving[0], "the anchor's route leads there"
        return homes

    def address_of(self, mac):
        """As `homes_of`, of a phone that has an IPv4 address alone."""
        address, = self.homes_of(mac)
        return address

    def is_empty(self):
        """True if nobody holds any state."""
        return not (self.routes or self.blackholes or self._post or any(
            [ap.kernel or len(ap.gateway.bindings) for ap in self.access_points]))
