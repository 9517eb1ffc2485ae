# SPDX-License-Identifier: GPL-2.0-or-later
"""The network between gateways and anchors, and everything that is wrong with it."""

from collections import namedtuple

#: What befalls messages: `loss`, `double` and `damage` are probabilities, delays in ms; `up` and
#: `down` tell whether anything comes through at all, to and from the anchors.
Weather = namedtuple("Weather", ("name", "loss", "double", "damage", "delay", "spread", "up",
                                 "down"))

FAIR = Weather("fair", 0, 0, 0, 4, 12, True, True)
BAD = (
    Weather("lossy", 0.15, 0.05, 0.02, 4, 60, True, True),
    Weather("shuffled", 0.05, 0.25, 0.02, 2, 400, True, True),
    Weather("stormy", 0.5, 0.2, 0.05, 10, 5000, True, True),
    Weather("slow", 0, 0, 0, 600, 2500, True, True),
    Weather("cut", 0, 0, 0, 4, 12, False, False),
    Weather("cut up", 0, 0, 0, 4, 12, False, True),
    Weather("cut down", 0.1, 0.1, 0, 4, 12, True, False),
)


class Network:
    """Carries octets between a gateway and an anchor; the weather is that of the gateway."""

    def __init__(self, world, hostile):
        self.world = world
        self._hostile = hostile

    def to_anchor(self, gateway, anchor, data):
        """A gateway sends."""
        weather = gateway.weather
        if gateway.nat:
            gateway.nat.passes_out(anchor)
        if weather is FAIR:
            self._carry(weather, anchor.receive, gateway, data)
        elif weather.up:
            self._risk(weather, anchor.receive, gateway, data)

    def to_gateway(self, anchor, gateway, data):
        """An anchor sends."""
        weather = gateway.weather
        if gateway.nat and not gateway.nat.is_open(anchor):
            return
        if weather is FAIR:
            self._carry(weather, gateway.receive, anchor, data)
        elif weather.down:
            self._risk(weather, gateway.receive, anchor, data)

    def _carry(self, weather, deliver, sender, data):
        world = self.world
        delay = weather.delay + int(world.chance() * weather.spread)
        world.at(world.now + delay, deliver, sender, data)

    def _risk(self, weather, deliver, sender, data):
        chance = self.world.chance
        if chance() < weather.loss:
            return
        if chance() < weather.damage:
            data = self._damage(data)
            if data is None:
                return
        self._carry(weather, deliver, sender, data)
        if chance() < weather.double:
            self._carry(weather, deliver, sender, data)

    def _damage(self, data):
        """Cut short, or with octets changed: these a checksum finds out, unless all is hostile."""
        world = self.world
        if world.chance() < 0.5:
            return data[:world.between(0, len(data) - 1)]
        if not self._hostile:
            return None
        octets = bytearray(data)
        for _ in range(world.between(1, 3)):
            octets[world.between(0, len(data) - 1)] = world.between(0, 255)
        return bytes(octets)
