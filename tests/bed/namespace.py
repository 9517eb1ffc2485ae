# SPDX-License-Identifier: GPL-2.0-or-later
"""A network namespace: one simulated machine."""

import ctypes
import os
import socket
import subprocess

import pyroute2
import pyroute2.netns

from bed import paths

_libc = ctypes.CDLL(None, use_errno=True)
_home = os.open("/proc/self/ns/net", os.O_RDONLY)
_IFA_F_NODAD = 2


def _enter(descriptor):
    if _libc.setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """The machine `name`.  `with namespace:` what this thread opens belongs to that machine.

    `.ip` is pyroute2's IPRoute there; `.directory` is for the machine's files.
    """

    def __init__(self, name: str, forwarding=False):
        self.name = name
        self.directory = paths.run_directory(name)
        pyroute2.netns.create(name)
        self._descriptor = os.open("/run/netns/" + name, os.O_RDONLY)
        with self:
            self.ip = pyroute2.IPRoute()
        self.up("lo")
        self.sysctl("net/ipv6/conf/default/accept_dad", 0)
        if forwarding:
            self.sysctl("net/ipv4/ip_forward", 1)
            self.sysctl("net/ipv6/conf/all/forwarding", 1)

    def __enter__(self):
        _enter(self._descriptor)
        return self

    def __exit__(self, *_):
        _enter(_home)

    def socket(self, *arguments) -> socket.socket:
        """socket.socket(*arguments) on this machine."""
        with self:
            return socket.socket(*arguments)

    def sysctl(self, name: str, value):
        """Set /proc/sys/`name`."""
        with self, open("/proc/sys/" + name, "w") as file:
            file.write(str(value))

    def command(self, *command: str) -> list:
        """What to execute so that `command` runs on this machine (with its own /sys)."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str) -> str:
        """Output of `command`; raises CalledProcessError (with its stderr shown) when it fails."""
        done = subprocess.run(self.command(*command), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(
                f"{self.name}: {' '.join(command)}: status {done.returncode}\n"
                + done.stdout + done.stderr
            )
        return done.stdout

    def start(self, *command: str, log: str, environment=None) -> subprocess.Popen:
        """Start `command`; its output goes to the file `log` in the machine's directory."""
        with open(os.path.join(self.directory, log), "ab") as output:
            return subprocess.Popen(
                self.command(*command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
            )

    def write(self, name: str, text: str) -> str:
        """Write the file `name` in the machine's directory; returns its path."""
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def log(self, name: str) -> str:
        """What the programs started with this `log` name have said so far."""
        with open(os.path.join(self.directory, name), errors="backslashreplace") as file:
            return file.read()

    def index(self, interface: str) -> int:
        """The interface index of `interface`."""
        return self.ip.link_lookup(ifname=interface)[0]

    def up(self, interface: str, **attributes):
        """Set attributes of `interface` (address=, mtu=, ...), then bring it up."""
        index = self.index(interface)
        if attributes:
            self.ip.link("set", index=index, **attributes)
        self.ip.link("set", index=index, state="up")

    def down(self, interface: str):
        """Take `interface` down."""
        self.ip.link("set", index=self.index(interface), state="down")

    def add_address(self, interface: str, *prefixes: str):
        """Add addresses such as "10.1.1.2/24" or "2001:db8::1/64"; usable at once."""
        for prefix in prefixes:
            flags = {"flags": _IFA_F_NODAD} if ":" in prefix else {}
            address, length = prefix.split("/")
            self.ip.addr(
                "add", index=self.index(interface), address=address, prefixlen=int(length), **flags
            )

    def route(self, destination: str, gateway: str):
        """Add a route by way of `gateway`; `destination` is a prefix or "default"."""
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        self.ip.route("add", dst=destination, gateway=gateway, family=family)

    def delay(self, interface: str, milliseconds: float):
        """What leaves through `interface` leaves that much later."""
        self.ip.tc(
            "replace",
            kind="netem",
            index=self.index(interface),
            handle="1:",
            delay=int(milliseconds * 1000),
            limit=10000,
        )


def cable(one: Namespace, one_interface: str, other: Namespace, other_interface: str):
    """Join two machines by a veth pair; both ends come up."""
    one.ip.link(
        "add",
        ifname=one_interface,
        kind="veth",
        peer={"ifname": other_interface, "net_ns_fd": other._descriptor},
    )
    one.up(one_interface)
    other.up(other_interface)
