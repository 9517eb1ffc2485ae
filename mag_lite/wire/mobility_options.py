# SPDX-License-Identifier: GPL-2.0-or-later
"""The mobility options a gateway and an anchor cannot do without (RFC 5213, 5844, 5845, 5847).

Importing one of the other mobility_options_* modules teaches more of them to the same family.
"""
from . import status
from .field import (
    IPV4,
    IPV6,
    U8,
    U16,
    U32,
    U64,
    Bits,
    LinkLayer,
    OptionalU32,
    Reserved,
    Rest,
    part,
)
from .identifier import SUBTYPES, Identifier
from .layout import BY_SIZE
from .record import Family

BINDING_REFRESH_ADVICE = 2
ALTERNATE_CARE_OF_ADDRESS = 3
MN_IDENTIFIER = 8
SERVICE_SELECTION = 20
HOME_NETWORK_PREFIX = 22
HANDOFF_INDICATOR = 23
ACCESS_TECHNOLOGY_TYPE = 24
MN_LINK_LAYER_IDENTIFIER = 25
LINK_LOCAL_ADDRESS = 26
TIMESTAMP = 27
RESTART_COUNTER = 28
IPV4_HOME_ADDRESS = 29
IPV4_ADDRESS_ACKNOWLEDGEMENT = 30
NAT_DETECTION = 31
IPV4_CARE_OF_ADDRESS = 32
GRE_KEY = 33
IPV4_HOME_ADDRESS_REQUEST = 36
IPV4_HOME_ADDRESS_REPLY = 37
IPV4_DEFAULT_ROUTER_ADDRESS = 38
IPV4_DHCP_SUPPORT_MODE = 39

HNP_OFF_LINK = 0x80
DHCP_SERVER = 1
FORCE_UDP_ENCAPSULATION = 0x8000


def show_units(value: int) -> str:
    """A time in the units of four seconds of RFC 6275."""
    return "%d (%d s)" % (value, value * 4)


def show_timestamp(value: int) -> str:
    """48 bits of seconds and 16 bits of fraction since 1970 (RFC 5213 section 8.8)."""
    return "%d.%05d s" % (value >> 16, (value & 0xFFFF) * 100000 >> 16)


TABLE = (
    (BINDING_REFRESH_ADVICE, "Binding Refresh Advice", "RFC 6275 6.2.4", "LMA", "2n",
     (U16("refresh_interval", show_units),)),
    (ALTERNATE_CARE_OF_ADDRESS, "Alternate Care-of Address", "RFC 6275 6.2.5", "MAG", "8n+6",
     (IPV6("address"),)),
    (MN_IDENTIFIER, "Mobile Node Identifier", "RFC 4283 3", "MAG, LMA", "",
     (U8("subtype", SUBTYPES), Identifier("identifier"))),
    (SERVICE_SELECTION, "Service Selection", "RFC 5149 3", "MAG", "",
     (Rest("identifier", 1),)),
    (HOME_NETWORK_PREFIX, "Home Network Prefix", "RFC 5213 8.3", "MAG, LMA", "8n+4",
     (U8("flags", ((HNP_OFF_LINK, "L"),)), U8("prefix_length"), IPV6("prefix"))),
    (HANDOFF_INDICATOR, "Handoff Indicator", "RFC 5213 8.4", "MAG, LMA", "",
     (Reserved(8), U8("indicator", status.HANDOFF_INDICATOR))),
    (ACCESS_TECHNOLOGY_TYPE, "Access Technology Type", "RFC 5213 8.5", "MAG, LMA", "",
     (Reserved(8), U8("technology", status.ACCESS_TECHNOLOGY))),
    (MN_LINK_LAYER_IDENTIFIER, "Mobile Node Link-layer Identifier", "RFC 5213 8.6",
     "MAG, LMA", BY_SIZE, (Reserved(16), LinkLayer("identifier"))),
    (LINK_LOCAL_ADDRESS, "Link-local Address", "RFC 5213 8.7", "MAG, LMA", "8n+6",
     (IPV6("address"),)),
    (TIMESTAMP, "Timestamp", "RFC 5213 8.8", "MAG, LMA", "8n+2",
     (U64("time", show_timestamp),)),
    (RESTART_COUNTER, "Restart Counter", "RFC 5847 3.4", "MAG, LMA", "4n+2",
     (U32("counter"),)),
    (IPV4_HOME_ADDRESS, "IPv4 Home Address", "RFC 5555 3.1.1", "LMA", "4n",
     (Bits(part(6, "prefix_length"), part(1, "prefix_requested"), Reserved(9)),
      IPV4("address"))),
    (IPV4_ADDRESS_ACKNOWLEDGEMENT, "IPv4 Address Acknowledgement", "RFC 5555 3.2.1", "-", "4n",
     (U8("status"), Bits(part(6, "prefix_length"), Reserved(2)), IPV4("address"))),
    (NAT_DETECTION, "NAT Detection", "RFC 5555 3.2.2", "LMA", "4n",
     (U16("flags", ((FORCE_UDP_ENCAPSULATION, "F"),)), U32("refresh_time"))),
    (IPV4_CARE_OF_ADDRESS, "IPv4 Care-of Address", "RFC 5555 3.1.2", "MAG", "4n",
     (Reserved(16), IPV4("address"))),
    (GRE_KEY, "GRE Key", "RFC 5845 6.1", "MAG, LMA", "4n",
     (Reserved(16), OptionalU32("key"))),
    (IPV4_HOME_ADDRESS_REQUEST, "IPv4 Home Address Request", "RFC 5844 3.3.1", "MAG, LMA", "4n",
     (Bits(part(6, "prefix_length"), Reserved(10)), IPV4("address"))),
    (IPV4_HOME_ADDRESS_REPLY, "IPv4 Home Address Reply", "RFC 5844 3.3.2", "LMA", "4n",
     (U8("status", status.IPV4_REPLY_STATUS), Bits(part(6, "prefix_length"), Reserved(2)),
      IPV4("address"))),
    (IPV4_DEFAULT_ROUTER_ADDRESS, "IPv4 Default-Router Address", "RFC 5844 3.3.3", "LMA", "4n",
     (Reserved(16), IPV4("address"))),
    (IPV4_DHCP_SUPPORT_MODE, "IPv4 DHCP Support Mode", "RFC 5844 3.3.4", "LMA", "",
     (U16("flags", ((DHCP_SERVER, "S"),)),)),
)

FAMILY = Family(TABLE, padded=True)


def Option(number: int, **fields):
    """The mobility option `number` with the given fields, e.g. Option(GRE_KEY, key=257).

    Omitted fields are zero; ValueError for a field it does not have or a value that does not fit.
    """
    return FAMILY.make(number, fields)
