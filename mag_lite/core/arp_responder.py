# SPDX-License-Identifier: GPL-2.0-or-later
"""Which ARP requests of a client are answered (RFC 826, RFC 5227, RFC 4436, RFC 5844 3.2.4).

The default router and the neighbours of the home subnet, who sit behind other access points,
all answer with the gateway's link-layer address.  The client's own address is never claimed,
or the client would think it taken; a client with an address that is not of its session hears
nothing, so that it asks DHCP.
"""

from mag_lite.core.actions import SendFrame
from mag_lite.core.default_router import arp_announcement, arp_reply
from mag_lite.wire import arp
from mag_lite.wire.address import UNSPECIFIED4, network
from mag_lite.wire.error import DecodeError


class ArpResponder:
    """Answers for the bindings that are up."""

    def __init__(self, actions, counters):
        self.actions = actions
        self.counters = counters

    def announce(self, binding):
        """The client has just come: show it the default router."""
        self.actions.append(SendFrame(binding.interface, arp_announcement(binding)))

    def receive(self, binding, payload: bytes, now: int):
        """Take the ARP packet that the station of `binding` sent."""
        try:
            request = arp.decode(payload)
        except DecodeError:
            self.counters.count("arp.malformed")
            return
        if request.sender_mac != binding.mac:
            self.counters.count("arp.foreign_sender")
            return
        if request.operation != arp.REQUEST:
            return
        if binding.forwarded is None:
            binding.waiting["arp"] = payload
            return
        if binding.has_ipv4 and answers(binding, request):
            self.counters.count("arp.answered")
            self.actions.append(SendFrame(binding.interface, arp_reply(request)))


def answers(binding, request: arp.Arp) -> bool:
    """Return True if `request` of the station of `binding`, whose session is up, is answered.

    A probe (RFC 5227 section 2.1) finds the default router only.  A client with the address of
    its session finds its neighbours too, and a test of the link (RFC 4436 section 2.1) succeeds;
    one with another address finds nobody.
    """
    target = request.target_address
    if target == binding.home_address or target == request.sender_address:
        return False
    if request.sender_address == UNSPECIFIED4:
        return target == binding.default_router
    if request.sender_address != binding.home_address:
        return False
    return target == binding.default_router or _on_home_subnet(binding, target)


def _on_home_subnet(binding, address):
    return network(address, binding.prefix_length) == network(
        binding.home_address, binding.prefix_length)
