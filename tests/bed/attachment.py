# SPDX-License-Identifier: GPL-2.0-or-later
"""What a phone says and hears on its radio when it attaches: DHCP and ARP."""

import socket

from bed.sources import packet_socket
from bed.watch import Event

_MESSAGES = {
    1: "DHCPDISCOVER", 2: "DHCPOFFER", 3: "DHCPREQUEST", 4: "DHCPDECLINE", 5: "DHCPACK",
    6: "DHCPNAK", 7: "DHCPRELEASE", 8: "DHCPINFORM",
}
_ETHERNET, _IPV4, _UDP, _BOOTP = 14, 20, 8, 240
_MESSAGE_TYPE, _INTERFACE_MTU = 53, 26


def _text(address):
    return socket.inet_ntop(socket.AF_INET, address)


def dhcp_options(data: bytes) -> dict:
    """{number: bytes} of a DHCP options field."""
    found, position = {}, 0
    while position + 1 < len(data) and data[position] != 255:
        if data[position] == 0:
            position += 1
            continue
        length = data[position + 1]
        found[data[position]] = data[position + 2:position + 2 + length]
        position += 2 + length
    return found


class Dhcp:
    """DHCP on the phone's radio; kind is DHCPDISCOVER, ..., detail the options."""

    def __init__(self, phone):
        self.actor = phone.name
        self.socket = packet_socket(phone, "wlan0", "udp port 67 or udp port 68")

    def decode(self, time, data):
        """One Event for each message."""
        message = data[_ETHERNET + _IPV4 + _UDP:]
        options = dhcp_options(message[_BOOTP:])
        kind = _MESSAGES.get(options.get(_MESSAGE_TYPE, b"\0")[0])
        if not kind:
            return []
        text = kind
        if message[16:20] != bytes(4):
            text += "  " + _text(message[16:20])
        if _INTERFACE_MTU in options:
            text += f"  mtu {int.from_bytes(options[_INTERFACE_MTU], 'big')}"
        return [Event(time, self.actor, kind, text, options)]


class Arp:
    """ARP on the phone's radio; kind is "ARP request" or "ARP reply"."""

    def __init__(self, phone):
        self.actor = phone.name
        self.socket = packet_socket(phone, "wlan0", "arp")

    def decode(self, time, data):
        """One Event for each packet."""
        sender, target = _text(data[28:32]), _text(data[38:42])
        if data[21] == 1:
            return [Event(time, self.actor, "ARP request", f"ARP who has {target}?", None)]
        mac = data[22:28].hex(":")
        return [Event(time, self.actor, "ARP reply", f"ARP {sender} is at {mac}", None)]
