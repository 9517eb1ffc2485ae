# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip-mag or pmip-lma on a machine, under CPython or MicroPython."""

import json
import os
import signal
import socket
import subprocess
import sys

from bed import paths
from bed.uci import uci

PYTHONS = {
    "cpython": [os.path.realpath(sys.executable)],
    "micropython": [paths.MICROPYTHON, "-X", "heapsize=4M"],
}
#: Where the modules are: the work tree, or what PMIP_LIBRARY names (unpacked packages).
LIBRARY = os.environ.get("PMIP_LIBRARY") or paths.REPOSITORY
ENVIRONMENT = {"PYTHONPATH": LIBRARY, "MICROPYPATH": LIBRARY}


class Daemon:
    """The daemon `program` ("pmip-mag" or "pmip-lma") on `machine`, with UCI `sections`."""

    def __init__(self, machine, program: str, *sections, python="cpython"):
        self.machine, self.program = machine, program
        self.python = PYTHONS[python]
        self.directory = os.path.join(machine.directory, program)
        self.configuration = self.directory + ".uci"
        self.configure(*sections)
        self.process = None

    def configure(self, *sections):
        """Write the configuration file; takes effect with the next start."""
        with open(self.configuration, "w") as file:
            file.write(uci(*sections))

    def start(self, *options: str):
        """Start the daemon; `wait()` until it serves."""
        self.process = self.machine.start(
            *self.python, self._program("sbin"),
            "-c", self.configuration, "-r", self.directory, *options,
            log=self.program + ".log",
            environment=ENVIRONMENT,
        )

    def _program(self, folder, name=""):
        return os.path.join(paths.REPOSITORY, "files/usr", folder, name or self.program)

    @property
    def control(self) -> str:
        """The path of its control socket."""
        return os.path.join(self.directory, "control")

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def ask(self, verb: str, seconds=5.0, **arguments) -> dict:
        """The answer on the control socket to `verb`; OSError when there is none in time."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(seconds)
            client.connect(self.control)
            client.sendall(json.dumps({"verb": verb, **arguments}).encode() + b"\n")
            with client.makefile("rb") as answers:
                return json.loads(answers.readline() or "{}")

    @property
    def serving(self) -> bool:
        """Whether it answers on its control socket."""
        try:
            return bool(self.ask("status", seconds=0.5))
        except OSError:
            return False

    def usage(self) -> tuple:
        """How often the process has woken up so far, and its processor time in ms."""
        with open(f"/proc/{self.process.pid}/status") as file:
            words = file.read().split()
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks = int(fields[11]) + int(fields[12])
        wakeups = int(words[words.index("voluntary_ctxt_switches:") + 1])
        return wakeups, ticks * 1000 // os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """What it has logged."""
        return self.machine.log(self.program + ".log")

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        """SIGTERM, as procd does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)

    def findings(self) -> list:
        """What `pmip check` fails, in words, for its configuration."""
        done = subprocess.run(
            self.machine.command(*self._client("-c", self.configuration, "check")),
            stdout=subprocess.PIPE, check=False)
        return [finding["text"] for finding in json.loads(done.stdout)["findings"]
                if finding["level"] == "FAIL"]

    def tell(self, verb: str, *arguments: str):
        """The answer of the daemon's command-line client to `verb`, as JSON values."""
        return json.loads(self.machine.run(*self._client(verb, *arguments)))

    def _client(self, *words: str) -> list:
        name = ("bin", "pmip") if self.program == "pmip-mag" else ("sbin",)
        return ["env", f"PYTHONPATH={paths.REPOSITORY}", *PYTHONS["cpython"],
                self._program(*name), "-r", self.directory, "-j", *words]
