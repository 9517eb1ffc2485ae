# SPDX-License-Identifier: GPL-2.0-or-later
"""A network with a wired access link: what it costs is ours, and not the simulated radio's.

    stations --- ap --- router --- anchor --- correspondent

hostapd guards the link (IEEE 802.1X, driver=wired, its own EAP server); pmip-mag follows it as
it would on a radio.  `stations` is one machine; each station is a MAC address there.
"""

import os

from bed.control_socket import ControlSocket
from bed.daemon import Daemon
from bed.namespace import Namespace, cable

ANCHOR, CORRESPONDENT = "198.51.100.1", "203.0.113.80"
POOL, POOL_ROUTER = "10.20.0.0/16", "10.20.0.1"
SECRET = "secret"
LINK = "lan0"

_USERS = f'* MD5 "{SECRET}"\n'
_HOSTAPD = """\
interface={interface}
driver=wired
ctrl_interface={directory}
logger_stdout=-1
logger_syslog=0
logger_stdout_level=4
ieee8021x=1
eapol_version=2
use_pae_group_addr=1
eap_reauth_period=0
eap_server=1
eap_user_file={users}
"""


class WiredHostapd:
    """hostapd on the link of `machine`."""

    def __init__(self, machine):
        self.machine = machine
        self.directory = os.path.join(machine.directory, "hostapd")
        users = self.machine.write("eap_users", _USERS)
        self._configuration = self.machine.write("hostapd.conf", _HOSTAPD.format(
            interface=LINK, directory=self.directory, users=users))

    def start(self):
        """Start hostapd; `connect()` waits until it serves."""
        self.machine.start("hostapd", self._configuration, log="hostapd.log")

    def connect(self) -> ControlSocket:
        """A new connection to the control socket."""
        return ControlSocket(os.path.join(self.directory, LINK))


class WiredNetwork:
    """The machines, wired; `start()` starts hostapd and both daemons."""

    def __init__(self, python="cpython", suffix=""):
        names = ("stations", "ap", "router", "anchor", "correspondent")
        self.stations, self.ap, self.router, self.anchor, self.correspondent = (
            Namespace(name + suffix, forwarding=name in ("ap", "router", "anchor"))
            for name in names)
        self._wire()
        self.hostapd = WiredHostapd(self.ap)
        self.mag = Daemon(
            self.ap, "pmip-mag",
            ("mag", "mag", {"lma": ANCHOR, "dns": ["192.0.2.53"], "timestamp": "on", "ip": "4"}),
            ("access", "lan", {"device": LINK, "hostapd": self.hostapd.directory}),
            python=python)
        self.lma = Daemon(
            self.anchor, "pmip-lma",
            ("lma", "lma", {"address": [ANCHOR]}),
            ("mag", "ap", {"address": "10.1.1.2"}),
            ("pool", "internet", {"network": POOL, "router": POOL_ROUTER}),
            python=python)

    def _wire(self):
        cable(self.stations, LINK, self.ap, LINK)
        cable(self.router, "eth1", self.ap, "eth0")
        cable(self.router, "eth0", self.anchor, "eth0")
        cable(self.anchor, "eth1", self.correspondent, "eth0")
        self.router.add_address("eth1", "10.1.1.1/24")
        self.ap.add_address("eth0", "10.1.1.2/24")
        self.ap.route("default", "10.1.1.1")
        self.router.add_address("eth0", "198.51.100.254/24")
        self.anchor.add_address("eth0", ANCHOR + "/24")
        self.anchor.route("default", "198.51.100.254")
        self.anchor.add_address("eth1", "203.0.113.1/24")
        self.correspondent.add_address("eth0", CORRESPONDENT + "/24")
        self.correspondent.route("default", "203.0.113.1")
        for machine in (self.stations, self.ap, self.router, self.anchor, self.correspondent):
            machine.sysctl("net/ipv6/conf/all/disable_ipv6", 1)     # no router solicitations
