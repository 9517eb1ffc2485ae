# SPDX-License-Identifier: GPL-2.0-or-later
"""One connection to ubusd: messages out and in, and answers joined to what was asked."""

import socket

from mag_lite.system import sockets
from mag_lite.system import ubus_message as message
from mag_lite.system.blobmsg import BlobError, u32
from mag_lite.system.loop import READABLE, WRITABLE

_CHUNK = 4096
#: What ubusd does not take waits here, up to so many octets.
_MOST_UNSENT = 1 << 18


class Connection:
    """`on_message(message)` gets what is no answer; `on_end(reason)` at most one call: ubusd is
    gone or does not speak ubus, and the connection is closed.  `count` is that of Ubus.  OSError
    when nobody is at `path`.
    """

    def __init__(self, loop, path: str, on_message, on_end, count):
        self._loop = loop
        self._on_message = on_message
        self._on_end = on_end
        self._count = count
        self._receiver = message.Receiver()
        self._unsent = b""
        self._asked = {}
        self._sequence = 0
        self._socket = _connected(path)
        loop.add(self._socket.fileno(), self._ready)

    def ask(self, kind: int, peer: int, payload: bytes, on_data, on_status) -> None:
        """Ask ubusd: `on_data(found)` gets each part of the answer, `on_status(status)` its end.

        Neither is called if the connection ends before.
        """
        self._sequence = self._sequence % 0xFFFF + 1
        self._asked[self._sequence] = (peer, on_data, on_status)
        self.send(kind, self._sequence, peer, payload)

    def send(self, kind: int, sequence: int, peer: int, payload: bytes) -> None:
        """Send a message; it is dropped if ubusd takes none for too long.  BlobError if it is
        too long for ubus."""
        octets = message.encode(kind, sequence, peer, payload)
        if not self._socket:
            return
        if self._unsent and len(self._unsent) + len(octets) > _MOST_UNSENT:
            self._count("ubus.not_sent")
            return
        waiting = bool(self._unsent)
        self._unsent += octets
        if not waiting:
            self._flush()
            if self._unsent:
                self._loop.add(self._socket.fileno(), self._ready, READABLE | WRITABLE)

    def close(self) -> None:
        """Hang up; harmless when that has been done."""
        if self._socket:
            self._loop.remove(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _ready(self) -> None:
        if self._unsent:
            self._flush()
            if not self._unsent:
                self._loop.add(self._socket.fileno(), self._ready)
        try:
            data = sockets.receive(self._socket, _CHUNK)
            found = self._receiver.feed(data) if data else ()
        except (OSError, BlobError) as error:
            self._end(sockets.reason(error) if isinstance(error, OSError) else str(error))
            return
        if data == b"":
            self._end("ubusd has ended")
            return
        for each in found:
            if self._socket:
                self._take(each)

    def _flush(self) -> None:
        """An error shows again where the connection is read: there is one place to end it."""
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except OSError as error:
            if error.errno != sockets.EAGAIN:
                self._unsent = b""

    def _take(self, received) -> None:
        if received.kind not in (message.STATUS, message.DATA):
            self._on_message(received)
            return
        # Any client may send answers to us, but not in the name of ubusd.
        peer, on_data, on_status = self._asked.get(received.sequence, (None, None, None))
        if peer != received.peer or received.found is None:
            return
        try:
            if received.kind == message.DATA:
                on_data(received.found)
                return
            status = u32(received.found.get(message.A_STATUS))
        except BlobError:
            status = message.UNKNOWN_ERROR
        del self._asked[received.sequence]
        on_status(status)

    def _end(self, reason: str) -> None:
        self.close()
        self._on_end(reason)


def _connected(path: str):
    made = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
    try:
        made.setblocking(False)
        made.connect(sockets.unix_address(path))
    except OSError:
        made.close()
        raise
    return made
