# SPDX-License-Identifier: GPL-2.0-or-later
"""The Proxy Binding Update as it goes out (RFC 5213 section 6.9.1.5, RFC 5844 section 3.2.3)."""

from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import UNSPECIFIED4, UNSPECIFIED6
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option
from mag_lite.wire.status import NAI

#: A lifetime on the wire counts units of this many milliseconds.
LIFETIME_UNIT = 4000

# Options do not change: those that most updates carry are made once.
_ANY_ADDRESS = Option(options.IPV4_HOME_ADDRESS_REQUEST, address=UNSPECIFIED4)
_ANY_PREFIX = Option(options.HOME_NETWORK_PREFIX, prefix_length=0, prefix=UNSPECIFIED6)
_ANY_LINK_LOCAL = Option(options.LINK_LOCAL_ADDRESS, address=UNSPECIFIED6)
_GRE = Option(options.GRE_KEY, key=None)
_HANDOFF = [Option(options.HANDOFF_INDICATOR, indicator=value) for value in range(6)]


def lifetime_units(lifetime: int) -> int:
    """Return milliseconds in the 4-second units of the wire, never rounded down to zero."""
    return (lifetime + LIFETIME_UNIT - 1) // LIFETIME_UNIT


def proxy_binding_update(binding, lifetime: int, handoff_indicator: int, timestamp) -> Message:
    """Build the update for `binding` (RFC 5213 section 6.9.1.5, RFC 5844 section 3.2.3.1).

    `lifetime` is in ms (to 262140000), 0 de-registers; `handoff_indicator` is a value of RFC 5213
    section 8.4; `timestamp` counts 1/65536 s since 1970 (48.16 fixed point), or is None when
    messages are ordered by sequence number.  A wish for GRE (RFC 5845 section 4.2) is not
    repeated on leaving.  With the wish for UDP goes our address, by which the anchor finds out
    whether a NAT is between us (RFC 5555 section 4.2).
    """
    carried = [
        Option(options.MN_IDENTIFIER, subtype=NAI, identifier=binding.mn_identifier),
    ] + _homes(binding)
    flags = header.BU_ACKNOWLEDGE | header.BU_PROXY
    if lifetime:
        carried += _gre_key(binding)
    if binding.anchor.encapsulation == "udp":
        flags |= header.BU_FORCE_UDP
        carried.append(Option(options.IPV4_CARE_OF_ADDRESS, address=binding.anchor.local))
    carried += [
        _HANDOFF[handoff_indicator],
        Option(options.ACCESS_TECHNOLOGY_TYPE, technology=binding.access_technology),
    ]
    if timestamp is not None:
        carried.append(Option(options.TIMESTAMP, time=timestamp))
    carried.append(Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=binding.mac))
    if 6 in binding.ip_versions and not binding.given_back:
        carried.append(_link_local_address(binding))
    if binding.service:
        carried.append(Option(options.SERVICE_SELECTION, identifier=binding.service))
    return Message(
        header.BINDING_UPDATE, carried, sequence=binding.sequence,
        flags=flags, lifetime=lifetime_units(lifetime),
    )


def _gre_key(binding) -> list:
    """The wish for GRE, with the key that we want to see in packets for this session or without."""
    if binding.anchor.encapsulation == "gre":
        return [_GRE]
    if binding.anchor.encapsulation == "gre-key":
        return [Option(options.GRE_KEY, key=binding.downlink_key)]
    return []


def _homes(binding) -> list:
    """What is given back, or asked for: by name what the client has, else any."""
    if binding.given_back:
        return [_named(binding, home) for home in binding.given_back]
    carried = []
    if 6 in binding.ip_versions:
        carried += _home_network_prefixes(binding)
    if 4 in binding.ip_versions:
        carried.append(_ipv4_home_address_request(binding))
    return carried


def _home_network_prefixes(binding) -> list:
    if not binding.home_network_prefixes:
        return [_ANY_PREFIX]
    return [_named(binding, prefix) for prefix in binding.home_network_prefixes]


def _link_local_address(binding) -> Option:
    """Ask for the router's address that the session has, or say which (RFC 5213 6.8, 6.9.1.2)."""
    if not binding.home_network_prefixes:
        return _ANY_LINK_LOCAL
    return Option(options.LINK_LOCAL_ADDRESS, address=binding.router_link_local)


def _ipv4_home_address_request(binding) -> Option:
    if binding.home_address is None:
        return _ANY_ADDRESS
    return _named(binding, binding.home_address)


def _named(binding, home) -> Option:
    if isinstance(home, tuple):
        return Option(options.HOME_NETWORK_PREFIX, prefix=home[0], prefix_length=home[1])
    return Option(options.IPV4_HOME_ADDRESS_REQUEST, prefix_length=binding.prefix_length,
                  address=home)
