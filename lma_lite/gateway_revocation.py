# SPDX-License-Identifier: GPL-2.0-or-later
"""A Binding Revocation Indication that a gateway sends us (RFC 5846 sections 6.2.1 and 8.2)."""

from lma_lite.binding_cache import BindingCache
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_header import Message

#: From this value on a trigger is about many mobile nodes (section 5.1).
_FIRST_GLOBAL_TRIGGER = 128


def judge(message: Message, mag: bytes, cache: BindingCache):
    """Return (status, bindings to revoke).

    A gateway revokes what it serves itself, and nothing else: neither another Proxy-CoA in an
    Alternate Care-of Address option nor a mobile node that is elsewhere.
    """
    is_global = bool(message.flags & header.BR_GLOBAL)
    if is_global != (message.trigger >= _FIRST_GLOBAL_TRIGGER):
        return status.REVOCATION_FUNCTION_NOT_SUPPORTED, []
    if not message.flags & header.BR_PROXY:
        return status.REVOCATION_FUNCTION_NOT_SUPPORTED, []
    return _judge_global(message, mag, cache) if is_global else _judge_node(message, mag, cache)


def acknowledgement(message: Message, code: int) -> Message:
    """Build the answer to the indication `message`: its number and its flags, repeated."""
    flags = message.flags & (header.BR_PROXY | header.BR_IPV4_ONLY | header.BR_GLOBAL)
    return Message(
        header.BINDING_REVOCATION_ACKNOWLEDGEMENT, status=code, sequence=message.sequence,
        flags=flags)


def _judge_global(message: Message, mag: bytes, cache: BindingCache):
    if message.trigger != status.PER_PEER_POLICY:
        return status.REVOCATION_TRIGGER_NOT_SUPPORTED, []
    other = message.option(options.ALTERNATE_CARE_OF_ADDRESS)
    if message.option(options.MN_IDENTIFIER) is None or (other and other.address != mag):
        return status.GLOBAL_REVOCATION_NOT_AUTHORIZED, []
    return status.REVOKED, cache.of_gateway(mag)


def _judge_node(message: Message, mag: bytes, cache: BindingCache):
    option = message.option(options.MN_IDENTIFIER)
    if option is None:
        return status.REVOKED_MOBILE_NODES_IDENTITY_REQUIRED, []
    named = _named_addresses(message)
    if message.flags & header.BR_IPV4_ONLY and not named:
        return status.IPV4_HOME_ADDRESS_OPTION_REQUIRED, []
    bindings = [
        binding for binding in cache.of_node((option.subtype, option.identifier))
        if binding.proxy_care_of_address == mag
        and (not named or [each for each in binding.home_addresses() if each in named])
    ]
    return (status.REVOKED if bindings else status.BINDING_DOES_NOT_EXIST), bindings


def _named_addresses(message: Message) -> list:
    """The prefixes that single sessions out, or with the V flag the IPv4 home address."""
    if message.flags & header.BR_IPV4_ONLY:
        return [each.address for each in message.all(options.IPV4_HOME_ADDRESS_REQUEST)]
    return [
        (each.prefix, each.prefix_length) for each in message.all(options.HOME_NETWORK_PREFIX)]
