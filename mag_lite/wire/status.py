# SPDX-License-Identifier: GPL-2.0-or-later
"""Status codes, triggers and other enumerations with the names the RFCs give them.

From 128 on a status is a rejection (RFC 6275 section 6.1.8; RFC 5846 section 5.2).
"""

ACCEPTED = 0
GRE_KEY_OPTION_NOT_REQUIRED = 2
GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED = 3
REASON_UNSPECIFIED = 128
ADMINISTRATIVELY_PROHIBITED = 129
INSUFFICIENT_RESOURCES = 130
SEQUENCE_OUT_OF_WINDOW = 135
SERVICE_AUTHORIZATION_FAILED = 151
PROXY_REG_NOT_ENABLED = 152
NOT_LMA_FOR_THIS_MOBILE_NODE = 153
MAG_NOT_AUTHORIZED_FOR_PROXY_REG = 154
NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX = 155
TIMESTAMP_MISMATCH = 156
TIMESTAMP_LOWER_THAN_PREV_ACCEPTED = 157
MISSING_HOME_NETWORK_PREFIX_OPTION = 158
BCE_PBU_PREFIX_SET_DO_NOT_MATCH = 159
MISSING_MN_IDENTIFIER_OPTION = 160
MISSING_HANDOFF_INDICATOR_OPTION = 161
MISSING_ACCESS_TECH_TYPE_OPTION = 162
GRE_KEY_OPTION_REQUIRED = 163
NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE = 170
NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS = 171
NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE = 172
MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED = 173

#: With these an anchor tells its own time (RFC 5213 section 5.5).
WITH_TIME_OF_ANCHOR = (TIMESTAMP_MISMATCH, TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)

BINDING_STATUS = {
    0: "accepted",
    1: "accepted but prefix discovery necessary",
    2: "GRE_KEY_OPTION_NOT_REQUIRED",
    3: "GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED",
    4: "MCOA NOTCOMPLETE",
    5: "MCOA RETURNHOME WO/NDP",
    6: "PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH",
    128: "reason unspecified",
    129: "administratively prohibited",
    130: "insufficient resources",
    131: "home registration not supported",
    132: "not home subnet",
    133: "not home agent for this mobile node",
    134: "duplicate address detection failed",
    135: "sequence number out of window",
    136: "expired home nonce index",
    137: "expired care-of nonce index",
    138: "expired nonces",
    139: "registration type change disallowed",
    140: "mobile router operation not permitted",
    141: "invalid prefix",
    142: "not authorized for prefix",
    143: "forwarding setup failed",
    144: "MIPV6-ID-MISMATCH",
    145: "MIPV6-MESG-ID-REQD",
    146: "MIPV6-AUTH-FAIL",
    147: "permanent home keygen token unavailable",
    148: "CGA and signature verification failed",
    149: "permanent home keygen token exists",
    150: "non-null home nonce index expected",
    151: "SERVICE_AUTHORIZATION_FAILED",
    152: "PROXY_REG_NOT_ENABLED",
    153: "NOT_LMA_FOR_THIS_MOBILE_NODE",
    154: "MAG_NOT_AUTHORIZED_FOR_PROXY_REG",
    155: "NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX",
    156: "TIMESTAMP_MISMATCH",
    157: "TIMESTAMP_LOWER_THAN_PREV_ACCEPTED",
    158: "MISSING_HOME_NETWORK_PREFIX_OPTION",
    159: "BCE_PBU_PREFIX_SET_DO_NOT_MATCH",
    160: "MISSING_MN_IDENTIFIER_OPTION",
    161: "MISSING_HANDOFF_INDICATOR_OPTION",
    162: "MISSING_ACCESS_TECH_TYPE_OPTION",
    163: "GRE_KEY_OPTION_REQUIRED",
    164: "MCOA MALFORMED",
    165: "MCOA NON-MCOA BINDING EXISTS",
    166: "MCOA PROHIBITED",
    167: "MCOA UNKNOWN COA",
    168: "MCOA BULK REGISTRATION PROHIBITED",
    169: "MCOA SIMULTANEOUS HOME AND FOREIGN PROHIBITED",
    170: "NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE",
    171: "NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS",
    172: "NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE",
    173: "MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED",
    174: "invalid care-of address",
    175: "INVALID_MOBILE_NODE_GROUP_IDENTIFIER",
    176: "REINIT_SA_WITH_HAC",
    177: "NOT_AUTHORIZED_FOR_DELEGATED_MNP",
    178: "REQUESTED_DMNP_IN_USE",
    179: "CANNOT_MEET_QOS_SERVICE_REQUEST",
    180: "CANNOT_SUPPORT_MULTIPATH_BINDING",
}

# RFC 6275 section 6.1.9
UNKNOWN_BINDING = 1
UNRECOGNIZED_MH_TYPE = 2

