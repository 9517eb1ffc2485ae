# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets that nobody reads until all is over: the kernel notes when each message came."""

import socket
import struct
import time

_SO_TIMESTAMPNS = 35
_LARGEST = 65536


def leave_unread(opened: socket.socket):
    """Let the kernel note when each message of this socket comes; returns it."""
    opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    opened.setblocking(False)
    return opened


def read_all(opened: socket.socket) -> list:
    """The (monotonic ms, octets) of all messages that wait."""
    offset = time.monotonic_ns() - time.time_ns()
    messages = []
    while True:
        try:
            data, ancillary, _, _ = opened.recvmsg(_LARGEST, 64)
        except BlockingIOError:
            return messages
        seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
        messages.append(((seconds * 1_000_000_000 + nanoseconds + offset) / 1e6, data))
