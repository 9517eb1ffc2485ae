# SPDX-License-Identifier: GPL-2.0-or-later
"""strongSwan: its daemon of IKEv2 on a machine, told by swanctl what to do."""

import re

CONFIGURATION = """\
charon-systemd {{
    load_modular = yes
    plugins {{
        include /etc/strongswan.d/charon/*.conf
        vici {{
            socket = {socket}
        }}
    }}
    filelog {{
        log {{
            path = {directory}/charon.log
            flush_line = yes
        }}
    }}
}}
"""


class Charon:
    """charon on `machine`, with `connections` as of swanctl.conf."""

    def __init__(self, machine, connections: str):
        self.machine = machine
        self._socket = f"unix://{machine.directory}/vici"
        self._connections = self.machine.write("swanctl.conf", connections)
        self._configuration = self.machine.write("strongswan.conf", CONFIGURATION.format(
            socket=self._socket, directory=machine.directory))

    def start(self):
        """Start it; `ready` says when it can `load`."""
        self.machine.start("charon-systemd", log="charon.out",
                           environment={"STRONGSWAN_CONF": self._configuration})

    def swanctl(self, *words: str) -> str:
        """What swanctl says to these words; RuntimeError when it fails."""
        return self.machine.run("swanctl", *words, "--uri", self._socket)

    def log(self) -> str:
        """What it has logged."""
        return self.machine.log("charon.log")

    @property
    def ready(self) -> bool:
        """Whether it can be spoken to."""
        try:
            return bool(self.swanctl("--stats"))
        except RuntimeError:
            return False

    def load(self):
        """Take the connections over, and set their traps."""
        self.swanctl("--load-all", "--file", self._connections)

    def associations(self, child: str) -> list:
        """The SPIs (hexadecimal) that come in for a child that is installed."""
        return re.findall(rf"name={child} [^}}]*state=INSTALLED [^}}]*spi-in=(\w+)",
                          self.swanctl("--list-sas", "--raw"))
