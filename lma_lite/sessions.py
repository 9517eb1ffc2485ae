# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility sessions: Binding Cache entries with the home addresses, routes, tunnels and
lifetimes that hang on them (RFC 5213 5.3.2 to 5.3.5 and 5.6.1, RFC 5844 3.1.2.2 to 3.1.2.5).
"""

from lma_lite.acknowledgement import MAG_LINK_LOCAL_ADDRESS
from lma_lite.actions import Blackhole, Forget, Keys, ReleaseTunnel, Remember, Route, Unroute
from lma_lite.assignment import assign
from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER, Binding, BindingCache
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from mag_lite.timers import Timers
from mag_lite.wire import status
from mag_lite.wire.address import UNSPECIFIED6

#: Lifetimes are in units of this many milliseconds on the wire.
LIFETIME_UNIT = 4000

#: The kind of timer that ends a session; its key is (SESSION, number of the binding).
SESSION = "session"


class Sessions:
    """Opens, changes and closes sessions; what the kernel must do goes to `actions`."""

    def __init__(self, timers: Timers, actions: list):
        self.cache = BindingCache()
        self.configuration = None
        self._timers = timers
        self._actions = actions
        self._users = {}  # tunnel -> number of sessions
        self._unused = []
        self._last_number = 0

    def open(self, update: ProxyBindingUpdate, now: int):
        """Create a session; return (status, binding), the binding None if it is refused."""
        binding = Binding(
            self._last_number + 1, update.mn_identifier, update.access_technology,
            update.link_layer_identifier or NO_LINK_LAYER_IDENTIFIER)
        binding.service = update.service
        assignment = assign(binding, update)
        if assignment.code != status.ACCEPTED:
            return assignment.code, None
        self._last_number += 1
        binding.since = now
        self._enter(binding, update, assignment, now)
        return assignment.code, binding

    def extend(self, binding: Binding, update: ProxyBindingUpdate, now: int) -> int:
        """Update a session from the gateway that serves it now, the same or another.

        Return the status; nothing is changed if it refuses.
        """
        assignment = assign(binding, update)
        if assignment.code != status.ACCEPTED:
            return assignment.code
        self.cache.remove(binding)
        binding.access_technology = update.access_technology
        if update.link_layer_identifier:
            binding.link_layer_identifier = update.link_layer_identifier
        if update.care_of_address != binding.proxy_care_of_address:
            binding.since = now
        self._enter(binding, update, assignment, now)
        return assignment.code

    def drop(self, binding: Binding, homes):
        """Take some of its addresses and prefixes from a session that goes on."""
        self.cache.remove(binding)
        self._set_homes(binding, [home for home in binding.home_addresses() if home not in homes])
        self.cache.add(binding)
        self._actions.append(Remember(binding))

    def deregister(self, binding: Binding, now: int):
        """Stop forwarding; keep the entry for MinDelayBeforeBCEDelete."""
        if binding.deregistered:
            return
        for address in binding.home_addresses():
            self._actions.append(Blackhole(address))
        binding.deregistered = True
        binding.expires = now + self.configuration.delete_delay
        self._leave(binding.tunnel)
        self._timers.set((SESSION, binding.number), binding.expires)
        self._actions.append(Remember(binding))

    def delete(self, binding: Binding):
        """Delete the entry with its routes and give its home address back."""
        for address in binding.home_addresses():
            self._actions.append(Unroute(address))
        if not binding.deregistered:
            self._leave(binding.tunnel)
        self._timers.cancel((SESSION, binding.number))
        self.cache.remove(binding)
        binding.service.release(binding.home_addresses())
        self._actions.append(Forget(binding))

    def restore(self, binding: Binding, now: int):
        """Take up a session of the journal where it was left."""
        self._last_number = max(self._last_number, binding.number)
        binding.expires = min(binding.expires, now + binding.lifetime * LIFETIME_UNIT)
        self.cache.add(binding)
        self._timers.set((SESSION, binding.number), binding.expires)
        if binding.deregistered:
            for address in binding.home_addresses():
                self._actions.append(Blackhole(address))
        else:
            self._join(binding.tunnel)
            self._route(binding)

    def granted_lifetime(self, update: ProxyBindingUpdate) -> int:
        """The lifetime asked for, or ours if that is shorter, in units of 4 s."""
        return min(update.lifetime, self.configuration.lifetime * 1000 // LIFETIME_UNIT)

    def tunnels(self) -> list:
        """The tunnels in use."""
        return list(self._users)

    def release_tunnels(self):
        """Let go of the tunnels that lost their last session; after the answer is sent."""
        for tunnel in self._unused:
            if tunnel not in self._users:
                self._actions.append(ReleaseTunnel(*tunnel))
        self._unused.clear()

    def _enter(self, binding: Binding, update: ProxyBindingUpdate, assignment, now: int):
        """Set what the update says, then forward, then remember."""
        old = None if binding.deregistered else binding.tunnel
        same_way = (old, binding.downlink_key) == (update.tunnel, update.downlink_key)
        routed = binding.home_addresses() if same_way else []
        _record(binding, update)
        self._set_homes(binding, assignment.homes)
        binding.lifetime = self.granted_lifetime(update)
        binding.expires = now + binding.lifetime * LIFETIME_UNIT
        self.cache.add(binding)
        self._timers.set((SESSION, binding.number), binding.expires)
        if binding.tunnel != old:
            self._join(binding.tunnel)
            if old:
                self._leave(old)
        self._route(binding, routed)
        self._actions.append(Remember(binding))

    def _set_homes(self, binding: Binding, homes):
        """Let the session have these addresses and prefixes; what it had besides is free."""
        lost = [home for home in binding.home_addresses() if home not in homes]
        for home in lost:
            self._actions.append(Unroute(home))
        binding.service.release(lost)
        binding.set_home_addresses(homes)

    def _route(self, binding: Binding, routed=()):
        for home in binding.home_addresses():
            if home not in routed:
                if binding.keys:
                    self._actions.append(Keys(home, binding.keys))
                self._actions.append(Route(home, *binding.tunnel))

    def _join(self, tunnel):
        self._users[tunnel] = self._users.get(tunnel, 0) + 1

    def _leave(self, tunnel):
        self._users[tunnel] -= 1
        if not self._users[tunnel]:
            del self._users[tunnel]
            self._unused.append(tunnel)


def _record(binding: Binding, update: ProxyBindingUpdate):
    """Copy the accepted values into the entry."""
    binding.tunnel = update.tunnel
    binding.downlink_key = update.downlink_key
    binding.port = update.port
    binding.private_address = update.private_address
    binding.sequence = update.sequence
    binding.timestamp = max(update.timestamp, binding.timestamp) if update.timestamp else 0
    binding.handoff_indicator = update.handoff_indicator
    binding.deregistered = False
    if update.link_local_address == UNSPECIFIED6:
        binding.link_local_address = binding.link_local_address or MAG_LINK_LOCAL_ADDRESS
    elif update.link_local_address:
        binding.link_local_address = update.link_local_address
