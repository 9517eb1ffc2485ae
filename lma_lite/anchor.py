# SPDX-License-Identifier: GPL-2.0-or-later
"""The anchor: what each message, each deadline and each wish of an administrator leads to."""

from collections import namedtuple

from lma_lite import gateway_revocation
from lma_lite.acknowledgement import encode_between
from lma_lite.actions import Send
from lma_lite.admission import Admission
from lma_lite.binding_cache import Binding, BindingCache
from lma_lite.counters import Counters
from lma_lite.history import History
from lma_lite.policy import Policy, Service
from lma_lite.proxy_binding_update import PORT, ProxyBindingUpdate
from lma_lite.rate_limit import RateLimit
from lma_lite.registration import Registration
from lma_lite.revocation import Revocations
from lma_lite.sessions import SESSION, Sessions
from lma_lite.waiting import WAITING, WaitingUpdates
from mag_lite.timers import Timers
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.error import DecodeError
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

# How a message came, and when on both clocks.
_Arrival = namedtuple("_Arrival", ("data", "source", "port", "local", "now", "time_of_day"))


class Anchor:
    """A local mobility anchor without sockets, kernel and clock.

    Tell it of messages (`receive`) and of time (`expire`, due at `next_timeout()`), and do what
    then stands in the list `actions`, from the first to the last, removing each.  `now` is in
    monotonic milliseconds, `time_of_day` in units of 1/65536 s since 1970.  `restart_counter`
    changes whenever sessions were lost (RFC 5847 section 3.2).
    """

    def __init__(self, configuration, restart_counter: int = 0):
        self.actions = []
        self.counters = Counters()
        self.history = History()
        #: {gateway that is listed: when it last sent something (ms)}
        self.heard = {}
        self.restart_counter = restart_counter
        self._timers = Timers()
        self.sessions = Sessions(self._timers, self.actions)
        self._revocations = Revocations(self._timers, self.actions)
        self._registration = Registration(
            self.sessions, self._revocations, WaitingUpdates(self._timers), self.counters,
            self.history, self.actions)
        self._own_homes = []
        self._refusals = RateLimit(10, 1000)
        self._binding_errors = RateLimit(10, 1000)
        self._use(configuration)
        self._handlers = {
            header.BINDING_UPDATE: self._binding_update,
            header.BINDING_ERROR: self._binding_error,
            header.HEARTBEAT: self._heartbeat,
            header.BINDING_REVOCATION_INDICATION: self._revocation_indication,
            header.BINDING_REVOCATION_ACKNOWLEDGEMENT: self._revocation_acknowledgement,
        }

    @property
    def cache(self) -> BindingCache:
        """The Binding Cache; for reading."""
        return self.sessions.cache

    def receive(self, data: bytes, source: bytes, port: int, local: bytes, now: int,
                time_of_day: int):
        """Act on the octets of a Mobility Header that came from `source` to our `local`.

        `port` is the sender's (0 over IPv6).  Whatever the octets are, nothing is raised: what is
        malformed, unexpected or from a stranger is counted.
        """
        arrival = _Arrival(data, source, port, local, now, time_of_day)
        try:
            self._dispatch(header.decode(data), arrival)
        except header.UnknownMessageType:
            self.counters.count("unknown message types")
            self._answer_unknown_type(arrival)
        except DecodeError:
            self.counters.count("malformed")
        self.sessions.release_tunnels()

    def expire(self, now: int):
        """Act on every deadline up to `now`."""
        key = self._timers.pop(now)
        while key:
            kind, number = key
            if kind == SESSION:
                self._registration.expired(self.cache.of_number(number), now)
            elif kind == WAITING:
                self._registration.resume(number, now)
            else:
                revocation = self._revocations.expire(number, now)
                if revocation:
                    self._registration.unanswered(revocation, now)
            key = self._timers.pop(now)
        self.sessions.release_tunnels()

    def next_timeout(self):
        """Return when `expire` is due (ms), or None."""
        return self._timers.next()

    def revoke(self, mn_identifier, now: int) -> int:
        """End all sessions of a mobile node by revocation; return how many there were."""
        bindings = self.cache.of_node(mn_identifier)
        for binding in bindings:
            self._registration.revoke(binding, now)
        self.sessions.release_tunnels()
        return len(bindings)

    def leave(self):
        """End every session at once, and tell every gateway that served one."""
        told = set()
        for binding in self.cache:
            tunnel = binding.tunnel
            if tunnel.mag not in told and not binding.deregistered:
                told.add(tunnel.mag)
                self._send(self._revocations.global_indication(), tunnel.local, tunnel.mag,
                           binding.port)
            self.sessions.delete(binding)
        self.sessions.release_tunnels()

    def restore(self, binding: Binding, now: int):
        """Take up a session of the journal; ValueError if it is not to be served any more."""
        if not self._rehouse(binding):
            raise ValueError("the configuration has no place for it any more")
        self.sessions.restore(binding, now)

    def announce_restart(self):
        """Tell every gateway that the sessions it had here are lost (RFC 5847 section 3.3)."""
        flags = header.HEARTBEAT_RESPONSE | header.HEARTBEAT_UNSOLICITED
        for mag in sorted(self.configuration.mags):
            for local in self.configuration.addresses:
                if len(local) == len(mag):
                    self._send(self._heartbeat_response(flags, 0), local, mag, PORT)
                    break

    def reconfigure(self, configuration, now: int):
        """Go on with another configuration; sessions that it forbids are revoked."""
        former = self.policy
        self._use(configuration)
        self._revocations.forget_deaf()
        forbidden = [binding for binding in self.cache if not self._rehouse(binding)]
        for binding in forbidden:
            self._occupy(binding)
            self._registration.revoke(binding, now)
        for name, service in self.policy.services.items():
            if name in former.services:
                service.inherit(former.services[name])
        self.sessions.release_tunnels()

    def forwarding_failed(self, address, now: int):
        """Hear that the kernel did not do what `Route(address, ...)` asked."""
        binding = self.cache.of_address(address)
        if binding:
            self._registration.forwarding_failed(binding, now)
            self.sessions.release_tunnels()

    def exclude(self, homes):
        """Never give these addresses and prefixes away: they are our own."""
        self._own_homes = homes
        self.policy.exclude(homes)

    def next_addresses(self, number: int) -> list:
        """Return the IPv4 addresses that are given away next, up to `number` of each pool."""
        found = []
        for service in self.policy.services.values():
            if service.addresses:
                found += service.addresses.upcoming(number)
        return found

    def address_in_use(self, address: bytes, now: int) -> bool:
        """Hear that a station of a home link has this IPv4 address; return True if a mobile node
        shall have it all the same, because it is kept for that.

        Otherwise the session ends by revocation, and the address is given away when there is no
        other left.
        """
        service = self.policy.service_of(address)
        if service is None or service.addresses.is_reserved(address):
            return service is not None
        binding = self.cache.of_address(address)
        if binding:
            self._registration.address_in_use(binding, now)
            self.sessions.release_tunnels()
        service.addresses.avoid(address)
        return False

    def _use(self, configuration):
        self.configuration = configuration
        self.policy = Policy(configuration.pools, configuration.nodes)
        self.policy.exclude(self._own_homes)
        self.sessions.configuration = configuration
        self._registration.admission = Admission(configuration, self.policy, self.cache)

    def _rehouse(self, binding: Binding) -> bool:
        """Move a session into the pool of the same name; return False if it has no place there."""
        tunnel = binding.tunnel
        if tunnel.mag not in self.configuration.mags:
            return False
        if tunnel.local not in self.configuration.addresses:
            return False
        service = self.policy.authorize(binding.mn_identifier, binding.service.selection)[1]
        if service is None or service.name != binding.service.name:
            return False
        if not service.claim(binding.owner, binding.home_addresses()):
            return False
        binding.service = service
        return True

    def _occupy(self, binding: Binding):
        """Keep the homes of a session that has no place here from others until it is gone."""
        former = binding.service
        pools = [former.addresses, former.prefixes]
        for home in binding.home_addresses():
            service = self.policy.service_of(home)
            if service:
                pool = service.pool_of(home)
                pool.occupy(binding.owner, home)
                pools[isinstance(home, tuple)] = pool
        binding.service = Service(former.name, former.selection, *pools)

    def _dispatch(self, message: Message, arrival: _Arrival):
        handler = self._handlers.get(message.kind)
        if arrival.source in self.configuration.mags:
            self.heard[arrival.source] = arrival.now
        else:
            self.counters.count("unlisted gateways")
            handler = self._handler_for_stranger(message, arrival)
        if handler:
            handler(message, arrival)
        else:
            self.counters.count("unexpected messages")

    def _handler_for_stranger(self, message: Message, arrival: _Arrival):
        """Who is not listed is told so; and may answer what it was asked while it was."""
        if message.kind == header.BINDING_REVOCATION_ACKNOWLEDGEMENT:
            return self._revocation_acknowledgement
        if message.kind == header.BINDING_UPDATE and self._refusals.allows(arrival.now):
            return self._binding_update
        return None

    def _binding_update(self, message: Message, arrival: _Arrival):
        if not message.flags & header.BU_PROXY:
            self.counters.count("unexpected messages")
            return
        update = ProxyBindingUpdate(
            message, arrival.data, arrival.source, arrival.port, arrival.local,
            arrival.time_of_day)
        self._registration.process(update, arrival.now)

    def _revocation_acknowledgement(self, message: Message, arrival: _Arrival):
        revocation = self._revocations.acknowledge(message, arrival.source)
        if revocation:
            self._registration.acknowledged(revocation, message.status, arrival.now)
        else:
            self.counters.count("unexpected messages")

    def _revocation_indication(self, message: Message, arrival: _Arrival):
        code, bindings = gateway_revocation.judge(message, arrival.source, self.cache)
        self._answer(gateway_revocation.acknowledgement(message, code), arrival)
        ipv4_only = bool(message.flags & header.BR_IPV4_ONLY)
        for binding in bindings:
            self._registration.revoked(binding, ipv4_only, arrival.now)

    def _binding_error(self, message: Message, arrival: _Arrival):
        """A gateway that knows no revocations: none is under way to it, nor will be."""
        if message.status != status.UNRECOGNIZED_MH_TYPE:
            return
        for revocation in self._revocations.refuse_all(arrival.source):
            self._registration.unanswered(revocation, arrival.now)

    def _heartbeat(self, message: Message, arrival: _Arrival):
        self.counters.count("heartbeats")
        if not message.flags & header.HEARTBEAT_RESPONSE:
            self._answer(
                self._heartbeat_response(header.HEARTBEAT_RESPONSE, message.sequence), arrival)

    def _heartbeat_response(self, flags: int, sequence: int) -> Message:
        counter = Option(options.RESTART_COUNTER, counter=self.restart_counter)
        return Message(header.HEARTBEAT, [counter], flags=flags, sequence=sequence)

    def _answer_unknown_type(self, arrival: _Arrival):
        """RFC 6275 section 9.2, no more often than a gateway can need it."""
        listed = arrival.source in self.configuration.mags
        if listed and self._binding_errors.allows(arrival.now):
            self._answer(
                Message(header.BINDING_ERROR, status=status.UNRECOGNIZED_MH_TYPE), arrival)

    def _answer(self, message: Message, arrival: _Arrival):
        self._send(message, arrival.local, arrival.source, arrival.port)

    def _send(self, message: Message, local: bytes, destination: bytes, port: int):
        data = encode_between(message, local, destination)
        self.actions.append(Send(local, destination, port, data))
