# SPDX-License-Identifier: GPL-2.0-or-later
"""One run: what the seed chooses, and the times of trouble and of quiet."""

from collections import namedtuple

from access_point import KINDS, AccessPoint
from anchor_node import AnchorNode
from judge import LATER, Judge
from network import Network
from phone import Phone
from trouble import Trouble
from world import World

from lma_lite.policy import Pool
from mag_lite.wire.address import parse_address

#: Times in ms but `lifetime` (s).  `timestamps`: whether clocks are good enough to stamp updates;
#: `hostile`: damaged messages get through; `scarce`: there are fewer addresses than clients.
Settings = namedtuple("Settings", (
    "access_points", "anchors", "phones", "lifetime", "timestamps", "encapsulation", "ipv6",
    "skew", "busy", "fair_for", "bad_for", "hostile", "scarce",
    "kinds"))

AUDIT = 1000


def choose_settings(world):
    """Every seed has a world of its own."""
    pick = world.choose
    settings = Settings(
        access_points=world.between(20, 28), anchors=pick((1, 1, 1, 2)),
        phones=world.between(200, 260), lifetime=pick((60, 120, 300, 600)),
        timestamps=pick((True, True, True, False)),
        encapsulation=pick(("gre", "gre-key", "ip", "udp")),
        ipv6=world.chance() < 0.25, skew=pick((0, 10, 10, 40)), busy=pick((5000, 20000, 60000)),
        fair_for=pick((20000, 60000, 180000)), bad_for=pick((3000, 15000, 40000)),
        hostile=world.chance() < 0.1, scarce=world.chance() < 0.08,
        kinds=pick((("four",), ("four",), ("four", "six", "both"), ("four", "six", "both"),
                    ("six",), ("both",))))
    return settings._replace(ipv6=settings.ipv6 and settings.encapsulation != "udp")


class Scenario:
    """`Scenario(seed).run(events)` raises what must not happen."""

    def __init__(self, seed, trace=None):
        self.world = world = World(seed, trace)
        self.settings = settings = choose_settings(world)
        self.judge = Judge(world, settings)
        self.trouble = Trouble(world, self.judge, settings)
        network = Network(world, settings.hostile)
        anchors = [self._anchor(number) for number in range(settings.anchors)]
        access_points = [self._access_point(number, anchors)
                         for number in range(settings.access_points)]
        phones = [self._phone(number) for number in range(settings.phones)]
        self.judge.introduce(access_points, anchors, phones)
        for node in anchors + access_points:
            node.network, node.judge = network, self.judge
        for anchor in anchors:
            anchor.gateways = {node.address: node for node in access_points}
        for node in anchors + access_points:
            node.start()

    def _anchor(self, number):
        settings, world = self.settings, self.world
        network = parse_address("10.%d.0.0" % (20 + number))
        length = 24 if settings.scarce else 16
        router = parse_address("10.%d.0.1" % (20 + number))
        prefix = (parse_address("2001:db8:%x::" % (0x100 + number)), 48)
        pool = Pool("internet", b"", network, length, router, prefix)
        address = "2001:db8:b::%x" if settings.ipv6 else "198.51.100.%d"
        return AnchorNode(world, "a%d.example" % number, parse_address(address % (1 + number)),
                          pool, settings, world.between(-50, 50))

    def _access_point(self, number, anchors):
        settings, world = self.settings, self.world
        address = "2001:db8:a::%x" if settings.ipv6 else "192.0.2.%d"
        node = AccessPoint(world, "ap%d" % number, parse_address(address % (10 + number)), anchors,
                           settings, world.between(-50, 50))
        if settings.encapsulation == "udp" and number % 3 == 0:
            node.move_behind_nat(parse_address("192.168.1.%d" % (10 + number)))
        node.error = world.between(-settings.skew, settings.skew)
        return node

    def _phone(self, number):
        """Some have the identity of another; some do not answer probes, or not always."""
        world = self.world
        name = number - 1 if number % 25 == 24 else number
        kind = self.settings.kinds[name % len(self.settings.kinds)]
        identity = b"%s%d@a%d.example" % (kind.encode(), name, name % self.settings.anchors)
        answers = 1 if world.chance() < 0.9 else world.choose((0, 0.5, 0.9))
        busy = self.settings.busy * (1 + 9 * (world.chance() < 0.3))
        return Phone(world, self.judge, number, identity, KINDS[kind], answers, busy)

    def run(self, events):
        """Trouble and quiet in turn, for so many events at least; then all go."""
        while self.world.events < events:
            self._turbulence(events)
            self._quiet()
            disputed = self.judge.disagreements()
            self._pass(self.world.now + 1000)
            self.judge.agreement(disputed)
        self._farewell()

    def _turbulence(self, events):
        self.world.steady = False
        self.world.episode += 1
        for phone in self.judge.phones:
            self.world.after(self.world.about(20000), phone.act, self.world.episode)
        self.trouble.begin()
        length = self.world.between(1, 3) * (self.settings.lifetime * 1000 + 60000)
        self._pass(self.world.now + length, self.world.events + events)

    def _quiet(self):
        self.world.steady = True
        self.world.episode += 1
        self.world.note("world", "quiet")
        self.trouble.end()
        for phone in self.judge.phones:
            phone.wake()
        self._pass(self.world.now + self.settings.lifetime * 1000 + LATER + 10000)

    def _farewell(self):
        self.world.note("world", "farewell")
        for phone in self.judge.phones:
            phone.go()
        self._pass(self.world.now + 700000)
        self.judge.audit()
        self.judge.emptiness()

    def _pass(self, end, most=1 << 60):
        """Let time pass until `end`, or until there were so many events."""
        world = self.world
        audit = world.events + AUDIT
        while world.events < most and world.step(end):
            if world.events >= audit:
                audit = world.events + AUDIT
                self.judge.audit()
