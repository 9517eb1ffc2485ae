# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility options that mobile nodes send, or that authenticate (RFC 6275, 4285, 4866...)."""
from .field import IPV6, U8, U16, U32, U64, LinkLayer, Octets, Reserved, Rest
from .mobility_options import FAMILY

NONCE_INDICES = 4
BINDING_AUTHORIZATION_DATA = 5
MOBILE_NETWORK_PREFIX = 6
MH_LINK_LAYER_ADDRESS = 7
MOBILITY_MESSAGE_AUTHENTICATION = 9
MOBILITY_MESSAGE_REPLAY_PROTECTION = 10
CGA_PARAMETERS_REQUEST = 11
CGA_PARAMETERS = 12
SIGNATURE = 13
PERMANENT_HOME_KEYGEN_TOKEN = 14
CARE_OF_TEST_INIT = 15
CARE_OF_TEST = 16
DNS_UPDATE = 17
EXPERIMENTAL = 18
BINDING_AUTHORIZATION_DATA_FOR_FMIPV6 = 21
MH_IPV6_ADDRESS_PREFIX = 34

# RFC 4285 section 5
MN_HA = 1
MN_AAA = 2
HMAC_SHA1_SPI = 3

_DNS_STATUS = {0: "DNS update performed", 128: "reason unspecified",
               129: "administratively prohibited", 130: "DNS update failed"}
_ADDRESS_CODE = {1: "old care-of address", 2: "new care-of address", 3: "NAR's IP address",
                 4: "NAR's prefix"}

TABLE = (
    (NONCE_INDICES, "Nonce Indices", "RFC 6275 6.2.6", "-", "2n",
     (U16("home_nonce_index"), U16("care_of_nonce_index"))),
    (BINDING_AUTHORIZATION_DATA, "Binding Authorization Data", "RFC 6275 6.2.7", "-", "8n+2",
     (Rest("authenticator"),)),
    (MOBILE_NETWORK_PREFIX, "Mobile Network Prefix", "RFC 3963 4.3", "-", "8n+4",
     (Reserved(8), U8("prefix_length"), IPV6("prefix"))),
    (MH_LINK_LAYER_ADDRESS, "Mobility Header Link-Layer Address", "RFC 5568 6.4.4", "-", "",
     (U8("code", {2: "mobile node"}), LinkLayer("address"))),
    (MOBILITY_MESSAGE_AUTHENTICATION, "Mobility Message Authentication", "RFC 4285 5",
     "MAG, LMA", "4n+1",
     (U8("subtype", {MN_HA: "MN-HA", MN_AAA: "MN-AAA"}), U32("spi"), Rest("authenticator"))),
    (MOBILITY_MESSAGE_REPLAY_PROTECTION, "Mobility Message Replay Protection", "RFC 4285 6",
     "MAG, LMA", "8n+2", (U64("timestamp"),)),
    (CGA_PARAMETERS_REQUEST, "CGA Parameters Request", "RFC 4866 5.6", "-", "", ()),
    (CGA_PARAMETERS, "CGA Parameters", "RFC 4866 5.1", "-", "", (Rest("parameters"),)),
    (SIGNATURE, "Signature", "RFC 4866 5.2", "-", "", (Rest("signature"),)),
    (PERMANENT_HOME_KEYGEN_TOKEN, "Permanent Home Keygen Token", "RFC 4866 5.3", "-", "",
     (Rest("token"),)),
    (CARE_OF_TEST_INIT, "Care-of Test Init", "RFC 4866 5.4", "-", "", ()),
    (CARE_OF_TEST, "Care-of Test", "RFC 4866 5.5", "-", "", (Octets(8, "care_of_keygen_token"),)),
    (DNS_UPDATE, "DNS-UPDATE-TYPE", "RFC 5026 8.1", "-", "",
     (U8("status", _DNS_STATUS), U8("flags", ((0x80, "R"),)), Rest("identity"))),
    (EXPERIMENTAL, "Experimental", "RFC 5096 4", "-", "", (Rest("data"),)),
    (BINDING_AUTHORIZATION_DATA_FOR_FMIPV6, "Binding Authorization Data for FMIPv6",
     "RFC 5568 6.4.5", "-", "8n+2", (U32("spi"), Rest("authenticator"))),
    (MH_IPV6_ADDRESS_PREFIX, "Mobility Header IPv6 Address/Prefix", "RFC 5568 6.4.2", "MAG",
     "8n+4", (U8("code", _ADDRESS_CODE), U8("prefix_length"), IPV6("address"))),
)

FAMILY.add(TABLE)
