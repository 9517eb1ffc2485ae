# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput: the clients' way through gateway and anchor against a tunnel made by hand.

throughput.py [-t TCP_RUNS] [-p PACKET_RUNS]
Two networks of the same build.  In one hostapd, pmip-mag and pmip-lma serve a client with udhcpc,
in the other `ip` has made a GRE tunnel and nothing filters.  Short runs alternate, and neighbours
are compared: the machine below has moods that outlast a run.  How a boot happens to lay out its
memory favours one of the two by some per cent: run.py takes the median of many short boots.
"""

import argparse
import json
import socket
import statistics
import time

from eapol import Supplicant
from figures import figure, gate
from reference import fork
from wired_network import ANCHOR, CORRESPONDENT, LINK, POOL_ROUTER, SECRET, WiredNetwork

from bed.udhcpc import Udhcpc
from bed.watch import Watch

BY_HAND = "10.20.0.2"
TUNNEL = "gre1"
MTU = 1476
PACKET = 64                     # octets of IP
WINDOW, WINDOWS = 100, 10       # packets before an answer, and how often in a run


def serve(network):
    """The client gets its address from the daemons."""
    watch = Watch()
    network.hostapd.start()
    network.hostapd.connect().close()
    for daemon in (network.lma, network.mag):
        daemon.start()
        watch.until(lambda daemon=daemon: daemon.serving, 30, daemon.program)
    watch.rest(1)
    stations = network.stations
    mac = stations.ip.get_links(stations.index(LINK))[0].get_attr("IFLA_ADDRESS")
    Supplicant(stations, LINK, SECRET).logon(bytes.fromhex(mac.replace(":", "")), "mn@example.org")
    client = Udhcpc(stations, LINK)
    client.start()
    watch.until(client.leases, 20, "the client has an address")
    return network


def make_by_hand(network):
    """The same way with the plainest tunnel."""
    options = ("ttl", "64", "pmtudisc", "tos", "inherit")
    network.ap.run(
        "ip", "link", "add", TUNNEL, "type", "gre", "local", "10.1.1.2", "remote", ANCHOR, *options)
    network.anchor.run(
        "ip", "link", "add", TUNNEL, "type", "gre", "local", ANCHOR, "remote", "10.1.1.2", *options)
    for machine in (network.ap, network.anchor):
        machine.up(TUNNEL)
    network.ap.add_address(LINK, POOL_ROUTER + "/16")
    network.ap.run("ip", "route", "add", "default", "dev", TUNNEL, "table", "100")
    network.ap.run("ip", "rule", "add", "iif", LINK, "lookup", "100")
    network.anchor.run("ip", "route", "add", BY_HAND, "dev", TUNNEL)
    network.stations.up(LINK, mtu=MTU)
    network.stations.add_address(LINK, BY_HAND + "/16")
    network.stations.route("default", POOL_ROUTER)
    return network


class Stream:
    """TCP by iperf3 by way of `network`, `up` from the client or to it."""

    def __init__(self, network, up):
        self._network, self._options = network, () if up else ("-R",)

    def measure(self) -> float:
        """Mbit/s received, of a quarter of a gigabyte."""
        self._network.correspondent.run("iperf3", "-s", "-1", "-D")
        time.sleep(0.1)
        report = json.loads(self._network.stations.run(
            "iperf3", "-c", CORRESPONDENT, "-n", "256M", "-J", *self._options))
        time.sleep(0.05)
        return report["end"]["sum_received"]["bits_per_second"] / 1e6


class Datagrams:
    """Small UDP packets from a program to a program by way of `network`, window by window."""

    def __init__(self, network, up):
        source, sink, address = ends(network, up)
        listener = sink.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((address, 0))
        self._sender = source.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sender.connect(listener.getsockname())
        self._sender.settimeout(5)
        fork(lambda: self._receive(listener))
        listener.close()

    @staticmethod
    def _receive(listener):
        buffer = bytearray(PACKET)
        while True:
            for _ in range(WINDOW - 1):
                listener.recv_into(buffer)
            listener.sendto(b"!", listener.recvfrom(PACKET)[1])

    def measure(self) -> float:
        """Packets a second that are received."""
        payload, send, begun = bytes(PACKET - 20 - 8), self._sender.send, time.monotonic()
        for _ in range(WINDOWS):
            for _ in range(WINDOW):
                send(payload)
            self._sender.recv(1)
        return WINDOWS * WINDOW / (time.monotonic() - begun)


def ends(network, up):
    """(source, sink, the sink's address)"""
    if up:
        return network.stations, network.correspondent, CORRESPONDENT
    return network.correspondent, network.stations, client_address(network)


def client_address(network) -> str:
    """The client's address on the link."""
    stations = network.stations
    return stations.ip.get_addr(index=stations.index(LINK), family=2)[0].get_attr("IFA_ADDRESS")


def compare(name, unit, runs, kind, up, networks):
    """Alternate; report both medians, and the median of the ratios of neighbouring runs."""
    served, by_hand = [kind(network, up) for network in networks]
    ours, reference = [], []
    turns = [(served, ours), (by_hand, reference)]
    for _ in range(runs):
        for way, results in turns:
            results.append(way.measure())
        turns.reverse()
    figure(f"{name}, served", statistics.median(ours), unit)
    figure(f"{name}, tunnel by hand", statistics.median(reference), unit)
    ratios = [one / other for one, other in zip(ours, reference, strict=True)]
    gate(f"{name}, ratio", statistics.median(ratios), 0.95, "x", at_least=True)


def main():
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-t", type=int, default=8)
    parser.add_argument("-p", type=int, default=16)
    arguments = parser.parse_args()
    networks = serve(WiredNetwork()), make_by_hand(WiredNetwork(suffix="-hand"))
    for network in networks:
        network.stations.run("ping", "-c", "2", "-i", "0.2", CORRESPONDENT)
    for name, up in (("up", True), ("down", False)):
        compare(f"TCP {name}", "Mbit/s", arguments.t, Stream, up, networks)
    for name, up in (("up", True), ("down", False)):
        compare(f"{PACKET}-octet packets {name}", "1/s", arguments.p, Datagrams, up, networks)


if __name__ == "__main__":
    main()
