# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP download with known content, at a steady rate, checked byte by byte."""

import json
import mmap
import os
import select
import socket
import struct
import time

_SO_MAX_PACING_RATE = 47
_BLOCK = b"".join(i.to_bytes(4, "big") for i in range(16384))    # 64 kB, no two words alike


def _serve(listener, rate):
    """Send the block over and over to whoever comes, `rate` bytes a second, until they leave."""
    client, _ = listener.accept()
    client.setsockopt(socket.SOL_SOCKET, _SO_MAX_PACING_RATE, rate)
    try:
        while True:
            client.sendall(_BLOCK)
    except OSError:
        pass


def _download(client, control, progress, report):
    """Read and compare until told to stop; report bytes, longest stall, and what went wrong."""
    received, last, stall, problem = 0, time.monotonic(), 0.0, None
    while problem is None:
        ready = select.select([client, control], [], [], 30)[0]
        if not ready or control in ready:
            problem = None if ready else "nothing came for 30 s"
            break
        try:
            data = client.recv(65536)
        except OSError as error:
            problem = str(error)
            break
        stall, last = max(stall, time.monotonic() - last), time.monotonic()
        start = received % len(_BLOCK)
        if not data:
            problem = "the connection was closed"
        elif data != (_BLOCK + _BLOCK)[start:start + len(data)]:
            problem = f"wrong content near byte {received}"
        received += len(data)
        progress[:8] = struct.pack("Q", received)
    report(received, stall, problem)


class Transfer:
    """A download from `server` (machine, address) to the machine `client`, `rate` bytes/s."""

    def __init__(self, client, server, address: str, port=8080, rate=250_000):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = server.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        self._server = self._fork(lambda: _serve(listener, rate))
        listener.close()
        connection = client.socket(family, socket.SOCK_STREAM)
        connection.settimeout(10)
        connection.connect((address, port))
        self._control, control = socket.socketpair()
        self._progress = mmap.mmap(-1, mmap.PAGESIZE)

        def report(received, stall, problem):
            control.send(json.dumps([received, stall * 1000, problem]).encode())

        self._client = self._fork(lambda: _download(
            connection, control, self._progress, report))
        connection.close()
        control.close()

    @staticmethod
    def _fork(work):
        pid = os.fork()
        if pid:
            return pid
        try:
            work()
        finally:
            os._exit(0)

    @property
    def received(self) -> int:
        """Bytes that have come so far."""
        return struct.unpack_from("Q", self._progress)[0]

    def stop(self):
        """End the download; returns (bytes received, longest stall in ms, problem or None)."""
        self._control.send(b"x")
        answer = self._control.recv(4096)
        os.waitpid(self._client, 0)
        os.kill(self._server, 15)
        os.waitpid(self._server, 0)
        return tuple(json.loads(answer)) if answer else (0, 0, "the downloading process died")
