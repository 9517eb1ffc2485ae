# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility Header messages that gateways and anchors do not exchange for RFC 5213.

Importing this module teaches them to mobility_header.
"""
from .field import U8, U16, Octets, Reserved
from .field_list import Addresses
from .mobility_header import BA_FLAGS, BU_FLAGS, learn
from .mobility_options import show_units
from .status import BINDING_STATUS

BINDING_REFRESH_REQUEST = 0
HOME_TEST_INIT = 1
CARE_OF_TEST_INIT = 2
HOME_TEST = 3
CARE_OF_TEST = 4
FAST_BINDING_UPDATE = 8
FAST_BINDING_ACKNOWLEDGMENT = 9
HOME_AGENT_SWITCH = 12
HANDOVER_INITIATE = 14
HANDOVER_ACKNOWLEDGE = 15
FLOW_BINDING = 21
# One MH Type, told apart by the Flow Binding Type in the first two octets (RFC 7109 section 6.1).
FLOW_BINDING_INDICATION = 0x1501
FLOW_BINDING_ACKNOWLEDGEMENT = 0x1502
SUBSCRIPTION_QUERY = 22
SUBSCRIPTION_RESPONSE = 23

_HANDOVER_CODE = {
    0: "handover accepted", 1: "accepted, new care-of address not valid",
    2: "accepted, new care-of address assigned", 3: "accepted, use previous care-of address",
    4: "sent unsolicited", 5: "context transfer accepted", 6: "all available context transferred",
    128: "not accepted, reason unspecified", 129: "administratively prohibited",
    130: "insufficient resources", 131: "requested context not available",
    132: "forwarding not available",
}
_FLOW_TRIGGER = {1: "unspecified", 2: "administrative reason", 3: "possible out-of-sync BCE state"}
_FLOW_STATUS = {0: "success", 128: "binding (target CoA) does not exist",
                129: "action not authorized"}
_TEST_INIT = (Reserved(16), Octets(8, "cookie"))

TABLE = (
    (BINDING_REFRESH_REQUEST, "Binding Refresh Request", "RFC 6275 6.1.2", "-", (Reserved(16),)),
    (HOME_TEST_INIT, "Home Test Init", "RFC 6275 6.1.3", "-", _TEST_INIT),
    (CARE_OF_TEST_INIT, "Care-of Test Init", "RFC 6275 6.1.4", "-", _TEST_INIT),
    (HOME_TEST, "Home Test", "RFC 6275 6.1.5", "-",
     (U16("home_nonce_index"), Octets(8, "cookie"), Octets(8, "keygen_token"))),
    (CARE_OF_TEST, "Care-of Test", "RFC 6275 6.1.6", "-",
     (U16("care_of_nonce_index"), Octets(8, "cookie"), Octets(8, "keygen_token"))),
    (FAST_BINDING_UPDATE, "Fast Binding Update", "RFC 5568 6.2.2", "-",
     (U16("sequence"), U16("flags", BU_FLAGS[:4]), U16("lifetime", show_units))),
    (FAST_BINDING_ACKNOWLEDGMENT, "Fast Binding Acknowledgment", "RFC 5568 6.2.3", "-",
     (U8("status", BINDING_STATUS), U8("flags", BA_FLAGS[:1]), U16("sequence"),
      U16("lifetime", show_units))),
    (HOME_AGENT_SWITCH, "Home Agent Switch", "RFC 5142 4", "-", (Addresses("home_agents"),)),
    (HANDOVER_INITIATE, "Handover Initiate", "RFC 5568 6.2.1.1, RFC 5949 6.1.1", "MAG",
     (U16("sequence"), U8("flags", ((0x80, "S"), (0x40, "U"), (0x20, "P"), (0x10, "F"))),
      U8("code", {2: "completion of forwarding", 3: "all available context transferred"}))),
    (HANDOVER_ACKNOWLEDGE, "Handover Acknowledge", "RFC 5568 6.2.1.2, RFC 5949 6.1.2", "MAG",
     (U16("sequence"), U8("flags", ((0x80, "U"), (0x40, "P"), (0x20, "F"))),
      U8("code", _HANDOVER_CODE))),
    (FLOW_BINDING_INDICATION, "Flow Binding Indication", "RFC 7109 6.1.1", "-",
     (U16("sequence"), U8("trigger", _FLOW_TRIGGER), U8("flags", ((0x80, "A"),)))),
    (FLOW_BINDING_ACKNOWLEDGEMENT, "Flow Binding Acknowledgement", "RFC 7109 6.1.2", "-",
     (U16("sequence"), U8("status", _FLOW_STATUS), Reserved(8))),
    (SUBSCRIPTION_QUERY, "Subscription Query", "RFC 7161 4.3.1", "LMA, MAG",
     (U8("sequence"), Reserved(8))),
    (SUBSCRIPTION_RESPONSE, "Subscription Response", "RFC 7161 4.3.2", "MAG, LMA",
     (U8("sequence"), U8("flags", ((0x80, "I"),)))),
)

learn(TABLE, {FLOW_BINDING: 2})