BINDING_ERROR_STATUS = {
    1: "unknown binding for Home Address destination option",
    2: "unrecognized MH Type value",
}

# RFC 5846 section 5.1
REVOCATION_UNSPECIFIED = 0
REVOCATION_ADMINISTRATIVE = 1
INTER_MAG_HANDOVER_SAME_ACCESS_TYPE = 2
INTER_MAG_HANDOVER_DIFFERENT_ACCESS_TYPE = 3
INTER_MAG_HANDOVER_UNKNOWN = 4
PER_PEER_POLICY = 128
REVOKING_MOBILITY_NODE_LOCAL_POLICY = 129

REVOCATION_TRIGGER = {
    0: "unspecified",
    1: "administrative reason",
    2: "inter-MAG handover, same access type",
    3: "inter-MAG handover, different access type",
    4: "inter-MAG handover, unknown",
    5: "user-initiated session(s) termination",
    6: "access network session(s) termination",
    7: "possible out-of-sync BCE state",
    128: "per-peer policy",
    129: "revoking mobility node local policy",
}

# RFC 5846 section 5.2
REVOKED = 0
BINDING_DOES_NOT_EXIST = 128
IPV4_HOME_ADDRESS_OPTION_REQUIRED = 129
GLOBAL_REVOCATION_NOT_AUTHORIZED = 130
REVOKED_MOBILE_NODES_IDENTITY_REQUIRED = 131
REVOCATION_FAILED_MN_IS_ATTACHED = 132
REVOCATION_TRIGGER_NOT_SUPPORTED = 133
REVOCATION_FUNCTION_NOT_SUPPORTED = 134

REVOCATION_STATUS = {
    0: "success",
    1: "partial success",
    128: "binding does not exist",
    129: "IPv4 home address option required",
    130: "global revocation not authorized",
    131: "revoked mobile nodes identity required",
    132: "revocation failed, MN is attached",
    133: "revocation trigger not supported",
    134: "revocation function not supported",
    135: "proxy binding revocation not supported",
}

# RFC 5844 section 3.3.2
IPV4_REPLY_SUCCESS = 0
IPV4_REPLY_UNSPECIFIED = 128
IPV4_REPLY_PROHIBITED = 129

IPV4_REPLY_STATUS = {
    0: "success",
    128: "failure, reason unspecified",
    129: "administratively prohibited",
    130: "incorrect IPv4 home address",
    131: "invalid IPv4 address",
    132: "dynamic IPv4 home address assignment not available",
}

# RFC 5213 section 8.4, RFC 7864
HANDOFF_BETWEEN_INTERFACES = 2
HANDOFF_BETWEEN_MAGS = 3
HANDOFF_UNKNOWN = 4
HANDOFF_UNCHANGED = 5

HANDOFF_INDICATOR = {
    0: "reserved",
    1: "attachment over a new interface",
    2: "handoff between two different interfaces of the mobile node",
    3: "handoff between mobile access gateways for the same interface",
    4: "handoff state unknown",
    5: "handoff state not changed",
    6: "attachment over a new interface sharing prefixes",
}

# RFC 5213 section 8.5
ACCESS_TECHNOLOGY = {
    0: "reserved",
    1: "virtual",
    2: "PPP",
    3: "IEEE 802.3",
    4: "IEEE 802.11a/b/g",
    5: "IEEE 802.16e",
    6: "3GPP GERAN",
    7: "3GPP UTRAN",
    8: "3GPP E-UTRAN",
    9: "3GPP2 eHRPD",
    10: "3GPP2 HRPD",
    11: "3GPP2 1xRTT",
    12: "3GPP2 UMB",
    13: "3GPP NB-IoT",
}

# RFC 4283 section 3.1
NAI = 1

# RFC 6705 section 10.2
LOCALIZED_ROUTING_STATUS = {
    0: "success",
    128: "localized routing not allowed",
    129: "MN not attached",
}

# RFC 7077 section 4.1, RFC 7222 section 4.4, RFC 7864
NOTIFICATION_REASON = {
    1: "FORCE-REREGISTRATION",
    2: "UPDATE-SESSION-PARAMETERS",
    3: "VENDOR-SPECIFIC-REASON",
    4: "ANI-PARAMS-REQUESTED",
    5: "QOS_SERVICE_REQUEST",
    6: "Restored P-CSCF address",
    7: "Restored P-CSCF address",
    8: "FLOW-MOBILITY",
}

# RFC 7077 section 4.2, RFC 7222 section 4.5, RFC 7864
NOTIFICATION_STATUS = {
    0: "SUCCESS",
    128: "FAILED-TO-UPDATE-SESSION-PARAMETERS",
    129: "MISSING-VENDOR-SPECIFIC-OPTION",
    130: "CANNOT_MEET_QOS_SERVICE_REQUEST",
    131: "reason unspecified",
    132: "MN not attached",
}
