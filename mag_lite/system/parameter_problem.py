# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells who sent a wrong Mobility Header what is wrong with it (RFC 6275 section 9.2), as a kernel
with Mobile IPv6 would; OpenWrt's has none."""

import socket
import struct

from mag_lite.system import sockets

_ICMPV6 = 58
_PARAMETER_PROBLEM, _ERRONEOUS_FIELD = 4, 0
_IPV6_HEADER = 40
_LONGEST_PACKET = 1280  # octets of an ICMPv6 error (RFC 4443 section 2.4)


def tell(local: bytes, remote: bytes, offset: int, data: bytes) -> None:
    """Send an ICMPv6 Parameter Problem about the octet at `offset` of the Mobility Header `data`,
    which `remote` sent to our address `local`; OSError when the kernel does not take it.

    The IPv6 header that it came with is not known any more: what is quoted has the same addresses.
    """
    quoted = struct.pack("!IHBB", 6 << 28, len(data), 135, 64) + remote + local + data
    message = struct.pack(
        "!BBHI", _PARAMETER_PROBLEM, _ERRONEOUS_FIELD, 0, _IPV6_HEADER + offset) + quoted
    raw = socket.socket(sockets.AF_INET6, sockets.SOCK_RAW, _ICMPV6)
    try:
        raw.bind(sockets.internet_address(local))
        raw.sendto(message[: _LONGEST_PACKET - _IPV6_HEADER], sockets.internet_address(remote))
    finally:
        raw.close()
