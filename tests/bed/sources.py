# SPDX-License-Identifier: GPL-2.0-or-later
"""What a Watch can see: control-socket events, captured frames, kernel notifications."""

import ctypes
import socket
import struct
import subprocess

from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from bed import mobility
from bed.watch import Event

_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26
_NETLINK_ROUTE, _NETLINK_NETFILTER = 0, 12
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_ROUTE_GROUPS = (1, 3, 5, 7, 8, 9, 11, 19)  # link, neigh, v4 addr/route/rule, v6 addr/route/rule
_NFTABLES_GROUP, _NFTABLES = 7, 10
_BLACKHOLE = 6
_NFTABLES_WORDS = {
    0: "table added", 2: "table removed", 3: "chain added", 5: "chain removed", 6: "rule added",
    8: "rule removed", 9: "set added", 11: "set removed", 12: "element added",
    14: "element removed",
}
SIGNALLING = "udp port 5436 or (ip6 proto 135)"


class Control:
    """Events of a hostapd or wpa_supplicant control socket; kind is the event's first word."""

    def __init__(self, actor: str, control):
        self.actor, self.socket = actor, control.attach()

    def decode(self, time, data):
        """An Event per message; detail is None."""
        text = data.decode(errors="backslashreplace").strip()
        if not text.startswith("<"):
            return []
        text = text[text.index(">") + 1:]
        return [Event(time, self.actor, text.split(" ")[0], text, None)]


def capture_filter(expression: str) -> list:
    """The classic BPF program of a tcpdump `expression` on Ethernet: (code, jt, jf, k) each."""
    listing = subprocess.run(
        ["tcpdump", "-y", "EN10MB", "-ddd", expression], stdout=subprocess.PIPE, check=True,
        stderr=subprocess.DEVNULL, text=True,
    ).stdout.split("\n")
    return [tuple(map(int, line.split())) for line in listing[1:] if line]


def packet_socket(machine, interface: str, expression: str) -> socket.socket:
    """A socket that receives the frames of `interface` (both ways) that match `expression`."""
    program = b"".join(struct.pack("HBBI", *step) for step in capture_filter(expression))
    buffer = ctypes.create_string_buffer(program)
    packets = machine.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packets.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER,
        struct.pack("HP", len(program) // 8, ctypes.addressof(buffer)),
    )
    with machine:
        packets.bind((interface, _ETH_P_ALL))
    return packets


class Signalling:
    """PBU, PBA, BRI, ... on `interface`; kind is the message's name, detail the Signalling."""

    def __init__(self, machine, interface: str):
        self.actor = machine.name
        self.socket = packet_socket(machine, interface, SIGNALLING)

    def decode(self, time, data):
        """One Event for each message."""
        message = mobility.decode(data)
        if not message:
            return []
        try:
            words = mobility.describe(message)
        except (IndexError, ValueError):
            words = message.name + "  garbled"
        return [Event(time, self.actor, message.name, words, message)]


class Kernel:
    """Changes of links, addresses, routes, rules, neighbours; detail is pyroute2's message."""

    def __init__(self, machine):
        self.machine, self.actor = machine, machine.name
        self.socket = machine.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE)
        self.socket.bind((0, 0))
        for group in _ROUTE_GROUPS:
            self.socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        self._marshal = MarshalRtnl()
        self._names = {}

    def _interface(self, index):
        if index and index not in self._names:
            for link in self.machine.ip.get_links():
                self._names[link["index"]] = link.get_attr("IFLA_IFNAME")
        return self._names.get(index) or f"#{index}"

    def decode(self, time, data):
        """An Event for each message; kind is route, neigh, rule, addr or link."""
        return [self._event(time, message) for message in self._marshal.parse(data)]

    def _event(self, time, message):
        verb, what = message["event"][4:7], message["event"][7:].lower()
        words = {"NEW": "added", "DEL": "removed"}.get(verb, verb)
        return Event(time, self.actor, what, f"{what} {words}: {self._describe(what, message)}",
                     message)

    def _describe(self, what, message):
        if what == "route":
            prefix = f"{message.get_attr('RTA_DST') or 'default'}/{message['dst_len']}"
            where = "dev " + self._interface(message.get_attr("RTA_OIF"))
            if message["type"] == _BLACKHOLE:
                where = "blackhole"
            return f"{prefix} {where} table {message.get_attr('RTA_TABLE')}"
        if what == "neigh":
            return (
                f"{message.get_attr('NDA_DST')} at {message.get_attr('NDA_LLADDR')}"
                f" dev {self._interface(message['ifindex'])}"
            )
        if what == "addr":
            return f"{message.get_attr('IFA_ADDRESS')} dev {self._interface(message['index'])}"
        if what == "link":
            return f"{message.get_attr('IFLA_IFNAME')} {message.get_attr('IFLA_OPERSTATE')}"
        return f"table {message.get_attr('FRA_TABLE')}"


class Filter:
    """Changes of nftables; kind is "nft"."""

    def __init__(self, machine):
        self.actor = machine.name
        self.socket = machine.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self.socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _NFTABLES_GROUP)

    def decode(self, time, data):
        """An Event for each change (the notice of a new generation is left out)."""
        events, position = [], 0
        while position + 16 <= len(data):
            length, kind = struct.unpack_from("IH", data, position)
            words = _NFTABLES_WORDS.get(kind & 255)
            if kind >> 8 == _NFTABLES and words:
                events.append(Event(time, self.actor, "nft", "nft " + words, None))
            position += (length + 3) & ~3
        return events
