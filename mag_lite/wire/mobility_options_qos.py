# SPDX-License-Identifier: GPL-2.0-or-later
"""Quality of service (RFC 7222)."""
from .field import U8, U16, U32, Bits, Records, Reserved, Rest, part
from .mobility_options import FAMILY
from .record import Family
from .traffic_selector import TrafficSelector

QUALITY_OF_SERVICE = 58

PER_MN_AGG_MAX_DL_BIT_RATE = 1
PER_MN_AGG_MAX_UL_BIT_RATE = 2
PER_SESSION_AGG_MAX_DL_BIT_RATE = 3
PER_SESSION_AGG_MAX_UL_BIT_RATE = 4
ALLOCATION_RETENTION_PRIORITY = 5
AGGREGATE_MAX_DL_BIT_RATE = 6
AGGREGATE_MAX_UL_BIT_RATE = 7
GUARANTEED_DL_BIT_RATE = 8
GUARANTEED_UL_BIT_RATE = 9
QOS_TRAFFIC_SELECTOR = 10
QOS_VENDOR_SPECIFIC_ATTRIBUTE = 11

OPERATION = {0: "RESPONSE", 1: "ALLOCATE", 2: "DE-ALLOCATE", 3: "MODIFY", 4: "QUERY",
             5: "NEGOTIATE"}

_BIT_RATE = (Reserved(16), U32("bit_rate"))
_SESSION_BIT_RATE = (U16("flags", ((0x8000, "S"), (0x4000, "E"))), U32("bit_rate"))
_ENABLED = {0: "enabled", 1: "disabled"}

ATTRIBUTES = Family((
    (PER_MN_AGG_MAX_DL_BIT_RATE, "Per-MN-Agg-Max-DL-Bit-Rate", "RFC 7222 4.2.1", "MAG, LMA", "",
     _BIT_RATE),
    (PER_MN_AGG_MAX_UL_BIT_RATE, "Per-MN-Agg-Max-UL-Bit-Rate", "RFC 7222 4.2.2", "MAG, LMA", "",
     _BIT_RATE),
    (PER_SESSION_AGG_MAX_DL_BIT_RATE, "Per-Session-Agg-Max-DL-Bit-Rate", "RFC 7222 4.2.3",
     "MAG, LMA", "", _SESSION_BIT_RATE),
    (PER_SESSION_AGG_MAX_UL_BIT_RATE, "Per-Session-Agg-Max-UL-Bit-Rate", "RFC 7222 4.2.4",
     "MAG, LMA", "", _SESSION_BIT_RATE),
    (ALLOCATION_RETENTION_PRIORITY, "Allocation-Retention-Priority", "RFC 7222 4.2.5",
     "MAG, LMA", "",
     (Reserved(8), Bits(part(4, "priority_level"), part(2, "preemption_capability", _ENABLED),
                        part(2, "preemption_vulnerability", _ENABLED)))),
    (AGGREGATE_MAX_DL_BIT_RATE, "Aggregate-Max-DL-Bit-Rate", "RFC 7222 4.2.6", "MAG, LMA", "",
     _BIT_RATE),
    (AGGREGATE_MAX_UL_BIT_RATE, "Aggregate-Max-UL-Bit-Rate", "RFC 7222 4.2.7", "MAG, LMA", "",
     _BIT_RATE),
    (GUARANTEED_DL_BIT_RATE, "Guaranteed-DL-Bit-Rate", "RFC 7222 4.2.8", "MAG, LMA", "",
     _BIT_RATE),
    (GUARANTEED_UL_BIT_RATE, "Guaranteed-UL-Bit-Rate", "RFC 7222 4.2.9", "MAG, LMA", "",
     _BIT_RATE),
    (QOS_TRAFFIC_SELECTOR, "QoS-Traffic-Selector", "RFC 7222 4.2.10", "MAG, LMA", "",
     (TrafficSelector(format_first=False),)),
    (QOS_VENDOR_SPECIFIC_ATTRIBUTE, "QoS-Vendor-Specific-Attribute", "RFC 7222 4.2.11",
     "MAG, LMA", "", (Reserved(16), U32("vendor"), U8("subtype"), Rest("data"))),
))

TABLE = (
    (QUALITY_OF_SERVICE, "Quality-of-Service", "RFC 7222 4.1", "MAG, LMA", "4n",
     (U8("service_request_identifier"), Bits(part(6, "dscp"), Reserved(2)),
      U8("operation", OPERATION), Reserved(24), Records("attributes", ATTRIBUTES))),
)

FAMILY.add(TABLE)
