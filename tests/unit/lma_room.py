# SPDX-License-Identifier: GPL-2.0-or-later
"""An anchor in a room of its own: gateways that speak to it, and a clock that we turn."""

from lma_lite.actions import Route, Send
from lma_lite.anchor import Anchor
from lma_lite.configuration import Configuration
from lma_lite.policy import Node, Pool
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_address, parse_mac
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

LMA = parse_address("198.51.100.1")
LMA6 = parse_address("2001:db8:b::1")
AP1 = parse_address("192.0.2.10")
AP2 = parse_address("192.0.2.11")
AP1_6 = parse_address("2001:db8:a::1")
STRANGER = parse_address("203.0.113.66")
ROUTER = parse_address("10.20.0.1")
FIRST = parse_address("10.20.0.2")
SECOND = parse_address("10.20.0.3")
ANY = bytes(4)
MAC = parse_mac("02:00:5e:10:00:01")
MAC2 = parse_mac("02:00:5e:10:00:02")
PORT = 5436
MAGS = {AP1: "ap1", AP2: "ap2", AP1_6: "ap1"}
INTERNET = Pool("internet", b"", parse_address("10.20.0.0"), 16, ROUTER, None)

NEW, BETWEEN_INTERFACES, BETWEEN_GATEWAYS, UNKNOWN, UNCHANGED = 1, 2, 3, 4, 5


def address(text: str) -> bytes:
    return parse_address(text)


def configuration(mags=MAGS, pools=(INTERNET,), nodes=(), lifetime=3600, addresses=(LMA, LMA6),
                  delete_delay=10000, assign_delay=1500, gre_key="allow", udp=False,
                  timestamp_window=300):
    return Configuration(
        addresses, lifetime, timestamp_window, delete_delay, assign_delay, gre_key, mags, pools,
        nodes, udp, None, {})


def node(match, allow=True, pool="internet", home=None, prefixes=()):
    return Node(match, allow, pool, home, prefixes)


class Room:
    """`room.update(...)` is a gateway's Proxy Binding Update and returns the answer or None;
    `room.did` holds everything else that the anchor wanted since."""

    def __init__(self, *arguments, **settings):
        self.anchor = Anchor(configuration(*arguments, **settings), restart_counter=7)
        self.now = 1000000
        self.sequence = 0
        self.did = []
        self.sent = []
        self.last = None
        self.refused_routes = 0

    def time_of_day(self) -> int:
        return self.now * 65536 // 1000

    def wait(self, milliseconds: int):
        """Let time pass, deadline by deadline."""
        end = self.now + milliseconds
        when = self.anchor.next_timeout()
        while when is not None and when <= end:
            self.now = max(when, self.now)
            self.anchor.expire(self.now)
            self.drain()
            when = self.anchor.next_timeout()
        self.now = end

    def update(self, mag=AP1, home=ANY, indicator=NEW, mac=MAC, node=b"mn1@example.net",
               lifetime=75, technology=4, timestamp="now", sequence=None, gre=True, flags=0,
               more=(), without=(), local=LMA, port=PORT):
        """Send an update a millisecond after the last; options in `without` are left out."""
        self.now += 1
        self.sequence += 1
        sequence = self.sequence if sequence is None else sequence
        carried = [Option(options.MN_IDENTIFIER, subtype=1, identifier=node)]
        if home is not None:
            carried.append(Option(
                options.IPV4_HOME_ADDRESS_REQUEST, address=home, prefix_length=0))
        if gre:
            carried.append(Option(options.GRE_KEY, key=None))
        carried.append(Option(options.HANDOFF_INDICATOR, indicator=indicator))
        carried.append(Option(options.ACCESS_TECHNOLOGY_TYPE, technology=technology))
        if timestamp is not None:
            time = self.time_of_day() if timestamp == "now" else timestamp
            carried.append(Option(options.TIMESTAMP, time=time))
        if mac:
            carried.append(Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=mac))
        message = Message(
            header.BINDING_UPDATE,
            [option for option in carried if option.number not in without] + list(more),
            sequence=sequence, flags=header.BU_ACKNOWLEDGE | header.BU_PROXY | flags,
            lifetime=lifetime)
        self.last = header.encode(message)
        return self.give(self.last, mag, local, port)

    def give(self, data: bytes, mag=AP1, local=LMA, port=PORT):
        """Hand octets to the anchor; return the message that it answers to their sender."""
        before = len(self.sent)
        self.anchor.receive(data, mag, port, local, self.now, self.time_of_day())
        self.drain()
        for send in self.sent[before:]:
            if send.destination == mag:
                return header.decode(send.data)
        return None

    def tell(self, kind, mag=AP1, carried=(), **fields):
        """Send any other message; return the answer."""
        return self.give(header.encode(Message(kind, carried, **fields)), mag)

    def revocation(self):
        """Return (gateway, the last indication sent to one), or None."""
        for send in reversed(self.sent):
            message = header.decode(send.data)
            if message.kind == header.BINDING_REVOCATION_INDICATION:
                return send.destination, message
        return None

    def acknowledge(self, code=0, mag=AP1):
        """Answer the last indication."""
        indication = self.revocation()[1]
        return self.tell(
            header.BINDING_REVOCATION_ACKNOWLEDGEMENT, mag, status=code,
            sequence=indication.sequence, flags=indication.flags)

    def names(self) -> list:
        """The kinds of the actions since the last call, log lines left out."""
        names = [type(action).__name__ for action in self.did]
        self.did = []
        return [name for name in names if name != "Log"]

    def lines(self) -> list:
        """The log lines since the last call."""
        lines = [action.text for action in self.did if type(action).__name__ == "Log"]
        self.did = []
        return lines

    def home(self, answer):
        """The home address in an acknowledgement."""
        return answer.option(options.IPV4_HOME_ADDRESS_REPLY).address

    def count(self, name: str) -> int:
        return self.anchor.counters.get(name)

    def drain(self):
        """Do what a daemon does; the kernel refuses the next `refused_routes` routes."""
        while self.anchor.actions:
            action = self.anchor.actions.pop(0)
            self.did.append(action)
            if isinstance(action, Send):
                self.sent.append(action)
            elif isinstance(action, Route) and self.refused_routes:
                self.refused_routes -= 1
                self.anchor.forwarding_failed(action.address, self.now)
