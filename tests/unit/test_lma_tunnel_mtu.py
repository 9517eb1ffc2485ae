# SPDX-License-Identifier: GPL-2.0-or-later
"""Which MTU the anchor's tunnels have: a configured one, else what their path leaves."""

from lma_room import AP1, AP1_6, AP2, LMA, LMA6

from lma_lite.forwarding import ALIAS, AnchorForwarding
from mag_lite.system import netlink, rtnetlink, tunnel
from mag_lite.system.rtnetlink import Link, Path

PATH = 1492
GRE = 24  # octets of overhead


class Kernel:
    """Has a path to everybody, and one GRE tunnel to AP1; remembers what it is to change."""

    def __init__(self, mtu):
        data = tunnel.attributes("gre", LMA, AP1)
        self.link = Link(5, "lma0", rtnetlink.IFF_UP, mtu, b"", ALIAS, "gre", data)
        self.requests = []

    def links(self):
        return {self.link.name: self.link}

    def route_get(self, destination, source):
        return Path(source, 2, PATH, 600000)

    def perform(self, requests):
        self.requests += requests


class Log:
    def info(self, text):
        pass


def forwarding(mtus, mtu=PATH - GRE):
    """An anchor's forwarding with these MTUs, as `prepare` leaves it, and its kernel."""
    found = AnchorForwarding("/nonexistent", Log())
    found.abandon()
    found._route = Kernel(mtu)
    found._mtus, found._probed = mtus, {}
    return found, found._route


def asked_for(requests):
    """Which of all MTUs the kernel was asked for."""
    body = b"".join([request.body for request in requests])
    return [mtu for mtu in range(576, 1501)
            if netlink.attribute_u32(rtnetlink.IFLA_MTU, mtu) in body]


def test_a_new_tunnel_has_the_configured_mtu_and_no_other_gateway_s_has():
    for mag, local, expected in ((AP2, LMA, 1300), (AP1_6, LMA6, PATH - GRE - 20)):
        found, kernel = forwarding({AP2: 1300})
        found.add_tunnel(mag, local, "gre")
        assert asked_for(kernel.requests) == [expected]


def test_a_tunnel_takes_a_configured_mtu_and_keeps_it():
    found, kernel = forwarding({AP1: 1300})
    assert found.refresh_mtu(AP1, LMA, "gre") is None, "there is nothing to look at again"
    assert asked_for(kernel.requests) == [1300]
    found, kernel = forwarding({AP1: 1300}, mtu=1300)
    assert found.refresh_mtu(AP1, LMA, "gre") is None
    assert kernel.requests == []


def test_without_one_a_tunnel_follows_its_path():
    found, kernel = forwarding({AP2: 1300}, mtu=1300)
    assert found.refresh_mtu(AP1, LMA, "gre") == 600000
    assert asked_for(kernel.requests) == [PATH - GRE]
