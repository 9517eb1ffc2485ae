# SPDX-License-Identifier: GPL-2.0-or-later
"""The anchor's daemon: joins the core to the system and runs until it is told to stop.

A killed daemon leaves the kernel forwarding and the journal true; the next one adopts both.
Only `flush` takes the kernel state away.
"""

import gc

from lma_lite import binding_record, configuration
from lma_lite.anchor import Anchor
from lma_lite.control_verbs import ControlVerbs
from lma_lite.executor import Executor
from lma_lite.forwarding import AnchorForwarding
from lma_lite.home_links import HomeLinks
from lma_lite.listeners import Listeners
from mag_lite import VERSION
from mag_lite.system import settings, sockets
from mag_lite.system.clock import time_of_day
from mag_lite.system.control import ControlServer
from mag_lite.system.files import exists, make_directory
from mag_lite.system.journal import Journal
from mag_lite.system.loop import Loop
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.nftables import NftablesError
from mag_lite.system.path_mtu import PathMtuMonitor
from mag_lite.system.path_probe import INTERVAL, PathProbe
from mag_lite.wire.address import format_address

#: MicroPython collects garbage after this many octets.  Looking through 1000 sessions takes
#: longer than handing one over: not too often.
_GARBAGE_THRESHOLD = 262144

_RESTART = "restart"


