# SPDX-License-Identifier: GPL-2.0-or-later
"""The home of a client as its anchor assigns it (RFC 5213 6.9.1.2, RFC 5844 3.2.3.2)."""

from mag_lite.core.default_router import ROUTER_LINK_LOCAL
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status as statuses
from mag_lite.wire.address import UNSPECIFIED4, UNSPECIFIED6

#: Hosts make addresses only in prefixes of this length (RFC 4862 section 5.5.3).
PREFIX_LENGTH = 64


def adopt(binding, acknowledgement):
    """Take over what an accepting anchor assigned; return the reason if that is of no use.

    Of two IP versions that were asked for, one is enough.
    """
    lacking = []
    binding.forget_home()
    if 4 in binding.ip_versions:
        lacking.append(_adopt_ipv4(binding, acknowledgement))
    if 6 in binding.ip_versions:
        lacking.append(_adopt_prefixes(binding, acknowledgement))
    if not binding.homes:
        return " and ".join(lacking)
    return _adopt_encapsulation(binding, acknowledgement) or (
        _udp_mismatch(binding.anchor, acknowledgement))


def _udp_mismatch(anchor, acknowledgement):
    """RFC 5844 section 4.2.2: the NAT Detection option decides whether UDP is used."""
    option = acknowledgement.option(options.NAT_DETECTION)
    udp = option is not None and bool(option.flags & options.FORCE_UDP_ENCAPSULATION)
    if udp and anchor.encapsulation != "udp":
        return "it tunnels in UDP: set option encapsulation to 'udp'"
    if anchor.encapsulation == "udp" and not udp:
        return "it does not tunnel in UDP: set option encapsulation to 'ip'"
    return None


def _adopt_ipv4(binding, acknowledgement):
    reply = acknowledgement.option(options.IPV4_HOME_ADDRESS_REPLY)
    router = acknowledgement.option(options.IPV4_DEFAULT_ROUTER_ADDRESS)
    if reply is not None and reply.status >= 128:
        return "it assigns no IPv4 address: %s" % statuses.IPV4_REPLY_STATUS.get(
            reply.status, "status %d" % reply.status)
    if reply is None or router is None or not _is_host(reply.address, reply.prefix_length):
        return "its acknowledgement lacks a usable IPv4 home address or default router"
    binding.home_address = reply.address
    binding.prefix_length = reply.prefix_length
    binding.default_router = router.address
    binding.relayed = _is_relayed(binding.anchor, acknowledgement)
    return None


def _is_relayed(anchor, acknowledgement):
    """Without the option DHCP is relayed, if it is known where to; an anchor that says nothing
    may know nothing of it."""
    mode = acknowledgement.option(options.IPV4_DHCP_SUPPORT_MODE)
    if mode is None:
        return anchor.dhcp_server is not None
    return not mode.flags & options.DHCP_SERVER


def _adopt_prefixes(binding, acknowledgement):
    found = [(option.prefix, option.prefix_length)
             for option in acknowledgement.all(options.HOME_NETWORK_PREFIX)]
    usable = [prefix for prefix in found if _is_usable(prefix)]
    if not usable or len(usable) != len(found):
        return "its acknowledgement lacks a usable home network prefix"
    binding.home_network_prefixes = usable
    option = acknowledgement.option(options.LINK_LOCAL_ADDRESS)
    given = option.address if option is not None else UNSPECIFIED6
    binding.router_link_local = ROUTER_LINK_LOCAL if given == UNSPECIFIED6 else given
    return None


def _adopt_encapsulation(binding, acknowledgement):
    """Take over the uplink key, if there is to be one (RFC 5845 section 4.2)."""
    binding.uplink_key = None
    wanted = binding.anchor.encapsulation
    if wanted not in ("gre", "gre-key"):
        return None
    option = acknowledgement.option(options.GRE_KEY)
    if option is None or acknowledgement.status == statuses.GRE_KEY_OPTION_NOT_REQUIRED:
        return "it does not tunnel with GRE: set option encapsulation to 'ip'"
    if wanted == "gre-key":
        if option.key is None:
            return "it gives no GRE key: set option encapsulation to 'gre'"
        binding.uplink_key = option.key
    return None


def _is_host(address, prefix_length):
    return address != UNSPECIFIED4 and 0 < prefix_length <= 32


def _is_usable(prefix):
    """True for a /64 of global or unique local addresses (RFC 4291 section 2.4, RFC 4193)."""
    address, length = prefix
    return (length == PREFIX_LENGTH and not address[8:].strip(b"\0")
            and (0x20 <= address[0] < 0x40 or address[0] & 0xFE == 0xFC))
