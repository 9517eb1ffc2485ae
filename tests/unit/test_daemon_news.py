# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway does upon news from ubus."""

from mag_lite.daemon import Daemon


class Standing:
    """Stands in for a daemon: keeps at which access points and ways it looked."""

    def __init__(self):
        self.configuration = self.links = self.transport = self
        self.looked = []

    def device_of(self, name):
        return {"wlan0": "wlan0", "phy1-ap0": "br-guest"}.get(name)

    def access_point(self, device):
        self.looked.append(device)
        return self

    def link_changed(self):
        self.looked.append("link_changed")

    def check_soon(self):
        self.looked.append("anchors")


def test_an_access_point_is_looked_at_when_its_object_comes_or_goes():
    for present in (True, False):
        daemon = Standing()
        Daemon._hostapd_changed(daemon, "hostapd.phy1-ap0", present)
        assert daemon.looked == ["br-guest", "link_changed"]


def test_other_access_points_are_left_alone():
    daemon = Standing()
    for name in ("hostapd.wlan9", "hostapd.", "hostapd.wlan0.x"):
        Daemon._hostapd_changed(daemon, name, True)
    assert daemon.looked == []


def test_the_ways_to_the_anchors_are_looked_for_when_a_network_changed():
    daemon = Standing()
    Daemon._network_changed(daemon, "interface.update", {"interface": "wan"})
    assert daemon.looked == ["anchors"]
