# SPDX-License-Identifier: GPL-2.0-or-later
"""The data plane alone: our forwarding, told by hand what daemons would agree on.

    c1, c2 --- air --- wlan0 mag --- core --- far --- lma --- correspondent
    c3 --------------- wlan1 mag      |
                                      stranger

`air` is a bridge with isolated ports: c1 and c2 cannot hear each other.  The gateways do not
forward by themselves.
"""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

from bed import paths
from bed.namespace import Namespace, cable

ROUTER_MAC = "00:00:5e:00:52:13"
ROUTER = "10.20.0.1"
CORRESPONDENT = "203.0.113.80"
MAG = {4: "192.0.2.10", 6: "2001:db8:1::10"}
STRANGER = {4: "192.0.3.66", 6: "2001:db8:3::66"}
LMA = {4: "198.51.100.1", 6: "2001:db8:2::1"}
OVERHEAD = {(4, "gre"): 24, (6, "gre"): 44, (4, "ip"): 20, (6, "ip"): 40,
            (4, "gre-key"): 28, (6, "gre-key"): 48, (4, "udp"): 28}
C1, C2, C3 = "02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:13"
A1, A2, A3 = "10.20.0.11", "10.20.0.12", "10.20.0.13"
CORRESPONDENT6 = "2001:db8:f::80"
ROUTER6 = "fe80::200:5eff:fe00:5213"
# What the clients have of IPv6: a prefix each, and any address in it
P1, P2, P3 = ["2001:db8:100:%d::/64" % number for number in (11, 12, 13)]
I1, I2, I3 = [prefix.replace("::/64", ":a:b:c:d") for prefix in (P1, P2, P3)]
# Their GRE keys in tunnels that have some: down, up
KEYS = {A1: (0x101, 0x201), A2: (0x102, 0x202), A3: (0x103, 0x203),
        P1: (0x101, 0x201), P2: (0x102, 0x202), P3: (0x103, 0x203)}
PYTHON = "/usr/bin/python3"

_AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forwarding_agent.py")


class Agent:
    """A process that forwards on `machine`; call its methods as the agent's."""

    def __init__(self, machine, role, python="cpython", wrapper=()):
        program = PYTHON if python == "cpython" else paths.MICROPYTHON
        environment = {"PYTHONPATH": paths.REPOSITORY, "MICROPYPATH": paths.REPOSITORY}
        self.machine, self.events, self._buffer = machine, [], b""
        with open(os.path.join(machine.directory, role + ".log"), "ab") as log:
            self.process = subprocess.Popen(
                machine.command(*wrapper, program, _AGENT, role, machine.directory),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **environment},
                bufsize=0,
            )

    def __getattr__(self, method):
        return lambda *arguments: self._call(method, arguments)

    def _call(self, method, arguments):
        self.process.stdin.write(json.dumps([method, arguments]).encode() + b"\n")
        while True:
            answer = self._line(20)
            if "event" in answer:
                self.events.append(answer["event"])
            elif "error" in answer:
                raise RuntimeError(answer["error"])
            else:
                return answer["result"]

    def _line(self, seconds):
        # The next line, None when there is none within so many seconds.
        while b"\n" not in self._buffer:
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                return None
            data = self.process.stdout.read(65536)
            if not data:
                raise RuntimeError("the agent died:\n" + self.log())
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    def event(self, kind, seconds=5):
        """The next event of this kind, None when it does not come in time."""
        end = time.monotonic() + seconds
        while True:
            for event in self.events:
                if event[0] == kind:
                    self.events.remove(event)
                    return event
            answer = self._line(max(end - time.monotonic(), 0))
            if answer is None:
                return None
            self.events.append(answer["event"])

    def log(self):
        names = [name for name in os.listdir(self.machine.directory) if name.endswith(".log")]
        return "".join([self.machine.log(name) for name in names])

    def kill(self):
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        """Let the process go, with what it made staying in the kernel."""
        self.process.stdin.close()
        self.process.wait(5)


