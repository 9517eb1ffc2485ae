# SPDX-License-Identifier: GPL-2.0-or-later
"""Home network prefixes to give away, each to one mobility session (RFC 5213 section 5.3.2)."""

from lma_lite.home_pool import HomePool

#: Hosts make their addresses in a prefix of this length (RFC 4862).
LENGTH = 64

_BELOW = 1 << (128 - LENGTH)


class PrefixPool(HomePool):
    """The /64 prefixes, pairs of address and length, of one larger one."""

    def __init__(self, address: bytes, length: int):
        super().__init__(1 << (LENGTH - length))
        self._base = int.from_bytes(address, "big") // _BELOW

    @property
    def capacity(self) -> int:
        """The number of prefixes there are to give."""
        return self._size

    def _number(self, prefix) -> int:
        address, length = prefix
        value = int.from_bytes(address, "big")
        if length != LENGTH or value % _BELOW:
            return -1  # none of ours
        return value // _BELOW - self._base

    def _home(self, number: int):
        return ((self._base + number) * _BELOW).to_bytes(16, "big"), LENGTH

    def _may_be_given(self, number: int) -> bool:
        return 0 <= number < self._size
