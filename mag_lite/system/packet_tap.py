# SPDX-License-Identifier: GPL-2.0-or-later
"""Hears what gateway, clients and anchors say to each other, for a trace: sockets of its own, so
that nothing is done where nobody listens."""

import socket
import struct

from mag_lite.system import access_link, sockets
from mag_lite.system.socket_filter import (
    ETHERTYPE,
    IF_EQUAL,
    IF_SET,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_HALF_X,
    LOAD_IP_LENGTH,
    RETURN,
    assemble,
)

_ETH_P_ALL = 3
_LONGEST = 65535
_PACKETS_PER_WAKE_UP = 32

# From the network header on: UDP of port 5436 in IPv4, the Mobility Header (135) in IPv6.
_SIGNALLING = (
    ("", LOAD_HALF, ETHERTYPE, "", ""),
    ("", IF_EQUAL, 0x86DD, "ipv6", ""),
    ("", IF_EQUAL, 0x0800, "", "drop"),
    ("", LOAD_BYTE, 9, "", ""),
    ("", IF_EQUAL, 17, "", "drop"),
    ("", LOAD_HALF, 6, "", ""),
    ("", IF_SET, 0x1FFF, "drop", ""),
    ("", LOAD_IP_LENGTH, 0, "", ""),
    ("", LOAD_HALF_X, 0, "", ""),
    ("", IF_EQUAL, 5436, "keep", ""),
    ("", LOAD_HALF_X, 2, "", ""),
    ("", IF_EQUAL, 5436, "keep", "drop"),
    ("ipv6", LOAD_BYTE, 6, "", ""),
    ("", IF_EQUAL, 135, "keep", "drop"),
    ("keep", RETURN, _LONGEST, "", ""),
    ("drop", RETURN, 0, "", ""),
)
#: The ports of DHCP's clients, by those of its servers.
_CLIENT_PORTS = {67: 68, 547: 546}


def _both_ways(program):
    """What the gateway hears, and what it answers."""
    for line in program:
        if line[1] == IF_EQUAL and line[2] in _CLIENT_PORTS:
            yield ("", IF_EQUAL, _CLIENT_PORTS[line[2]], "keep", "")
        yield line


class PacketTap:
    """`on_message(packet)` gets each IP packet with a mobility message, of any interface;
    `on_frame(device, frame)` the ARP, DHCP and neighbour discovery on the access devices.

    A device that is not there is left out; OSError if we may not listen.
    """

    def __init__(self, loop, devices, on_message, on_frame):
        self._loop = loop
        self._sockets = []
        try:
            self._hear_signalling(on_message)
            for device in devices:
                self._hear_device(device, on_frame)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Hear no more; harmless when that has been done."""
        for opened in self._sockets:
            self._loop.remove(opened.fileno())
            opened.close()
        self._sockets = []

    def _hear_signalling(self, callback):
        protocol = struct.unpack("H", struct.pack("!H", _ETH_P_ALL))[0]
        opened = socket.socket(sockets.AF_PACKET, sockets.SOCK_DGRAM, protocol)
        sockets.attach_filter(opened, assemble(_SIGNALLING))
        opened.setblocking(False)
        while sockets.receive(opened, _LONGEST) is not None:
            pass  # what came before there was a filter
        self._add(opened, callback)

    def _hear_device(self, device, on_frame):
        instructions = assemble(list(_both_ways(access_link.PROGRAM)))
        try:
            opened = access_link.packet_socket(device, instructions, outgoing=True)
        except OSError as error:
            if error.errno == sockets.ENODEV:
                return
            raise
        self._add(opened, lambda frame: on_frame(device, frame))

    def _add(self, opened, callback):
        self._sockets.append(opened)
        self._loop.add(opened.fileno(), lambda: self._receive(opened, callback))

    def _receive(self, opened, callback):
        for _ in range(_PACKETS_PER_WAKE_UP):
            if opened not in self._sockets:
                return  # the callback has seen enough
            try:
                data = sockets.receive(opened, _LONGEST)
            except OSError:
                return  # ENETDOWN, once
            if data is None:
                return
            callback(data)
