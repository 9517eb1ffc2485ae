# SPDX-License-Identifier: GPL-2.0-or-later
"""Many nodes, gateways and administrators at random: cache, kernel and pool always agree."""

from lma_room import (
    ANY,
    AP1,
    AP1_6,
    AP2,
    LMA,
    LMA6,
    MAGS,
    Room,
    address,
    configuration,
    node,
)

from lma_lite.actions import Blackhole, Forget, ReleaseTunnel, Remember, Route, Unroute
from lma_lite.policy import Pool
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.mobility_options import Option

ONE = (address("2001:db8:100:1::"), 64)
TWO = (address("2001:db8:100:2::"), 64)
SMALL = Pool("internet", b"", address("10.20.0.0"), 28, address("10.20.0.1"),
             (address("2001:db8:100::"), 61))
OURS = [address("10.20.0.14"), (address("2001:db8:100:7::"), 64)]
BLACKHOLE = "blackhole"


class Dice:
    """The same numbers on every Python."""

    def __init__(self, seed):
        self._state = seed

    def roll(self, sides):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._state >> 8) % sides

    def choose(self, things):
        return things[self.roll(len(things))]


class Kernel:
    """What the anchor's kernel and journal would hold."""

    def __init__(self, room):
        self.room = room
        self.routes = {}
        self.tunnels = set()
        self.journal = set()

    def follow(self):
        for action in self.room.did:
            self._do(action)
        self.room.did = []

    def _do(self, action):
        if isinstance(action, Route):
            self.tunnels.add(action[1:])
            self.routes[action.address] = action[1:]
        elif isinstance(action, ReleaseTunnel):
            assert tuple(action) not in self.routes.values(), "its routes would go with it"
            self.tunnels.remove(tuple(action))
        elif isinstance(action, Blackhole):
            self.routes[action.address] = BLACKHOLE
        elif isinstance(action, Unroute):
            del self.routes[action.address]
        elif isinstance(action, Remember):
            self.journal.add(action.binding.number)
        elif isinstance(action, Forget):
            self.journal.discard(action.binding.number)

    def check(self):
        bindings = list(self.room.anchor.cache)
        homes = [(home, each) for each in bindings for home in each.home_addresses()]
        expected = {
            home: BLACKHOLE if each.deregistered else tuple(each.tunnel) for home, each in homes}
        assert len(expected) == len(homes), "two sessions have one address or prefix"
        assert all([each.home_addresses() for each in bindings]), "a session has something"
        assert not [home for home in OURS if home in expected], "what is ours nobody has"
        assert self.routes == expected
        used = {tuple(each.tunnel) for each in bindings if not each.deregistered}
        assert self.tunnels == used == {tuple(each) for each in self.room.anchor.sessions.tunnels()}
        assert self.journal == {each.number for each in bindings}
        service = self.room.anchor.policy.services["internet"]
        prefixes = [home for home, _ in homes if isinstance(home, tuple)]
        assert service.addresses.used == len(homes) - len(prefixes)
        assert service.prefixes.used == len(prefixes)


def something(room, dice):
    """One thing that happens at an anchor."""
    mag = dice.choose((AP1, AP2, AP1_6))
    sessions = list(room.anchor.cache)
    known = [ANY] + [each.ipv4_home_address for each in sessions if each.ipv4_home_address]
    named = [ONE] + [prefix for each in sessions for prefix in each.home_network_prefixes]
    prefixes = dice.choose(([], [(bytes(16), 0)], [dice.choose(named)], [ONE, dice.choose(named)]))
    address_wish = dice.choose(known) if dice.roll(3) == 0 else ANY
    deed = dice.roll(22)
    if deed < 14:
        room.update(
            mag, local=LMA6 if len(mag) == 16 else LMA, node=b"mn%d" % dice.roll(9),
            home=None if prefixes and dice.roll(2) else address_wish,
            more=[Option(options.HOME_NETWORK_PREFIX, prefix=prefix, prefix_length=length)
                  for prefix, length in prefixes],
            indicator=1 + dice.roll(5), mac=dice.choose((None, b"\2\0\0\0\0\1", b"\2\0\0\0\0\2")),
            lifetime=dice.choose((0, 1, 5, 75)), gre=dice.roll(4) > 0)
    elif deed < 16 and room.revocation():
        room.acknowledge(dice.choose((0, 0, 128, 132)), room.revocation()[0])
    elif deed == 16:
        room.anchor.revoke((1, b"mn%d" % dice.roll(9)), room.now)
    elif deed == 17:
        room.refused_routes = dice.roll(2)
    elif deed == 18 and dice.roll(5) == 0:
        room.tell(header.BINDING_ERROR, mag, status=2)
    elif deed == 19:
        room.anchor.reconfigure(
            configuration(pools=[SMALL], nodes=dice.choose((
                [], [node(b"mn1", allow=False)],
                [node(b"mn2", home=address("10.20.0.5"), prefixes=(ONE, TWO))]))),
            room.now)
    elif deed == 20:
        room.anchor.address_in_use(address("10.20.0.%d" % (2 + dice.roll(13))), room.now)
    elif deed == 21 and sessions:
        revoke_ipv4(room, dice.choose(sessions))
    room.wait(dice.choose((0, 10, 1000, 4000)))
    room.drain()


def revoke_ipv4(room, binding):
    """Its gateway revokes a session's IPv4 address."""
    subtype, identifier = binding.mn_identifier
    room.tell(
        header.BINDING_REVOCATION_INDICATION, binding.proxy_care_of_address, (
            Option(options.MN_IDENTIFIER, subtype=subtype, identifier=identifier),
            Option(options.IPV4_HOME_ADDRESS_REQUEST, address=binding.ipv4_home_address or ANY)),
        trigger=6, flags=header.BR_PROXY | header.BR_IPV4_ONLY, sequence=1)


def test_cache_kernel_journal_and_pool_always_agree():
    for seed in range(12):
        dice = Dice(seed)
        room = Room(MAGS, [SMALL])
        room.anchor.exclude(OURS)
        kernel = Kernel(room)
        for _ in range(250):
            something(room, dice)
            kernel.follow()
            kernel.check()
        room.wait(400000)
        kernel.follow()
        kernel.check()
        assert len(room.anchor.cache) == 0 and room.anchor.next_timeout() is None
