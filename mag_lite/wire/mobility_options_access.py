# SPDX-License-Identifier: GPL-2.0-or-later
"""Access Network Identifier (RFC 6757, RFC 7563): where the client is attached."""
from .field import U8, U16, Records, Reserved, Rest
from .field_list import Counted, Degrees
from .mobility_options import FAMILY, show_units
from .record import Family

ACCESS_NETWORK_IDENTIFIER = 52

NETWORK_IDENTIFIER = 1
GEO_LOCATION = 2
OPERATOR_IDENTIFIER = 3
CIVIC_LOCATION = 4
MAG_GROUP_IDENTIFIER = 5
ANI_UPDATE_TIMER = 6

NAME_IS_UTF8 = 0x80

ANI = Family((
    (NETWORK_IDENTIFIER, "Network-Identifier", "RFC 6757 3.1.1", "MAG, LMA", "",
     (U8("flags", ((NAME_IS_UTF8, "E"),)), Counted("network_name", "access_point_name"))),
    (GEO_LOCATION, "Geo-Location", "RFC 6757 3.1.2", "MAG, LMA", "",
     (Degrees("latitude"), Degrees("longitude"))),
    (OPERATOR_IDENTIFIER, "Operator-Identifier", "RFC 6757 3.1.3", "MAG, LMA", "",
     (U8("type", {1: "private enterprise number", 2: "realm"}), Rest("identifier"))),
    (CIVIC_LOCATION, "Civic-Location", "RFC 7563 3.1", "MAG, LMA", "",
     (U8("format", {0: "binary"}), Reserved(8), Rest("location"))),
    # Two octets are the rule, but the RFC speaks of three as well.
    (MAG_GROUP_IDENTIFIER, "MAG-Group-Identifier", "RFC 7563 3.2", "MAG, LMA", "",
     (Rest("identifier", 2),)),
    (ANI_UPDATE_TIMER, "ANI Update-Timer", "RFC 7563 3.3", "MAG, LMA", "",
     (U16("timer", show_units),)),
))

TABLE = (
    (ACCESS_NETWORK_IDENTIFIER, "Access Network Identifier", "RFC 6757 3", "MAG, LMA", "4n",
     (Records("identifiers", ANI),)),
)

FAMILY.add(TABLE)
