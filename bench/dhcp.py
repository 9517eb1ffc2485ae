# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCP: how long a client waits for its address.

dhcp.py [-n CLIENTS]
The reference is a bare echo of a frame of the DISCOVER's size over the access link.  A client
that asks in the moment it is let in waits for the registration, too; one that the gateway hears
before hostapd's word of it has to repeat itself, after `PATIENCE`.
"""

import argparse
import os
import socket
import statistics
import struct
import time

from figures import figure, spread
from reference import fork, milliseconds
from registration import Registrations
from wired_network import LINK

from mag_lite.system import sockets
from mag_lite.wire import dhcpv4, ethernet
from mag_lite.wire.udp4 import encode_udp4

EXPERIMENTAL = 0x88B5       # IEEE 802's local experimental EtherType
ETH_P_ALL = 3
PATIENCE = 0.5              # s
EVERYBODY = b"\xff" * 6
OPTIONS = 14 + 20 + 8 + 240
# Load the EtherType; if it is the experimental one keep the frame, else drop it.
ONLY_EXPERIMENTAL = (
    (0x28, 0, 0, 12), (0x15, 0, 1, EXPERIMENTAL), (0x06, 0, 0, 2048), (0x06, 0, 0, 0))


class FrameEcho:
    """Frames from one end of the access link to the other and back, nothing else."""

    def __init__(self, one, other, size: int):
        listener = self._socket(other)
        self._pid = fork(lambda: self._answer(listener))
        self._client = self._socket(one)
        self._frame = (EVERYBODY + b"\2\0\0\0\0\xee" + struct.pack("!H", EXPERIMENTAL)).ljust(size)

    @staticmethod
    def _socket(machine):
        opened = machine.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sockets.attach_filter(opened, ONLY_EXPERIMENTAL)
        opened.setsockopt(sockets.SOL_PACKET, sockets.PACKET_IGNORE_OUTGOING, 1)
        with machine:
            opened.bind((LINK, ETH_P_ALL))
        return opened

    @staticmethod
    def _answer(listener):
        while True:
            listener.send(listener.recv(2048))

    def once(self) -> float:
        """How long it took (ms)."""
        begun = milliseconds()
        self._client.send(self._frame)
        self._client.recv(2048)
        return milliseconds() - begun

    def stop(self):
        """End the other end."""
        os.kill(self._pid, 15)
        os.waitpid(self._pid, 0)


class Client:
    """A DHCP client on a packet socket, for any station."""

    def __init__(self, machine):
        self._socket = machine.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with machine:
            self._socket.bind((LINK, ethernet.IPV4))
        self._socket.settimeout(PATIENCE)
        self._xid = 0
        self.repeated = 0

    def rapid(self, mac: bytes) -> float:
        """DISCOVER with Rapid Commit to ACK (ms)."""
        begun = milliseconds()
        self._exchange(mac, {53: b"\1", 80: b""}, dhcpv4.ACK)
        return milliseconds() - begun

    def four_way(self, mac: bytes) -> float:
        """DISCOVER, OFFER, REQUEST, ACK (ms)."""
        begun = milliseconds()
        offer = self._exchange(mac, {53: b"\1"}, dhcpv4.OFFER)
        address, server = offer[58:62], offer[26:30]
        self._exchange(mac, {53: b"\3", 50: address, 54: server}, dhcpv4.ACK)
        return milliseconds() - begun

    def frame(self, mac: bytes, options: dict) -> bytes:
        """A request as a broadcast frame."""
        self._xid += 1
        message = dhcpv4.Dhcp(
            dhcpv4.BOOTREQUEST, self._xid, mac, options={**options, 55: bytes((1, 3, 6, 26, 51))})
        packet = encode_udp4(bytes(4), b"\xff" * 4, 68, 67, dhcpv4.encode(message))
        return ethernet.frame(EVERYBODY, mac, ethernet.IPV4, packet)

    def _exchange(self, mac, options, wanted):
        frame = self.frame(mac, options)
        self._socket.send(frame)
        while True:
            try:
                answer = self._socket.recv(2048)
            except TimeoutError:
                self.repeated += 1
                self._socket.send(frame)
                continue
            if answer[:6] == mac and answer[OPTIONS:].startswith(bytes((53, 1, wanted))):
                return answer


def main():
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=200)
    clients = parser.parse_args().n
    run = Registrations("cpython")
    client = Client(run.network.stations)
    size = len(client.frame(bytes(6), {53: b"\1", 80: b""}))
    echo = FrameEcho(run.network.stations, run.network.ap, size)
    echoes, rapid, four_way, waiting = [], [], [], []
    for _ in range(clients):
        run.attach()
        mac = run.present[-1]
        echoes.append(echo.once())
        rapid.append(client.rapid(mac))
        time.sleep(0.002)
        four_way.append(client.four_way(mac))
        run.attach(lambda mac: waiting.append(client.rapid(mac)))
    echo.stop()
    trip = statistics.median(echoes)
    figure("bare frame echo on the access link, median", trip, "ms", f"{size} octets")
    spread("DISCOVER to ACK, rapid commit", rapid)
    figure("  in units of the echo", statistics.median(rapid) / trip, "x")
    spread("DISCOVER to ACK, four messages", four_way)
    figure("  in units of two echoes", statistics.median(four_way) / trip / 2, "x")
    spread("DISCOVER to ACK, asked on being let in", waiting, note="includes the registration")
    figure("  repeated requests", client.repeated, "", f"of {3 * clients}")


if __name__ == "__main__":
    main()
