# SPDX-License-Identifier: GPL-2.0-or-later
"""The IPv6 default router of each client (RFC 5213 6.7, 6.9.2 and 6.9.3, RFC 4861).

All clients share a link, but each hears of its own prefixes alone: whatever is sent goes to its
link-layer address, also what is addressed to all nodes (RFC 6085).  The router's addresses are the
same on every access point.  Advertisements live as long as the binding and are renewed with it,
and in between.
"""

from mag_lite.core.actions import SendFrame
from mag_lite.core.default_router import (
    ALL_NODES,
    ROUTER_LINK_LOCAL,
    ROUTER_MAC,
    SUBSTITUTE_LINK_LOCAL,
    neighbor_frame,
)
from mag_lite.core.registration import PRESENT, WANTED
from mag_lite.wire import icmpv6
from mag_lite.wire.address import UNSPECIFIED6
from mag_lite.wire.error import DecodeError
from mag_lite.wire.icmpv6 import Message, Option
from mag_lite.wire.ip import decode_ipv6

#: The longest lifetime of a default router, s (RFC 4861 section 4.2).
MOST_ROUTER_LIFETIME = 9000
#: A binding's lifetime has room for so many unsolicited advertisements, some of which may be lost,
PER_LIFETIME = 3
#: but not more often than this (ms).
SHORTEST_INTERVAL = 1000
#: A client that has just come may not listen yet: it hears so again at this interval (ms),
INITIAL_INTERVAL = 4000
#: for as long (ms) as makes three advertisements in all (RFC 4861 section 6.2.4).
INITIAL_TIME = 8000
#: No packet of IPv6 need be smaller (RFC 8200 section 5).
LEAST_MTU = 1280

_HOPS = 64
_ON_LINK_AND_AUTONOMOUS = icmpv6.PIO_ON_LINK | icmpv6.PIO_AUTONOMOUS


class NeighborDiscovery:
    """Advertises and answers.  `mtu(binding)`: the octets a packet to the client may have."""

    def __init__(self, configuration, registration, timers, mtu, actions, counters):
        self.configuration = configuration
        self.registration = registration
        self.timers = timers
        self.mtu = mtu
        self.actions = actions
        self.counters = counters

    # Advertising

    def advertise(self, binding, now: int):
        """Tell the client of its prefixes and its router, now and again before that is old."""
        remaining = max(binding.expires_at - now, 0) // 1000
        self._send(binding, self._advertisement(binding, remaining))
        self.counters.count("ra.sent")
        self.schedule(binding, now)

    def schedule(self, binding, now: int):
        """The client hears of its prefixes again before what it has heard is old."""
        interval = max(binding.lifetime // PER_LIFETIME, SHORTEST_INTERVAL)
        if now < binding.attached_at + INITIAL_TIME:
            interval = min(interval, INITIAL_INTERVAL)
        self.timers.set(("advertise", binding.key), now + interval)

    def withdraw(self, binding, prefixes):
        """The client is to use these prefixes and its router no more."""
        self.timers.cancel(("advertise", binding.key))
        self._send(binding, Message(
            icmpv6.ROUTER_ADVERTISEMENT, _prefix_options(prefixes, 0), hop_limit=_HOPS))
        self.counters.count("ra.withdrawn")

    def _advertisement(self, binding, seconds):
        carried = [Option(icmpv6.SOURCE_LINK_LAYER_ADDRESS, address=ROUTER_MAC)]
        mtu = self.mtu(binding)
        if mtu >= LEAST_MTU:
            carried.append(Option(icmpv6.MTU, mtu=mtu))
        carried += _prefix_options(binding.home_network_prefixes, seconds)
        if self.configuration.dns6:
            carried.append(Option(icmpv6.RECURSIVE_DNS_SERVER, lifetime=seconds,
                                  addresses=self.configuration.dns6))
        flags = icmpv6.RA_OTHER if self.configuration.dns6 else 0  # DHCPv6 tells as much
        return Message(icmpv6.ROUTER_ADVERTISEMENT, carried, hop_limit=_HOPS, flags=flags,
                       router_lifetime=min(seconds, MOST_ROUTER_LIFETIME))

    # Answering

    def receive(self, binding, packet: bytes, now: int):
        """Take an IPv6 packet of neighbour discovery that the station of `binding` sent.

        What RFC 4861 section 6.1.1 and 7.1 calls invalid is counted and dropped.
        """
        try:
            source, destination, protocol, hop_limit, start, end = decode_ipv6(packet)
            if protocol != icmpv6.PROTOCOL or hop_limit != icmpv6.HOP_LIMIT:
                raise DecodeError(7, "ICMPv6 from the link itself", "another packet")
            message = icmpv6.decode(packet[start:end], source, destination)
        except DecodeError:
            self.counters.count("nd.malformed")
            return
        if source[:8] == ROUTER_LINK_LOCAL[:8]:
            binding.link_local_address = source
            if source == binding.router_link_local:
                self._give_way(binding, now)
        if message.kind == icmpv6.ROUTER_SOLICITATION:
            self._solicited(binding, now)
        elif message.kind == icmpv6.NEIGHBOR_SOLICITATION:
            self._asked(binding, source, message)

    def _solicited(self, binding, now):
        self.counters.count("rs.received")
        if binding.forwarded is None:
            self.registration.handle(binding, WANTED, now)  # which advertises, in the end
        elif binding.home_network_prefixes:
            self.advertise(binding, now)

    def _asked(self, binding, source, solicitation):
        """Nobody but the router is there for the client; its address is defended, too.

        The client's own addresses, which it looks for before it takes them, are its alone.
        """
        if solicitation.target != binding.router_link_local:
            return
        self.counters.count("ns.answered")
        flags = icmpv6.NA_ROUTER | icmpv6.NA_OVERRIDE
        destination = ALL_NODES
        if source != UNSPECIFIED6:
            flags, destination = flags | icmpv6.NA_SOLICITED, source
        self._send(binding, Message(
            icmpv6.NEIGHBOR_ADVERTISEMENT,
            [Option(icmpv6.TARGET_LINK_LAYER_ADDRESS, address=ROUTER_MAC)],
            flags=flags, target=solicitation.target), destination)

    def _give_way(self, binding, now):
        """The client had our address before it met us: take another and tell the anchor, so that
        the next gateway has it, too (RFC 5213 section 6.9.1.2).
        """
        if binding.has_ipv6 and binding.router_link_local != SUBSTITUTE_LINK_LOCAL:
            self.counters.count("nd.gave_way")
            binding.router_link_local = SUBSTITUTE_LINK_LOCAL
            self.registration.handle(binding, PRESENT, now)

    def _send(self, binding, message, destination=ALL_NODES):
        self.actions.append(SendFrame(
            binding.interface, neighbor_frame(binding, message, destination)))


def _prefix_options(prefixes, seconds):
    return [
        Option(icmpv6.PREFIX_INFORMATION, prefix_length=length, flags=_ON_LINK_AND_AUTONOMOUS,
               valid_lifetime=seconds, preferred_lifetime=seconds, prefix=prefix)
        for prefix, length in prefixes
    ]
