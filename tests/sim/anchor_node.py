# SPDX-License-Identifier: GPL-2.0-or-later
"""A local mobility anchor: its core, its kernel and its journal."""

from node import Node

from lma_lite import actions, binding_record
from lma_lite.anchor import Anchor
from lma_lite.binding_cache import Tunnel
from lma_lite.configuration import Configuration
from lma_lite.policy import Node as Profile

BLACKHOLE = "blackhole"
#: MinDelayBeforeBCEDelete (ms).
DELETE_DELAY = 10000
#: MaxDelayBeforeNewBCEAssign (ms).
ASSIGN_DELAY = 1500


class AnchorNode(Node):
    """`routes` and `keys` are what its kernel holds: {address: tunnel, or BLACKHOLE}, and
    {address: its GRE keys, up and down}."""

    def __init__(self, world, name, address, pool, settings, drift):
        super().__init__(world, name, drift)
        self.address = address
        self.pool = pool
        self.network = self.judge = None
        self.gateways = {}  # address -> access point
        self.routes = {}
        self.keys = {}
        self._next_keys = {}
        self.devices = set()
        self.journal = {}
        self.blocked = []
        self.refuses_routes = 0
        #: When its sessions were last lost (ms).
        self.lost_at = -1 << 40
        self._counter = None
        self._settings = settings
        self._port = 5436 if len(address) == 4 else 0

    # The daemon

    def sessions(self):
        """How many clients it knows."""
        return len(self.core.cache)

    def configuration(self):
        """As it stands in the file."""
        mags = {address: node.name for address, node in self.gateways.items()}
        profiles = [Profile(identity, False, None, None, ()) for identity in self.blocked]
        return Configuration((self.address,), self._settings.lifetime, 300, DELETE_DELAY,
                             ASSIGN_DELAY, "allow", mags, [self.pool], profiles, True, None, {})

    def start(self):
        """Take up the journal's sessions; the rest of the kernel's routes and tunnels go."""
        self.core = Anchor(self.configuration())
        self.started_at = self.fair_since = self.world.now
        self.world.event(self.name, "start", (len(self.journal), "records"))
        for name in sorted(self.journal):
            self._restore(name)
        self.settle()
        for address in list(self.routes):
            if self.core.cache.of_address(address) is None:
                self._unroute(actions.Unroute(address))
        self.devices &= set(self.core.sessions.tunnels())
        self._count_restart()
        self.judge.anchor_restarted(self)

    def _restore(self, name):
        try:
            binding = binding_record.restore(
                name, self.journal[name], self.core.policy.services)
            self.core.restore(binding, self.monotonic())
        except ValueError:
            del self.journal[name]

    def _count_restart(self):
        if self._counter is not None:
            self.core.restart_counter = self._counter
            return
        self._counter = self.core.restart_counter = self.world.now // 1000 + 1
        self.core.announce_restart()
        self.settle()

    def lose_everything(self):
        """The machine starts anew."""
        self.routes.clear()
        self.keys.clear()
        self.devices.clear()
        self.journal.clear()
        self._counter = None
        self.lost_at = self.world.now

    def tell(self, what, call, *arguments):
        """An event for the core; return what it says."""
        self.world.event(self.name, what, arguments)
        result = call(*arguments, self.monotonic())
        self.settle()
        if self.core:
            self.judge.anchor_acted(self)
        return result

    def receive(self, gateway, data):
        """A datagram of a gateway has come through."""
        if self.core is None:
            return
        self.world.event(self.name, "datagram", (gateway.address, data))
        self.core.receive(data, gateway.address, self._port, self.address, self.monotonic(),
                          self.time_of_day())
        self.settle()
        if self.core:
            self.judge.anchor_acted(self)

    def expire(self):
        """A deadline of the core's."""
        self.tell("timer", self.core.expire)

    # Actions

    @staticmethod
    def take(pending):
        """One by one, as lma_lite.executor does: the others may still change."""
        return (pending.pop(0),)

    def _send(self, action):
        data = action.data
        if data[2] == 6:
            self.judge.acknowledged(self, action.destination, data)
        elif data[2] == 16 and data[6] == 1:
            self.judge.order.tells(self, self.gateways[action.destination], data)
        self.world.note(self.name, "sends", (action.destination, data))
        self.network.to_gateway(self, self.gateways[action.destination], data)

    def _route(self, action):
        if self.refuses_routes:
            self.refuses_routes -= 1
            binding = self.core.cache.of_address(action.address)
            if binding:  # else it has been refused its other home
                self.judge.disturb(binding.link_layer_identifier)
            self.core.forwarding_failed(action.address, self.monotonic())
            return
        tunnel = Tunnel(action.mag, action.local, action.encapsulation)
        self.devices.add(tunnel)
        self.routes[action.address] = tunnel
        self._set_keys(action.address, self._next_keys.pop(action.address, None))

    def _keep_keys(self, action):
        self._next_keys[action.address] = action.keys

    def _set_keys(self, home, keys):
        if keys:
            self.keys[home] = keys
        else:
            self.keys.pop(home, None)

    def _blackhole(self, action):
        self.judge.order.given_up(self, self.core.cache.of_address(action.address).number)
        self.routes[action.address] = BLACKHOLE
        self._set_keys(action.address, None)

    def _unroute(self, action):
        self.routes.pop(action.address, None)
        self._set_keys(action.address, None)

    def _release_tunnel(self, action):
        self.world.after(DELETE_DELAY, self._remove_tunnel, self.core, Tunnel(*action))

    def _remove_tunnel(self, core, tunnel):
        if core is self.core and tunnel not in core.sessions.tunnels():
            self.devices.discard(tunnel)

    def _remember(self, action):
        self.journal[binding_record.key(action.binding)] = binding_record.record(action.binding)

    def _forget(self, action):
        self.judge.order.ended(self, action.binding.number)
        self.journal.pop(binding_record.key(action.binding), None)

    def _log(self, action):
        self.world.note(self.name, "log", (action.text,))

    how = {
        actions.Send: _send,
        actions.Keys: _keep_keys,
        actions.Route: _route,
        actions.Blackhole: _blackhole,
        actions.Unroute: _unroute,
        actions.ReleaseTunnel: _release_tunnel,
        actions.Remember: _remember,
        actions.Forget: _forget,
        actions.Log: _log,
    }
