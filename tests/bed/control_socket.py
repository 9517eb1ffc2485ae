# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket of hostapd or wpa_supplicant, used without their command-line tools."""

import os
import socket
import time

from bed import paths

_serial = 0


class ControlSocket:
    """A connection to the control socket at `path` (waits up to `seconds` until it is there)."""

    def __init__(self, path: str, seconds=20.0):
        global _serial
        _serial += 1
        self.path = path
        self._own_path = f"{paths.run_directory('control')}/{os.getpid()}-{_serial}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._own_path)
        self._connect(time.monotonic() + seconds)

    def _connect(self, end):
        while True:
            try:
                self._socket.connect(self.path)
                if self.command("PING") == "PONG":
                    return
            except OSError as error:
                if time.monotonic() > end:
                    raise TimeoutError(f"no answer from {self.path}: {error}") from None
            time.sleep(0.02)

    def command(self, text: str, seconds=5.0) -> str:
        """The reply to the command `text`, without the line end."""
        self._socket.settimeout(seconds)
        self._socket.send(text.encode())
        while True:
            reply = self._socket.recv(65536).decode(errors="backslashreplace")
            if not reply.startswith("<"):
                return reply.rstrip("\n")

    def order(self, text: str):
        """Send a command that must be answered by OK."""
        reply = self.command(text)
        if reply != "OK":
            raise RuntimeError(f"{self.path}: {text}: {reply}")

    def attach(self) -> socket.socket:
        """From now on the socket also receives events; returned for poll and recv."""
        self.order("ATTACH")
        return self._socket

    def close(self):
        """Close; hostapd notices by itself."""
        self._socket.close()
        os.unlink(self._own_path)
