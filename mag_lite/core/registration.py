# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of one registration (RFC 5213 section 6.9, RFC 5844 section 3.2) as a table.

Theory of operation.  A binding is a station on an access link and its session at the anchor.
Everything that can happen to it is an event; TRANSITIONS says what is done about it and which
state follows.  A pair that is not in the table has no effect.

A registration is only ever renewed for a station that has *shown* that it is there: a phone
that roams away says nothing, and an update sent for it would take its session away from the
access point that it roamed to (RFC 5213 section 5.3.4).  So a refresh, and a retransmission
some time after the last sign of life, are preceded by a presence check (presence.py).
"""

from mag_lite.core import reactions
from mag_lite.core.acknowledgement import awaiting, wrong_echo, wrong_timestamp
from mag_lite.core.actions import (
    Attached,
    Forget,
    Forward,
    Log,
    Remember,
    RemoveStation,
    Withdraw,
)
from mag_lite.core.binding_update_list import (
    ACTIVE,
    DENIED,
    DEREGISTERING,
    IDLE,
    REFRESHING,
    REGISTERING,
)
from mag_lite.core.home import adopt
from mag_lite.core.ip_versions import IpVersions
from mag_lite.core.proxy_binding_update import LIFETIME_UNIT
from mag_lite.core.update_sender import INITIAL_BINDACK_TIMEOUT
from mag_lite.wire import status as statuses
from mag_lite.wire.address import format_address, format_home

# What can happen to a binding
ATTACHED = "attached"
DETACHED = "detached"
WANTED = "wanted"
GIVEN_BACK = "given back"
PRESENT = "present"
ABSENT = "absent"
ACCEPTED = "accepted"
REJECTED = "rejected"
TIMEOUT = "timeout"
EXPIRED = "expired"
REVOKED = "revoked"
SUSPENDED = "suspended"

# Milliseconds
#: A refused station, or one taken away, is tried again after this long, if there is hope.
RETRY_LATER = 60000
#: A session that the anchor has elsewhere is claimed back after this long (ms).
RECLAIM = 1000
#: A binding is refreshed this long before it ends (RFC 8127 section 4.1), or a third of it.
REFRESH_BEFORE_EXPIRY = 40000
#: A sign of life this recent spares the presence check before a retransmission.
RECENTLY = 1500
#: How long a station is given to show that it is there.
PATIENCE = 3000
#: Immediate retries that refusals in a row may cause.
MAX_IMMEDIATE_RETRIES = 3

_REFUSED_VERSION = {reactions.WITHOUT_IPV4: 4, reactions.WITHOUT_IPV6: 6}
_MATTERS_OF_ORDER = (
    statuses.SEQUENCE_OUT_OF_WINDOW, statuses.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)


class Registration:
    """Takes each binding through TRANSITIONS.

    `became_active(binding, now)` is called when a session is up or was renewed, and
    `lost_homes(binding, homes)` when the kernel forwards for these no more.
    """

    def __init__(self, configuration, bindings, sender, presence, timers, actions, counters):
        self.configuration = configuration
        self.bindings = bindings
        self.sender = sender
        self.presence = presence
        self.timers = timers
        self.actions = actions
        self.counters = counters
        self.ip_versions = IpVersions()
        self.became_active = None
        self.lost_homes = None
        #: {index of an anchor: (when it last answered (ms), after how long (ms) or None)}.
        self.last_answers = {}
        self.keepalive = None

    def handle(self, binding, event: str, now: int, detail=None):
        """Apply one event; `detail` is the acknowledgement, the reason as text, or the Handoff
        Indicator of an attachment, None if it is unknown."""
        transition = TRANSITIONS.get((binding.state, event))
        if transition is None:
            return
        act, binding.state = transition
        act(self, binding, now, detail)

    def acknowledged(self, anchor, message, now: int):
        """Take a Proxy Binding Acknowledgement that came from `anchor`."""
        binding = awaiting(self.bindings, anchor, message)
        if binding is None:
            self.counters.count("pba.unexpected")
            return
        _, sent_at = binding.outstanding.get(message.sequence, (None, None))
        self.last_answers[anchor.index] = now, None if sent_at is None else now - sent_at
        wrong = wrong_echo(binding, message)
        if wrong:
            self._stop_sending(binding, wrong)
        elif message.status >= 128:
            self.counters.count("pba.rejected.%d" % message.status)
            self.handle(binding, REJECTED, now, message)
        elif wrong_timestamp(binding, message):
            self.counters.count("pba.wrong_timestamp")
        else:
            self.counters.count("pba.accepted")
            self.handle(binding, ACCEPTED, now, message)

    def _stop_sending(self, binding, wrong):
        self.counters.count("pba.wrong_echo")
        self._log("error", binding, "acknowledgement ignored and no update repeated: its %s "
                  "option is not that of our update" % wrong)
        self.timers.cancel(("retransmit", binding.key))
        binding.outstanding = {}

    def refresh_due(self, binding, now: int):
        """The binding nears its end: it is refreshed if the station shows that it is there within
        PATIENCE ms, and ended if it does not (RFC 5213 section 6.9.1.3).
        """
        self._verify(binding, now, None)

    def reclaim(self, binding, now: int):
        """The anchor took the session elsewhere, but the station is here: soon say so again.

        Once in a while: two stations of one name would snatch their session from each other.
        """
        self._log("warning", binding, "anchor %s has it at another gateway, but it is here"
                  % format_address(binding.anchor.address))
        if binding.state == ACTIVE:
            if now >= binding.reclaim_at:
                binding.reclaim_at = max(now + RECLAIM, binding.reclaim_at + RETRY_LATER)
            self.timers.hasten(("refresh", binding.key), binding.reclaim_at)

    def release_ipv4(self, binding, reason: str):
        """The anchor takes the IPv4 address back; the session goes on with its prefixes, and asks
        for none until the station attaches anew (RFC 5846 section 9.1)."""
        self._log("info", binding, "IPv4 ends here: %s" % reason)
        binding.ip_versions = (6,)
        self._drop_unwanted(binding)
        self.actions.append(Remember(binding))

    def _presence_answered(self, binding, present, now):
        if present:
            self.handle(binding, PRESENT, now)
        else:
            self.handle(binding, ABSENT, now, "the station does not answer any more")

    # What is done on a transition

    def _register(self, binding, now, handoff):
        binding.retries = 0
        binding.stages["sent"] = now
        self.sender.begin(
            binding, now, self.configuration.lifetime, handoff or statuses.HANDOFF_UNKNOWN)

    def _register_sooner(self, binding, now, detail):
        """The station has come again: it need not wait for a repetition that was put off."""
        if binding.back_off > INITIAL_BINDACK_TIMEOUT:
            self._register(binding, now, detail)

    def _refresh(self, binding, now, detail):
        """An IP version that is not wanted any more is given back first, by an update of its own
        (RFC 5844 section 3.2.3.3)."""
        binding.retries = 0
        unwanted = self._drop_unwanted(binding)
        if unwanted:
            self.sender.begin(binding, now, 0, statuses.HANDOFF_UNKNOWN, unwanted)
        else:
            self.sender.begin(
                binding, now, self.configuration.lifetime, statuses.HANDOFF_UNCHANGED)

    def _timed_out(self, binding, now, detail):
        if now - binding.shown_at <= RECENTLY:
            self._repeat(binding, now, detail)
        else:
            self._verify(binding, now, detail)

    def _verify(self, binding, now, detail):
        self.presence.ask(binding, now, PATIENCE, self._presence_answered)

    def _repeat(self, binding, now, detail):
        if not binding.outstanding:
            self._register(binding, now, detail)
            return
        if binding.back_off == INITIAL_BINDACK_TIMEOUT:
            self._log("warning", binding, "anchor %s does not answer, still trying"
                      % format_address(binding.anchor.address))
        self.sender.repeat(binding, now)

    def _deregister(self, binding, now, reason):
        self._log("info", binding, "session ends: %s" % reason)
        self._withdraw(binding, reason)
        self.sender.begin(binding, now, 0, statuses.HANDOFF_UNKNOWN,
                          binding.given_back and binding.given_back + binding.homes)

    def _drop_station(self, binding):
        binding.attached = False
        self.actions.append(RemoveStation(binding.interface, binding.mac, False))

    def _deregister_absent(self, binding, now, reason):
        self._drop_station(binding)
        self._deregister(binding, now, reason)

    def _release_absent(self, binding, now, reason):
        self._drop_station(binding)
        self._release(binding, now, reason)

    def _install(self, binding, now, acknowledgement):
        if binding.given_back:
            self._go_on(binding, now)
            return
        refusal = adopt(binding, acknowledgement)
        if refusal:
            self.refuse(binding, now, refusal)
            return
        if self.keepalive:
            self.keepalive.granted(binding.anchor, acknowledgement, now)
        first = binding.forwarded is None
        if first:
            binding.stages["accepted"] = now
        self._grant(binding, now, acknowledgement)
        self._forward(binding, now)
        self.became_active(binding, now)
        if first:
            self.actions.append(Attached(binding))
        self.actions.append(Remember(binding))

    def _grant(self, binding, now, acknowledgement):
        """Take over the lifetime; it runs from when the update was sent (RFC 6275 11.7.3)."""
        granted = min(acknowledgement.lifetime * LIFETIME_UNIT, binding.requested_lifetime)
        binding.lifetime = granted
        _, sent_at = binding.outstanding[acknowledgement.sequence]
        binding.expires_at = sent_at + granted
        binding.status = acknowledgement.status
        binding.reason = ""
        binding.outstanding = {}
        self.timers.cancel(("retransmit", binding.key))
        self.schedule(binding, binding.expires_at - min(REFRESH_BEFORE_EXPIRY, granted // 3))

    def schedule(self, binding, refresh_at: int):
        """Let the binding be refreshed at `refresh_at` (ms) and end at its `expires_at`."""
        self.timers.set(("expiry", binding.key), binding.expires_at)
        self.timers.set(("refresh", binding.key), refresh_at)

    def _rejected(self, binding, now, acknowledgement):
        how, _ = reactions.reaction(acknowledgement.status)
        reason = reactions.explain(acknowledgement.status)
        self._withdraw(binding, reason)
        if how == reactions.ANY_HOME:
            how = reactions.RETRY_NOW if binding.homes else reactions.RETRY_LATER
            binding.forget_home()
        elif how in _REFUSED_VERSION:
            other_left = self.ip_versions.refuse(binding, _REFUSED_VERSION[how])
            how = reactions.RETRY_NOW if other_left else reactions.GIVE_UP
            binding.forget_home()
        if how == reactions.RETRY_NOW and self._retry_now(binding, now, acknowledgement):
            binding.state = REGISTERING
            return
        self._deny(binding, now, reason)
        if how == reactions.GIVE_UP:
            self.timers.cancel(("retransmit", binding.key))

    def _refresh_rejected(self, binding, now, acknowledgement):
        """A refusal ends service (RFC 5213 6.9.1.2), unless it only concerns the order, or what the
        session does not have."""
        code = acknowledgement.status
        if (code in _MATTERS_OF_ORDER or self._refuses_more(binding, code)) and self._retry_now(
                binding, now, acknowledgement):
            binding.state = REFRESHING
        elif binding.given_back:
            self._go_on(binding, now)
        else:
            self._rejected(binding, now, acknowledgement)

    def _refuses_more(self, binding, code):
        """True if only another IP version is refused than the session has: ask for that alone."""
        had = binding.home_versions
        refused = _REFUSED_VERSION.get(reactions.reaction(code)[0])
        if refused and refused not in had:
            return self.ip_versions.refuse(binding, refused)
        if code != statuses.INSUFFICIENT_RESOURCES or binding.ip_versions == had:
            return False
        binding.ip_versions = had
        return True

    def _go_on(self, binding, now):
        """Refresh the session with the IP version that stays."""
        self._refresh(binding, now, None)
        binding.state = REFRESHING

    def _retry_now(self, binding, now, acknowledgement):
        """Send again, at once if the station has not left since; return False if it is no use.

        What only came out of order is right some time: it is repeated as if it were unanswered.
        """
        if acknowledgement.status == statuses.SEQUENCE_OUT_OF_WINDOW:
            self.sender.adopt(binding, acknowledgement.sequence)
        binding.retries += 1
        if binding.retries > MAX_IMMEDIATE_RETRIES:
            return acknowledgement.status in _MATTERS_OF_ORDER
        if now - binding.shown_at <= RECENTLY:
            self.sender.begin(binding, now, binding.requested_lifetime,
                              binding.handoff_indicator, binding.given_back)
        return True

    def refuse(self, binding, now: int, refusal: str):
        """The anchor made a session that we cannot serve: give it back."""
        self._withdraw(binding, refusal)
        self.sender.begin(binding, now, 0, statuses.HANDOFF_UNKNOWN)
        binding.forget_home()
        self._deny(binding, now, refusal)

    def _deny(self, binding, now, reason):
        if binding.reason != reason:
            self._log("error", binding, "no service through anchor %s: %s"
                      % (format_address(binding.anchor.address), reason))
        binding.state = DENIED
        binding.reason = reason
        binding.outstanding = {}
        binding.waiting = {}
        self.timers.set(("retransmit", binding.key), now + RETRY_LATER)

    def _expired(self, binding, now, reason):
        """The anchor has no session any more: no service; the station may still be here."""
        reason = reason or "the binding expired, the anchor did not answer"
        self._log("warning", binding, reason)
        self._withdraw(binding, reason)
        self.timers.cancel(("retransmit", binding.key))
        binding.outstanding = {}
        self._timed_out(binding, now, None)

    def _revoked(self, binding, now, reason):
        self._log("info", binding, "session ends here: %s" % reason)
        self._withdraw(binding, reason)
        self._release(binding, now, reason)

    def _suspend(self, binding, now, reason):
        """No service for now, through no fault of the station's: it is tried again later."""
        self._withdraw(binding, reason)
        self._deny(binding, now, reason)

    def _release(self, binding, now, detail):
        """The session is over; only a station that is still attached keeps its entry."""
        self.presence.forget(binding, now)
        self.timers.cancel(("retransmit", binding.key))
        self.timers.cancel(("refresh", binding.key))
        binding.outstanding = {}
        binding.waiting = {}
        binding.forget_home()
        if not binding.attached:
            self.bindings.remove(binding)

    def _forward(self, binding, now):
        before = binding.forwarded or ()
        if binding.homes == before and binding.keys == binding.forwarded_keys:
            return
        for home in binding.homes:
            if home not in before:
                self._take_from_others(binding, home, now)
        lost = [home for home in before if home not in binding.homes]
        if lost:
            self._log("warning", binding, "the anchor took %s away"
                      % " ".join([format_home(home) for home in lost]))
            self._withdraw_homes(binding, lost)
        binding.forwarded, binding.forwarded_keys = binding.homes, binding.keys
        self.actions.append(Forward(binding))

    def _take_from_others(self, binding, home, now):
        other = self.bindings.of_home(binding.anchor, home)
        if other is not None:
            other.forget_home()
            self.handle(other, EXPIRED, now, "the anchor gave its address to another client")

    def _withdraw(self, binding, reason):
        self.timers.cancel(("refresh", binding.key))
        self.timers.cancel(("expiry", binding.key))
        self.timers.cancel(("advertise", binding.key))
        if binding.forwarded:
            homes, binding.forwarded = binding.forwarded, None
            self._withdraw_homes(binding, homes)
            self.actions.append(Forget(binding, homes, reason))

    def _drop_unwanted(self, binding):
        """Stop forwarding for what is not asked for any more; return it."""
        unwanted = binding.forget_unwanted()
        if unwanted and binding.forwarded is not None:
            binding.forwarded = binding.homes
            self._withdraw_homes(binding, unwanted)
        return unwanted

    def _withdraw_homes(self, binding, homes):
        for home in homes:
            self.actions.append(Withdraw(binding.interface, binding.mac, home, binding.anchor))
        self.lost_homes(binding, homes)

    def _log(self, level, binding, text):
        self.actions.append(Log(level, "%s: %s" % (binding, text), binding.mac))


