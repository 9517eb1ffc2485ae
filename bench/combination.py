# SPDX-License-Identifier: GPL-2.0-or-later
"""A roam and a registration with one kind of tunnel and client: combination.py 4|6 gre|ip VERSION

The arguments are the IP version of the transport, the encapsulation, and the client's IP version or
"dual", whose packets are IPv6 then.  A phone with cached keys goes to and fro as in roam.py, with
packets both ways.  Captures look on, which takes time: compare combinations with each other.
"""

import statistics
import sys

from figures import figure

from bed.network import ANCHOR, CORRESPONDENT, CORRESPONDENT6
from bed.probe import Probe
from bed.roam import cost_of
from bed.scenario import Scenario

ROAMS = 6
WHAT = "gap up less Wi-Fi", "gap down less Wi-Fi", "registration"
PAUSE = 1               # s; the access point left behind has given the session up by then


class Combination(Scenario):
    """One phone, roaming."""

    def __init__(self, family, encapsulation, version):
        super().__init__(running=False, family=family, ip=version)
        for ap in self.aps:
            ap.gateway(ANCHOR[family], timestamp="on", ip=version, encapsulation=encapsulation)
        self.phone, = self.phones
        self.version = version

    def begin(self):
        """The phone attaches, gets its addresses, and visits both access points."""
        self.network.start_radios()
        self.network.start_daemons()
        if self.version == "6":
            self.network.join(self.phone, self.aps[0])
            self.network.look_around(self.phone)
        else:
            self.attach(self.phone, self.aps[0])
        if self.version != "4":
            self.watch.until(lambda: self.phone.addresses6, 20, "the phone has an IPv6 address")
        for ap in (self.aps[1], self.aps[0]):
            self.roam(self.phone, ap)

    def ends(self):
        """(the phone's address, the correspondent's)"""
        if self.version == "4":
            return self.phone.address, CORRESPONDENT
        return self.phone.addresses6[0], CORRESPONDENT6

    def measure(self):
        """[(ms of the gap up less Wi-Fi, down, ms of the registration) of each roam]"""
        address, peer = self.ends()
        probe = Probe(self.phone, address, self.correspondent, peer)
        self.watch.rest(PAUSE)
        roams = []
        for number in range(1, ROAMS + 1):
            roams.append(self.roam(self.phone, self.aps[number % 2]))
            self.watch.rest(PAUSE)
        probe.stop()
        self.check(f"{ROAMS} roams without EAP", not any(roam.eap for roam in roams))
        return [(*(cost.gap - cost.wifi for cost in (
            cost_of(roam, probe.up), cost_of(roam, probe.down))),
            roam.programmed - roam.authorised) for roam in roams]


def main(family, encapsulation, version):
    """Measure and report."""
    name = f"{encapsulation} over IPv{family}, {'IPv' * (version != 'dual')}{version} client"
    with Combination(int(family), encapsulation, version) as bed:
        bed.begin()
        for what, column in zip(WHAT, zip(*bed.measure(), strict=True), strict=True):
            figure(f"{name}: {what}, median", statistics.median(column), "ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
