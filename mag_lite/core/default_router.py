# SPDX-License-Identifier: GPL-2.0-or-later
"""The default router as every client sees it on every access link of the domain (RFC 6543)."""

from mag_lite.wire import arp, ethernet, icmpv6
from mag_lite.wire.address import link_local, parse_address
from mag_lite.wire.icmpv6 import Message, Option
from mag_lite.wire.ip import encode_ipv6

#: The fixed link-layer address of the mobile access gateway (RFC 6543 section 3).
ROUTER_MAC = b"\x00\x00\x5e\x00\x52\x13"

#: Its fixed link-local address, made of that one.
ROUTER_LINK_LOCAL = link_local(ROUTER_MAC)

#: What it has in place of that one where a client has that.
SUBSTITUTE_LINK_LOCAL = parse_address("fe80::200:5eff:fe00:5214")

NOBODY = bytes(6)
ALL_NODES = parse_address("ff02::1")


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


def presence_probe(binding):
    """Return a frame that the client of `binding`, whose session is up, must answer, or None if
    no address of the client is known."""
    if binding.home_address:
        return arp_probe(binding)
    if binding.link_local_address is None:
        return None
    return neighbor_frame(binding, Message(
        icmpv6.NEIGHBOR_SOLICITATION,
        [Option(icmpv6.SOURCE_LINK_LAYER_ADDRESS, address=ROUTER_MAC)],
        target=binding.link_local_address), binding.link_local_address)


def neighbor_frame(binding, message: Message, destination: bytes) -> bytes:
    """Return the frame with a message of neighbour discovery from the router to the client, and
    only it, whatever the IPv6 address `destination` may be (RFC 6085)."""
    source = binding.router_link_local
    packet = encode_ipv6(source, destination, icmpv6.PROTOCOL,
                         icmpv6.encode(message, source, destination), icmpv6.HOP_LIMIT)
    return ethernet.frame(binding.mac, ROUTER_MAC, ethernet.IPV6, packet)


def arp_announcement(binding) -> bytes:
    """Return the frame that tells the client, and only it, where its default router is.

    A station forgets its neighbours when it roams and asks at once, often before its port is
    open; it would ask again only after a second.
    """
    reply = arp.Arp(arp.REPLY, ROUTER_MAC, binding.default_router,
                    binding.mac, binding.home_address)
    return ethernet.frame(binding.mac, ROUTER_MAC, ethernet.ARP, arp.encode(reply))
