# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility options about sessions, gateways and anchors beyond the core ones."""
from .field import (
    IPV4,
    IPV6,
    U8,
    U16,
    U32,
    AnyAddress,
    Octets,
    Records,
    Reserved,
    Rest,
)
from .identifier import SUBTYPES, Identifier
from .mobility_options import FAMILY, show_units
from .record import Family
from .status import ACCESS_TECHNOLOGY

VENDOR_SPECIFIC = 19
CONTEXT_REQUEST = 40
LMA_ADDRESS = 41
MN_LINK_LOCAL_ADDRESS_INTERFACE_IDENTIFIER = 42
TRANSIENT_BINDING = 43
REDIRECT_CAPABILITY = 46
REDIRECT = 47
LOAD_INFORMATION = 48
ALTERNATE_IPV4_CARE_OF_ADDRESS = 49
MN_GROUP_IDENTIFIER = 50
MAG_IPV6_ADDRESS = 51
DELEGATED_MOBILE_NETWORK_PREFIX = 55
LMA_USER_PLANE_ADDRESS = 59
LMA_CONTROLLED_MAG_PARAMETERS = 62
MAG_MULTIPATH_BINDING = 63
MAG_IDENTIFIER = 64

BULK_BINDING_UPDATE_GROUP = 1
ALL_SESSIONS = 1
REDIRECT_IPV6 = 0x8000
REDIRECT_IPV4 = 0x4000
DMNP_IPV4 = 0x80

BINDING_REREGISTRATION_CONTROL = 1
HEARTBEAT_CONTROL = 2

# What a gateway asks for: the type of an option and what tells its instances apart.
REQUESTED_OPTIONS = Family(())

LCMP = Family((
    (BINDING_REREGISTRATION_CONTROL, "Binding Re-registration Control", "RFC 8127 3.1.1", "LMA",
     "4n", (U16("start_time", show_units), U16("initial_retransmission_time"),
            U16("maximum_retransmission_time"))),
    (HEARTBEAT_CONTROL, "Heartbeat Control", "RFC 8127 3.1.2", "LMA", "4n",
     (U16("interval"), U16("retransmission_delay"), U16("maximum_retransmissions"))),
))

TABLE = (
    (VENDOR_SPECIFIC, "Vendor Specific", "RFC 5094 3", "MAG, LMA", "4n+2",
     (U32("vendor"), U8("subtype"), Rest("data"))),
    (CONTEXT_REQUEST, "Context Request", "RFC 5949 6.2.1", "MAG", "",
     (Reserved(16), Records("requests", REQUESTED_OPTIONS))),
    (LMA_ADDRESS, "Local Mobility Anchor Address", "RFC 5949 6.2.2", "MAG", "",
     (U8("code", {1: "IPv6", 2: "IPv4"}), Reserved(8), AnyAddress("address", (16, 4)))),
    (MN_LINK_LOCAL_ADDRESS_INTERFACE_IDENTIFIER, "MN Link-local Address Interface Identifier",
     "RFC 5949 6.2.3", "MAG", "", (Reserved(16), Octets(8, "identifier"))),
    (TRANSIENT_BINDING, "Transient Binding", "RFC 6058 5.1", "MAG, LMA", "",
     (U8("flags", ((1, "L"),)), U8("lifetime"))),
    (REDIRECT_CAPABILITY, "Redirect-Capability", "RFC 6463 4.1", "MAG", "4n", (Reserved(16),)),
    (REDIRECT, "Redirect", "RFC 6463 4.2", "LMA", "4n",
     (U16("flags", ((REDIRECT_IPV6, "K"), (REDIRECT_IPV4, "N"))),
      AnyAddress("address", (16, 4)))),
    (LOAD_INFORMATION, "Load Information", "RFC 6463 4.3", "LMA", "4n",
     (U16("priority"), U32("sessions_in_use"), U32("maximum_sessions"), U32("used_capacity"),
      U32("maximum_capacity"))),
    (ALTERNATE_IPV4_CARE_OF_ADDRESS, "Alternate IPv4 Care-of Address", "RFC 6463 4.4",
     "MAG, LMA", "4n+2", (IPV4("address"),)),
    (MN_GROUP_IDENTIFIER, "Mobile Node Group Identifier", "RFC 6602 4.3", "MAG, LMA", "4n",
     (U8("subtype", {BULK_BINDING_UPDATE_GROUP: "bulk binding update group"}), Reserved(8),
      U32("identifier"))),
    (MAG_IPV6_ADDRESS, "MAG IPv6 Address", "RFC 6705 11.1", "LMA, MAG", "8n+4",
     (Reserved(8), U8("address_length"), IPV6("address"))),
    (DELEGATED_MOBILE_NETWORK_PREFIX, "Delegated Mobile Network Prefix", "RFC 7148 4.1",
     "MAG, LMA", "8n+2",
     (U8("flags", ((DMNP_IPV4, "V"),)), U8("prefix_length"), AnyAddress("prefix", (16, 4)))),
    (LMA_USER_PLANE_ADDRESS, "LMA User-Plane Address", "RFC 7389 4", "MAG, LMA", "8n+2",
     (Reserved(16), AnyAddress("address", (0, 4, 16)))),
    (LMA_CONTROLLED_MAG_PARAMETERS, "LMA-Controlled MAG Parameters", "RFC 8127 3", "LMA", "4n+2",
     (Records("parameters", LCMP),)),
    (MAG_MULTIPATH_BINDING, "MAG Multipath Binding", "RFC 8278 4.1", "MAG, LMA", "",
     (U8("technology", ACCESS_TECHNOLOGY), U8("label"), U8("binding_identifier"),
      U8("flags", ((0x80, "B"), (0x40, "O"))), Reserved(16))),
    (MAG_IDENTIFIER, "MAG Identifier", "RFC 8278 4.2", "MAG", "",
     (U8("subtype", SUBTYPES), Reserved(8), Identifier("identifier"))),
)

FAMILY.add(TABLE)
