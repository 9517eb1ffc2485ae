# SPDX-License-Identifier: GPL-2.0-or-later
"""Throughput: the clients' way through gateway and anchor against a tunnel made by hand.

throughput.py [-n RUNS] [-t SECONDS]
Two networks of the same build.  In one hostapd, pmip-mag and pmip-lma serve a client with udhcpc,
in the other `ip` has made a GRE tunnel and nothing filters.  Runs alternate; medians.  Small
packets leave by sendmmsg, as many as the sender can, and are counted where they arrive.
"""

import argparse
import ctypes
import json
import os
import socket
import statistics
import time

from eapol import Supplicant
from figures import figure, gate
from wired_network import ANCHOR, CORRESPONDENT, LINK, POOL_ROUTER, SECRET, WiredNetwork

from bed.udhcpc import Udhcpc
from bed.watch import Watch

BY_HAND = "10.20.0.2"
TUNNEL = "gre1"
MTU = 1476
PACKET = 64                     # octets of IP
_PAYLOAD = PACKET - 20 - 8
_BATCH = 64
_PORT = 9


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


def tcp(network, seconds, *options) -> float:
    """iperf3 in Mbit/s; with "-R" downwards."""
    network.correspondent.run("iperf3", "-s", "-1", "-D")
    time.sleep(0.3)
    report = json.loads(network.stations.run(
        "iperf3", "-c", CORRESPONDENT, "-t", str(seconds), "-J", *options))
    time.sleep(0.2)
    return report["end"]["sum_received"]["bits_per_second"] / 1e6


class _Message(ctypes.Structure):
    """struct mmsghdr of the C library, 64 bits."""

    _fields_ = [
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("parts", ctypes.c_void_p),
        ("part_count", ctypes.c_size_t), ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t), ("flags", ctypes.c_int), ("sent", ctypes.c_uint),
    ]


class _Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def send_many(sender, seconds):
    """Send UDP packets on a connected socket as fast as that goes."""
    payload = ctypes.create_string_buffer(_PAYLOAD)
    part = _Part(ctypes.addressof(payload), _PAYLOAD)
    messages = (_Message * _BATCH)()
    for message in messages:
        message.parts, message.part_count = ctypes.addressof(part), 1
    library = ctypes.CDLL(None)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        library.sendmmsg(sender.fileno(), messages, _BATCH, 0)


def packets(network, seconds, up=True) -> float:
    """Small packets a second that arrive; `up` from the client, else to it."""
    ends = (network.stations, LINK), (network.correspondent, "eth0")
    (source, _), (sink, interface) = ends if up else reversed(ends)
    listener = sink.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    listener.bind((CORRESPONDENT if up else client_address(network), _PORT))
    sender = source.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect(listener.getsockname())
    before, begun = received(sink, interface), time.monotonic()
    send_many(sender, seconds)
    taken = time.monotonic() - begun
    count = received(sink, interface) - before
    listener.close()
    sender.close()
    return count / taken


def client_address(network) -> str:
    """The client's address on the link."""
    stations = network.stations
    return stations.ip.get_addr(index=stations.index(LINK), family=2)[0].get_attr("IFA_ADDRESS")


def received(machine, interface) -> int:
    """Packets that the interface has received."""
    link = machine.ip.get_links(machine.index(interface))[0]
    return link.get_attr("IFLA_STATS64")["rx_packets"]


def compare(name, unit, runs, measure, served, by_hand):
    """Alternate; report both medians and their ratio."""
    ours, reference = [], []
    for _ in range(runs):
        ours.append(measure(served))
        reference.append(measure(by_hand))
    figure(f"{name}, served", statistics.median(ours), unit)
    figure(f"{name}, tunnel by hand", statistics.median(reference), unit)
    gate(f"{name}, ratio", statistics.median(ours) / statistics.median(reference), 0.95, "x",
         at_least=True)


def main():
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=9)
    parser.add_argument("-t", type=int, default=2)
    arguments = parser.parse_args()
    pair = serve(WiredNetwork()), make_by_hand(WiredNetwork(suffix="-hand"))
    runs, seconds = arguments.n, arguments.t
    for network in pair:
        network.stations.run("ping", "-c", "2", "-i", "0.2", CORRESPONDENT)
    compare("TCP up", "Mbit/s", runs, lambda network: tcp(network, seconds), *pair)
    compare("TCP down", "Mbit/s", runs, lambda network: tcp(network, seconds, "-R"), *pair)
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    for name, up in (("up", True), ("down", False)):
        compare(f"{PACKET}-octet packets {name}", "1/s", runs,
                lambda network, up=up: packets(network, seconds, up), *pair)


if __name__ == "__main__":
    main()
