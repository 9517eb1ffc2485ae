# SPDX-License-Identifier: GPL-2.0-or-later
"""A recording of an interface by tcpdump, read back with tshark (the judge of our packets)."""

import os
import subprocess
import time

_serial = 0


class Capture:
    """Records `interface` of `machine` from construction to `stop()`."""

    def __init__(self, machine, interface: str, expression=""):
        global _serial
        _serial += 1
        self.path = os.path.join(machine.directory, f"capture{_serial}.pcap")
        log = f"capture{_serial}.log"
        self._process = machine.start(
            "tcpdump", "-i", interface, "-U", "--immediate-mode", "-Z", "root", "-w", self.path,
            *expression.split(), log=log,
        )
        end = time.monotonic() + 10
        while "listening on" not in machine.log(log):
            if time.monotonic() > end:
                raise TimeoutError(f"tcpdump on {machine.name} {interface}: {machine.log(log)}")
            time.sleep(0.02)

    def stop(self):
        """End the recording."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    def tshark(self, *options: str) -> str:
        """What tshark prints of the recording with these options."""
        self.stop()
        done = subprocess.run(
            ["tshark", "-n", "-d", "udp.port==5437,ip", "-r", self.path, *options],
            capture_output=True, text=True,
        )
        if done.returncode:
            raise RuntimeError(f"tshark {' '.join(options)}: {done.stderr}")
        return done.stdout

    def fields(self, display_filter: str, *names: str) -> list:
        """A tuple of the fields `names` for each frame that matches tshark's `display_filter`."""
        options = [word for name in names for word in ("-e", name)]
        output = self.tshark("-Y", display_filter, "-T", "fields", *options)
        return [tuple(line.split("\t")) for line in output.split("\n") if line]

    def count(self, display_filter: str) -> int:
        """How many frames match tshark's `display_filter`."""
        return len(self.fields(display_filter, "frame.number"))
