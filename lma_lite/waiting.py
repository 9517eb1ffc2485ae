# SPDX-License-Identifier: GPL-2.0-or-later
"""Updates that wait for a gateway to give a session up (RFC 5213 sections 5.4.1.2 and 5.4.1.3)."""

from lma_lite.binding_cache import Binding
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from mag_lite.timers import Timers

#: The kind of timer that ends the waiting; its key is (WAITING, key of the session).
WAITING = "waiting"


def key_of(binding: Binding):
    """What is waited for: that the gateway which serves this session now does so no more."""
    return binding.number, binding.proxy_care_of_address


class WaitingUpdates:
    """All of them, by what they wait for."""

    def __init__(self, timers: Timers):
        self._timers = timers
        self._updates = {}

    def add(self, key, update: ProxyBindingUpdate, until: int):
        """Let `update` wait; the first that waits for this sets the deadline (ms)."""
        if key not in self._updates:
            self._timers.set((WAITING, key), until)
        self._updates.setdefault(key, []).append(update)

    def overtake(self, update: ProxyBindingUpdate):
        """Forget what the same gateway said earlier of the same interface."""
        for key, updates in list(self._updates.items()):
            self._updates[key] = [
                other for other in updates
                if (other.source, other.owner) != (update.source, update.owner)]

    def take(self, key) -> list:
        """Return those that wait for this; they do no more."""
        self._timers.cancel((WAITING, key))
        return self._updates.pop(key, [])
