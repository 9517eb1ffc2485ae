# SPDX-License-Identifier: GPL-2.0-or-later
"""Identifiers whose form depends on a subtype (RFC 4283, RFC 8371)."""
import binascii

from .address import format_address, format_mac
from .field import Rest, show_octets

NAI = 1
IPV6_ADDRESS = 2
IMSI = 3
P_TMSI = 4
EUI_48 = 5
EUI_64 = 6
GUTI = 7
DUID = 8

SUBTYPES = {NAI: "NAI", IPV6_ADDRESS: "IPv6 address", IMSI: "IMSI", P_TMSI: "P-TMSI",
            EUI_48: "EUI-48", EUI_64: "EUI-64", GUTI: "GUTI", DUID: "DUID"}


def show_identifier(subtype: int, identifier: bytes) -> str:
    """The identifier as people write it; hexadecimal digits where its RFC says nothing."""
    if subtype == NAI:
        return show_octets(identifier)
    if subtype == IPV6_ADDRESS and len(identifier) == 16:
        return format_address(identifier)
    if subtype in (EUI_48, EUI_64):
        return format_mac(identifier)
    digits = binascii.hexlify(identifier).decode()
    # Decimal digits of 4 bits, filled up to whole octets with ones.
    return digits.rstrip("f") if subtype == IMSI else digits


class Identifier(Rest):
    """An identifier up to the end, of the subtype that is the first value of its row."""

    def show_after(self, value, subtype):
        """The text, for people who know the subtype."""
        return show_identifier(subtype, value)
