# SPDX-License-Identifier: GPL-2.0-or-later
"""The clients' link: the frames that the gateway itself answers, and no other.

A filter in the kernel lets through ARP, DHCP requests of both IP versions and IPv6 neighbour
discovery; the clients' data never wakes the daemon.
"""

import socket
import struct

from mag_lite.system import sockets
from mag_lite.system.socket_filter import (
    AND,
    IF_AT_LEAST,
    IF_EQUAL,
    IF_SET,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_HALF_X,
    LOAD_IP_LENGTH,
    RETURN,
    VLAN_TAG,
    VLAN_TAG_PRESENT,
    assemble,
)

_ETH_P_ALL = 3
LONGEST_FRAME = 2048
_FRAMES_PER_WAKE_UP = 32
_PACKET_ADD_MEMBERSHIP = 1
_PACKET_MR_ALLMULTI = 2

#: As for socket_filter.assemble.
PROGRAM = (
    # Frames of a VLAN belong to another link; VLAN 0 only carries a priority.
    ("", LOAD_HALF, VLAN_TAG_PRESENT, "", ""),
    ("", IF_EQUAL, 0, "ethernet", ""),
    ("", LOAD_HALF, VLAN_TAG, "", ""),
    ("", AND, 0xFFF, "", ""),
    ("", IF_EQUAL, 0, "", "drop"),
    ("ethernet", LOAD_HALF, 12, "", ""),
    ("", IF_EQUAL, 0x0806, "keep", ""),  # ARP
    ("", IF_EQUAL, 0x86DD, "ipv6", ""),
    ("", IF_EQUAL, 0x0800, "", "drop"),
    # IPv4: UDP to the port of DHCP servers; a later fragment has no port.
    ("", LOAD_BYTE, 23, "", ""),
    ("", IF_EQUAL, 17, "", "drop"),
    ("", LOAD_HALF, 20, "", ""),
    ("", IF_SET, 0x1FFF, "drop", ""),
    ("", LOAD_IP_LENGTH, 14, "", ""),
    ("", LOAD_HALF_X, 16, "", ""),
    ("", IF_EQUAL, 67, "keep", "drop"),
    # IPv6: UDP to the port of DHCPv6 servers; ICMPv6 router and neighbour solicitations and
    # advertisements, types 133 to 136.
    ("ipv6", LOAD_BYTE, 20, "", ""),
    ("", IF_EQUAL, 58, "icmpv6", ""),
    ("", IF_EQUAL, 17, "", "drop"),
    ("", LOAD_HALF, 56, "", ""),
    ("", IF_EQUAL, 547, "keep", "drop"),
    ("icmpv6", LOAD_BYTE, 54, "", ""),
    ("", IF_AT_LEAST, 133, "", "drop"),
    ("", IF_AT_LEAST, 137, "drop", "keep"),
    ("keep", RETURN, LONGEST_FRAME, "", ""),
    ("drop", RETURN, 0, "", ""),
)

FILTER = assemble(PROGRAM)


class AccessLink:
    """Whole Ethernet frames from and to the clients on `interface`.

    `on_frame(interface, frame)` gets what `FILTER` accepts, whoever it is addressed to, but
    nothing that we sent.  Lives through the interface going down and up.  OSError ENODEV when
    there is no such interface.  Another filter may be given.
    """

    def __init__(self, loop, interface: str, on_frame, instructions=FILTER):
        self.interface = interface
        self._loop = loop
        self._on_frame = on_frame
        self._socket = packet_socket(interface, instructions)
        loop.add(self._socket.fileno(), self._receive)

    def send(self, frame: bytes) -> bool:
        """Whether the kernel took the frame; not while the interface is down."""
        try:
            self._socket.send(frame)
        except OSError:
            return False
        return True

    def hear_all_multicast(self) -> None:
        """Hear what is sent to groups that this machine has not joined, too."""
        membership = struct.pack(
            "IHH8s", sockets.interface_index(self.interface), _PACKET_MR_ALLMULTI, 0, bytes(8))
        self._socket.setsockopt(sockets.SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)

    def close(self) -> None:
        """Stop listening; once."""
        self._loop.remove(self._socket.fileno())
        self._socket.close()

    def _receive(self) -> None:
        for _ in range(_FRAMES_PER_WAKE_UP):
            try:
                frame = sockets.receive(self._socket, LONGEST_FRAME)
            except OSError:
                return  # ENETDOWN, once: the socket hears again when the interface is up
            if frame is None:
                return
            self._on_frame(self.interface, frame)


def packet_socket(interface: str, instructions, outgoing: bool = False):
    """A socket for whole frames on `interface` that pass the filter, with `outgoing` also for those
    that we send.  OSError ENODEV when there is no such interface."""
    # Deaf (protocol 0) until it is bound, so that nothing slips past the filter.
    packet = socket.socket(sockets.AF_PACKET, sockets.SOCK_RAW, 0)
    try:
        sockets.attach_filter(packet, instructions)
        packet.setsockopt(sockets.SOL_PACKET, sockets.PACKET_IGNORE_OUTGOING, int(not outgoing))
        packet.bind(sockets.packet_address(interface, _ETH_P_ALL))
        packet.setblocking(False)
    except OSError:
        packet.close()
        raise
    return packet
