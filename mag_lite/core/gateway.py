# SPDX-License-Identifier: GPL-2.0-or-later
"""The mobile access gateway: takes what happens, leaves what is to be done in `actions`.

Nothing here does I/O.  The daemon hands in events with the monotonic time in milliseconds,
carries out and clears `actions` in their order, and calls `expire` when `next_timeout` has
come.
"""

from mag_lite.core.actions import Log, QueryStation, Reauthenticate, SendMessage
from mag_lite.core.arp_responder import ArpResponder
from mag_lite.core.binding_update_list import ACTIVE, REFRESHING, Binding, BindingUpdateList
from mag_lite.core.counters import Counters
from mag_lite.core.dhcp_server import DhcpServer
from mag_lite.core.dhcpv6_server import Dhcp6Server
from mag_lite.core.heartbeat import Heartbeat
from mag_lite.core.identity_memory import IdentityMemory
from mag_lite.core.neighbor_discovery import NeighborDiscovery
from mag_lite.core.policy import Policy
from mag_lite.core.presence import Presence
from mag_lite.core.registration import (
    ABSENT,
    ATTACHED,
    DETACHED,
    EXPIRED,
    PATIENCE,
    REVOKED,
    TIMEOUT,
    Registration,
)
from mag_lite.core.revocation import Revocation
from mag_lite.core.update_sender import UpdateSender
from mag_lite.timers import Timers
from mag_lite.wire import ethernet
from mag_lite.wire import mobility_header as header
from mag_lite.wire import status as statuses
from mag_lite.wire.address import format_address, format_mac
from mag_lite.wire.error import DecodeError
from mag_lite.wire.mobility_header import Message

#: Restored sessions are renewed one after the other, this far apart (ms).
RESTORE_INTERVAL = 20
#: Stations whose last frame is kept until they are known.
MOST_EARLY = 64
#: An arrival longer ago than this is no arrival to be timed, but found on the list (ms).
NEWS = 1000
#: By so much may the time of an old arrival be off: hostapd counts whole seconds (ms).
SAME_ARRIVAL = 1000
#: Stations are given this long to associate again with an access point that restarted (ms).
RESTORE_PATIENCE = 5000

_UDP = b"\x11"  # as IPv6's next header


