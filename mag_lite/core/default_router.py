# SPDX-License-Identifier: GPL-2.0-or-later
"""The default router as every client sees it on every access link of the domain (RFC 6543)."""

from mag_lite.wire import arp, ethernet

#: The fixed link-layer address of the mobile access gateway (RFC 6543 section 3).
ROUTER_MAC = b"\x00\x00\x5e\x00\x52\x13"

NOBODY = bytes(6)


def arp_reply(request: arp.Arp) -> bytes:
    """Return the frame that answers `request` as the owner of the address it asks for."""
    reply = arp.Arp(arp.REPLY, ROUTER_MAC, request.target_address,
                    request.sender_mac, request.sender_address)
    return ethernet.frame(request.sender_mac, ROUTER_MAC, ethernet.ARP, arp.encode(reply))


def arp_probe(binding) -> bytes:
    """Return the frame that asks the client, and only it, for its own address: its answer shows
    that it is there.  The session of `binding` must be up.
    """
    request = arp.Arp(arp.REQUEST, ROUTER_MAC, binding.default_router,
                      NOBODY, binding.home_address)
    return ethernet.frame(binding.mac, ROUTER_MAC, ethernet.ARP, arp.encode(request))


def arp_announcement(binding) -> bytes:
    """Return the frame that tells the client, and only it, where its default router is.

    A station forgets its neighbours when it roams and asks at once, often before its port is
    open; it would ask again only after a second.
    """
    reply = arp.Arp(arp.REPLY, ROUTER_MAC, binding.default_router,
                    binding.mac, binding.home_address)
    return ethernet.frame(binding.mac, ROUTER_MAC, ethernet.ARP, arp.encode(reply))
