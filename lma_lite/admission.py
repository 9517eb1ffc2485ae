# SPDX-License-Identifier: GPL-2.0-or-later
"""May this Proxy Binding Update be acted upon?  (RFC 5213 5.3.1, RFC 5844 3.1.2.1.)"""

from lma_lite.binding_cache import BindingCache
from lma_lite.ordering import check_sequence, check_timestamp
from lma_lite.policy import Policy
from lma_lite.proxy_binding_update import PORT, ProxyBindingUpdate
from lma_lite.session_lookup import UPDATE, find_session
from lma_lite.waiting import key_of
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import format_address


class Admission:
    """The checks, in the order that the RFC prescribes; the first that fails decides."""

    def __init__(self, configuration, policy: Policy, cache: BindingCache):
        self._configuration = configuration
        self._policy = policy
        self._cache = cache
        self._checks = (
            self._mobile_node_is_named,
            self._gateway_is_authorized,
            self._mobile_node_is_authorized,
            self._message_is_in_order,
            self._home_is_asked_for,
            self._handoff_indicator_is_present,
            self._access_technology_is_present,
            self._one_ipv4_address_at_most,
            self._keys_are_as_required,
            self._ip_version_is_served,
            self._encapsulation_is_supported,
        )

    def check(self, update: ProxyBindingUpdate) -> int:
        """Return the first refusing status (128-255), or ACCEPTED."""
        return _first_refusal(self._checks, update)

    def check_again(self, update: ProxyBindingUpdate, awaited) -> int:
        """As `check`, of an update that has waited for a session, by its key `awaited`: by now the
        configuration may be another, and a newer update accepted."""
        checks = [self._gateway_is_authorized, self._mobile_node_is_authorized,
                  self._keys_are_as_required, self._ip_version_is_served]
        found = find_session(update, self._cache)
        if found.verdict == UPDATE and not _was_given_up(found.binding, awaited):
            checks.append(self._message_is_in_order)
        return _first_refusal(checks, update)

    def _mobile_node_is_named(self, update):
        return status.ACCEPTED if update.mn_identifier else status.MISSING_MN_IDENTIFIER_OPTION

    def _gateway_is_authorized(self, update):
        """A gateway registers its own addresses as the Proxy-CoA, nobody else's."""
        mags = self._configuration.mags
        name = mags.get(update.source)
        if name and mags.get(update.care_of_address) == name:
            return status.ACCEPTED
        return status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG

    def _mobile_node_is_authorized(self, update):
        if not update.mn_identifier[1]:
            return status.NOT_LMA_FOR_THIS_MOBILE_NODE
        code, update.service = self._policy.authorize(update.mn_identifier, update.selection)
        return code

    def _message_is_in_order(self, update):
        if update.timestamp is not None:
            sessions = self._cache.of_node(update.mn_identifier)
            last = max([session.timestamp for session in sessions] or [0])
            return check_timestamp(
                update.timestamp, update.received, self._configuration.timestamp_window, last)
        session = find_session(update, self._cache).binding
        return check_sequence(update.sequence, session.sequence) if session else status.ACCEPTED

    def _home_is_asked_for(self, update):
        if update.home_network_prefix_options or update.ipv4_request:
            return status.ACCEPTED
        return status.MISSING_HOME_NETWORK_PREFIX_OPTION

    def _handoff_indicator_is_present(self, update):
        if options.HANDOFF_INDICATOR in update.options:
            return status.ACCEPTED
        return status.MISSING_HANDOFF_INDICATOR_OPTION

    def _access_technology_is_present(self, update):
        if options.ACCESS_TECHNOLOGY_TYPE in update.options:
            return status.ACCEPTED
        return status.MISSING_ACCESS_TECH_TYPE_OPTION

    def _one_ipv4_address_at_most(self, update):
        if len(update.message.all(options.IPV4_HOME_ADDRESS_REQUEST)) > 1:
            return status.MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED
        return status.ACCEPTED

    def _ip_version_is_served(self, update):
        if update.home_network_prefix_options and update.service.prefixes is None:
            return status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE
        if update.ipv4_request and update.service.addresses is None:
            return status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE
        return status.ACCEPTED

    def _encapsulation_is_supported(self, update):
        """AcceptForcedIPv4UDPEncapsulationRequest (RFC 5844 section 4.1.3.1)."""
        if update.forces_udp and not update.deregisters:
            update.objection = self._objection_to_udp(update)
        return status.ADMINISTRATIVELY_PROHIBITED if update.objection else status.ACCEPTED

    def _objection_to_udp(self, update) -> str:
        """Of gateways behind one NAT only one can have its UDP port 5437, and then has 5436 too."""
        if not self._configuration.udp or len(update.local) != 4:
            return "UDP encapsulation is not allowed"
        own = update.private_address
        if own is None:
            return ""
        for binding in self._cache.of_gateway(update.care_of_address):
            other = binding.private_address
            if other not in (None, own) and binding.tunnel == update.tunnel and (
                    not binding.deregistered):
                return "%s is behind the same NAT as %s, which has its UDP port" % (
                    format_address(own), format_address(other))
        if update.port != PORT:
            return "the NAT gives %s port %d in place of %d, so another has its UDP port" % (
                format_address(own), update.port, PORT)
        return ""

    def _keys_are_as_required(self, update):
        """RFC 5845 section 5.2."""
        update.may_have_keys = self._configuration.gre_key != "refuse"
        needs_some = self._configuration.gre_key == "require" and not update.deregisters
        if needs_some and not update.asks_for_keys:
            return status.GRE_KEY_OPTION_REQUIRED
        return status.ACCEPTED


def _was_given_up(binding, awaited) -> bool:
    """Return True if the session came to the end waited for: that may be newer than who waits."""
    return binding.deregistered and key_of(binding) == awaited


def _first_refusal(checks, update) -> int:
    for check in checks:
        code = check(update)
        if code != status.ACCEPTED:
            return code
    return status.ACCEPTED
