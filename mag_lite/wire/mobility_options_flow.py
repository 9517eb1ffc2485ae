# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility options about flows (RFC 6089, RFC 6909, RFC 7109) and bindings (RFC 5648)."""
from .field import U8, U16, U32, AnyAddress, Bits, Records, Reserved, part
from .field_list import Numbers
from .mobility_options import FAMILY
from .record import Family
from .status import BINDING_STATUS
from .traffic_selector import TrafficSelector

BINDING_IDENTIFIER = 35
FLOW_SUMMARY = 44
FLOW_IDENTIFICATION = 45
IPV4_TRAFFIC_OFFLOAD_SELECTOR = 53

BINDING_REFERENCE = 2
TRAFFIC_SELECTOR = 3
FLOW_BINDING_ACTION = 4
TARGET_CARE_OF_ADDRESS = 5

# Offload everything but the flows that match.
OFFLOAD_ALL_BUT = 0x80000000

FLOW_STATUS = {
    0: "flow binding successful",
    128: "administratively prohibited",
    129: "flow binding rejected, reason unspecified",
    130: "flow identification mobility option malformed",
    131: "BID not found",
    132: "FID not found",
    133: "traffic selector format not supported",
}

FLOW_ACTION = {
    11: "add a flow binding", 12: "delete a flow binding", 13: "modify a flow binding",
    14: "refresh a flow binding", 15: "move a flow binding", 16: "revoke a flow binding",
}

FLOW = Family((
    (BINDING_REFERENCE, "Binding Reference", "RFC 6089 4.2.1.3", "MAG, LMA", "2n",
     (Numbers("binding_identifiers"),)),
    (TRAFFIC_SELECTOR, "Traffic Selector", "RFC 6089 4.2.1.4, RFC 6088 3", "MAG, LMA", "2n",
     (TrafficSelector(format_first=True),)),
    (FLOW_BINDING_ACTION, "Flow Binding Action", "RFC 7109 6.2.1", "-", "",
     (Reserved(8), U8("action", FLOW_ACTION))),
    (TARGET_CARE_OF_ADDRESS, "Target Care-of Address", "RFC 7109 6.2.2", "-", "",
     (Reserved(16), AnyAddress("address", (4, 16)))),
), padded=True)

TABLE = (
    (BINDING_IDENTIFIER, "Binding Identifier", "RFC 5648 4.3, RFC 6089 4.1", "MAG, LMA", "8n+2",
     (U16("identifier"), U8("status", BINDING_STATUS),
      Bits(part(1, "simultaneous"), part(7, "priority")), AnyAddress("address", (0, 4, 16)))),
    (FLOW_SUMMARY, "Flow Summary", "RFC 6089 4.2.2", "-", "2n", (Numbers("flows"),)),
    (FLOW_IDENTIFICATION, "Flow Identification", "RFC 6089 4.2", "-", "2n",
     (U16("identifier"), U16("priority"), Reserved(8), U8("status", FLOW_STATUS),
      Records("suboptions", FLOW))),
    (IPV4_TRAFFIC_OFFLOAD_SELECTOR, "IPv4 Traffic Offload Selector", "RFC 6909 3.1", "MAG, LMA",
     "4n", (U32("flags", ((OFFLOAD_ALL_BUT, "M"),)), Records("selectors", FLOW))),
)

FAMILY.add(TABLE)