TRANSITIONS = {
    (IDLE, ATTACHED): (Registration._register, REGISTERING),
    (IDLE, WANTED): (Registration._register, REGISTERING),
    (IDLE, ABSENT): (Registration._release_absent, IDLE),
    (IDLE, DETACHED): (Registration._release, IDLE),
    (IDLE, REVOKED): (Registration._release, IDLE),

    (REGISTERING, ATTACHED): (Registration._register_sooner, REGISTERING),
    (REGISTERING, ACCEPTED): (Registration._install, ACTIVE),
    (REGISTERING, REJECTED): (Registration._rejected, DENIED),
    (REGISTERING, TIMEOUT): (Registration._timed_out, REGISTERING),
    (REGISTERING, PRESENT): (Registration._repeat, REGISTERING),
    (REGISTERING, ABSENT): (Registration._deregister_absent, DEREGISTERING),
    (REGISTERING, DETACHED): (Registration._deregister, DEREGISTERING),
    (REGISTERING, REVOKED): (Registration._revoked, IDLE),

    # Re-association without our hearing of a departure: the session may have been elsewhere.
    (ACTIVE, ATTACHED): (Registration._register, REFRESHING),
    (ACTIVE, PRESENT): (Registration._refresh, REFRESHING),
    (ACTIVE, ABSENT): (Registration._deregister_absent, DEREGISTERING),
    (ACTIVE, DETACHED): (Registration._deregister, DEREGISTERING),
    (ACTIVE, GIVEN_BACK): (Registration._deregister, DEREGISTERING),
    (ACTIVE, EXPIRED): (Registration._expired, REGISTERING),
    (ACTIVE, REVOKED): (Registration._revoked, IDLE),
    (ACTIVE, SUSPENDED): (Registration._suspend, DENIED),

    (REFRESHING, ATTACHED): (Registration._register, REFRESHING),
    (REFRESHING, ACCEPTED): (Registration._install, ACTIVE),
    (REFRESHING, REJECTED): (Registration._refresh_rejected, DENIED),
    (REFRESHING, TIMEOUT): (Registration._timed_out, REFRESHING),
    (REFRESHING, PRESENT): (Registration._repeat, REFRESHING),
    (REFRESHING, ABSENT): (Registration._deregister_absent, DEREGISTERING),
    (REFRESHING, DETACHED): (Registration._deregister, DEREGISTERING),
    (REFRESHING, GIVEN_BACK): (Registration._deregister, DEREGISTERING),
    (REFRESHING, EXPIRED): (Registration._expired, REGISTERING),
    (REFRESHING, REVOKED): (Registration._revoked, IDLE),
    (REFRESHING, SUSPENDED): (Registration._suspend, DENIED),

    # The anchor ignores a de-registration of a session that has moved on: do not wait long.
    (DEREGISTERING, ATTACHED): (Registration._register, REGISTERING),
    (DEREGISTERING, WANTED): (Registration._register, REGISTERING),
    (DEREGISTERING, ACCEPTED): (Registration._release, IDLE),
    (DEREGISTERING, REJECTED): (Registration._release, IDLE),
    (DEREGISTERING, TIMEOUT): (Registration._release, IDLE),
    (DEREGISTERING, REVOKED): (Registration._release, IDLE),

    (DENIED, ATTACHED): (Registration._register, REGISTERING),
    (DENIED, TIMEOUT): (Registration._verify, DENIED),
    (DENIED, PRESENT): (Registration._register, REGISTERING),
    (DENIED, ABSENT): (Registration._release_absent, IDLE),
    (DENIED, DETACHED): (Registration._release, IDLE),
    (DENIED, REVOKED): (Registration._release, IDLE),
}
