# SPDX-License-Identifier: GPL-2.0-or-later
"""Binding revocation by the anchor (RFC 5846 section 9.1), of single mobile nodes.

After a handover the anchor revokes the session at the access point that the station left.  It
is believed only if the station does not show that it is here: the radio knows better than the
anchor, whose news may be old.
"""

from mag_lite.core.acknowledgement import mn_identifier
from mag_lite.core.actions import HandedOver, RemoveStation, SendMessage
from mag_lite.core.registration import REVOKED, SUSPENDED
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status as statuses
from mag_lite.wire.mobility_header import Message, encode

#: Triggers that say the station has moved to another gateway (RFC 5846 section 5.1).
HANDOVERS = (
    statuses.INTER_MAG_HANDOVER_SAME_ACCESS_TYPE,
    statuses.INTER_MAG_HANDOVER_DIFFERENT_ACCESS_TYPE,
    statuses.INTER_MAG_HANDOVER_UNKNOWN,
)
#: The anchor repeats itself after a second: it is answered before (ms).
PATIENCE = 700


class Revocation:
    """Judges each Binding Revocation Indication and answers it."""

    def __init__(self, bindings, registration, presence, actions, counters):
        self.bindings = bindings
        self.registration = registration
        self.presence = presence
        self.actions = actions
        self.counters = counters

    def receive(self, anchor, indication: Message, now: int):
        """Take an indication that came from `anchor`; every one is answered (section 6.1.2)."""
        self.counters.count("bri.received")
        refusal = _refusal(indication)
        if refusal:
            self._answer(anchor, indication, refusal)
        elif indication.flags & header.BR_GLOBAL:
            self._suspend(anchor, indication, now)
        else:
            self._revoke_node(anchor, indication, now)

    def _suspend(self, anchor, indication, now):
        """The anchor ends all sessions of ours, or of a realm, but not for the stations' sake."""
        found = [binding for binding in self.bindings if binding.anchor is anchor
                 and binding.forwarded and _is_of_realm(binding, mn_identifier(indication))]
        for binding in found:
            self.registration.handle(binding, SUSPENDED, now, "revoked by the anchor: %s"
                                     % statuses.REVOCATION_TRIGGER[indication.trigger])
        self._answer(anchor, indication,
                     statuses.REVOKED if found else statuses.BINDING_DOES_NOT_EXIST)

    def _revoke_node(self, anchor, indication, now):
        revoked = [binding for binding in self.bindings.of_mobile_node(
                       anchor, mn_identifier(indication)) if _names(binding, indication)]
        if not revoked:
            self._answer(anchor, indication, statuses.BINDING_DOES_NOT_EXIST)
        elif indication.trigger not in HANDOVERS:
            for binding in revoked:
                self._revoke(binding, indication, now, True)
            self._answer(anchor, indication, statuses.REVOKED)
        else:
            self._revoke_unless_present(anchor, indication, revoked[0], now)

    def _revoke_unless_present(self, anchor, indication, binding, now):
        def answer(binding, present, now):
            if present:
                self.counters.count("bri.station_present")
                if indication.trigger != statuses.INTER_MAG_HANDOVER_UNKNOWN:
                    self.registration.reclaim(binding, now)
                self._answer(anchor, indication, statuses.REVOCATION_FAILED_MN_IS_ATTACHED)
            else:
                if not _is_about_half(binding, indication):
                    self.actions.append(HandedOver(binding, binding.homes))
                self._revoke(binding, indication, now, False)
                self._answer(anchor, indication, statuses.REVOKED)

        self.presence.ask(binding, now, PATIENCE, answer)

    def _revoke(self, binding, indication, now, tell):
        reason = "revoked by the anchor: %s" % statuses.REVOCATION_TRIGGER[indication.trigger]
        if _is_about_half(binding, indication):
            self.registration.release_ipv4(binding, reason)
            return
        binding.attached = False
        self.actions.append(RemoveStation(binding.interface, binding.mac, tell))
        self.registration.handle(binding, REVOKED, now, reason)

    def _answer(self, anchor, indication, code):
        acknowledgement = Message(
            header.BINDING_REVOCATION_ACKNOWLEDGEMENT, indication.options, status=code,
            sequence=indication.sequence, flags=indication.flags)
        self.counters.count("bra.sent.%d" % code)
        self.actions.append(SendMessage(anchor, encode(acknowledgement)))


def _refusal(indication):
    """Return the status that refuses an indication which cannot be carried out, or None."""
    if not indication.flags & header.BR_PROXY:
        return statuses.REVOCATION_FUNCTION_NOT_SUPPORTED
    if indication.trigger not in statuses.REVOCATION_TRIGGER:
        return statuses.REVOCATION_TRIGGER_NOT_SUPPORTED
    is_global = bool(indication.flags & header.BR_GLOBAL)
    if is_global != (indication.trigger >= statuses.PER_PEER_POLICY):
        return statuses.REVOCATION_FUNCTION_NOT_SUPPORTED
    if indication.trigger == statuses.PER_PEER_POLICY:
        return statuses.REVOCATION_FUNCTION_NOT_SUPPORTED if indication.options else None
    identifier = mn_identifier(indication)
    if (identifier is not None and indication.flags & header.BR_IPV4_ONLY
            and indication.option(options.IPV4_HOME_ADDRESS_REQUEST) is None):
        return statuses.IPV4_HOME_ADDRESS_OPTION_REQUIRED
    if identifier is None or is_global and not identifier.startswith(b"@"):
        return statuses.REVOKED_MOBILE_NODES_IDENTITY_REQUIRED
    return None


def _is_of_realm(binding, realm):
    """True if the mobile node is of "@realm", or of any if there is none (section 8.2)."""
    return realm is None or binding.mn_identifier.lower().endswith(realm.lower())


def _names(binding, indication):
    """True if the indication means this session; without an address it means all of the node."""
    if not binding.forwarded and not binding.outstanding:
        return False
    named = [(option.prefix, option.prefix_length)
             for option in indication.all(options.HOME_NETWORK_PREFIX)]
    option = indication.option(options.IPV4_HOME_ADDRESS_REQUEST)
    if indication.flags & header.BR_IPV4_ONLY:
        named = []
    if option is not None:
        named.append(option.address)
    return not named or any([home in named for home in binding.homes])


def _is_about_half(binding, indication):
    """True if only the IPv4 address of a dual-stack session is to go."""
    return bool(indication.flags & header.BR_IPV4_ONLY and binding.home_network_prefixes)
