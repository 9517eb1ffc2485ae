# SPDX-License-Identifier: GPL-2.0-or-later
"""What to do about each status with which an anchor can refuse (RFC 5213 6.9.1.2, 5844 3.2.3.2).

One row a status: how to go on, and what an administrator should know.
"""

from mag_lite.wire import status

RETRY_NOW = "retry now"
ANY_HOME = "ask for any address and prefix"
WITHOUT_IPV4 = "ask for IPv6 only"
WITHOUT_IPV6 = "ask for IPv4 only"
RETRY_LATER = "retry later"
GIVE_UP = "give up"

_REACTIONS = {
    status.SEQUENCE_OUT_OF_WINDOW: (RETRY_NOW, "the anchor expects another sequence number"),
    status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED:
        (RETRY_NOW, "the anchor has accepted a newer time stamp for this client"),
    status.TIMESTAMP_MISMATCH:
        (RETRY_LATER, "our clock and the anchor's differ: synchronise both by NTP"),
    status.REASON_UNSPECIFIED: (RETRY_LATER, "the anchor gives no reason: see its log"),
    status.ADMINISTRATIVELY_PROHIBITED:
        (RETRY_LATER, "the anchor's policy forbids it: see its log"),
    status.INSUFFICIENT_RESOURCES: (RETRY_LATER, "the anchor has no address left"),
    status.PROXY_REG_NOT_ENABLED: (GIVE_UP, "mobility is not enabled for this identity"),
    status.NOT_LMA_FOR_THIS_MOBILE_NODE: (RETRY_LATER, "the anchor does not serve this identity"),
    status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG:
        (RETRY_LATER, "the anchor does not list this access point as one of its gateways"),
    status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE:
        (WITHOUT_IPV4, "the anchor gives this identity no IPv4 service"),
    status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE:
        (WITHOUT_IPV6, "the anchor gives this identity no IPv6 service"),
    status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS:
        (ANY_HOME, "the anchor does not give this client the address it asked for"),
    status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX:
        (ANY_HOME, "the anchor does not give this client the prefixes it asked for"),
    status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH:
        (ANY_HOME, "the anchor has other prefixes for this client"),
    status.GRE_KEY_OPTION_REQUIRED:
        (GIVE_UP, "the anchor wants GRE keys: set option encapsulation to 'gre-key'"),
}
_UNKNOWN = (GIVE_UP, "this access point cannot satisfy the anchor: see its log")


def reaction(code: int):
    """Return (how to go on, hint for the administrator) for a rejecting status (128-255)."""
    return _REACTIONS.get(code, _UNKNOWN)


def explain(code: int) -> str:
    """Return what a rejecting status says, in words for the administrator."""
    return "status %d (%s): %s" % (
        code, status.BINDING_STATUS.get(code, "unknown"), reaction(code)[1])
