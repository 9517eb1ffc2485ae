# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemons are measured against: the bare network, and the bare kernel."""

import os
import socket
import time

from mag_lite.system.forwarding import Forwarding
from mag_lite.system.log import Log

#: A Proxy Binding Update for an identity of 15 octets.
PBU_OCTETS = 80

_ECHO_PORT = 5435


def milliseconds() -> float:
    """Monotonic milliseconds, as bed.watch.now()."""
    return time.monotonic_ns() / 1e6


def fork(work) -> int:
    """Run `work()` in a process of its own; its number."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


class Echo:
    """A UDP packet from `client` to `address` on `server` and back, nothing else."""

    def __init__(self, client, server, address: str, size: int):
        listener = server.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((address, _ECHO_PORT))
        self._pid = fork(lambda: self._answer(listener))
        self._socket = client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((address, _ECHO_PORT))
        self._socket.settimeout(5)
        self._packet = bytes(size)

    @staticmethod
    def _answer(listener):
        while True:
            data, source = listener.recvfrom(2048)
            listener.sendto(data, source)

    def once(self) -> float:
        """How long it took (ms)."""
        begun = milliseconds()
        self._socket.send(self._packet)
        self._socket.recv(2048)
        return milliseconds() - begun

    def stop(self):
        """End the server."""
        os.kill(self._pid, 15)
        os.waitpid(self._pid, 0)


class _Recorder:
    """Stands in for a netlink socket: notes what is sent, and sends it."""

    def __init__(self, real, sent):
        self._real, self._sent = real, sent

    def send(self, data):
        self._sent.append((self._real, bytes(data)))
        return self._real.send(data)

    def __getattr__(self, name):
        return getattr(self._real, name)


class Replay:
    """The netlink datagrams that the gateway sends for a client, sent by a bare loop.

    They are recorded while the gateway's own code adds and removes a client that there is not,
    on `machine`, where pmip-mag runs.
    """

    def __init__(self, machine, device: str, mac: bytes, address: bytes):
        with machine:
            forwarding = Forwarding(machine.directory, Log("bench"))
        self._added, self._removed = [], []
        netlinks = (forwarding._route, forwarding._filter)
        real = [netlink._socket for netlink in netlinks]
        client = device, mac, address, 0
        forwarding.add_client(*client)      # it learns the device's index, once
        forwarding.remove_client(*client)
        for sent, change in ((self._added, forwarding.add_client),
                             (self._removed, forwarding.remove_client)):
            for netlink, opened in zip(netlinks, real, strict=True):
                netlink._socket = _Recorder(opened, sent)
            change(*client)
        self.octets = sum(len(data) for _, data in self._added)
        self.messages = len(self._added)

    def add(self) -> float:
        """Send them; return when the first went out (ms)."""
        begun = milliseconds()
        for netlink, data in self._added:
            netlink.send(data)
            netlink.recv(8192)
        return begun

    def remove(self):
        """Undo `add`."""
        for netlink, data in self._removed:
            netlink.send(data)
            netlink.recv(8192)
