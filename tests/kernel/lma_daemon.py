# SPDX-License-Identifier: GPL-2.0-or-later
"""The anchor's daemon on a real kernel, told by hand what gateways would tell it.

lma_daemon.py [cpython|micropython]
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
from mag_lite.wire import mobility_header as header  # noqa: E402
from mag_lite.wire import mobility_options as options  # noqa: E402
from mag_lite.wire.address import format_address, format_prefix, parse_mac  # noqa: E402
from mag_lite.wire.mobility_header import Message  # noqa: E402
from mag_lite.wire.mobility_options import Option  # noqa: E402

LMA = {4: "198.51.100.1", 6: "2001:db8:b::1"}
AP1 = {4: "198.51.100.11", 6: "2001:db8:b::11"}
AP2 = {4: "198.51.100.12", 6: "2001:db8:b::12"}
HOME = "10.20.0.2"
PREFIX = "2001:db8:100::/64"
PYTHON = sys.argv[1] if len(sys.argv) == 2 else None
SECTIONS = (
    ("lma", "lma", {"address": list(LMA.values()), "delete_delay": "1000"}),
    ("mag", "ap1", {"address": list(AP1.values())}),
    ("mag", "ap2", {"address": list(AP2.values())}),
    ("pool", "internet", {"network": "10.20.0.0/16", "router": "10.20.0.1",
                          "prefix": "2001:db8:100::/40"}),
)


class Gateway:
    """What a gateway would send, by one of its addresses."""

    sequence = 0

    def __init__(self, machine, address):
        self.address = address
        self.family = 6 if ":" in address else 4
        if self.family == 4:
            self.socket = machine.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((address, 5436))
        else:
            self.socket = machine.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 4)
            self.socket.bind((address, 0))
        self.socket.settimeout(3)

    def send(self, message):
        self.socket.sendto(header.encode(message), (LMA[self.family], 5436 * (self.family == 4)))

    def receive(self, kind=header.BINDING_ACKNOWLEDGEMENT):
        """The next message of this kind, None when it does not come."""
        while True:
            try:
                message = header.decode(self.socket.recv(2048))
            except TimeoutError:
                return None
            if message.kind == kind:
                return message

    def update(self, indicator=1, lifetime=75, mac="02:00:00:00:00:01", encapsulation="gre",
               kind=options.IPV4_HOME_ADDRESS_REQUEST):
        """Register a mobile node; the acknowledgement."""
        Gateway.sequence += 1
        carried = [
            Option(options.MN_IDENTIFIER, subtype=1, identifier=b"mn@" + mac.encode()),
            Option(kind),
            Option(options.HANDOFF_INDICATOR, indicator=indicator),
            Option(options.ACCESS_TECHNOLOGY_TYPE, technology=4),
            Option(options.TIMESTAMP, time=time_of_day()),
            Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=parse_mac(mac)),
        ]
        if encapsulation == "gre":
            carried.append(Option(options.GRE_KEY, key=None))
        self.send(Message(
            header.BINDING_UPDATE, carried, sequence=Gateway.sequence, lifetime=lifetime,
            flags=header.BU_ACKNOWLEDGE | header.BU_PROXY))
        return self.receive()

    def acknowledge(self):
        """Wait for a revocation and acknowledge it; the indication."""
        indication = self.receive(header.BINDING_REVOCATION_INDICATION)
        if indication is not None:
            self.send(Message(
                header.BINDING_REVOCATION_ACKNOWLEDGEMENT, sequence=indication.sequence,
                flags=indication.flags))
        return indication


def home(answer):
    """The home address that an acknowledgement grants, or its status."""
    if answer is None or answer.status:
        return answer and answer.status
    return format_address(answer.option(options.IPV4_HOME_ADDRESS_REPLY).address)


def routes(version="-4"):
    """{address or prefix: what `ip route` says} of the anchor's routes of ours."""
    lines = lma.run("ip", version, "route", "show", "proto", "214").splitlines()
    return {line.replace("blackhole ", "").split()[0]: line.strip() for line in lines}


def tunnels():
    """{device: remote address} of our tunnels."""
    found = {}
    for line in lma.run("ip", "-d", "-o", "link", "show").splitlines():
        if "alias pmip-lma" in line:
            found[line.split()[1].split("@")[0]] = line.split(" remote ")[1].split()[0]
    return found


def mtus():
    """{remote address: MTU} of our tunnels."""
    lines = lma.run("ip", "-d", "-o", "link", "show").splitlines()
    return {line.split(" remote ")[1].split()[0]: int(line.split(" mtu ")[1].split()[0])
            for line in lines if "alias pmip-lma" in line}


def indexes():
    """The numbers of our tunnel devices."""
    lines = lma.run("ip", "-o", "link", "show").splitlines()
    return sorted(int(line.split(":")[0]) for line in lines if "alias pmip-lma" in line)


def leads_to(address, remote):
    """Whether packets for `address` take the tunnel to `remote`."""
    line = routes("-6" if ":" in address else "-4").get(address, "")
    return "dev" in line and tunnels().get(line.split("dev ")[1].split()[0]) == remote


