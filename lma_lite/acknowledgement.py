# SPDX-License-Identifier: GPL-2.0-or-later
"""The Proxy Binding Acknowledgement (RFC 5213 5.3.6, RFC 5844 3.1.2.6, RFC 5845 5.2)."""

from lma_lite.binding_cache import Binding
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import UNSPECIFIED6, parse_address
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

#: RFC 6543: the link-local address of the gateway on every access link of the domain.
MAG_LINK_LOCAL_ADDRESS = parse_address("fe80::200:5eff:fe00:5213")

#: Seconds (RFC 5555 section 3.2.2): many NATs forget after 30 s where there was no answer.
NAT_REFRESH_TIME = 25

# Options do not change: those that are always the same are made once.
_GRE = Option(options.GRE_KEY, key=None)
_BEHIND_NAT = Option(
    options.NAT_DETECTION, flags=options.FORCE_UDP_ENCAPSULATION, refresh_time=NAT_REFRESH_TIME)
_WITHOUT_NAT = Option(
    options.NAT_DETECTION, flags=options.FORCE_UDP_ENCAPSULATION, refresh_time=0xFFFFFFFF)
_NAMELESS = Option(options.MN_IDENTIFIER, subtype=1, identifier=b"")
_NO_HANDOFF = Option(options.HANDOFF_INDICATOR)
_NO_TECHNOLOGY = Option(options.ACCESS_TECHNOLOGY_TYPE)
_DHCP_SERVER = Option(options.IPV4_DHCP_SUPPORT_MODE, flags=options.DHCP_SERVER)
_DHCP_RELAY = Option(options.IPV4_DHCP_SUPPORT_MODE, flags=0)

# For all other refusals the reason is in the status of the message itself.
_REPLY_STATUS = {
    status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS: status.IPV4_REPLY_PROHIBITED,
    status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE: status.IPV4_REPLY_PROHIBITED,
}


def accept(update: ProxyBindingUpdate, binding: Binding, lifetime: int) -> Message:
    """Build the acknowledgement of an accepted update; `lifetime` is in units of 4 s."""
    code = status.ACCEPTED
    if update.asks_for_keys and not (binding.keys or update.deregisters):
        code = status.GRE_KEY_OPTION_NOT_REQUIRED
    elif update.wants_tlv_header and binding.tunnel.encapsulation in ("gre", "gre-key"):
        code = status.GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED
    carried = [_mn_identifier(update)]
    carried += _granted_prefixes(update, binding) + _granted_ipv4(update, binding)
    if update.gre_key:
        carried += _gre_key(binding)
    if binding.tunnel.encapsulation == "udp":
        carried.append(_BEHIND_NAT if update.private_address else _WITHOUT_NAT)
    # A session without prefixes has none; its de-registration may name one all the same.
    link_local_address = binding.link_local_address or update.link_local_address
    carried += _echoes(update, update.timestamp, link_local_address)
    return _message(code, update.sequence, lifetime, carried)


def reject(update: ProxyBindingUpdate, code: int, last_sequence: int = 0) -> Message:
    """Build the refusal of an update with status `code` (128-255).

    `last_sequence` is the last accepted sequence number, for SEQUENCE_OUT_OF_WINDOW.
    """
    carried = [_mn_identifier(update)] + _refused_prefixes(update) + _refused_ipv4(update, code)
    told = code in status.WITH_TIME_OF_ANCHOR
    timestamp = update.received if told else update.timestamp
    carried += _echoes(update, timestamp, update.link_local_address)
    sequence = last_sequence if code == status.SEQUENCE_OUT_OF_WINDOW else update.sequence
    return _message(code, sequence, 0, carried)


def encode_reply(update: ProxyBindingUpdate, message: Message) -> bytes:
    """Encode `message` for the way back: the update's addresses, swapped."""
    return encode_between(message, update.local, update.source)


def encode_between(message: Message, source: bytes, destination: bytes) -> bytes:
    """Encode `message`; it needs a checksum with IPv6 only (RFC 5844 section 4.1.3.2)."""
    if len(destination) == 4:
        return header.encode(message)
    return header.encode(message, source, destination)


def _message(code, sequence, lifetime, carried) -> Message:
    return Message(
        header.BINDING_ACKNOWLEDGEMENT, carried, status=code, flags=header.BA_PROXY,
        sequence=sequence, lifetime=lifetime)


def _mn_identifier(update) -> Option:
    return update.options.get(options.MN_IDENTIFIER, _NAMELESS)


def _granted_prefixes(update, binding) -> list:
    if not update.home_network_prefix_options:
        return []
    return [
        Option(options.HOME_NETWORK_PREFIX, prefix_length=length, prefix=prefix)
        for prefix, length in binding.home_network_prefixes
    ]


def _granted_ipv4(update, binding) -> list:
    if update.ipv4_request is None or binding.ipv4_home_address is None:
        return []
    pool = binding.service.addresses
    return [
        Option(options.IPV4_HOME_ADDRESS_REPLY, status=status.IPV4_REPLY_SUCCESS,
               prefix_length=pool.prefix_length, address=binding.ipv4_home_address),
        Option(options.IPV4_DEFAULT_ROUTER_ADDRESS, address=pool.router),
        _DHCP_RELAY if pool.dhcp_relay else _DHCP_SERVER,
    ]


def _gre_key(binding) -> list:
    """With the uplink key, if there is one (RFC 5845 section 5.2)."""
    if binding.keys:
        return [Option(options.GRE_KEY, key=binding.keys[0])]
    return [_GRE] if binding.tunnel.encapsulation == "gre" else []


def _refused_prefixes(update) -> list:
    """Those of the update; a zero one if it had none, unless it was about IPv4 only."""
    asked = update.home_network_prefix_options
    if asked or update.ipv4_request:
        return asked
    return [Option(options.HOME_NETWORK_PREFIX, prefix_length=0, prefix=UNSPECIFIED6)]


def _refused_ipv4(update, code: int) -> list:
    request = update.ipv4_request
    if request is None:
        return []
    return [Option(
        options.IPV4_HOME_ADDRESS_REPLY,
        status=_REPLY_STATUS.get(code, status.IPV4_REPLY_UNSPECIFIED),
        prefix_length=request.prefix_length, address=request.address)]


def _echoes(update, timestamp, link_local_address) -> list:
    """The options that repeat the update's; Handoff Indicator and technology always do."""
    asked = update.options
    carried = [
        asked.get(options.HANDOFF_INDICATOR, _NO_HANDOFF),
        asked.get(options.ACCESS_TECHNOLOGY_TYPE, _NO_TECHNOLOGY),
    ]
    if timestamp == update.timestamp and timestamp is not None:
        carried.append(asked[options.TIMESTAMP])
    elif timestamp is not None:
        carried.append(Option(options.TIMESTAMP, time=timestamp))
    if options.MN_LINK_LAYER_IDENTIFIER in asked:
        carried.append(asked[options.MN_LINK_LAYER_IDENTIFIER])
    if update.link_local_address is not None:
        carried.append(Option(options.LINK_LOCAL_ADDRESS, address=link_local_address))
    return carried
