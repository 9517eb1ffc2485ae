# SPDX-License-Identifier: GPL-2.0-or-later
"""Which mobility session a Proxy Binding Update is about (RFC 5213 5.4.1, RFC 5844 3.1.2.7).

A pure question to the Binding Cache: nothing is changed here.
"""

from collections import namedtuple

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER, BindingCache
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from mag_lite.wire import status

#: The update is about `binding`.
UPDATE = "update"
#: The update asks for a new mobility session.
NEW = "new"
#: The update is about `binding` once the gateway that serves it gives it up, else a new session.
WAIT = "wait"
#: The update de-registers a session that does not exist.
IGNORE = "ignore"
#: The update is to be refused with `status`.
REJECT = "reject"

Lookup = namedtuple("Lookup", ("verdict", "binding", "status"))


def find_session(update: ProxyBindingUpdate, cache: BindingCache) -> Lookup:
    """Apply the rules of RFC 5213 section 5.4.1 in their order."""
    if update.wanted_prefixes:
        found = _by_prefixes(update, cache)
    elif update.wanted_address:
        found = _by_ipv4_home_address(update, cache)
    elif update.link_layer_identifier:
        found = _by_link_layer_identifier(update, cache)
    else:
        found = _by_mn_identifier(update, cache)
    if found.verdict in (NEW, WAIT) and update.deregisters:
        return Lookup(IGNORE, None, None)
    return found


def _by_prefixes(update: ProxyBindingUpdate, cache: BindingCache) -> Lookup:
    """Section 5.4.1.1: at least one home network prefix is named."""
    wanted = update.wanted_prefixes
    found = [cache.of_address(prefix) for prefix in wanted if cache.of_address(prefix)]
    if not found:
        return _new()
    binding = found[0]
    if binding.mn_identifier != update.mn_identifier:
        return _reject(status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)
    asked = len(update.home_network_prefix_options)
    if asked != len(wanted) or sorted(wanted) != sorted(binding.home_network_prefixes):
        return _reject(status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH)
    return _update(binding) if _same_session(update, binding) else _new()


def _by_ipv4_home_address(update: ProxyBindingUpdate, cache: BindingCache) -> Lookup:
    """RFC 5844 section 3.1.2.7: the rules of 5.4.1.1 with one IPv4 address as the key."""
    binding = cache.of_address(update.wanted_address)
    if binding is None:
        return _new()
    if binding.mn_identifier != update.mn_identifier:
        return _reject(status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS)
    return _update(binding) if _same_session(update, binding) else _new()


def _same_session(update: ProxyBindingUpdate, binding) -> bool:
    """Rule 5 of section 5.4.1.1: any of four signs that this is the same interface."""
    same_technology = update.access_technology == binding.access_technology
    known = binding.link_layer_identifier
    if update.handoff_indicator == status.HANDOFF_BETWEEN_INTERFACES:
        return True
    if not same_technology:
        return False
    if update.care_of_address == binding.proxy_care_of_address:
        return True
    if update.link_layer_identifier:
        return update.link_layer_identifier == known
    handed_over = update.handoff_indicator == status.HANDOFF_BETWEEN_MAGS
    return handed_over and known == NO_LINK_LAYER_IDENTIFIER


def _by_link_layer_identifier(update: ProxyBindingUpdate, cache: BindingCache) -> Lookup:
    """Section 5.4.1.2: no prefix or address is named, but the interface is."""
    binding = cache.of_interface(
        update.mn_identifier, update.access_technology, update.link_layer_identifier)
    if binding:
        return _update(binding)
    return _by_only_session(update, cache, (status.HANDOFF_BETWEEN_INTERFACES,))


def _by_mn_identifier(update: ProxyBindingUpdate, cache: BindingCache) -> Lookup:
    """Section 5.4.1.3: neither prefix, address nor interface is named."""
    return _by_only_session(
        update, cache, (status.HANDOFF_BETWEEN_INTERFACES, status.HANDOFF_BETWEEN_MAGS))


def _by_only_session(update: ProxyBindingUpdate, cache: BindingCache, handoffs) -> Lookup:
    """The one session that the mobile node has, if the Handoff Indicator points to it."""
    sessions = cache.of_node(update.mn_identifier)
    if len(sessions) != 1:
        return _new()
    if update.handoff_indicator in handoffs:
        return _update(sessions[0])
    if update.handoff_indicator == status.HANDOFF_UNKNOWN:
        if sessions[0].deregistered:
            return _update(sessions[0])
        return Lookup(WAIT, sessions[0], None)
    return _new()


def _update(binding) -> Lookup:
    return Lookup(UPDATE, binding, None)


def _new() -> Lookup:
    return Lookup(NEW, None, None)


def _reject(code: int) -> Lookup:
    return Lookup(REJECT, None, code)