def until(condition):
    return within(condition, 5)


def narrow(mtu):
    """The first gateway's section with this MTU."""
    kind, name, options_of = SECTIONS[1]
    return kind, name, {**options_of, "mtu": mtu}


def start():
    daemon.start("-v")
    check("the daemon serves", within(lambda: daemon.serving, 10), daemon.log())


if PYTHON is None:
    failed = 0
    for python in ("cpython", "micropython"):
        print("# " + python, flush=True)
        failed |= subprocess.run([sys.executable, __file__, python]).returncode
        for name in os.listdir("/run/netns"):
            subprocess.run(["ip", "netns", "delete", name])
    sys.exit(1 if failed else 0)

check = Checks()
lma, mags = Namespace("lma"), Namespace("mags")
cable(lma, "eth0", mags, "eth0")
mags.add_address("eth0", *[each[4] + "/24" for each in (AP1, AP2)])
mags.add_address("eth0", *[each[6] + "/64" for each in (AP1, AP2)])
ap1, ap2 = Gateway(mags, AP1[4]), Gateway(mags, AP2[4])
ap1_6, ap2_6 = Gateway(mags, AP1[6]), Gateway(mags, AP2[6])
daemon = Daemon(lma, "pmip-lma", *SECTIONS, python=PYTHON)

start()
check("it waits for its addresses", until(
    lambda: "cannot listen at " + LMA[4] in daemon.log()), daemon.log())
lma.add_address("eth0", LMA[4] + "/24", LMA[6] + "/64")
check("it finds them when they come", until(
    lambda: all(each["listening"] for each in daemon.tell("status")["addresses"])), daemon.log())

check("registered over IPv4", home(ap1.update()) == HOME, daemon.log())
check("its route takes the tunnel", leads_to(HOME, AP1[4]), (routes(), tunnels()))
answer = ap2.update(3)
check("handed over", home(answer) == HOME, answer)
check("its route took the new tunnel before the answer", leads_to(HOME, AP2[4]), routes())
indication = ap1.acknowledge()
check("the old gateway is told", indication is not None and indication.trigger == 2, indication)
check("its tunnel goes after the delay",
      until(lambda: list(tunnels().values()) == [AP2[4]]), tunnels())
found = []
for number in range(8):
    there, left = (ap1, ap2) if number % 2 == 0 else (ap2, ap1)
    there.update(3)
    left.acknowledge()
    time.sleep(0.3)
    found.append(indexes())
check("to and fro for longer than the delay: no tunnel is made again",
      all(each == found[0] for each in found[1:]), found)
answer = ap1_6.update(3)
check("handed over to IPv6", home(answer) == HOME, answer)
check("its route takes a tunnel in IPv6", leads_to(HOME, AP1[6]), (routes(), tunnels()))
ap2.acknowledge()
answer = ap2_6.update(3, encapsulation="ip")
check("handed over to IP in IPv6", home(answer) == HOME and leads_to(HOME, AP2[6]), routes())
ap1_6.acknowledge()

other = ap1.update(mac="02:00:00:00:00:02")
check("a second mobile node", home(other) == "10.20.0.3", other)
check("unused tunnels are gone", until(lambda: len(tunnels()) == 2), tunnels())
# A prefix is routed, moved and dropped as an address is
def update6(gateway, indicator, **more):
    answer = gateway.update(
        indicator, mac="02:00:00:00:00:06", kind=options.HOME_NETWORK_PREFIX, **more)
    option = answer and answer.option(options.HOME_NETWORK_PREFIX)
    return format_prefix((option.prefix, option.prefix_length)) if option else answer


check("a node of IPv6 only", update6(ap1, 1) == PREFIX, daemon.log())
check("its prefix takes the tunnel", leads_to(PREFIX, AP1[4]), (routes("-6"), tunnels()))
check("handed over to IPv6", update6(ap2_6, 3) == PREFIX and leads_to(PREFIX, AP2[6]), routes("-6"))
ap1.acknowledge()
update6(ap2_6, 4, lifetime=0)
check("what comes for it is dropped once it is gone",
      routes("-6").get(PREFIX, "").startswith("blackhole"), routes("-6"))
check("and returns to it", update6(ap1, 1) == PREFIX and leads_to(PREFIX, AP1[4]), routes("-6"))
check("the kernel forwards IPv6", lma.run(
    "cat", "/proc/sys/net/ipv6/conf/all/forwarding").strip() == "1")

check("no unused tunnel is left", until(lambda: len(tunnels()) == 2), tunnels())
wide = mtus()
daemon.configure(SECTIONS[0], narrow("1300"), *SECTIONS[2:])
daemon.tell("reload")
check("a gateway's tunnel has its configured MTU and no other's has",
      mtus() == {**wide, AP1[4]: 1300}, (wide, mtus()))

