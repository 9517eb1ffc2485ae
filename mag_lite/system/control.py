# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon's control socket: one JSON object a line in, one a line out.

Only who may write to the socket's file can connect; with the usual umask that is root.
"""

import json
import os
import socket

from mag_lite.system import sockets
from mag_lite.system.loop import WRITABLE

LONGEST_REQUEST = 4096  # bytes, with the line's end
CONNECTIONS = 8
PATIENCE = 5000  # ms

_RETRY = 1000  # ms until accept() is tried again after it failed
_BRACKETS = 64  # more than any request of ours; deeper nesting only exhausts parsers
_CHUNK = 4096


class NoAnswer(Exception):
    """The daemon could not be asked; the text says why."""


def ask(path: str, request: dict) -> dict:
    """The daemon's answer, {"error": text} among them; waits 5 s at most, or NoAnswer."""
    client = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
    try:
        client.settimeout(PATIENCE // 1000)
        client.connect(sockets.unix_address(path))
        line = _line(request)
        while line:
            line = line[client.send(line) :]
        answer = json.loads(_read_line(client).decode())
    except OSError as error:
        if error.errno in (sockets.ENOENT, sockets.ECONNREFUSED):
            raise NoAnswer("no daemon answers at %s; is the service running?" % path)
        if error.errno in (sockets.EACCES, sockets.EPERM):
            raise NoAnswer("not allowed to ask at %s; root may" % path)
        raise NoAnswer("the daemon at %s gave no answer (limit %d s)" % (path, PATIENCE // 1000))
    except ValueError:
        answer = None
    finally:
        client.close()
    if not isinstance(answer, dict):
        raise NoAnswer("what answers at %s is not our daemon" % path)
    return answer


def _read_line(client) -> bytes:
    pieces = []
    while not pieces or not pieces[-1].endswith(b"\n"):
        piece = client.recv(65536)
        if not piece:
            raise OSError(sockets.ECONNRESET, "cut off")
        pieces.append(piece)
    return b"".join(pieces)


class ControlServer:
    """Answers clients at a Unix socket.

    `handler(request) -> answer`, both dicts; its ValueError becomes {"error": text}.  A client
    that is silent, or does not read its answer, for 5 s is cut off when others wait for one of
    the 8 connections.  OSError EADDRINUSE when another process already answers at `path`.
    """

    def __init__(self, loop, path: str, handler):
        self._loop = loop
        self._path = path
        self._handler = handler
        self._connections = []
        self._timer = None
        self._listener = _listen(path)
        self._accept_more()

    def close(self) -> None:
        """Cut off everyone and remove the socket's file; once."""
        for connection in list(self._connections):
            connection.close()
        if self._timer:
            self._loop.cancel(self._timer)
        else:
            self._loop.remove(self._listener.fileno())
        self._listener.close()
        os.remove(self._path)

    def _accept_more(self) -> None:
        self._timer = None
        self._loop.add(self._listener.fileno(), self._accept)

    def _pause(self, until: int) -> None:
        """Let whoever waits wait: the listener would be ready all the time."""
        self._loop.remove(self._listener.fileno())
        self._timer = self._loop.at(until, self._accept_more)

    def _accept(self) -> None:
        if len(self._connections) == CONNECTIONS:
            self._make_room()
            return
        try:
            client = self._listener.accept()[0]
        except OSError as error:
            if error.errno != sockets.EAGAIN:
                self._pause(self._loop.now() + _RETRY)
            return
        client.setblocking(False)
        self._connections.append(_Connection(self._loop, client, self._handler, self._closed))

    def _make_room(self) -> None:
        """Somebody waits: cut off the one that is idle longest, now or when its time has come."""
        oldest = min(self._connections, key=lambda connection: connection.active)
        if self._loop.now() - oldest.active >= PATIENCE:
            oldest.close()
        else:
            self._pause(oldest.active + PATIENCE)

    def _closed(self, connection: "_Connection") -> None:
        self._connections.remove(connection)
        if self._timer:
            self._loop.cancel(self._timer)
            self._accept_more()


class _Connection:
    """One client: reads while nothing is left to be written, and the other way round."""

    def __init__(self, loop, client, handler, on_close):
        self.active = loop.now()  # when it last asked for something or took some of an answer
        self._loop = loop
        self._socket = client
        self._handler = handler
        self._on_close = on_close
        self._unsent = b""
        self._received = b""
        loop.add(client.fileno(), self._readable)

    def close(self) -> None:
        self._loop.remove(self._socket.fileno())
        self._socket.close()
        self._on_close(self)

    def _readable(self) -> None:
        try:
            data = sockets.receive(self._socket, _CHUNK)
        except OSError:
            data = b""
        if data == b"":
            self.close()
        elif data:
            self._received += data
            self._serve()

    def _serve(self) -> None:
        while not self._unsent and b"\n" in self._received[:LONGEST_REQUEST]:
            end = self._received.find(b"\n")
            line, self._received = self._received[:end], self._received[end + 1 :]
            if not self._answer(line):
                return
        if not self._unsent and len(self._received) >= LONGEST_REQUEST:
            self.close()

    def _answer(self, line: bytes) -> bool:
        """Whether the client is still there."""
        self.active = self._loop.now()
        answer = b""
        try:
            answer = _line(self._handler(_request(line)))
        except ValueError as error:
            answer = _line({"error": str(error)})
        finally:
            if not answer:
                self.close()  # the handler is broken: the client need not wait
        self._unsent = answer
        return self._send()

    def _send(self) -> bool:
        """Send what the client takes; whether it is still there."""
        try:
            sent = self._socket.send(self._unsent)
        except OSError as error:
            if error.errno != sockets.EAGAIN:
                self.close()
                return False
            sent = 0
        if sent:
            self.active = self._loop.now()
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._loop.add(self._socket.fileno(), self._writable, WRITABLE)
        return True

    def _writable(self) -> None:
        if self._send() and not self._unsent:
            self._loop.add(self._socket.fileno(), self._readable)
            self._serve()


def _line(value: dict) -> bytes:
    return (json.dumps(value) + "\n").encode()


def _request(line: bytes) -> dict:
    if line.count(b"[") + line.count(b"{") > _BRACKETS:
        raise ValueError("the request is too complex")
    try:
        request = json.loads(line.decode())
    except ValueError:
        raise ValueError("the request is not JSON")
    if not isinstance(request, dict):
        raise ValueError("the request is not a JSON object")
    return request


def _listen(path: str):
    _remove_stale(path)
    listener = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
    try:
        listener.bind(sockets.unix_address(path))
        listener.listen(CONNECTIONS)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _remove_stale(path: str) -> None:
    """Remove the file of a daemon that is gone; OSError EADDRINUSE when it is not."""
    probe = socket.socket(sockets.AF_UNIX, sockets.SOCK_STREAM, 0)
    probe.setblocking(False)
    try:
        probe.connect(sockets.unix_address(path))
        alive = True
    except OSError as error:
        if error.errno == sockets.ENOENT:
            return
        alive = error.errno != sockets.ECONNREFUSED
    finally:
        probe.close()
    if alive:
        raise OSError(sockets.EADDRINUSE, "already running: a daemon answers at " + path)
    os.remove(path)
