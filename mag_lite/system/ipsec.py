# SPDX-License-Identifier: GPL-2.0-or-later
"""A socket that speaks and hears under IPsec alone: ESP in transport mode (RFC 5213 section 4).

A policy of the socket's own says so, whatever the machine's policies are.  The security
associations are made by who keeps keys, such as IKEv2's daemon: they bear the number that the
policy asks for.
"""

import struct

from mag_lite.system import sockets

_IP_XFRM_POLICY = 17
_IPV6_XFRM_POLICY = 35
_IN, _OUT = 0, 1
_ESP = 50
_UNLIMITED = b"\xff" * 32
_ANY_ALGORITHM = b"\xff" * 12


def demand(opened, over_ipv6: bool, request: int) -> None:
    """Let what this socket sends and receives be protected by associations of the `request` id.

    OSError ENOPROTOOPT when the kernel has no IPsec, EPERM when we may not.
    """
    level, option, family = sockets.IPPROTO_IP, _IP_XFRM_POLICY, sockets.AF_INET
    if over_ipv6:
        level, option, family = sockets.IPPROTO_IPV6, _IPV6_XFRM_POLICY, sockets.AF_INET6
    for direction in (_IN, _OUT):
        opened.setsockopt(level, option, policy(direction, family, request))


def policy(direction: int, family: int, request: int) -> bytes:
    """struct xfrm_userpolicy_info for every packet of the socket, and its one template."""
    selector = bytes(40) + struct.pack("H", family) + bytes(14)
    lifetime = _UNLIMITED + bytes(64)
    kind = bytes(8) + bytes((direction,)) + bytes(7)
    template = bytes(20) + bytes((_ESP, 0, 0, 0)) + struct.pack("H", family) + bytes(18)
    return selector + lifetime + kind + template + struct.pack("II", request, 0) + _ANY_ALGORITHM
