# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv4 home addresses to give away, each to one mobility session (RFC 5844 section 3.1.2.2)."""

from lma_lite.home_pool import HomePool


class AddressPool(HomePool):
    """The host addresses of one home network; `router` is none of them.

    With `dhcp_relay` gateways get them confirmed by a DHCP server (RFC 5844 section 3.4.2).
    """

    def __init__(self, network: bytes, prefix_length: int, router: bytes, dhcp_relay=False):
        super().__init__(1 << (32 - prefix_length))
        self.prefix_length = prefix_length
        self.router = router
        self.dhcp_relay = dhcp_relay
        self._base = int.from_bytes(network, "big")
        self._router = self._number(router)

    @property
    def capacity(self) -> int:
        """The number of addresses there are to give."""
        return self._size - 3

    def _number(self, address: bytes) -> int:
        return int.from_bytes(address, "big") - self._base

    def _home(self, number: int) -> bytes:
        return (self._base + number).to_bytes(4, "big")

    def _may_be_given(self, number: int) -> bool:
        return 0 < number < self._size - 1 and number != self._router