before = routes(), routes("-6"), tunnels()
daemon.kill()
daemon.configure(SECTIONS[0], narrow("1280"), *SECTIONS[2:])
lma.run("ip", "route", "add", "10.20.0.77/32", "dev", "lo", "proto", "214")
lma.run("ip", "route", "del", HOME)
lma.run("ip", "-6", "route", "del", PREFIX)
check("a killed daemon leaves the kernel forwarding", leads_to("10.20.0.3", AP1[4]), routes())
start()
check("kernel and journal are adopted and made good",
      (routes(), routes("-6"), tunnels()) == before,
      (before, routes(), routes("-6"), tunnels(), daemon.log()))
check("and the MTU as it stands in the configuration now",
      until(lambda: mtus() == {**wide, AP1[4]: 1280}), mtus())
daemon.configure(*SECTIONS)
daemon.tell("reload")
check("without one the path counts again", mtus() == wide, mtus())
update6(ap1, 4, lifetime=0)
check("the prefix is free in the end", until(lambda: routes("-6") == {}), routes("-6"))
check("the sessions are known", sorted(
    each["address"] for each in daemon.tell("bindings")["bindings"] if each["address"]
) == [HOME, "10.20.0.3"])
check("one is refreshed", home(ap1.update(5, mac="02:00:00:00:00:02")) == "10.20.0.3")
device = [name for name, remote in tunnels().items() if remote == AP1[4]][0]
lma.run("ip", "link", "del", device)
ap1.update(4, lifetime=0, mac="02:00:00:00:00:02")
answer = ap1.update(1, mac="02:00:00:00:00:02")
check("a tunnel that somebody removed is made again", leads_to("10.20.0.3", AP1[4]), daemon.log())

answer = ap1.update(4, lifetime=0, mac="02:00:00:00:00:02")
check("de-registered", answer is not None and answer.status == 0, answer)
check("its packets are dropped", routes().get("10.20.0.3", "").startswith("blackhole"), routes())
check("its tunnel goes after the delay",
      until(lambda: list(tunnels().values()) == [AP2[6]]), tunnels())
check("the route goes after the delay", until(lambda: "10.20.0.3" not in routes()), routes())

daemon.configure(SECTIONS[0], SECTIONS[2], SECTIONS[3])
check("the configuration is reloaded", daemon.tell("reload") == {"problems": []})
check("sessions go on", leads_to(HOME, AP2[6]), daemon.log())
answer = ap1.update(1, mac="02:00:00:00:00:02")
check("a gateway that is not listed any more is refused", home(answer) == 154, answer)
daemon.configure(SECTIONS[0], SECTIONS[1], SECTIONS[3])
daemon.tell("reload")
indication = ap2_6.acknowledge()
check("sessions of one that went are revoked", indication and indication.trigger == 1, indication)
check("and end", until(lambda: not routes() and not tunnels()), (routes(), tunnels()))
daemon.configure(("lma", "lma", {"address": "nonsense"}))
try:
    refused = daemon.tell("reload")
except RuntimeError as error:
    refused = str(error)
check("a wrong configuration is not taken over", "is not an IPv4 or IPv6 address" in refused,
      refused)
check("the daemon goes on", home(ap1.update(mac="02:00:00:00:00:03")) is not None)

node = "mn@02:00:00:00:00:03"
check("an administrator revokes", daemon.tell("revoke", node) == {"sessions": 1})
check("the gateway hears of it", ap1.acknowledge() is not None)
check("the session is gone", until(lambda: not daemon.tell("bindings")["bindings"]))
for garbage in (b"", b"x", bytes(2000), os.urandom(500), bytes((59, 200, 5)) + bytes(90)):
    ap1.socket.sendto(garbage, (LMA[4], 5436))
    ap1_6.socket.sendto(garbage + bytes(8), (LMA[6], 0))
home(ap1.update(mac="02:00:00:00:00:04"))
daemon.configure(*SECTIONS)
daemon.tell("reload")
answer = daemon.tell("stats")["counters"]
check("garbage is counted", answer["malformed"] + answer["unknown message types"] >= 8, answer)
daemon.tell("flush")
check("the daemon ends after a flush", until(lambda: not daemon.running), daemon.log())
indication = ap1.receive(header.BINDING_REVOCATION_INDICATION)
check("gateways are told", indication and indication.trigger == 128, indication)
check("nothing of ours is left in the kernel", not routes() and not tunnels()
      and "pmip" not in lma.run("nft", "list", "tables"), (routes(), tunnels()))
start()
heartbeat = ap1.receive(header.HEARTBEAT)
check("gateways hear that sessions were lost", heartbeat and heartbeat.flags == 3, heartbeat)
text = lma.run("env", "PYTHONPATH=" + os.path.dirname(_TESTS), sys.executable,
               daemon._program("sbin"), "-r", daemon.directory, "status")
check("people are told what is", "address 198.51.100.1: listening" in text, text)
daemon.kill()
check("no traceback", "Traceback" not in daemon.log(), daemon.log())
if check.failed:
    print(daemon.log())
check.done()
