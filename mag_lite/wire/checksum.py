# SPDX-License-Identifier: GPL-2.0-or-later
"""The Internet checksum (RFC 1071) and the pseudo headers it covers."""
import struct


def internet_checksum(data: bytes, initial: int = 0) -> int:
    """The 16-bit Internet checksum of `data`; `initial` is a ones' complement sum to add.

    Over data that contains its own right checksum the result is 0.
    """
    # The ones' complement sum of 16-bit words is the whole, read as one number, modulo 2**16 - 1:
    # one long division in C instead of a loop in Python.
    total = int.from_bytes(data, "big")
    if len(data) % 2:
        total <<= 8
    total += initial
    return 0xFFFF - (total % 0xFFFF or 0xFFFF) if total else 0xFFFF


def pseudo_header(source: bytes, destination: bytes, length: int, protocol: int) -> bytes:
    """What goes in front of the upper-layer packet: IPv4 (RFC 768) or IPv6 (RFC 8200 8.1)."""
    if len(source) == 4:
        return source + destination + struct.pack("!HH", protocol, length)
    return source + destination + struct.pack("!II", length, protocol)