class Daemon:
    """The anchor and everything it touches."""

    def __init__(self, chosen, configuration_path: str, run_directory: str, ubus_path: str, log):
        self.log = log
        self.loop = Loop()
        self.started_at = self.loop.now()
        self._configuration_path = configuration_path
        self._ubus_path = ubus_path
        self._flushing = False
        self._timer = self._wanted_at = None
        self._mtu_timers = {}
        self._removals = {}
        self._journal = Journal(run_directory + "/bindings")
        self._state = Journal(run_directory + "/state")
        self._forwarding = AnchorForwarding(run_directory, log)
        self._forwarding.prepare(chosen.addresses, _serves_ipv6(chosen), chosen.mtus)
        self.anchor = Anchor(chosen)
        self.listeners = Listeners(self.loop, log, self._received)
        self.home_links = HomeLinks(
            self.loop, log, self.anchor, self._forwarding, self._address_in_use)
        self._executor = Executor(
            self.loop.now, log, self.anchor, self.listeners, self._forwarding, self.home_links,
            self._journal, self._tunnel_made, self._tunnel_unused)
        self._path_monitor = self._watch_paths()
        self._path_probe = PathProbe(self.loop, log, self._path_probed)
        self._control_path = run_directory + "/control"

    def run(self):
        """Serve until `stop`."""
        self.home_links.survey()
        whole = self._restore()
        self.home_links.serve()
        self._listen()
        self._count_restart(whole)
        self._settle()
        answer = ControlVerbs(self).answer
        control = ControlServer(self.loop, self._control_path, answer)
        ubus = self._publish(answer)
        self.log.info("version %s serves %d gateways at %s" % (
            VERSION, len(self.anchor.configuration.mags),
            ", ".join([format_address(each) for each in self.anchor.configuration.addresses])))
        self.loop.run(self.log.exception)
        control.close()
        if ubus:
            ubus.close()

    def stop(self):
        """Stop soon and leave the kernel forwarding."""
        self.loop.at(self.loop.now(), self.loop.stop)

    def flush(self):
        """End every session, clear the kernel, and stop."""
        self.anchor.leave()
        self._settle()
        self._flushing = True
        self.stop()

    def reload(self) -> list:
        """Serve on as the configuration file says now; ValueError if it is wrong."""
        chosen, problems, _ = configuration.load(self._configuration_path)
        texts = [text for _, text in problems]
        if chosen is None:
            raise ValueError("; ".join(texts))
        before = self.anchor.configuration.mtus
        self.anchor.reconfigure(chosen, self.loop.now())
        self._settle()
        self._listen()
        self._forwarding.prepare(chosen.addresses, _serves_ipv6(chosen), chosen.mtus)
        self._set_mtus(before)
        self.home_links.survey()
        self.home_links.serve()
        self._path_monitor.close()
        self._path_monitor = self._watch_paths()
        self.log.info("configuration reloaded")
        return texts

    def _listen(self):
        chosen = self.anchor.configuration
        self.listeners.use(chosen.addresses, chosen.ipsec)

    def check(self) -> list:
        """Return what is wrong with the configuration file as it is now: (level, text)."""
        return configuration.load(self._configuration_path)[1]

    def revoke(self, mn_identifier) -> int:
        """End all sessions of a mobile node; return how many there were."""
        number = self.anchor.revoke(mn_identifier, self.loop.now())
        self._settle()
        return number

    def devices(self) -> dict:
        """{tunnel: device}"""
        return self._executor.devices

    def close(self):
        """Close everything; the kernel goes on forwarding unless flushed."""
        self.listeners.close()
        self.home_links.close()
        self._path_monitor.close()
        self._path_probe.close()
        if self._flushing:
            self._state.remove(_RESTART)
            self._forwarding.close()
        else:
            self._forwarding.abandon()
        self._state.close()
        self._journal.close()

    def _publish(self, answer):
        """Be on ubus; where there is none, as on other systems, not even its modules are read."""
        if not exists(self._ubus_path[: self._ubus_path.rfind("/") + 1]):
            return None
        from lma_lite import ubus_object

        return ubus_object.publish(
            self.loop, self.log, self.anchor.counters.count, self._ubus_path, answer)

    # What happens

    def _received(self, data: bytes, source: bytes, port: int, local: bytes):
        self.anchor.receive(data, source, port, local, self.loop.now(), time_of_day())
        self._settle()

    def _expire(self):
        self._timer = self._wanted_at = None
        self.anchor.expire(self.loop.now())
        self._settle()

    def _address_in_use(self, address: bytes) -> bool:
        kept = self.anchor.address_in_use(address, self.loop.now())
        self._settle()
        return kept

    def _settle(self):
        """Do what the core decided, and wake up when it wants."""
        self._executor.run()
        when = self.anchor.next_timeout()
        if when == self._wanted_at:
            return
        if self._timer is not None:
            self.loop.cancel(self._timer)
        self._wanted_at = when
        self._timer = None if when is None else self.loop.at(when, self._expire)

    # Paths

    def _watch_paths(self):
        return PathMtuMonitor(
            self.loop, list(self.anchor.configuration.mags), self._path_changed)

    def _tunnel_made(self, tunnel):
        # Later: a gateway waits for its answer.
        self._mtu_timers[tunnel] = self.loop.at(
            self.loop.now(), lambda: self._follow_path(tunnel))

    def _tunnel_unused(self, tunnel):
        """Its sessions may come back, as long as those are kept that were de-registered; making
        it again would keep them waiting."""
        if tunnel in self._removals:
            self.loop.cancel(self._removals[tunnel])
        self._removals[tunnel] = self.loop.at(
            self.loop.now() + self.anchor.configuration.delete_delay,
            lambda: self._executor.remove_tunnel(tunnel))

    def _set_mtus(self, before: dict):
        """Let tunnels have the configured MTUs, where these are others than before."""
        chosen = self.anchor.configuration
        for mag in chosen.mags:
            if chosen.mtus.get(mag) != before.get(mag):
                self._path_changed(mag)

    def _path_changed(self, mag: bytes):
        for tunnel in self.anchor.sessions.tunnels():
            if tunnel.mag == mag:
                self._follow_path(tunnel)

    def _path_probed(self, mag: bytes, mtu):
        self._forwarding.path_takes(mag, mtu)
        self._path_changed(mag)

    def _follow_path(self, tunnel):
        """Set the tunnel's MTU; look again when what is known of the path expires."""
        timer = self._mtu_timers.pop(tunnel, None)
        if timer is not None:
            self.loop.cancel(timer)
        if tunnel not in self._executor.devices:
            return
        try:
            again = self._forwarding.refresh_mtu(*tunnel)
        except NetlinkError as error:
            self.log.error("MTU of the tunnel to mag %s: %s" % (format_address(tunnel.mag), error))
            return
        if tunnel.mag not in self.anchor.configuration.mtus:
            self._path_probe.want(tunnel.local, tunnel.mag)
        self._mtu_timers[tunnel] = self.loop.at(
            self.loop.now() + (again or INTERVAL), lambda: self._follow_path(tunnel))

    # Restart

    def _restore(self) -> bool:
        """Take up the sessions of the journal; return False if one could not be read."""
        if self._journal.damaged:
            self.log.warning("journal: %d records are unreadable" % self._journal.damaged)
        records = self._journal.read()
        for name in sorted(records):
            self._restore_binding(name, records[name])
        self._executor.run()
        self._remove_strays()
        if len(self.anchor.cache):
            self.log.info("%d sessions taken up again" % len(self.anchor.cache))
        return not self._journal.damaged

    def _restore_binding(self, name: str, entry: dict):
        try:
            binding = binding_record.restore(name, entry, self.anchor.policy.services)
            self.anchor.restore(binding, self.loop.now())
        except ValueError as error:
            self.log.warning("journal: '%s' is not taken up: %s" % (name, error))
            self._journal.remove(name)

    def _remove_strays(self):
        """Remove what is in the kernel for sessions that there are not."""
        for address in self._forwarding.routes():
            if self.anchor.cache.of_address(address) is None:
                self._forwarding.unroute(address)
        for tunnel in self._forwarding.tunnels():
            if tunnel not in self.anchor.sessions.tunnels():
                self._forwarding.remove_tunnel(*tunnel)

    def _count_restart(self, whole: bool):
        """Tell the gateways if sessions were lost: the counter is the second of the loss."""
        counter = self._state.read().get(_RESTART, {}).get("counter")
        if whole and isinstance(counter, int):
            self.anchor.restart_counter = counter
            return
        self.anchor.restart_counter = (time_of_day() >> 16) & 0xFFFFFFFF
        self._state.write(_RESTART, {"counter": self.anchor.restart_counter})
        self.anchor.announce_restart()


def _serves_ipv6(chosen) -> bool:
    return any([pool.prefix for pool in chosen.pools])


def serve(path: str, run_directory: str, ubus_path: str, log) -> int:
    """Run the daemon until it is stopped; return the exit status: 1 if it cannot serve, else 0."""
    if hasattr(gc, "threshold"):
        gc.threshold(_GARBAGE_THRESHOLD)
    if hasattr(gc, "freeze"):
        gc.freeze()  # what is loaded stays: no collection need look at it
    chosen, problems, enabled = configuration.load(path)
    if not enabled:
        log.info("not enabled: %s: section lma: option enabled" % path)
        return 0
    for level, text in problems:
        (log.error if level == settings.ERROR else log.warning)(text)
    if chosen is None:
        return 1
    try:
        make_directory(run_directory)
        daemon = Daemon(chosen, path, run_directory, ubus_path, log)
        daemon.run()
        daemon.close()
    except (OSError, NetlinkError, NftablesError) as error:
        log.error("cannot serve: %s" % (
            sockets.reason(error) if isinstance(error, OSError) else error))
        return 1
    return 0
