# SPDX-License-Identifier: GPL-2.0-or-later
"""What home address and prefixes a session gets (RFC 5213 5.3.2, RFC 5844 3.1.2.2, 3.1.2.4)."""

from collections import namedtuple

from lma_lite.binding_cache import Binding
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from mag_lite.wire import status

#: `code` is ACCEPTED or refuses the update; `homes` are IPv4 addresses and prefixes.
Assignment = namedtuple("Assignment", ("code", "homes"))


def assign(binding: Binding, update: ProxyBindingUpdate) -> Assignment:
    """Say what `binding` is to have; what it has not yet is taken from the pools of its service.

    It keeps what it has, gets what the update asks for besides, and loses what the update does
    not ask for.  Nothing is taken if the update must be refused.
    """
    code, addresses = _addresses(binding, update)
    if code != status.ACCEPTED:
        return Assignment(code, [])
    code, prefixes = _prefixes(binding, update)
    if code != status.ACCEPTED:
        binding.service.release(
            [each for each in addresses if each != binding.ipv4_home_address])
        return Assignment(code, [])
    return Assignment(code, addresses + prefixes)


def _addresses(binding, update):
    """(status, at most one address) for the IPv4 Home Address Request option."""
    held, wanted = binding.ipv4_home_address, update.wanted_address
    if update.ipv4_request is None:
        return status.ACCEPTED, []
    if held and wanted in (None, held):
        return status.ACCEPTED, [held]
    if wanted:
        claimed = not held and binding.service.claim(update.owner, [wanted])
        return _claimed(claimed, [wanted], status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS)
    address = binding.service.addresses.allocate(update.owner)
    return _allocated([address] if address else [])


def _prefixes(binding, update):
    """(status, prefixes) for the Home Network Prefix options.

    Who names prefixes of a session names them all: the session was found by them.
    """
    held, wanted = binding.home_network_prefixes, update.wanted_prefixes
    if held or not update.home_network_prefix_options:
        return status.ACCEPTED, held if update.home_network_prefix_options else []
    if wanted:
        claimed = binding.service.claim(update.owner, wanted)
        return _claimed(claimed, wanted, status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX)
    return _allocated(binding.service.prefixes.allocate_all(update.owner))


def _claimed(claimed, wanted, refusal):
    return (status.ACCEPTED, wanted) if claimed else (refusal, [])


def _allocated(homes):
    return (status.ACCEPTED, homes) if homes else (status.INSUFFICIENT_RESOURCES, [])
