# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip decode -i shows what passes: on Ethernet, and on a tunnel, which has no link header."""

import json
import os
import signal
import socket
import sys
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)) + "/support"]
sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

from system_bed import Checks  # noqa: E402

from bed import paths  # noqa: E402
from bed.daemon import ENVIRONMENT, PYTHONS  # noqa: E402
from bed.namespace import Namespace, cable  # noqa: E402
from mag_lite.wire.mobility_header import Message, encode  # noqa: E402
from mag_lite.wire.mobility_options import Option  # noqa: E402

PMIP = os.path.join(paths.REPOSITORY, "files/usr/bin/pmip")
HEARTBEAT = encode(Message(13, [Option(28, counter=7)], flags=1, sequence=5))

check = Checks()
gateway, anchor = Namespace("gateway"), Namespace("anchor")
cable(gateway, "eth0", anchor, "eth0")
for machine, own, other in ((gateway, 1, 2), (anchor, 2, 1)):
    machine.add_address("eth0", "192.0.2.%d/24" % own, "2001:db8::%d/64" % own)
    machine.run("ip", "link", "add", "gre1", "type", "gre", "local", "192.0.2.%d" % own,
                "remote", "192.0.2.%d" % other, "ttl", "64")
    machine.run("ip", "link", "set", "gre1", "up")
    machine.run("ip", "address", "add", "10.0.0.%d/24" % own, "dev", "gre1")
anchor.run("ping", "-c1", "-W2", "10.0.0.1")
anchor.run("ping", "-c1", "-W4", "2001:db8::1")


def lines(name):
    """What it has printed so far; the last line may not be complete yet."""
    return [json.loads(line) for line in gateway.log(name).split("\n")[:-1]]


def wait_for(name, condition):
    """The lines so far, when one of them is as wanted or 10 s have passed."""
    end = time.monotonic() + 10
    while time.monotonic() < end and not [line for line in lines(name) if condition(line)]:
        time.sleep(0.05)
    return [line for line in lines(name) if condition(line)]


def is_heartbeat(line):
    return line.get("name") == "Heartbeat"


def send_until_shown(name, destination):
    """The program needs a moment to start: send it heartbeats until one is shown."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        udp.sendto(HEARTBEAT, (destination, 5436))
        time.sleep(0.1)
        seen = [line for line in lines(name) if is_heartbeat(line)]
        if seen:
            return seen
    return []


udp = anchor.socket(socket.AF_INET, socket.SOCK_DGRAM)
raw = anchor.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
raw.setsockopt(41, 7, 4)

for python in ("cpython", "micropython"):
    name = "ethernet-%s.log" % python
    process = gateway.start(*PYTHONS[python], PMIP, "decode", "-j", "-i", "eth0", log=name,
                            environment=ENVIRONMENT)
    seen = send_until_shown(name, "192.0.2.1")
    check("%s: UDP is shown" % python, seen and seen[0]["source"] == "192.0.2.2", lines(name))
    raw.sendto(HEARTBEAT, ("2001:db8::1", 0))
    seen = wait_for(name, lambda line: is_heartbeat(line) and ":" in line["source"])
    check("%s: the Mobility Header in IPv6 is shown" % python,
          seen and seen[0]["options"][0]["fields"]["counter"] == 7, lines(name))
    udp.sendto(HEARTBEAT[:16], ("192.0.2.1", 5436))
    seen = wait_for(name, lambda line: "malformed" in line)
    check("%s: what is malformed is told" % python, seen and seen[0]["offset"] == 1, lines(name))
    udp.sendto(b"data", ("10.0.0.1", 9))
    seen = wait_for(name, lambda line: "GRE" in line.get("name", ""))
    check("%s: a tunnelled packet is shown" % python,
          seen and seen[0]["fields"]["client_source"] == "10.0.0.2", lines(name))
    process.send_signal(signal.SIGINT)
    check("%s: it ends with status 1, something was malformed" % python, process.wait(10) == 1)

    name = "tunnel-%s.log" % python
    process = gateway.start(*PYTHONS[python], PMIP, "decode", "-j", "-i", "gre1", log=name,
                            environment=ENVIRONMENT)
    seen = send_until_shown(name, "10.0.0.1")
    check("%s: on a tunnel as well" % python, seen and seen[0]["source"] == "10.0.0.2")
    process.send_signal(signal.SIGINT)
    check("%s: it ends with status 0" % python, process.wait(10) == 0)

check.done()
