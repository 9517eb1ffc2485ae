# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip-mag: joins the core to the system and runs until it is told to stop.

A killed daemon leaves the kernel forwarding and the journal true; the next one adopts both.
Only `flush` takes the kernel state away.
"""

import gc

from mag_lite import VERSION, configuration, ubus_object
from mag_lite.access_links import AccessLinks
from mag_lite.announcer import Announcer
from mag_lite.control_verbs import ControlVerbs
from mag_lite.core.gateway import Gateway
from mag_lite.executor import Executor
from mag_lite.history import History
from mag_lite.lease_file import LeaseFile
from mag_lite.recovery import Recovery
from mag_lite.system import sockets, ubus
from mag_lite.system.access_bridge import AccessBridges
from mag_lite.system.clock import boot_identifier
from mag_lite.system.control import ControlServer
from mag_lite.system.dhcp_servers import DhcpServers
from mag_lite.system.files import make_directory
from mag_lite.system.forwarding import Forwarding
from mag_lite.system.journal import Journal
from mag_lite.system.loop import Loop
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.nftables import NftablesError
from mag_lite.system.rtnetlink import LinkMonitor
from mag_lite.transport import Transport
from mag_lite.trusted_clock import TrustedClock

#: How long the news of a device that restarts may take to come in (ms).
_SETTLING_TIME = 200
#: MicroPython collects garbage after this many octets: its heap stays small and fast.
_GARBAGE_THRESHOLD = 65536


class Daemon:
    """The gateway and everything it touches."""

    def __init__(self, chosen, configuration_path: str, run_directory: str, ubus_path: str, log,
                 history):
        self.configuration = chosen
        self.configuration_path = configuration_path
        self.run_directory = run_directory
        self.log = log
        self.history = history
        self.loop = Loop()
        self.clock = TrustedClock(run_directory + "/clock", chosen.timestamp)
        self.started_at = self.loop.now()
        #: What to do after `run`: take the kernel state away; or serve again, as configured here.
        self.flushing = False
        self.successor = None
        self._prepared = []
        self._wanted_at = None
        self._timer = None
        self._repair_timer = None
        self._recorder = None
        self._access_points_lost = set()
        self.journal = Journal(run_directory + "/bindings")
        self.forwarding = Forwarding(
            run_directory, log, _serves_ipv6(chosen), chosen.local_routing)
        self._bridges = AccessBridges()
        # Sessions are lost with the journal, which is lost when the machine starts anew.
        self.gateway = Gateway(chosen, self._mtu, boot_identifier())
        self.transport = Transport(
            self.loop, log, chosen.anchors, chosen.ipsec, self._message_received,
            self._anchors_found, self._path_changed, self._path_probed)
        self.links = AccessLinks(self.loop, log, chosen.access, self._frame_received, self)
        self._dhcp_servers = DhcpServers(self.loop, log, self._dhcp_reply_received)
        self._ubus = ubus.Ubus(self.loop, log, self.gateway.counters.count, ubus_path)
        self._leases = LeaseFile(
            self.loop, log, run_directory + "/leases", self.gateway.bindings)
        self._announcer = Announcer(self._ubus, self._leases, history, self.loop.now)
        self._executor = Executor(self.loop, log, self.gateway, self.transport, self.links,
                                  self._dhcp_servers, self.forwarding, self.journal,
                                  self._announcer)
        self._recovery = Recovery(
            self.loop, log, chosen, self.gateway, self.forwarding, self.journal)
        verbs = ControlVerbs(self)
        self._control = ControlServer(self.loop, run_directory + "/control", verbs.answer)
        ubus_object.publish(self._ubus, verbs.answer, trace=self.trace)
        self._ubus.watch("hostapd.*", self._hostapd_changed)
        self._ubus.watch("network.interface", None, self._network_changed)
        self._monitor = LinkMonitor(self.loop, self._link_changed)

    def run(self):
        """Serve until `stop`."""
        self.links.check_all()
        self.transport.check()
        if not self._prepared:
            self._prepare([])
        self._recovery.restore(self._prepared)
        self._leases.changed()
        self._settle()
        self.log.info("version %s serves %s" % (
            VERSION, ", ".join(sorted(self.configuration.access))))
        self.loop.run(self.log.exception)

    def stop(self):
        """Stop soon and leave the kernel forwarding."""
        self.loop.at(self.loop.now(), self.loop.stop)

    def flush(self):
        """Say good-bye to the anchors, clear the kernel, and stop."""
        self.gateway.leave(self.loop.now())
        self._settle()
        self.flushing = True
        self.stop()

    def reload(self):
        """Serve on as the configuration file says now; ValueError if it cannot be served.

        Return what is wrong with the file nevertheless, and what it names in vain.  The successor
        finds the sessions in kernel and journal, as after a crash.
        """
        from mag_lite.absent import absentees

        chosen, problems, _ = configuration.load(self.configuration_path)
        if chosen is None:
            raise ValueError("; ".join([text for _, text in problems]))
        self.successor = chosen
        self.stop()
        return [text for _, text in problems] + absentees(chosen)

    def close(self):
        """Close everything; the kernel goes on forwarding unless flushed."""
        if self._recorder is not None:
            self._recorder.finish()
        self._monitor.close()
        self._control.close()
        self._ubus.close()
        self._leases.close(not self.flushing)
        self.links.close()
        self.transport.close()
        self._dhcp_servers.close()
        if self.flushing:
            self.forwarding.close()
            self._bridges.prepare([])
        else:
            self.forwarding.abandon()
        self._bridges.close()
        self.journal.close()

    def attach(self, device: str, mac: bytes, identity: bytes):
        """Serve a station that another authenticator has let in; ValueError if it is refused."""
        decision = self.gateway.policy.decide(self.configuration.access[device], mac, identity)
        if decision.refusal:
            raise ValueError("not served: " + decision.refusal)
        self.station_authorized(device, mac, identity, self.loop.now())

    def detach(self, mac: bytes) -> bool:
        """End the session of a station and send it away; return True if there was one."""
        found = [binding for binding in self.gateway.bindings if binding.mac == mac]
        for binding in found:
            self.links.access_point(binding.interface).remove(mac, True)
            self.gateway.station_gone(
                binding.interface, mac, "detached by the administrator", self.loop.now())
        self._settle()
        return bool(found)

    def probe(self):
        """Ask every anchor whether it is there, and whether it would take registrations."""
        from mag_lite.core.trial_registration import TrialRegistration

        now, gateway = self._now(), self.gateway
        gateway.trial = TrialRegistration(gateway.registration)
        for anchor in self.configuration.anchors:
            gateway.heartbeat.ask(anchor, now)
            gateway.trial.ask(anchor, now)
        self._settle()

    def trace(self, arguments: dict, answer):
        """Record what happens to the station `mac` for `seconds`, and call `answer(values)` then;
        ValueError.  See trace_recorder."""
        from mag_lite import trace_recorder

        self._recorder = trace_recorder.start(self, self._recorder, arguments, answer)

    # What happens

    def station_authorized(self, interface, mac, identity, since, transition=False):
        """Hostapd's listener: see mag_lite.system.hostapd."""
        self.gateway.station_authorized(
            interface, mac, identity, since, self._now(), transition)
        self._settle()

    def station_returned(self, interface, mac, since):
        """As above."""
        known = self.gateway.station_returned(interface, mac, since, self._now())
        self._settle()
        return known

    def station_barred(self, interface, mac):
        """As above."""
        self.gateway.identities.forget((interface, mac))

    def station_gone(self, interface, mac, reason):
        """As above."""
        self.gateway.station_gone(interface, mac, reason, self._now())
        self._settle()

    def station_seen(self, interface, mac):
        """As above."""
        self.gateway.station_seen(interface, mac, self._now())
        self._settle()

    def hostapd_up(self, interface, bss):
        """As above, of one BSS of the access device."""
        self.log.info("access point on %s: connected to hostapd" % bss)
        if bss in self._access_points_lost:
            self._access_points_lost.discard(bss)
            self.gateway.link_restored(interface, self._now())
            self._settle()

    def hostapd_down(self, interface, bss, reason):
        """As above."""
        self.log.warning("access point on %s: no connection to hostapd: %s" % (bss, reason))
        self._access_points_lost.add(bss)

    def _frame_received(self, interface, frame):
        self.gateway.frame_received(interface, frame, self._now())
        self._settle()

    def _message_received(self, source, data):
        self.gateway.message_received(source, data, self._now())
        self._settle()

    def _dhcp_reply_received(self, source, local, data):
        self.gateway.dhcp_reply_received(source, local, data, self._now())
        self._settle()

    def _expire(self):
        self._timer = self._wanted_at = None
        self.gateway.expire(self._now())
        self._settle()

    def _now(self):
        """The time of an event, and with it our idea of the time of day."""
        now = self.loop.now()
        self.gateway.sender.clock_offset = self.clock.offset(now)
        return now

    def _settle(self):
        """Do what the core decided, and wake up when it wants."""
        self._executor.run()
        when = self.gateway.next_timeout()
        if when == self._wanted_at:
            return
        if self._timer is not None:
            self.loop.cancel(self._timer)
        self._wanted_at = when
        self._timer = None if when is None else self.loop.at(when, self._expire)

    # Links and paths

    def _link_changed(self, name):
        if name is None:
            self.links.check_all()
            self._prepare(self._prepared)
            self._repair_soon()
            return
        device = self.links.device_of(name)
        if device is None:
            self.transport.check_soon()
            return
        if self.links.check(device):
            self._prepare(self._prepared)
        elif name != device:
            self._join_bridges()
        self._repair_soon()

    def _hostapd_changed(self, name, present):
        """An access point's object on ubus came or went: hostapd has restarted, or ended."""
        device = self.links.device_of(name.split(".", 1)[1])
        if device is not None:
            self.links.access_point(device).link_changed()

    def _network_changed(self, notification, values):
        """An interface may have another address, of which there is no news of links."""
        self.transport.check_soon()

    def _repair_soon(self):
        """One look at the kernel for all the news of a device that restarts."""
        if self._repair_timer is None:
            self._repair_timer = self.loop.at(self.loop.now() + _SETTLING_TIME, self._repair)

    def _repair(self):
        self._repair_timer = None
        self._recovery.repair()

    def _anchors_found(self, anchors):
        """An anchor that is out of reach keeps its tunnel, for the clients that wait for it."""
        self._prepare(anchors + [anchor for anchor in self._prepared if anchor not in anchors])
        self._announcer.anchors(self.configuration.anchors, anchors)
        for anchor in anchors:
            self.gateway.anchor_reachable(anchor, self.loop.now())
            self._path_changed(anchor)
        self._settle()

    def _prepare(self, anchors):
        self._prepared = list(anchors)
        try:
            self.forwarding.prepare(list(self.configuration.access), self._prepared)
            self._bridges.prepare(self.configuration.access.values())
        except (NetlinkError, NftablesError, OSError) as error:
            self.log.error("the kernel cannot forward: %s; see: pmip check" % error)

    def _join_bridges(self):
        try:
            self._bridges.prepare(self.configuration.access.values())
        except NetlinkError as error:
            self.log.error("access bridge: %s" % error)

    def _path_changed(self, anchor):
        try:
            before = self.forwarding.tunnel_mtu(anchor.index)
            again = self.forwarding.refresh_mtu(anchor.index)
        except (NetlinkError, NftablesError, KeyError) as error:
            self.log.error("MTU of the tunnel to anchor '%s': %s" % (anchor.name, error))
            return
        if self.forwarding.tunnel_mtu(anchor.index) != before:
            self.gateway.mtu_changed(anchor, self.loop.now())
            self._settle()
        if again is not None:
            self.loop.at(self.loop.now() + again, lambda: self._path_changed(anchor))

    def _path_probed(self, anchor, mtu):
        self.forwarding.path_takes(anchor.index, mtu)
        self._path_changed(anchor)

    def _mtu(self, binding):
        return self.forwarding.client_mtu(binding.interface, binding.anchor.index)


def _serves_ipv6(chosen) -> bool:
    return any([6 in policy.ip_versions for policy in [chosen] + chosen.profiles])


def serve(chosen, path: str, run_directory: str, ubus_path: str, log) -> int:
    """Run the daemon as configured until it is stopped; return the exit status: 1 if it cannot
    serve, else 0."""
    if hasattr(gc, "threshold"):
        gc.threshold(_GARBAGE_THRESHOLD)
    if hasattr(gc, "freeze"):
        gc.freeze()  # what is loaded stays: no collection need look at it
    try:
        make_directory(run_directory)
        history = History()
        while chosen is not None:
            daemon = Daemon(chosen, path, run_directory, ubus_path, log, history)
            daemon.run()
            daemon.close()
            chosen = daemon.successor
    except (OSError, NetlinkError) as error:
        log.error("cannot serve: %s" % (
            sockets.reason(error) if isinstance(error, OSError) else error))
        return 1
    return 0
