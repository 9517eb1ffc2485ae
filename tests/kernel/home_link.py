# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip
# run: cpython
# run: micropython
"""Pools on links of the anchor's own: it stands in there for the clients that are away.

Two "gateways" are machines with a tunnel to the anchor and the client's addresses.

home_link.py [cpython|micropython]
"""

import os
import socket
import subprocess
import sys
import time

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.dirname(_TESTS), _TESTS, _TESTS + "/kernel/support"]

from forwarding_bed import Checks, within  # noqa: E402

from bed.daemon import Daemon  # noqa: E402
from bed.namespace import Namespace, cable  # noqa: E402
from mag_lite.system.clock import time_of_day  # noqa: E402
from mag_lite.wire import arp, ethernet  # noqa: E402
from mag_lite.wire import mobility_header as header  # noqa: E402
from mag_lite.wire import mobility_options as options  # noqa: E402
from mag_lite.wire.address import (  # noqa: E402
    format_address,
    format_prefix,
    parse_address,
    parse_mac,
)
from mag_lite.wire.mobility_header import Message  # noqa: E402
from mag_lite.wire.mobility_options import Option  # noqa: E402

LMA = "198.51.100.1"
WRONG_MAC = "02:00:00:00:00:99"
#: An address of the client's own making.
CLIENT6 = "2001:db8:100:1::5"
PYTHON = sys.argv[1] if len(sys.argv) == 2 else "cpython"
SECTIONS = (
    ("lma", "lma", {"address": [LMA], "delete_delay": "1000"}),
    ("mag", "ap1", {"address": ["198.51.100.11"]}),
    ("mag", "ap2", {"address": ["198.51.100.12"]}),
    ("pool", "first", {"network": "192.0.2.0/24", "router": "192.0.2.1",
                       "prefix": "2001:db8:100::/56"}),
    ("pool", "second", {"network": "203.0.113.0/24", "router": "203.0.113.1",
                        "service": "second"}),
)


class Gateway:
    """A machine that registers mobile nodes, and is where their packets end."""

    sequence = 0

    def __init__(self, name, interface, address):
        self.machine = Namespace(name)
        cable(lma, interface, self.machine, "eth0")
        self.machine.add_address("eth0", address + "/24")
        self.machine.run("ip", "link", "add", "tunnel", "type", "gre", "local", address,
                         "remote", LMA, "ttl", "64")
        self.machine.up("tunnel")
        self.machine.run("ip", "route", "add", "192.0.2.0/24", "dev", "tunnel")
        self.machine.run("ip", "-6", "route", "add", "2001:db8:100::/56", "dev", "tunnel")
        self.socket = self.machine.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 5436))
        self.socket.settimeout(5)

    def receive(self, kind):
        """The next message of this kind, None when it does not come."""
        while True:
            try:
                message = header.decode(self.socket.recv(2048))
            except TimeoutError:
                return None
            if message.kind == kind:
                return message

    def update(self, number, indicator=1, lifetime=75, service=b"", ipv6=False):
        """Register the mobile node of this number; what it got, as text, or the status."""
        Gateway.sequence += 1
        carried = [
            Option(options.MN_IDENTIFIER, subtype=1, identifier=b"mn%d" % number),
            Option(options.IPV4_HOME_ADDRESS_REQUEST),
            Option(options.HANDOFF_INDICATOR, indicator=indicator),
            Option(options.ACCESS_TECHNOLOGY_TYPE, technology=4),
            Option(options.TIMESTAMP, time=time_of_day()),
            Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=bytes((2, 0, 0, 0, 0, number))),
            Option(options.GRE_KEY, key=None),
        ]
        if ipv6:
            carried.append(Option(options.HOME_NETWORK_PREFIX))
        if service:
            carried.append(Option(options.SERVICE_SELECTION, identifier=service))
        message = Message(header.BINDING_UPDATE, carried, sequence=Gateway.sequence,
                          lifetime=lifetime, flags=header.BU_ACKNOWLEDGE | header.BU_PROXY)
        self.socket.sendto(header.encode(message), (LMA, 5436))
        answer = self.receive(header.BINDING_ACKNOWLEDGEMENT)
        if answer is None or answer.status:
            return answer and answer.status
        homes = [format_address(answer.option(options.IPV4_HOME_ADDRESS_REPLY).address)]
        return homes + [format_prefix((option.prefix, option.prefix_length))
                        for option in answer.all(options.HOME_NETWORK_PREFIX)]

    def acknowledge(self):
        """Wait for a revocation and acknowledge it; its trigger."""
        indication = self.receive(header.BINDING_REVOCATION_INDICATION)
        if indication is None:
            return None
        message = Message(header.BINDING_REVOCATION_ACKNOWLEDGEMENT,
                          sequence=indication.sequence, flags=indication.flags)
        self.socket.sendto(header.encode(message), (LMA, 5436))
        return indication.trigger


