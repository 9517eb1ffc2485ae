# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages' files, unpacked on a machine: both programs start by their own names, serve, are
checked, and leave nothing behind when they are flushed, though they were killed before.

installed.py [micropython]
"""
# run:
# run: micropython

import io
import os
import sys
import tarfile
import time

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.dirname(_TESTS), _TESTS, _TESTS + "/kernel/support", _TESTS + "/packages"]

import builder  # noqa: E402
from forwarding_bed import Checks  # noqa: E402

from bed import paths  # noqa: E402
from bed.namespace import Namespace, cable  # noqa: E402
from bed.snapshot import Snapshot, difference  # noqa: E402
from bed.uci import uci  # noqa: E402

PYTHON = sys.argv[1] if len(sys.argv) == 2 else "cpython"
GATEWAY = uci(("mag", None, {"lma": "198.51.100.1"}), ("access", None, {"device": "access"}))
ANCHOR = uci(("lma", None, {"address": ["198.51.100.1"]}),
             ("mag", None, {"address": ["198.51.100.11"]}),
             ("pool", None, {"network": "10.20.0.0/16", "router": "10.20.0.1"}))


def unpack(name):
    """Install a package's files on this machine (which is gone after the test)."""
    data = builder.untar(builder.package("ipk", name))["./data.tar.gz"][1]
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        archive.extractall("/")


class Machine:
    """A program and its client on a machine of their own."""

    def __init__(self, name, program, client, configuration, text):
        self.space = Namespace(name)
        self.program, self.client = program, client
        with open(configuration, "w") as file:
            file.write(text)
        self.process = None

    def start(self):
        """Start the daemon as procd does."""
        self.process = self.space.start(self.program, log="daemon", environment=ENVIRONMENT)

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def tell(self, *words):
        """(status, output) of the client."""
        try:
            return 0, self.space.run("env", "PATH=" + ENVIRONMENT["PATH"], self.client, *words)
        except RuntimeError as error:
            return 1, str(error)

    def serves(self):
        """Whether it answers within a while."""
        end = time.monotonic() + 20
        while self.tell("status")[0]:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True


os.makedirs("/run/interpreters", exist_ok=True)
if PYTHON == "micropython":
    os.symlink(paths.MICROPYTHON, "/run/interpreters/micropython")
ENVIRONMENT = {"PATH": "/run/interpreters:/usr/sbin:/usr/bin:/sbin:/bin"}
for variable in ("PYTHONPATH", "MICROPYPATH", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(variable, None)
suffix = "-python3" if PYTHON == "cpython" else ""
for each in ("pmip-mag", "pmip-lma"):
    unpack(each + suffix)

check = Checks()
ap = Machine("ap", "/usr/sbin/pmip-mag", "/usr/bin/pmip", "/etc/config/pmip", GATEWAY)
anchor = Machine("anchor", "/usr/sbin/pmip-lma", "/usr/sbin/pmip-lma", "/etc/config/pmip-lma",
                 ANCHOR)
cable(ap.space, "eth0", anchor.space, "eth0")
ap.space.add_address("eth0", "198.51.100.11/24")
anchor.space.add_address("eth0", "198.51.100.1/24")
ap.space.ip.link("add", ifname="access", kind="dummy")
ap.space.up("access")

for machine in (ap, anchor):
    name = os.path.basename(machine.program)
    before = Snapshot(machine.space)
    machine.start()
    check(f"{name} serves", machine.serves(), machine.space.log("daemon"))
    with open(f"/proc/{machine.process.pid}/cmdline") as file:
        command = file.read().split("\0")
    check(f"{name} runs on {PYTHON}", PYTHON.replace("cpython", "python3") in " ".join(command),
          command)
    if machine is ap:
        made = difference(before, Snapshot(machine.space))
        check("the gateway has made its tunnel", any("pmip0" in line for line in made), made)
        status, output = ap.tell("check")
        check("the check goes through everything", "hostapd has no control socket" in output
              and "the kernel makes gre tunnels" in output, output)
    machine.kill()
    check(f"{name} is gone but what it made is not",
          machine.tell("status")[0] == 1 and difference(before, Snapshot(machine.space)))
    status, output = machine.tell("flush")
    check(f"flush of {name} succeeds without a daemon", status == 0, output)
    left = difference(before, Snapshot(machine.space))
    check(f"nothing of {name} is left", not left, left)
    machine.start()
    check(f"{name} serves again", machine.serves(), machine.space.log("daemon"))
    check(f"flush stops {name}", machine.tell("flush")[0] == 0 and machine.process.wait(10) == 0)
    left = difference(before, Snapshot(machine.space))
    check(f"nothing of {name} is left again", not left, left)

compiled = os.path.isdir("/var/run/pmip-compiled")
check("CPython compiled what it read into memory, MicroPython did not",
      compiled == (PYTHON == "cpython"))
check.done()