class Bed:
    """The machines, wired; `start()` gives `.mag` and `.lma` their agents."""

    def __init__(self, family=4, encapsulation="gre", python="cpython"):
        self.family, self.encapsulation, self.python = family, encapsulation, python
        self.mtu = 1500 - OVERHEAD[family, encapsulation]
        self.core, self.far = [Namespace(name, forwarding=True) for name in ("core", "far")]
        self.mag, self.lma = Namespace("mag"), Namespace("lma")
        self.correspondent, self.stranger = Namespace("correspondent"), Namespace("stranger")
        self.air = Namespace("air")
        self._wire_core()
        self._wire_air()
        self.c1 = self._client("c1", C1, A1, self.air)
        self.c2 = self._client("c2", C2, A2, self.air)
        self.c3 = self._client("c3", C3, A3, self.mag, "wlan1")
        self.anchors = [[0, LMA[family], MAG[family], encapsulation]]

    def _wire_core(self):
        core, far = self.core, self.far
        cable(core, "eth0", far, "eth1")
        core.add_address("eth0", "192.0.9.1/24", "2001:db8:9::1/64")
        far.add_address("eth1", "192.0.9.2/24", "2001:db8:9::2/64")
        self._behind(core, "eth1", self.mag, "192.0.2.", 1, MAG)
        self._behind(core, "eth2", self.stranger, "192.0.3.", 3, STRANGER)
        self._behind(far, "eth0", self.lma, "198.51.100.", 2, LMA)
        for address in ("192.0.9.2", "2001:db8:9::2"):
            core.route("default", address)
        for address in ("192.0.9.1", "2001:db8:9::1"):
            far.route("default", address)
        cable(self.lma, "eth1", self.correspondent, "eth0")
        self.lma.add_address("eth1", "203.0.113.1/24")
        self.correspondent.add_address("eth0", CORRESPONDENT + "/24")
        self.correspondent.route("default", "203.0.113.1")

    def _behind(self, router, interface, machine, subnet4, number, addresses):
        cable(router, interface, machine, "eth0")
        subnet6 = "2001:db8:%d::" % number
        router.add_address(interface, subnet4 + "254/24", subnet6 + "ff/64")
        machine.add_address("eth0", addresses[4] + "/24", addresses[6] + "/64")
        machine.route("default", subnet4 + "254")
        machine.route("default", subnet6 + "ff")

    def _wire_air(self):
        self.air.ip.link("add", ifname="bridge", kind="bridge")
        self.air.up("bridge")
        self.join_air()

    def join_air(self):
        """(Re-)make wlan0 and its end in the air."""
        cable(self.air, "ap", self.mag, "wlan0")
        self._port("ap", isolated=False)

    def _port(self, interface, isolated=True):
        bridge = self.air.index("bridge")
        self.air.ip.link("set", index=self.air.index(interface), master=bridge)
        state = "on" if isolated else "off"
        self.air.run("bridge", "link", "set", "dev", interface, "isolated", state)

    def _client(self, name, mac, address, other, interface=None):
        client = Namespace(name)
        cable(client, "eth0", other, interface or name)
        if interface is None:
            self._port(name)
        client.down("eth0")
        client.up("eth0", address=mac)
        client.add_address("eth0", address + "/16")
        for neighbour in [ROUTER, A1, A2, A3]:
            if neighbour != address:
                know(client, neighbour)
        client.route("default", ROUTER)
        return client

    def wire_ipv6(self):
        """Give clients and correspondent IPv6, as if they had heard of their routers."""
        self.lma.add_address("eth1", "2001:db8:f::1/64")
        self.correspondent.add_address("eth0", CORRESPONDENT6 + "/64")
        self.correspondent.route("default", "2001:db8:f::1")
        for client, address in ((self.c1, I1), (self.c2, I2), (self.c3, I3)):
            client.add_address("eth0", address + "/128")
            know(client, ROUTER6)
            client.run("ip", "-6", "route", "add", "default", "via", ROUTER6, "dev", "eth0")

    def start(self, clients=((("wlan0"), C1, A1), ("wlan0", C2, A2), ("wlan1", C3, A3))):
        """Agents on mag and lma, joined by a tunnel, with these clients."""
        family = self.family
        self.gateway = Agent(self.mag, "mag", self.python)
        self.anchor = Agent(self.lma, "lma", self.python)
        self.gateway.prepare(["wlan0", "wlan1"], self.anchors)
        self.anchor.prepare([LMA[family]])
        self.tunnel = self.anchor.add_tunnel(MAG[family], LMA[family], self.encapsulation)
        for client in clients:
            self.serve(*client)

    def serve(self, device, mac, home):
        """Gateway and anchor forward for this home of a client."""
        down, up = KEYS[home] if self.encapsulation == "gre-key" else (None, None)
        self.gateway.add_client(device, mac, home, 0, down and (down, up))
        self.anchor.route(home, self.tunnel, up and (up, down))


