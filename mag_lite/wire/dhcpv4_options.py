# SPDX-License-Identifier: GPL-2.0-or-later
"""What DHCPv4 options are called and how their values read, for people (RFC 2132 and others)."""
import binascii

from . import dhcpv4
from .address import format_address, format_mac, format_prefix
from .error import DecodeError
from .field import show_octets


def _addresses(value):
    return " ".join([format_address(value[i:i + 4]) for i in range(0, len(value), 4)])


def _number(value):
    return "%d" % int.from_bytes(value, "big")


def _seconds(value):
    return "%d s" % int.from_bytes(value, "big")


def _numbers(value):
    return " ".join(["%d" % octet for octet in value])


def _message_type(value):
    return "%d (%s)" % (value[0], dhcpv4.MESSAGE_NAMES.get(value[0], "unassigned"))


def _routes(value):
    return ", ".join(["%s via %s" % (format_prefix(prefix), format_address(router))
                      for prefix, router in dhcpv4.decode_classless_routes(value)])


def _client_identifier(value):
    return format_mac(value[1:]) if value[0] == 1 and len(value) == 7 else _hexadecimal(value)


def _hexadecimal(value):
    return binascii.hexlify(value).decode()


# number: (name, RFC and section, length or the unit it is a multiple of (0: any), how to show it)
TABLE = {
    dhcpv4.SUBNET_MASK: ("Subnet Mask", "RFC 2132 3.3", 4, format_address),
    dhcpv4.ROUTER: ("Router", "RFC 2132 3.5", 4, _addresses),
    dhcpv4.DNS: ("Domain Name Server", "RFC 2132 3.8", 4, _addresses),
    dhcpv4.HOST_NAME: ("Host Name", "RFC 2132 3.14", 0, show_octets),
    dhcpv4.DOMAIN_NAME: ("Domain Name", "RFC 2132 3.17", 0, show_octets),
    dhcpv4.INTERFACE_MTU: ("Interface MTU", "RFC 2132 5.1", 2, _number),
    dhcpv4.BROADCAST_ADDRESS: ("Broadcast Address", "RFC 2132 5.3", 4, format_address),
    dhcpv4.REQUESTED_ADDRESS: ("Requested IP Address", "RFC 2132 9.1", 4, format_address),
    dhcpv4.LEASE_TIME: ("IP Address Lease Time", "RFC 2132 9.2", 4, _seconds),
    dhcpv4.MESSAGE_TYPE: ("DHCP Message Type", "RFC 2132 9.6", 1, _message_type),
    dhcpv4.SERVER_IDENTIFIER: ("Server Identifier", "RFC 2132 9.7", 4, format_address),
    dhcpv4.PARAMETER_REQUEST_LIST: ("Parameter Request List", "RFC 2132 9.8", 1, _numbers),
    dhcpv4.MESSAGE: ("Message", "RFC 2132 9.9", 0, show_octets),
    dhcpv4.MAXIMUM_MESSAGE_SIZE: ("Maximum DHCP Message Size", "RFC 2132 9.10", 2, _number),
    dhcpv4.RENEWAL_TIME: ("Renewal (T1) Time Value", "RFC 2132 9.11", 4, _seconds),
    dhcpv4.REBINDING_TIME: ("Rebinding (T2) Time Value", "RFC 2132 9.12", 4, _seconds),
    dhcpv4.VENDOR_CLASS: ("Vendor Class Identifier", "RFC 2132 9.13", 0, show_octets),
    dhcpv4.CLIENT_IDENTIFIER: ("Client-identifier", "RFC 2132 9.14", 1, _client_identifier),
    dhcpv4.RAPID_COMMIT: ("Rapid Commit", "RFC 4039 4", 0, show_octets),
    dhcpv4.CLIENT_FQDN: ("Client FQDN", "RFC 4702 2", 0, show_octets),
    dhcpv4.RELAY_AGENT_INFORMATION: ("Relay Agent Information", "RFC 3046 2", 0, _hexadecimal),
    dhcpv4.CLASSLESS_ROUTES: ("Classless Static Route", "RFC 3442", 1, _routes),
}


def option_name(number: int) -> str:
    """What RFC 2132 and its successors call option `number`."""
    return TABLE[number][0] if number in TABLE else "Option %d" % number


def show_option(number: int, value: bytes) -> str:
    """The value as text; as hexadecimal where it is not what the option's RFC says."""
    if number not in TABLE:
        return show_octets(value)
    _, _, unit, show = TABLE[number]
    lists = (_addresses, _numbers, _routes, _client_identifier)
    right = not unit or (value and len(value) % unit == 0 if show in lists else len(value) == unit)
    try:
        return show(value) if right else _hexadecimal(value)
    except DecodeError:
        return _hexadecimal(value)
