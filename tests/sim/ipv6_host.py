# SPDX-License-Identifier: GPL-2.0-or-later
"""The IPv6 side of a client: it looks for a router and for doubles of its address, and learns
prefixes (RFC 4861, RFC 4862).
"""

import frames
from world import Violation

from mag_lite.core.default_router import ROUTER_LINK_LOCAL
from mag_lite.wire import icmpv6
from mag_lite.wire.address import UNSPECIFIED6, link_local
from mag_lite.wire.ip import decode_ipv6

#: So often (ms) and so many times a router is asked for.
ASK_AGAIN = 4000
MOST_SOLICITATIONS = 3


class Ipv6Host:
    """`prefixes` are those that it may use, each with the time (ms) until which it may."""

    def __init__(self, phone, collides):
        self.phone = phone
        self.world = phone.world
        #: One that has the router's address finds out that the router gives way.
        self.address = ROUTER_LINK_LOCAL if collides else link_local(phone.mac)
        self.router = None
        self.prefixes = {}

    def configure(self, attachment, asked=0):
        """It has just associated: is its address its own, and where is a router?"""
        if not asked:
            self._look_for_double()
        if asked < MOST_SOLICITATIONS and self.phone.is_attached(attachment):
            self.phone.say(frames.router_solicitation(self.phone.mac, self.address))
            self.world.after(ASK_AGAIN, self.configure, attachment, asked + 1)

    def _look_for_double(self):
        self.phone.say(frames.neighbor_solicitation(self.phone.mac, UNSPECIFIED6, self.address))

    def ask_router(self):
        """Is the router still there?"""
        if self.router:
            self.phone.say(frames.neighbor_solicitation(
                self.phone.mac, self.address, self.router))
        else:
            self.phone.say(frames.router_solicitation(self.phone.mac, self.address))

    def current_prefixes(self):
        """Those that are not too old."""
        return {prefix for prefix, until in self.prefixes.items() if until > self.world.now}

    def forget(self):
        """Somebody else uses the phone now."""
        self.prefixes.clear()
        self.router = None

    def hear(self, packet):
        """The gateway says something."""
        source, destination, _, _, start, end = decode_ipv6(packet)
        message = icmpv6.decode(packet[start:end], source, destination)
        if message.kind == icmpv6.ROUTER_ADVERTISEMENT:
            self._advertised(source, message)
        elif message.kind == icmpv6.NEIGHBOR_ADVERTISEMENT:
            self._answered(message)
        elif message.kind == icmpv6.NEIGHBOR_SOLICITATION and message.target == self.address:
            self._answer(source)

    def _advertised(self, source, message):
        self.router = source if message.router_lifetime else None
        for option in message.all(icmpv6.PREFIX_INFORMATION):
            self.prefixes[option.prefix, option.prefix_length] = (
                self.world.now + 1000 * option.valid_lifetime)

    def _answered(self, message):
        if message.target == self.address != self.router and message.target != ROUTER_LINK_LOCAL:
            raise Violation("%s is told that somebody has its address" % self.phone.name)

    def _answer(self, router):
        if self.phone.answers == 1 or self.world.chance() < self.phone.answers:
            self.world.after(self.world.between(1, 8), self.phone.say,
                             frames.neighbor_advertisement(self.phone.mac, self.address, router))