def know(machine, address, mac=ROUTER_MAC):
    """Let a client's neighbour table hold what the gateway's ARP would have told it."""
    machine.ip.neigh(
        "replace", dst=address, lladdr=mac, ifindex=machine.index("eth0"), state=0x80,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET)


def ping(machine, destination, *options, count=1, wait=1):
    """How many of `count` echo requests were answered, and what ping said."""
    command = machine.command(
        "ping", "-n", "-c", str(count), "-i", "0.1", "-W", str(wait), *options, destination
    )
    done = subprocess.run(command, capture_output=True, text=True)
    answered = int(done.stdout.split(" received")[0].split()[-1])
    # What the machine has learnt before, it says itself, in other words.
    return answered, done.stdout + done.stderr.replace("mtu=", "mtu = ")


def frame(source_mac, destination_mac, source, destination, payload=b"spoof"):
    """An Ethernet frame with a UDP datagram to port 9000."""
    from scapy.all import IP, UDP, Ether, IPv6, Raw

    return bytes(
        Ether(src=source_mac, dst=destination_mac)
        / (IPv6 if ":" in source else IP)(src=source, dst=destination)
        / UDP(sport=9000, dport=9000)
        / Raw(payload)
    )


def send_frame(machine, data, interface="eth0"):
    """Put a frame on the wire as it is."""
    sender = machine.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind((interface, 0))
    sender.send(data)
    sender.close()


def hear(machine, port=9000, family=socket.AF_INET):
    """A UDP socket of this machine on `port`."""
    listener = machine.socket(family, socket.SOCK_DGRAM)
    listener.bind(("", port))
    listener.settimeout(0.3)
    return listener


def heard(listener):
    """Every datagram that came."""
    found = []
    while True:
        try:
            found.append(listener.recv(2048))
        except TimeoutError:
            return found


def transfer(sender, receiver, address, size=3_000_000):
    """Octets of `size` that one TCP connection carried from sender to receiver at `address`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = receiver.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", 9001))
    listener.listen()
    pid = os.fork()
    if pid == 0:
        try:
            connection = sender.socket(family, socket.SOCK_STREAM)
            connection.connect((address, 9001))
            connection.sendall(bytes(size))
        finally:
            os._exit(0)
    listener.settimeout(10)
    try:
        connection, _ = listener.accept()
        connection.settimeout(10)
        received = 0
        data = connection.recv(65536)
        while data:
            received += len(data)
            data = connection.recv(65536)
    except TimeoutError:
        received = 0
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    listener.close()
    return received


def within(condition, seconds):
    """Whether the condition becomes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Checks:
    """Counts and prints what was checked; ends the script with status 0 or 1."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def __call__(self, name, value, detail=""):
        if value:
            self.passed += 1
            print("ok " + name, flush=True)
        else:
            self.failed += 1
            print("FAILED %s: %s" % (name, detail), flush=True)
        return bool(value)

    def done(self):
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        os._exit(1 if self.failed or not self.passed else 0)


def arguments(program, *variants):
    """(family, encapsulation, python) from the command line, "4|6 gre|gre-key|ip
    cpython|micropython".

    Without, `program` runs itself once for each of the `variants`, given as such a text, and this
    never returns.
    """
    if len(sys.argv) == 4:
        return int(sys.argv[1]), sys.argv[2], sys.argv[3]
    failed = 0
    for variant in variants:
        print("# " + variant, flush=True)
        failed |= subprocess.run([sys.executable, program, *variant.split()]).returncode
        for name in os.listdir("/run/netns"):
            subprocess.run(["ip", "netns", "delete", name])
        shutil.rmtree(paths.RUN)
    os._exit(1 if failed else 0)
