# SPDX-License-Identifier: GPL-2.0-or-later
"""wpa_supplicant on a phone's radio, steered through its control socket."""

import os

from bed import paths
from bed.control_socket import ControlSocket

CONFIGURATION = """\
ctrl_interface={directory}
update_config=0
network={{
    disabled=1
    ssid="pmip-test"
    key_mgmt=WPA-EAP
    pairwise=CCMP
    scan_freq=2412 2437
    eap=PEAP
    anonymous_identity="anonymous@example.org"
    identity="{identity}"
    password="{password}"
    phase2="auth=MSCHAPV2"
    ca_cert="{certificates}/ca.pem"
    bgscan=""
}}
"""


class Supplicant:
    """wpa_supplicant for `identity` on `interface` of `machine`; it stays idle until `select()`."""

    def __init__(self, machine, identity: str, password: str, interface="wlan0"):
        self.machine, self.interface = machine, interface
        self.directory = os.path.join(machine.directory, "supplicant")
        self._configuration = machine.write("supplicant.conf", CONFIGURATION.format(
            directory=self.directory,
            identity=identity,
            password=password,
            certificates=paths.CERTIFICATES,
        ))
        self.process = None
        self.control = None

    def start(self):
        """Start wpa_supplicant; `connect()` waits until it listens."""
        self.process = self.machine.start(
            "wpa_supplicant", "-Dnl80211", "-i" + self.interface, "-c", self._configuration,
            log="supplicant.log",
        )

    def connect(self) -> ControlSocket:
        """A new connection to the control socket; the first is kept for commands."""
        control = ControlSocket(os.path.join(self.directory, self.interface))
        self.control = self.control or control
        return control

    def select(self, frequency: int):
        """Look for the network on `frequency` (MHz) only, and join it there."""
        self.control.order("BSS_FLUSH 0")
        self.control.order(f"SET_NETWORK 0 scan_freq {frequency}")
        self.control.order(f"SELECT_NETWORK 0 freq={frequency}")

    def scan(self, *frequencies: int):
        """Look who is on the air on these frequencies; ends with CTRL-EVENT-SCAN-RESULTS."""
        self.control.order("SCAN freq=" + ",".join(str(frequency) for frequency in frequencies))

    def roam(self, bssid: str):
        """Go to the access point `bssid`, which a scan has seen."""
        self.control.order("ROAM " + bssid)

    def forget_keys(self):
        """Forget cached keys, so that the next association runs EAP."""
        self.control.order("PMKSA_FLUSH")

    def disconnect(self):
        """Leave the network."""
        self.control.order("DISCONNECT")
