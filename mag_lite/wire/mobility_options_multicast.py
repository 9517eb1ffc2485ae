# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility options about multicast (RFC 7028, RFC 7161, RFC 7411)."""
from .field import U8, U16, Reserved, Rest
from .mobility_options import FAMILY

DYNAMIC_IP_MULTICAST_SELECTOR = 54
ACTIVE_MULTICAST_SUBSCRIPTION_IPV4 = 56
ACTIVE_MULTICAST_SUBSCRIPTION_IPV6 = 57
MULTICAST_MOBILITY = 60
MULTICAST_ACKNOWLEDGEMENT = 61

_IGMP = {0x12: "IGMPv1", 0x16: "IGMPv2", 0x22: "IGMPv3"}
_MLD = {131: "MLDv1", 143: "MLDv2"}
_REPORT = {1: "IGMPv3", 2: "MLDv2", 3: "IGMPv3 from IGMPv2", 4: "MLDv2 from MLDv1"}
_STATUS = {
    1: "report payload type unsupported",
    2: "requested group service unsupported",
    3: "requested group service administratively prohibited",
}

TABLE = (
    (DYNAMIC_IP_MULTICAST_SELECTOR, "Dynamic IP Multicast Selector", "RFC 7028 5.1", "LMA", "",
     (U8("protocol", _MLD), U8("flags", ((0x80, "M"),)), U16("records_count"), Rest("records"))),
    (ACTIVE_MULTICAST_SUBSCRIPTION_IPV4, "Active Multicast Subscription IPv4", "RFC 7161 6.1",
     "MAG, LMA", "4n+1", (U8("type", _IGMP), Rest("context"))),
    (ACTIVE_MULTICAST_SUBSCRIPTION_IPV6, "Active Multicast Subscription IPv6", "RFC 7161 4.1",
     "MAG, LMA", "8n+1", (U8("type", _MLD), Rest("context"))),
    # RFC 7411 counts the length of these two in 32-bit words, from the report on. Receivers that do
    # not know them could not skip them so: RFC 6275 section 6.2.1, octets, takes precedence.
    (MULTICAST_MOBILITY, "Multicast Mobility", "RFC 7411 5.3", "MAG", "",
     (U8("code", _REPORT), Reserved(8), Rest("report"))),
    (MULTICAST_ACKNOWLEDGEMENT, "Multicast Acknowledgement", "RFC 7411 5.4", "MAG", "",
     (U8("code"), U8("status", _STATUS), Rest("report"))),
)

FAMILY.add(TABLE)
