# SPDX-License-Identifier: GPL-2.0-or-later
"""Carries out what the anchor decided, in its order."""

from lma_lite import actions, binding_record
from lma_lite.binding_cache import Tunnel
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.nftables import NftablesError
from mag_lite.wire.address import format_address, format_home


class Executor:
    """One method per kind of action.

    `now()` tells the time, `on_tunnel(tunnel)` is called after one was made, `on_unused(tunnel)`
    when its last session has left it: it stays until `remove_tunnel`.
    """

    def __init__(self, now, log, anchor, listeners, forwarding, home_links, journal, on_tunnel,
                 on_unused):
        self.devices = {}
        self._keys = {}
        self._now = now
        self._log = log
        self._anchor = anchor
        self._listeners = listeners
        self._forwarding = forwarding
        self._home_links = home_links
        self._journal = journal
        self._on_tunnel = on_tunnel
        self._on_unused = on_unused

    def run(self):
        """Carry out the anchor's actions until none is left.

        A gateway waits for its answer, which leaves before a route is changed: the answer is
        longer on its way, and a route to a tunnel that is there hardly ever fails.
        """
        pending, routes = self._anchor.actions, []
        while pending or routes:
            if routes and not (pending and isinstance(pending[0], _BEFORE_ROUTES)):
                self._route(routes.pop(0))
                continue
            action = pending.pop(0)
            if isinstance(action, actions.Route) and _tunnel(action) in self.devices:
                routes.append(action)
            else:
                _HOW[type(action)](self, action)

    def _send(self, action):
        if not self._listeners.send(action.local, action.destination, action.port, action.data):
            self._anchor.counters.count("not sent")

    def _keep_keys(self, action):
        self._keys[action.address] = action.keys

    def _route(self, action):
        tunnel, keys = _tunnel(action), self._keys.pop(action.address, None)
        try:
            try:
                self._forwarding.route(action.address, self._device(tunnel), keys)
            except NetlinkError:
                self.devices.pop(tunnel, None)  # somebody may have removed it: make it again
                self._forwarding.route(action.address, self._device(tunnel), keys)
        except (NetlinkError, NftablesError) as error:
            self._log.error("the kernel does not forward to %s by mag %s: %s" % (
                format_home(action.address), format_address(action.mag), error))
            self._anchor.forwarding_failed(action.address, self._now())
            return
        self._home_links.attach(action.address)

    def _device(self, tunnel: Tunnel) -> str:
        if tunnel not in self.devices:
            self.devices[tunnel] = self._forwarding.add_tunnel(*tunnel)
            self._on_tunnel(tunnel)
        return self.devices[tunnel]

    def _blackhole(self, action):
        self._change("packets to %s are not dropped" % format_home(action.address),
                     self._forwarding.blackhole, action.address)

    def _unroute(self, action):
        self._change("the route to %s is not removed" % format_home(action.address),
                     self._forwarding.unroute, action.address)
        self._home_links.detach(action.address)

    def _release_tunnel(self, action):
        self._on_unused(_tunnel(action))

    def remove_tunnel(self, tunnel: Tunnel):
        """Take the device away, unless sessions use it again."""
        if tunnel in self._anchor.sessions.tunnels():
            return
        self.devices.pop(tunnel, None)
        self._change("the tunnel to mag %s is not removed" % format_address(tunnel.mag),
                     self._forwarding.remove_tunnel, *tunnel)

    def _change(self, otherwise: str, change, *arguments):
        try:
            change(*arguments)
        except NetlinkError as error:
            self._log.error("%s: %s" % (otherwise, error))

    def _remember(self, action):
        try:
            self._journal.write(
                binding_record.key(action.binding), binding_record.record(action.binding))
        except OSError as error:
            self._log.error("a session is not kept in the journal: %s" % error)

    def _forget(self, action):
        try:
            self._journal.remove(binding_record.key(action.binding))
        except OSError as error:
            self._log.error("a session is not dropped from the journal: %s" % error)

    def _write_log(self, action):
        self._log.at(action.level, action.text)


def _tunnel(action) -> Tunnel:
    return Tunnel(action.mag, action.local, action.encapsulation)


_BEFORE_ROUTES = (actions.Keys, actions.Route, actions.Remember, actions.Send)

_HOW = {
    actions.Send: Executor._send,
    actions.Keys: Executor._keep_keys,
    actions.Route: Executor._route,
    actions.Blackhole: Executor._blackhole,
    actions.Unroute: Executor._unroute,
    actions.ReleaseTunnel: Executor._release_tunnel,
    actions.Remember: Executor._remember,
    actions.Forget: Executor._forget,
    actions.Log: Executor._write_log,
}
