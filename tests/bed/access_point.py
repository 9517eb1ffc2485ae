# SPDX-License-Identifier: GPL-2.0-or-later
"""An access point: a radio with hostapd, an uplink, and pmip-mag."""

from bed.daemon import Daemon
from bed.hostapd import Hostapd
from bed.namespace import Namespace
from bed.radio import take_radio


class AccessPoint(Namespace):
    """Access point `name` with the radio `radio` (a number), to be wired by the Network."""

    def __init__(self, name: str, radio: int, bssid: str, channel: int):
        super().__init__(name, forwarding=True)
        self.bssid = bssid
        take_radio(self, radio, bssid)
        self.hostapd = Hostapd(self, channel=channel)
        self.mag = None

    def gateway(self, lma: str, python="cpython", **options) -> Daemon:
        """Prepare (not start) pmip-mag for the anchor `lma`; options go to section mag."""
        self.mag = Daemon(self, "pmip-mag", *self.sections(lma, **options), python=python)
        return self.mag

    def sections(self, lma: str, **options) -> tuple:
        """The gateway's configuration; options go to section mag."""
        return (("mag", "mag", {"lma": lma, **options}),
                ("access", "wlan", {"device": "wlan0", "hostapd": self.hostapd.directory}))