def proxied(interface="eth1"):
    """The addresses for which the anchor's kernel answers."""
    lines = lma.run("ip", "neigh", "show", "proxy", "dev", interface).splitlines()
    return sorted(line.split()[0] for line in lines if line)


def neighbour(address):
    """What the host believes of an address."""
    return host.run("ip", "-6" if ":" in address else "-4", "neigh", "show", address)


def believes(address, mac):
    return mac in neighbour(address)


def pings(address, count=1):
    """How many of so many pings are answered."""
    version = "-6" if ":" in address else "-4"
    done = subprocess.run(
        host.command("ping", version, "-c", str(count), "-i", "0.05", "-W", "2", address),
        capture_output=True, text=True)
    return int(done.stdout.split(" received")[0].split()[-1])


def arp_from_host(operation, sender, target):
    """Send an ARP packet on the first home link."""
    packet = arp.Arp(operation, HOST_MAC, parse_address(sender), bytes(6), parse_address(target))
    listener.send(ethernet.frame(ethernet.BROADCAST, HOST_MAC, ethernet.ARP, arp.encode(packet)))


def hears(condition, seconds=5):
    """Whether an ARP packet with which the condition is true comes to the host."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        listener.settimeout(max(end - time.monotonic(), 0.01))
        try:
            frame = listener.recv(2048)
        except TimeoutError:
            return False
        if condition(frame[6:12], arp.decode(frame[14:])):
            return True
    return False


def until(condition):
    return within(condition, 10)


def start():
    daemon.start("-v")
    check("the daemon serves", until(lambda: daemon.serving), daemon.log())


check = Checks()
lma, host = Namespace("lma"), Namespace("host")
cable(lma, "eth1", host, "eth1")
cable(lma, "eth2", host, "eth2")
ap1, ap2 = Gateway("ap1", "up1", "198.51.100.11"), Gateway("ap2", "up2", "198.51.100.12")
lma.add_address("lo", LMA + "/32")
for interface, address in (("up1", "198.51.100.11"), ("up2", "198.51.100.12")):
    lma.run("ip", "route", "add", address, "dev", interface, "src", LMA)
lma.add_address("eth1", "192.0.2.2/24", "2001:db8:100::2/56")
lma.add_address("eth2", "203.0.113.2/24")
host.add_address("eth1", "192.0.2.3/24", "2001:db8:100::3/56")
host.add_address("eth2", "203.0.113.3/24")
LMA_MAC = lma.ip.link("get", ifname="eth1")[0].get_attr("IFLA_ADDRESS")
HOST_MAC = parse_mac(host.ip.link("get", ifname="eth1")[0].get_attr("IFLA_ADDRESS"))
listener = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethernet.ARP))
listener.bind(("eth1", ethernet.ARP))
daemon = Daemon(lma, "pmip-lma", *SECTIONS, python=PYTHON)

start()
check("links of pools are home links", until(
    lambda: daemon.tell("status")["home_links"] == ["eth1", "eth2"]), daemon.log())
check("an address in use there is found before its turn", until(
    lambda: "192.0.2.3 is in use" in daemon.log()), daemon.log())
check("nobody answers for who is not there", pings(CLIENT6) == 0)
for address in ("192.0.2.4", CLIENT6):
    host.run("ip", "neigh", "replace", address, "lladdr", WRONG_MAC, "dev", "eth1",
             "nud", "stale")
homes = ap1.update(1, ipv6=True)
check("neither our own nor the host's address or prefix is given away",
      homes == ["192.0.2.4", "2001:db8:100:1::/64"], (homes, daemon.log()))
for gateway in (ap1, ap2):
    gateway.machine.add_address("lo", "192.0.2.4/32", CLIENT6 + "/128")
check("the kernel answers for it", until(lambda: proxied() == ["192.0.2.4"]), proxied())
check("the host learns of it though it believed otherwise", until(
    lambda: believes("192.0.2.4", LMA_MAC)), (neighbour("192.0.2.4"), daemon.log()))
check("and of an IPv6 address that it has asked for", until(
    lambda: believes(CLIENT6, LMA_MAC)), (neighbour(CLIENT6), daemon.log()))
check("its packets take the tunnel", until(lambda: pings("192.0.2.4")), daemon.log())
check("IPv6, too", until(lambda: pings(CLIENT6)),
      neighbour(CLIENT6))
ping = subprocess.Popen(host.command("ping", "-c", "40", "-i", "0.05", "-W", "2", "192.0.2.4"),
                        stdout=subprocess.PIPE, text=True)
until(lambda: ping.stdout.readline().startswith("64 bytes"))
check("handed over", ap2.update(1, 3, ipv6=True) == homes, daemon.log())
ap1.acknowledge()
text = ping.communicate()[0]
received = int(text.split(" received")[0].split()[-1])
check("the host's pings go on while it roams", received >= 37, text)
check("IPv6, too, after it roamed", until(lambda: pings(CLIENT6)),
      daemon.log())
host.run("ip", "neigh", "flush", "dev", "eth1")
check("who asks is answered", until(lambda: pings("192.0.2.4")) and believes(
    "192.0.2.4", LMA_MAC), neighbour("192.0.2.4"))
with lma, open("/proc/sys/net/ipv4/neigh/eth1/proxy_delay") as file:
    check("and without a pause", file.read().strip() == "0")
arp_from_host(arp.REQUEST, "0.0.0.0", "192.0.2.4")
check("it is defended against a station that is about to take it", hears(
    lambda _, packet: packet.operation == arp.REPLY
    and packet.sender_address == parse_address("192.0.2.4")), daemon.log())

daemon.kill()
lma.run("ip", "neigh", "add", "proxy", "192.0.2.99", "dev", "eth1", "protocol", "214")
lma.run("ip", "neigh", "del", "proxy", "192.0.2.4", "dev", "eth1")
start()
check("after a restart there is what there must be", until(lambda: proxied() == ["192.0.2.4"]),
      (proxied(), daemon.log()))

lma.down("eth1")
check("a link that is down is no home link", until(
    lambda: daemon.tell("status")["home_links"] == ["eth2"]), daemon.log())
host.run("ip", "neigh", "replace", "192.0.2.4", "lladdr", WRONG_MAC, "dev", "eth1",
         "nud", "stale")
lma.up("eth1")
check("when it is up again the host is told", until(
    lambda: believes("192.0.2.4", LMA_MAC)), (neighbour("192.0.2.4"), daemon.log()))
check("and the kernel answers", until(lambda: proxied() == ["192.0.2.4"]), proxied())

host.add_address("eth1", "192.0.2.5/32")
homes = ap1.update(2)
if homes == ["192.0.2.5"]:      # unless it has just been asked for
    check("an address that is given although it is in use is taken back",
          ap1.acknowledge() == 0, daemon.log())
    check("the others are told whose it is", hears(
        lambda mac, packet: mac == parse_mac(LMA_MAC) and packet.sender_mac == HOST_MAC
        and packet.sender_address == parse_address("192.0.2.5")), daemon.log())
    homes = ap1.update(2)
check("it gets another", homes == ["192.0.2.6"], (homes, daemon.log()))

second = ap1.update(3, service=b"second")
check("a pool on another link", second == ["203.0.113.4"], (second, daemon.log()))
check("each on its own", until(lambda: proxied("eth2") == second
      and proxied() == ["192.0.2.4", "192.0.2.6"]), (proxied(), proxied("eth2")))

ap2.update(1, 4, lifetime=0, ipv6=True)
check("it ends with the session", until(lambda: proxied() == ["192.0.2.6"]), proxied())
lma.run("ip", "addr", "del", "203.0.113.2/24", "dev", "eth2")
check("a link that lost its address is no home link", until(
    lambda: daemon.tell("status")["home_links"] == ["eth1"] and not proxied("eth2")),
    daemon.log())
daemon.tell("flush")
check("the daemon ends after a flush", until(lambda: not daemon.running), daemon.log())
check("nothing is left", not proxied(), proxied())
with lma, open("/proc/sys/net/ipv4/neigh/eth1/proxy_delay") as file:
    check("the kernel's pause is as it was", file.read().strip() == "80")
check("no traceback", "Traceback" not in daemon.log(), daemon.log())
if check.failed:
    print(daemon.log())
check.done()
