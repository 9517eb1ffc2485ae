# SPDX-License-Identifier: GPL-2.0-or-later
"""The access link hears what clients ask of it, and sleeps while they send data."""

import os
import socket
import struct
import sys
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)) + "/support"]
sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

from system_bed import Checks, Probe  # noqa: E402

from bed.namespace import Namespace, cable  # noqa: E402

BROADCAST, CLIENT, ROUTER = b"\xff" * 6, b"\x02\0\0\0\1\1", b"\0\0\x5e\0\x52\x13"

check = Checks()
gateway, client = Namespace("gateway"), Namespace("client")
cable(gateway, "lan0", client, "eth0")
client.sysctl("net/ipv6/conf/eth0/router_solicitations", 0)
client.up("eth0", address="02:00:00:00:01:01")
gateway.add_address("lan0", "10.1.0.1/24", "2001:db8:1::1/64")
client.add_address("eth0", "10.1.0.2/24", "2001:db8:1::2/64")
client.run("ping", "-c1", "-W2", "10.1.0.1")
client.run("ping", "-c1", "-W2", "2001:db8:1::1")
raw = client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
raw.bind(("eth0", 0))


def ethernet(destination, ethertype, payload, tag=b""):
    return destination + CLIENT + tag + struct.pack("!H", ethertype) + payload


def dhcp(options=b""):
    udp = struct.pack("!HHHH", 68, 67, 308, 0) + b"\1" + bytes(299)
    length = 20 + len(options)
    head = bytes((0x40 | length // 4, 0)) + struct.pack("!HHH", length + len(udp), 1, 0)
    return head + bytes((64, 17, 0, 0)) + bytes(4) + b"\xff" * 4 + options + udp


ARP = ethernet(BROADCAST, 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20))
UNICAST_ARP = ethernet(ROUTER, 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20))
DHCP = ethernet(BROADCAST, 0x0800, dhcp())
DHCP_OPTIONS = ethernet(BROADCAST, 0x0800, dhcp(b"\1\1\1\0"))
SOLICITATION = ethernet(
    b"\x33\x33\0\0\0\2", 0x86DD,
    b"\x60\0\0\0" + struct.pack("!HBB", 8, 58, 255) + bytes(32) + b"\x85\0\0\0" + bytes(4),
)
HEARD = (
    ("ARP", ARP),
    ("ARP to another's address", UNICAST_ARP),
    ("DHCP", DHCP),
    ("DHCP behind IP options", DHCP_OPTIONS),
    ("a router solicitation", SOLICITATION),
    ("DHCP with a priority tag", ethernet(BROADCAST, 0x0800, dhcp(), b"\x81\0\xa0\0")),
)
NOT_HEARD = (
    ("DHCP of a VLAN", ethernet(BROADCAST, 0x0800, dhcp(), b"\x81\0\0\5")),
    ("EAPOL", ethernet(BROADCAST, 0x888E, bytes(60))),
    ("an empty frame", ethernet(BROADCAST, 0x0800, bytes(46))),
)


def heard(probe, frame):
    """What the access link makes of a frame."""
    probe.forget()
    raw.send(frame)
    time.sleep(0.1)
    return [bytes.fromhex(said) for where, said in probe.events() if where == "lan0"]


def flood(machine):
    """Data of every kind, none of which needs an answer of ours; how many packets."""
    with machine:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    for number in range(500):
        udp.sendto(bytes(100), ("10.1.0.1", 1000 + number))
        udp6.sendto(bytes(100), ("2001:db8:1::1", 1000 + number))
    udp.close()
    udp6.close()
    return 1000


def know_each_other():
    """Permanent neighbours: the flood brings no ARP or neighbour discovery of its own."""
    mac = gateway.run("cat", "/sys/class/net/lan0/address").strip()
    for machine, interface, ends, address in (
        (gateway, "lan0", ("10.1.0.2", "2001:db8:1::2"), "02:00:00:00:01:01"),
        (client, "eth0", ("10.1.0.1", "2001:db8:1::1"), mac),
    ):
        for end in ends:
            machine.run("ip", "neigh", "replace", end, "lladdr", address, "dev", interface,
                        "nud", "permanent")


for python in ("cpython", "micropython"):
    know_each_other()
    probe = Probe(gateway, python, "access", "lan0")
    for name, frame in HEARD:
        got = heard(probe, frame)
        untagged = frame if frame[12:14] != b"\x81\0" else frame[:12] + frame[16:]
        check("%s: %s is heard" % (python, name), got == [untagged], got)
    for name, frame in NOT_HEARD:
        got = heard(probe, frame)
        check("%s: %s is not heard" % (python, name), got == [], got)

    probe.forget()
    time.sleep(0.1)
    before = probe.wake_ups()
    sent = flood(client)
    time.sleep(0.3)
    slept = probe.wake_ups() - before
    check("%s: %d data packets wake nobody" % (python, sent), slept == 0, slept)
    check("%s: and none is heard" % python, probe.events() == [], len(probe.events()))

    listener = client.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    listener.bind(("eth0", 0x0806))
    listener.settimeout(5)
    answer = CLIENT + ROUTER + b"\x08\x06" + bytes(46)
    check("%s: we can send" % python, probe.ask("send", frame=answer.hex()))
    check("%s: and are heard" % python, listener.recv(100) == answer)
    listener.close()
    check("%s: but do not hear ourselves" % python, probe.events() == [], probe.events())

    for _ in range(200):
        raw.send(ARP)
    time.sleep(0.3)
    got = len(probe.events())
    check("%s: a burst longer than one wake-up is heard" % python, got == 200, got)

    gateway.down("lan0")
    time.sleep(0.1)
    before = probe.wake_ups()
    time.sleep(0.5)
    slept = probe.wake_ups() - before
    check("%s: it sleeps while the interface is down" % python, slept <= 1, slept)
    check("%s: and cannot send" % python, probe.ask("send", frame=answer.hex()) is False)
    gateway.up("lan0")
    gateway.add_address("lan0", "2001:db8:1::1/64")
    time.sleep(0.2)
    got = heard(probe, DHCP)
    check("%s: it hears again when the interface is up" % python, DHCP in got, got)
    complaints = probe.stop()
    check("%s: no complaint" % python, complaints == "", complaints)

check.done()
