# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of options that only the anchor's configuration has; see mag_lite.system.settings."""

from mag_lite.system.settings import Kind
from mag_lite.wire.address import parse_prefix


def _prefix_of(octets: int):
    def parse(text: str):
        prefix = parse_prefix(text)
        if len(prefix[0]) != octets:
            raise ValueError(text)
        return prefix

    return parse


PREFIX4 = Kind("an IPv4 network such as 10.20.0.0/16, host bits 0", _prefix_of(4), False)
PREFIX6 = Kind("an IPv6 prefix such as 2001:db8:100::/40, host bits 0", _prefix_of(16), False)
