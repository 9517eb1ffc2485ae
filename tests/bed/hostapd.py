# SPDX-License-Identifier: GPL-2.0-or-later
"""hostapd: WPA2-Enterprise on one radio, with hostapd's own EAP server."""

import os

from bed import paths
from bed.control_socket import ControlSocket

USERS = """\
* PEAP
"mn1@example.org" MSCHAPV2 "secret1" [2]
"mn2@example.org" MSCHAPV2 "secret2" [2]
"""

CONFIGURATION = """\
interface={interface}
driver=nl80211
ctrl_interface={directory}
logger_stdout=-1
logger_syslog=0
logger_stdout_level=2
ssid=pmip-test
hw_mode=g
channel={channel}
ieee80211n=1
wmm_enabled=1
beacon_int=50
ap_isolate=1
auth_algs=1
wpa=2
wpa_key_mgmt=WPA-EAP
rsn_pairwise=CCMP
ieee8021x=1
eapol_version=2
eap_server=1
eap_user_file={users}
ca_cert={certificates}/ca.pem
server_cert={certificates}/server.pem
private_key={certificates}/server.key
nas_identifier={name}
{extra}
"""


class Hostapd:
    """hostapd on `interface` of `machine`; `extra` is more configuration text.

    `.directory` holds its control socket (what pmip-mag's `option hostapd` names).
    """

    def __init__(self, machine, interface="wlan0", channel=1, extra=""):
        self.machine, self.interface = machine, interface
        self.frequency = 2407 + 5 * channel
        self.directory = os.path.join(machine.directory, "hostapd")
        self._configuration = self.machine.write("hostapd.conf", CONFIGURATION.format(
            interface=interface,
            directory=self.directory,
            channel=channel,
            users=self.machine.write("eap_users", USERS),
            certificates=paths.CERTIFICATES,
            name=machine.name,
            extra=extra,
        ))
        self.process = None

    def start(self):
        """Start hostapd; `connect()` waits until it serves."""
        self.process = self.machine.start("hostapd", self._configuration, log="hostapd.log")

    def stop(self):
        """End hostapd properly."""
        self.process.terminate()
        self.process.wait(10)

    def kill(self):
        """End hostapd without a chance to say so."""
        self.process.kill()
        self.process.wait(10)

    def connect(self) -> ControlSocket:
        """A new connection to the control socket."""
        return ControlSocket(os.path.join(self.directory, self.interface))
