# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility options of distributed mobility management (RFC 8885)."""
from .field import IPV6, U8, LinkLayer, Reserved
from .layout import BY_SIZE
from .mobility_options import FAMILY

ANCHORED_PREFIX = 65
LOCAL_PREFIX = 66
PREVIOUS_MAAR = 67
SERVING_MAAR = 68
DLIF_LINK_LOCAL_ADDRESS = 69
DLIF_LINK_LAYER_ADDRESS = 70

TABLE = (
    (ANCHORED_PREFIX, "Anchored Prefix", "RFC 8885 4.3", "-", "8n+4",
     (Reserved(8), U8("prefix_length"), IPV6("prefix"))),
    (LOCAL_PREFIX, "Local Prefix", "RFC 8885 4.4", "-", "8n+4",
     (Reserved(8), U8("prefix_length"), IPV6("prefix"))),
    (PREVIOUS_MAAR, "Previous MAAR", "RFC 8885 4.5", "-", "8n+4",
     (Reserved(8), U8("prefix_length"), IPV6("address"), IPV6("prefix"))),
    (SERVING_MAAR, "Serving MAAR", "RFC 8885 4.6", "-", "8n+6", (IPV6("address"),)),
    (DLIF_LINK_LOCAL_ADDRESS, "DLIF Link-Local Address", "RFC 8885 4.7", "-", "8n+6",
     (IPV6("address"),)),
    (DLIF_LINK_LAYER_ADDRESS, "DLIF Link-Layer Address", "RFC 8885 4.8", "-", BY_SIZE,
     (Reserved(16), LinkLayer("address"))),
)

FAMILY.add(TABLE)
