# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of each Proxy Binding Update (RFC 5213 5.3, RFC 5844 3.1.2, RFC 5846 8.1)."""

from lma_lite import session_lookup as lookup
from lma_lite.acknowledgement import accept, encode_reply, reject
from lma_lite.actions import Log, Send
from lma_lite.binding_cache import Binding
from lma_lite.counters import Counters, status_name
from lma_lite.history import History
from lma_lite.names import show_event, show_interface, show_mn_identifier, show_session
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from lma_lite.revocation import HANDOVER_DELAY, Revocation, Revocations
from lma_lite.sessions import LIFETIME_UNIT, Sessions
from lma_lite.waiting import WaitingUpdates, key_of
from mag_lite.wire import mobility_header as header
from mag_lite.wire import status
from mag_lite.wire.address import format_address

#: From this status on, an acknowledgement says that nothing was done.
LOWEST_REJECTION = 128


class Registration:
    """Answers updates, and sees revocations through that updates or people began."""

    def __init__(self, sessions: Sessions, revocations: Revocations, waiting: WaitingUpdates,
                 counters: Counters, history: History, actions: list):
        self.admission = None
        self._sessions = sessions
        self._cache = sessions.cache
        self._revocations = revocations
        self._waiting = waiting
        self._counters = counters
        self._history = history
        self._actions = actions

    def process(self, update: ProxyBindingUpdate, now: int):
        """Answer a Proxy Binding Update, or let it wait for a revocation."""
        if self._repeat_answer(update):
            return
        code = self.admission.check(update)
        if code == status.ACCEPTED:
            self._waiting.overtake(update)
            self._decide(update, now)
        else:
            self._refuse(update, code)

    def revoke(self, binding: Binding, now: int):
        """Take a session from its gateway and delete it, for administrative reasons."""
        self._log(now, "revoke", binding, "administrative reason")
        trigger = status.REVOCATION_ADMINISTRATIVE
        if binding.deregistered or not self._begin_revocation(binding, trigger, now):
            self.delete(binding, now)

    def revoked(self, binding: Binding, ipv4_only: bool, now: int):
        """The gateway that serves a session revokes it, or only its IPv4 address (RFC 5846 section
        8.2)."""
        if ipv4_only and binding.home_network_prefixes:
            self._counters.count("deregistrations of one IP version")
            self._log(now, "deregister", binding, "IPv4 revoked by the gateway")
            self._sessions.drop(binding, [binding.ipv4_home_address])
            return
        self._counters.count("deregistrations")
        self._log(now, "deregister", binding, "revoked by the gateway")
        self.delete(binding, now)

    def delete(self, binding: Binding, now: int):
        """Delete a session; what waited for its gateway to give it up need not wait."""
        self._revocations.cancel(binding, binding.proxy_care_of_address)
        self._sessions.delete(binding)
        self.resume(key_of(binding), now)

    def acknowledged(self, revocation: Revocation, code: int, now: int):
        """A gateway answered a revocation with status `code` (RFC 5846 section 6.2.2)."""
        done = code < LOWEST_REJECTION
        if not done:
            self._log_revocation(revocation, status.REVOCATION_STATUS.get(code, "%d" % code))
        binding, trigger = revocation.binding, revocation.trigger
        if self._is_at(binding, revocation.tunnel.mag):
            if trigger == status.REVOCATION_ADMINISTRATIVE:
                self._sessions.delete(binding)
            elif trigger == status.INTER_MAG_HANDOVER_UNKNOWN and done:
                self._sessions.deregister(binding, now)
        self.resume(revocation.key, now)

    def unanswered(self, revocation: Revocation, now: int):
        """No answer came to a revocation, however often it was sent (RFC 5846 section 6.3).

        Who waits for the session goes on doing so: its gateway may still de-register it.
        """
        self._log_revocation(revocation, "no answer")
        binding = revocation.binding
        if revocation.trigger == status.REVOCATION_ADMINISTRATIVE:
            if self._is_at(binding, revocation.tunnel.mag):
                self._sessions.delete(binding)
                self.resume(revocation.key, now)

    def expired(self, binding: Binding, now: int):
        """The lifetime of a session is over, or the delay before its deletion is."""
        if not binding.deregistered:
            self._counters.count("expirations")
            self._log(now, "expire", binding,
                      "lifetime of %d s is over" % _seconds(binding.lifetime))
        self.delete(binding, now)

    def forwarding_failed(self, binding: Binding, now: int):
        """The kernel does not forward for `binding`: end it.

        The update is refused if its answer was not yet sent, else what was granted is revoked.
        """
        self._counters.count("forwarding failures")
        self._sessions.delete(binding)
        for position, action in enumerate(self._actions):
            if isinstance(action, Send) and action.data is binding.last_answer:
                del self._actions[position]
                update = ProxyBindingUpdate(
                    header.decode(binding.last_update), binding.last_update,
                    action.destination, action.port, action.local, received=0)
                self._refuse(update, status.INSUFFICIENT_RESOURCES)
                return
        self._begin_revocation(binding, status.REVOCATION_UNSPECIFIED, now)

    def address_in_use(self, binding: Binding, now: int):
        """A station of the home link has the address of `binding`: take it back."""
        self._counters.count("address conflicts")
        self._log(now, "revoke", binding, "its address is in use on the home link")
        self._sessions.delete(binding)
        self._begin_revocation(binding, status.REVOCATION_UNSPECIFIED, now)

    def _is_at(self, binding: Binding, mag: bytes) -> bool:
        """Return True if the session exists and is served by the gateway `mag`."""
        if self._cache.of_number(binding.number) is not binding:
            return False
        return binding.proxy_care_of_address == mag

    def _repeat_answer(self, update: ProxyBindingUpdate) -> bool:
        """Answer as before an update that is, octet for octet, the last one accepted.

        Without a time stamp it may as well be another one, of a gateway that counts anew.
        """
        if update.timestamp is None:
            return False
        for binding in self._cache.of_node(update.mn_identifier):
            same_gateway = binding.proxy_care_of_address == update.care_of_address
            if same_gateway and binding.last_update == update.data:
                self._counters.count("retransmissions")
                self._send(update, binding.last_answer)
                return True
        return False

    def _decide(self, update: ProxyBindingUpdate, now: int, may_wait: bool = True):
        found = lookup.find_session(update, self._cache)
        if found.verdict == lookup.REJECT:
            self._refuse(update, found.status)
        elif found.verdict == lookup.IGNORE:
            self._counters.count("ignored deregistrations")
        elif found.verdict == lookup.WAIT and may_wait:
            self._wait(found.binding, update, now)
        elif found.verdict != lookup.UPDATE:
            self._open(update, now)
        elif update.deregisters:
            self._deregister(found.binding, update, now)
        elif _names_no_home(update) and update.service.name != found.binding.service.name:
            self._change_service(found.binding, update, now)
        else:
            self._extend(found.binding, update, now)

    def _open(self, update: ProxyBindingUpdate, now: int):
        """Initial binding registration (RFC 5213 section 5.3.2)."""
        if self._has_session(update):
            self._refuse(update, status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX
                         if update.wanted_prefixes
                         else status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS)
            return
        code, binding = self._sessions.open(update, now)
        if code != status.ACCEPTED:
            self._refuse(update, code)
            return
        self._accept(update, binding)
        self._counters.count("registrations")
        self._log(now, "register", binding, _reason(update) + self._among_others(binding))

    def _among_others(self, binding: Binding) -> str:
        """Several phones of one account are one node with as many interfaces: let it be known."""
        sessions = len(self._cache.of_node(binding.mn_identifier))
        return ", session %d of this identity" % sessions if sessions > 1 else ""

    def _has_session(self, update: ProxyBindingUpdate) -> bool:
        """An interface has one session: who names another home for it than it has is not
        authorized for that, and may ask for whichever it has (section 5.3.2 rule 3)."""
        return self._cache.of_interface(
            update.mn_identifier, update.access_technology,
            update.link_layer_identifier) is not None

    def _extend(self, binding: Binding, update: ProxyBindingUpdate, now: int):
        """Lifetime extension without or after a handoff (RFC 5213 sections 5.3.3 and 5.3.4)."""
        pending = self._revocations.find(binding, binding.proxy_care_of_address)
        if pending and pending.trigger == status.REVOCATION_ADMINISTRATIVE:
            self._refuse(update, status.ADMINISTRATIVELY_PROHIBITED)
            return
        old, port, technology = binding.tunnel, binding.port, binding.access_technology
        returned, served = binding.deregistered, binding.proxy_care_of_address
        code = self._sessions.extend(binding, update, now)
        if code != status.ACCEPTED:
            self._refuse(update, code)
            return
        self._accept(update, binding)
        if returned:
            self._counters.count("registrations")
            self._log(now, "register", binding, "returned")
        elif served == update.care_of_address:
            self._counters.count("refreshes")
        else:
            self._counters.count("handovers")
            self._log(now, "handover", binding, "from mag %s, %s" % (
                format_address(served), _reason(update)), served)
            self._hand_over(binding, old, port, technology, now)
        self._attached(binding, now)

    def _change_service(self, binding: Binding, update: ProxyBindingUpdate, now: int):
        """The interface attaches to another service (RFC 5149): the session of the former ends,
        also at the gateway that served it."""
        elsewhere = (not binding.deregistered
                     and binding.proxy_care_of_address != update.care_of_address)
        old, port, technology = binding.tunnel, binding.port, binding.access_technology
        self._counters.count("deregistrations")
        self._log(now, "deregister", binding, "the node is at service %s now" % update.service.name)
        self.delete(binding, now)
        self._decide(update, now)
        opened = self._cache.of_interface(
            update.mn_identifier, update.access_technology, update.link_layer_identifier)
        if opened and elsewhere:
            self._hand_over(opened, old, port, technology, now)

    def _hand_over(self, binding: Binding, old, port: int, technology: int, now: int):
        """Tell the gateway that served the session before that it does so no more."""
        trigger = status.INTER_MAG_HANDOVER_SAME_ACCESS_TYPE
        if technology != binding.access_technology:
            trigger = status.INTER_MAG_HANDOVER_DIFFERENT_ACCESS_TYPE
        self._counters.count("revocations")
        self._revocations.start(binding, old, port, trigger, now, HANDOVER_DELAY)

    def _attached(self, binding: Binding, now: int):
        """The gateway has just said that it serves the session: revoke it there no more."""
        self._revocations.cancel(binding, binding.proxy_care_of_address)
        self.resume(key_of(binding), now)

    def _deregister(self, binding: Binding, update: ProxyBindingUpdate, now: int):
        """RFC 5213 section 5.3.5: only the gateway that serves the session may end it."""
        if update.care_of_address != binding.proxy_care_of_address:
            self._counters.count("ignored deregistrations")
            return
        named = [home for home in binding.home_addresses() if update.names_kind_of(home)]
        if 0 < len(named) < len(binding.home_addresses()):
            self._narrow(binding, named, update)
            return
        if not binding.deregistered:
            self._counters.count("deregistrations")
            self._log(now, "deregister", binding, "asked by the gateway")
        binding.sequence = update.sequence
        binding.timestamp = update.timestamp or 0
        self._sessions.deregister(binding, now)
        self._accept(update, binding)
        self._attached(binding, now)

    def _narrow(self, binding: Binding, homes, update: ProxyBindingUpdate):
        """One IP version is de-registered, the other stays (RFC 5844 section 3.1.2.5)."""
        self._counters.count("deregistrations of one IP version")
        binding.sequence = update.sequence
        binding.timestamp = update.timestamp or 0
        self._accept(update, binding)
        self._sessions.drop(binding, homes)

    def _wait(self, binding: Binding, update: ProxyBindingUpdate, now: int):
        """Wait for MaxDelayBeforeNewBCEAssign until the gateway that serves the node's only session
        ends it; ask it whether the node has left (RFC 5846 section 8.1).
        """
        delay = self._sessions.configuration.assign_delay
        if not delay:
            self._open(update, now)
            return
        self._waiting.add(key_of(binding), update, now + delay)
        if self._revocations.find(binding, binding.proxy_care_of_address) is None:
            self._begin_revocation(binding, status.INTER_MAG_HANDOVER_UNKNOWN, now)

    def _begin_revocation(self, binding: Binding, trigger: int, now: int):
        self._counters.count("revocations")
        return self._revocations.start(binding, binding.tunnel, binding.port, trigger, now)

    def resume(self, key, now: int):
        """Decide on the updates that waited for this; if the session was not given up, anew."""
        for update in self._waiting.take(key):
            code = self.admission.check_again(update, key)
            if code == status.ACCEPTED:
                self._decide(update, now, may_wait=False)
            else:
                self._refuse(update, code)

    def _accept(self, update: ProxyBindingUpdate, binding: Binding):
        lifetime = self._sessions.granted_lifetime(update)
        binding.last_update = update.data
        binding.last_answer = encode_reply(update, accept(update, binding, lifetime))
        self._send(update, binding.last_answer)

    def _refuse(self, update: ProxyBindingUpdate, code: int):
        self._counters.count_refusal(code)
        last_sequence = 0
        if code == status.SEQUENCE_OUT_OF_WINDOW:
            last_sequence = lookup.find_session(update, self._cache).binding.sequence
        self._send(update, encode_reply(update, reject(update, code, last_sequence)))
        reason = status_name(code) + (update.objection and ": " + update.objection)
        self._actions.append(Log("warning", "refuse %s %s mag %s: %s" % (
            show_mn_identifier(update.mn_identifier), show_interface(update.link_layer_identifier),
            format_address(update.source), reason)))

    def _send(self, update: ProxyBindingUpdate, data: bytes):
        self._actions.append(Send(update.local, update.source, update.port, data))

    def _log(self, now: int, event: str, binding: Binding, reason: str, former=None):
        noted = self._history.note(now, event, binding, reason, former)
        self._actions.append(Log("info", lambda: show_event(noted)))

    def _log_revocation(self, revocation: Revocation, outcome: str):
        binding = revocation.binding
        self._actions.append(Log("warning", "revocation of %s at mag %s: %s" % (
            show_session(binding.mn_identifier, binding.link_layer_identifier,
                         binding.home_addresses()),
            format_address(revocation.tunnel.mag), outcome)))


def _names_no_home(update: ProxyBindingUpdate) -> bool:
    """Return True if it asks for whichever home there is, as after an attachment."""
    return update.wanted_address is None and not update.wanted_prefixes


def _reason(update: ProxyBindingUpdate) -> str:
    return status.HANDOFF_INDICATOR.get(
        update.handoff_indicator, "handoff indicator %d" % update.handoff_indicator)


def _seconds(units: int) -> int:
    return units * LIFETIME_UNIT // 1000
