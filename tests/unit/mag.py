# SPDX-License-Identifier: GPL-2.0-or-later
"""A gateway on a bench: one access link, one anchor played by the test."""

from mag_lite.core.actions import Forward, Log, RemoveStation, SendFrame, SendMessage, Withdraw
from mag_lite.core.configuration import Access, Anchor, Configuration, Profile
from mag_lite.core.gateway import Gateway
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_address, parse_mac, parse_prefix
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

ANCHOR = parse_address("198.51.100.1")
STRANGER = parse_address("198.51.100.66")
PHONE = parse_mac("02:00:00:00:01:01")
IDENTITY = b"mn1@example.org"
HOME = parse_address("10.20.0.5")
ROUTER = parse_address("10.20.0.1")
PREFIX = parse_prefix("2001:db8:100:5::/64")
DNS6 = parse_address("2001:db8::53")
LINK = "wlan0"
LIFETIME = 3600000
CLOCK = 1714564800 << 16


class Bench:
    """Feeds a gateway and keeps what it asked for; time passes only when told."""

    def __init__(self, clock=CLOCK, profiles=(), identity="authenticated", ip_versions=(4,),
                 encapsulation="gre"):
        anchor = Anchor(0, "lma", ANCHOR, parse_address("192.0.2.10"), encapsulation, None)
        chosen = [Profile(name, match, None, anchor, service, allow, ip_versions)
                  for name, match, service, allow in profiles]
        access = {LINK: Access(LINK, (LINK,), "/var/run/hostapd", identity, 4, True),
                  "wlan1": Access("wlan1", ("wlan1",), "/var/run/hostapd", identity, 4, True)}
        configuration = Configuration(
            LIFETIME, "on", [parse_address("192.0.2.53")], [DNS6], ip_versions, access,
            [anchor], chosen, False, None)
        self.gateway = Gateway(configuration, lambda binding: 1476)
        self.gateway.sender.clock_offset = clock
        self.now = 1000
        self.done = []

    def take(self, kind=None):
        """Return the actions since the last call, of one kind if given, and forget all."""
        taken, self.gateway.actions[:] = list(self.gateway.actions), []
        self.done = taken
        return [action for action in taken if kind is None or isinstance(action, kind)]

    def sent(self):
        """Return the messages sent since the last call, decoded."""
        return [header.decode(action.data) for action in self.take(SendMessage)]

    def attach(self, identity=IDENTITY, mac=PHONE, link=LINK):
        self.gateway.station_authorized(link, mac, identity, self.now, self.now)

    def wait(self, milliseconds):
        """Let time pass, deadline by deadline."""
        end = self.now + milliseconds
        while True:
            when = self.gateway.next_timeout()
            if when is None or when > end:
                break
            self.now = max(when, self.now)
            self.gateway.expire(self.now)
        self.now = end

    def answer(self, update, status=0, **changes):
        """Let the anchor acknowledge `update`."""
        self.receive(acknowledgement(update, status, **changes))

    def receive(self, message, source=ANCHOR):
        self.gateway.message_received(source, header.encode(message), self.now)

    def frame(self, frame, link=LINK):
        self.gateway.frame_received(link, frame, self.now)

    def activate(self):
        """Attach the phone and have it accepted; forget how."""
        self.attach()
        self.answer(self.sent()[-1])
        self.take()
        return self.binding

    @property
    def binding(self):
        return self.gateway.bindings.get(LINK, PHONE)

    def count(self, name):
        return self.gateway.counters.values.get(name, 0)


def acknowledgement(update, status=0, lifetime=None, address=HOME, drop=(), change=(),
                    sequence=None):
    """Build what an anchor that follows RFC 5213 and 5844 answers to `update`."""
    carried = {}
    for number in (options.MN_IDENTIFIER, options.HANDOFF_INDICATOR, options.TIMESTAMP,
                   options.ACCESS_TECHNOLOGY_TYPE, options.MN_LINK_LAYER_IDENTIFIER,
                   options.GRE_KEY):
        if update.option(number) is not None:
            carried[number] = update.option(number)
    if update.option(options.IPV4_HOME_ADDRESS_REQUEST) is not None:
        carried[options.IPV4_HOME_ADDRESS_REPLY] = Option(
            options.IPV4_HOME_ADDRESS_REPLY, status=0, prefix_length=16, address=address)
        carried[options.IPV4_DEFAULT_ROUTER_ADDRESS] = Option(
            options.IPV4_DEFAULT_ROUTER_ADDRESS, address=ROUTER)
        carried[options.IPV4_DHCP_SUPPORT_MODE] = Option(options.IPV4_DHCP_SUPPORT_MODE, flags=1)
    if update.option(options.HOME_NETWORK_PREFIX) is not None:
        carried[options.HOME_NETWORK_PREFIX] = Option(
            options.HOME_NETWORK_PREFIX, prefix_length=64, prefix=PREFIX[0])
        if update.option(options.LINK_LOCAL_ADDRESS) is not None:
            carried[options.LINK_LOCAL_ADDRESS] = update.option(options.LINK_LOCAL_ADDRESS)
    for number in drop:
        del carried[number]
    for option in change:
        carried[option.number] = option
    return Message(
        header.BINDING_ACKNOWLEDGEMENT, list(carried.values()), status=status,
        flags=header.BA_PROXY, sequence=update.sequence if sequence is None else sequence,
        lifetime=update.lifetime if lifetime is None else lifetime)


__all__ = ("Forward", "Log", "RemoveStation", "SendFrame", "Withdraw")