class Gateway:
    """Joins the parts.  `mtu(binding)` tells how large a packet to the client may be."""

    def __init__(self, configuration, mtu, restart_counter: int = 0):
        self.configuration = configuration
        self.actions = []
        self.counters = Counters()
        self.bindings = BindingUpdateList()
        self.timers = Timers()
        common = self.actions, self.counters
        self.identities = IdentityMemory()
        self._early = {}
        self.policy = Policy(configuration)
        self.sender = UpdateSender(self.timers, *common)
        self.presence = Presence(self.timers, *common)
        self.registration = Registration(
            configuration, self.bindings, self.sender, self.presence, self.timers, *common)
        self.registration.became_active = self._session_up
        self.revocation = Revocation(self.bindings, self.registration, self.presence, *common)
        self.heartbeat = Heartbeat(restart_counter, self.anchor_reachable, *common)
        self.trial = None
        self.dhcp = DhcpServer(configuration, self.registration, mtu, *common)
        self.arp = ArpResponder(*common)
        self.neighbors = NeighborDiscovery(
            configuration, self.registration, self.timers, mtu, *common)
        self.registration.lost_homes = self._homes_lost
        if any([anchor.encapsulation == "udp" for anchor in configuration.anchors]):
            from mag_lite.core.nat_keepalive import NatKeepalive
            self.registration.keepalive = NatKeepalive(self.bindings, self.timers, self.actions)
        self.dhcpv6 = Dhcp6Server(configuration, *common)

    # Stations

    def station_authorized(
            self, interface: str, mac: bytes, identity, since: int, now: int, transition=False):
        """MN-ATTACHED: the authenticator has let the station in, at `since` (ms).

        `identity` (bytes) is what it authenticated as: empty if the authenticator does not
        know any more, None if there is no authentication by name.  `transition`: whether it has
        come from another access point by a key of 802.11r, None if it may have.
        """
        access = self.configuration.access.get(interface)
        if access is None:
            return
        if transition is not False and identity == b"":
            self.identities.forget((interface, mac))  # it may have become another elsewhere
        identity = self._identify(interface, mac, identity, now)
        decision = self.policy.decide(access, mac, identity)
        binding = self.bindings.get(interface, mac)
        if binding is not None and not _same_session(binding, decision):
            self._dismiss(binding, now)
            binding = None
        if decision.refusal:
            self._refuse(interface, mac, decision.refusal, identity, now)
            return
        self.identities.served((interface, mac))
        handoff = None
        if binding is None:
            if transition and not self._has_station(mac):
                handoff = statuses.HANDOFF_BETWEEN_MAGS
            binding = Binding(interface, mac, decision.mn_identifier)
            binding.anchor = decision.anchor
            binding.sequence = self.sender.last_sequence
            self.bindings.add(binding)
        if now - since < NEWS:
            self._attach(binding, access, decision, since, now, handoff)
        elif not _has_stayed(binding, since):
            self._find(binding, access, decision, since, now)

    def station_returned(self, interface: str, mac: bytes, since: int, now: int) -> bool:
        """MN-ATTACHED by a key of an earlier authentication; False if it is not known whose."""
        if not self.identities.recall((interface, mac), now):
            return False
        self.station_authorized(interface, mac, b"", since, now)
        return True

    def _refuse(self, interface, mac, refusal, identity, now):
        """Every frame of a station that is not served may bring us here: do not repeat it all."""
        self.counters.count("attach.refused")
        if not self.identities.may_ask((interface, mac), now):
            return
        self.actions.append(Log(
            "warning", "%s: not served: %s" % (format_mac(mac), refusal), mac))
        if identity == b"":
            self.actions.append(Reauthenticate(interface, mac))

    def _identify(self, interface, mac, identity, now):
        if identity:
            self.identities.learn((interface, mac), identity, now)
        elif identity is not None:
            return self.identities.recall((interface, mac), now)
        return identity

    def _has_station(self, mac):
        return any([self.bindings.get(link, mac) for link in self.configuration.access])

    def _leave_other_links(self, interface, mac, now):
        """The anchor sees one gateway: a move between its access links ends nothing there."""
        for other in self.configuration.access:
            binding = self.bindings.get(other, mac) if other != interface else None
            if binding is not None:
                binding.attached = False
                self.registration.handle(binding, REVOKED, now, "the station is on %s now"
                                         % interface)

    def _find(self, binding, access, decision, since, now):
        """The station is on the authenticator's list, but may have roamed away long ago.

        Who takes its word would steal the session from where the station went.
        """
        def answer(binding, present, now):
            if present:
                self._attach(binding, access, decision, since, now)
            else:
                self.registration.handle(
                    binding, ABSENT, now, "the authenticator lists it, but it does not answer")

        self.presence.ask(binding, now, PATIENCE, answer)

    def _attach(self, binding, access, decision, since, now, handoff=None):
        self._leave_other_links(binding.interface, binding.mac, now)
        binding.service = decision.service
        self.registration.ip_versions.choose(binding, decision.ip_versions)
        binding.access_technology = access.technology
        binding.attached = True
        binding.attached_at = since
        binding.stages = {"attached": since if now - since < NEWS else now}
        self.presence.seen(binding, now)
        self.counters.count("attach")
        self.registration.handle(binding, ATTACHED, now, handoff)
        early = self._early.pop(binding.key, None)
        if early is not None:
            self.frame_received(binding.interface, early, now)

    def _dismiss(self, binding, now):
        """The station came back as somebody else: end the old session at once."""
        binding.attached = False
        self.registration.handle(binding, DETACHED, now, "the station has another profile now")
        self.presence.forget(binding, now)
        self.timers.cancel(("retransmit", binding.key))
        self.bindings.remove(binding)

    def station_gone(self, interface: str, mac: bytes, reason: str, now: int):
        """MN-DETACHED: the authenticator says that the station has left."""
        binding = self.bindings.get(interface, mac)
        if binding is None:
            return
        binding.attached = False
        self.counters.count("detach")
        self.registration.handle(binding, DETACHED, now, reason)

    def leave(self, now: int):
        """De-register every session: the gateway is going out of service."""
        for binding in self.bindings:
            self.station_gone(
                binding.interface, binding.mac, "the gateway goes out of service", now)

    def station_seen(self, interface: str, mac: bytes, now: int):
        """The station has just answered a poll of the authenticator."""
        binding = self.bindings.get(interface, mac)
        if binding is not None:
            self.presence.seen(binding, now)

    def link_restored(self, interface: str, now: int):
        """The authenticator is back and knows who is there: see whose station still is."""
        at = now + RESTORE_PATIENCE
        for binding in self.bindings:
            if binding.interface == interface:
                at += RESTORE_INTERVAL
                self.timers.set(("refresh", binding.key), at)

    # Access link

    def frame_received(self, interface: str, frame: bytes, now: int):
        """Take a frame from the access link that the kernel leaves to us."""
        try:
            _, mac, ethertype, offset = ethernet.decode_frame(frame)
        except DecodeError:
            self.counters.count("access.malformed")
            return
        binding = self.bindings.get(interface, mac)
        if binding is None:
            self.counters.count("access.unknown_station")
            self.actions.append(QueryStation(interface, mac))
            if ethertype != ethernet.IPV6:
                self._keep_early(interface, mac, frame)
            return
        self.presence.seen(binding, now)
        self._serve(binding, ethertype, frame[offset:], now)

    def _keep_early(self, interface, mac, frame):
        """A station may speak before we hear that it is authorised: do not make it say it twice.

        What it says of IPv6 it hears the answer to anyway.
        """
        if len(self._early) >= MOST_EARLY:
            self._early = {}
        self._early[interface, mac] = frame

    def _serve(self, binding, ethertype, payload, now):
        if ethertype == ethernet.ARP:
            self.arp.receive(binding, payload, now)
        elif ethertype == ethernet.IPV4:
            self.dhcp.receive(binding, payload, now)
        elif ethertype == ethernet.IPV6 and payload[6:7] == _UDP:
            self.dhcpv6.receive(binding, payload)
        elif ethertype == ethernet.IPV6:
            self.neighbors.receive(binding, payload, now)

    def _session_up(self, binding, now):
        """Answer what the client asked meanwhile; one that has just come finds its router."""
        if binding.has_ipv6:
            self.neighbors.advertise(binding, now)
        if binding.has_ipv4 and binding.handoff_indicator != statuses.HANDOFF_UNCHANGED:
            self.arp.announce(binding)
        waiting, binding.waiting = binding.waiting, {}
        if "dhcp" in waiting:
            self.dhcp.receive(binding, waiting["dhcp"], now)
        if "arp" in waiting:
            self.arp.receive(binding, waiting["arp"], now)

    def mtu_changed(self, anchor, now: int):
        """The tunnel takes packets of another size: its clients of IPv6 are told at once."""
        for binding in self.bindings:
            if binding.anchor is anchor and binding.has_ipv6:
                self.neighbors.advertise(binding, now)

    def _homes_lost(self, binding, homes):
        """A client that stays need not wait for its prefixes to run out."""
        prefixes = [home for home in homes if isinstance(home, tuple)]
        if prefixes and binding.attached:
            self.neighbors.withdraw(binding, prefixes)

    # Signalling

    def message_received(self, source: bytes, data: bytes, now: int):
        """Take a Mobility Header message from `source`; only our anchors are listened to."""
        anchor = self._anchor_at(source)
        if anchor is None:
            self.counters.count("signalling.stranger")
            return
        try:
            message = header.decode(data)
        except header.UnknownMessageType:
            self.counters.count("signalling.unknown_type")
            self._send(anchor, Message(header.BINDING_ERROR, status=statuses.UNRECOGNIZED_MH_TYPE))
            return
        except DecodeError as error:
            self.counters.count("signalling.malformed")
            self._log("debug", "malformed message from %s: %s" % (format_address(source), error))
            return
        self._dispatch(anchor, message, now)

    def anchor_reachable(self, anchor, now: int):
        """There is a way to the anchor, perhaps from another address of ours: nobody waits."""
        for binding in self.bindings:
            if binding.anchor is anchor and binding.outstanding:
                self.timers.set(("retransmit", binding.key), now)
            elif binding.anchor is anchor and binding.forwarded:
                self.timers.set(("refresh", binding.key), now)

    def _dispatch(self, anchor, message, now):
        if message.kind == header.BINDING_ACKNOWLEDGEMENT:
            if self.trial is None or not self.trial.take(anchor, message, now):
                self.registration.acknowledged(anchor, message, now)
        elif message.kind == header.BINDING_REVOCATION_INDICATION:
            self.revocation.receive(anchor, message, now)
        elif message.kind == header.HEARTBEAT:
            self.heartbeat.receive(anchor, message, now)
        else:
            self.counters.count("signalling.unexpected")

    def _anchor_at(self, address):
        for anchor in self.configuration.anchors:
            if anchor.address == address:
                return anchor
        return None

    def _send(self, anchor, message):
        self.actions.append(SendMessage(anchor, header.encode(message)))

    def dhcp_reply_received(self, source: bytes, local: bytes, data: bytes, now: int):
        """Take what came from `source` to our port 67 at `local`, as the DHCP relay agent."""
        self.dhcp.relay.receive(source, local, data, now)

    # Time

    def next_timeout(self):
        """Return when `expire` wants to be called (ms), or None."""
        return self.timers.next()

    def expire(self, now: int):
        """Handle every deadline that has come."""
        key = self.timers.pop(now)
        while key is not None:
            purpose, of = key
            if purpose == "keepalive":
                self.registration.keepalive.expire(of, now)
            else:
                self._expire(self.bindings.get(*of), purpose, now)
            key = self.timers.pop(now)

    def _expire(self, binding, purpose, now):
        if binding is None:
            return
        if purpose == "retransmit":
            self.registration.handle(binding, TIMEOUT, now)
        elif purpose == "refresh":
            self.registration.refresh_due(binding, now)
        elif purpose == "expiry":
            self.registration.handle(binding, EXPIRED, now)
        elif purpose == "presence":
            self.presence.expire(binding, now)
        elif purpose == "advertise" and binding.has_ipv6:
            self.neighbors.advertise(binding, now)

    # Restart

    def restore(self, binding: Binding, now: int):
        """Take up a session that an earlier process kept in its journal.

        The kernel still forwards for it; it is renewed at once, if the station is there, so
        that sequence numbers and lifetime are the anchor's again.
        """
        self.identities.learn(binding.key, binding.mn_identifier, now)
        binding.state = ACTIVE
        binding.attached = True
        binding.forwarded, binding.forwarded_keys = binding.homes, binding.keys
        self._choose_ip_versions(binding)
        self.bindings.add(binding)
        self.registration.schedule(binding, now + RESTORE_INTERVAL * len(self.bindings))
        if binding.has_ipv6:
            self.neighbors.schedule(binding, now)

    def _choose_ip_versions(self, binding):
        """The configuration may want others than the session has; one of those stays.

        No refresh may ask for the first prefix, but a new registration (RFC 5844 section 3.2.3.3).
        """
        had = binding.home_versions
        wanted = self.policy.decide(
            self.configuration.access[binding.interface], binding.mac, binding.mn_identifier
        ).ip_versions
        binding.ip_versions = wanted if _overlap(had, wanted) else had
        if 6 in binding.ip_versions and 6 not in had:
            binding.state = REFRESHING

    def _log(self, level, text):
        self.actions.append(Log(level, text, None))


def _has_stayed(binding, since):
    """True if `since` tells of the arrival with which the binding's session began."""
    return binding.forwarded is not None and since - binding.attached_at <= SAME_ARRIVAL


def _same_session(binding, decision):
    return (binding.mn_identifier == decision.mn_identifier and binding.anchor is decision.anchor
            and _overlap(binding.ip_versions, decision.ip_versions))


def _overlap(some, others):
    return any([each in others for each in some])
