# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip
# run:
# run: 6
"""Signalling under IPsec alone: ESP in transport mode (RFC 5213 section 4).

ipsec.py [6]    (6: over IPv6; the daemons run under MicroPython, over IPv4 under CPython)

Associations are made by hand, where a daemon of IKEv2 would make them.
"""

import sys

from support.ipsec import refused

from bed.capture import Capture
from bed.network import ANCHOR
from bed.scenario import Scenario

REQUEST = 5213
KEY = "0x" + "5a" * 20
IN_CLEAR = "(udp.port == 5436 or mipv6) and not esp"
FAMILY, PYTHON = (6, "micropython") if "6" in sys.argv else (4, "cpython")
GATEWAY = {4: "10.1.1.2", 6: "2001:db8:1::2"}[FAMILY]
REFUSED = "XfrmInNoPols", "XfrmInTmplMismatch", "XfrmInStateMismatch"


def associate(machine, request):
    """Make both directions' associations."""
    for source, destination, index in (
            (GATEWAY, ANCHOR[FAMILY], "0x5213"), (ANCHOR[FAMILY], GATEWAY, "0x5214")):
        machine.run("ip", "xfrm", "state", "add", "src", source, "dst", destination, "proto",
                    "esp", "spi", index, "reqid", str(request), "mode", "transport", "aead",
                    "rfc4106(gcm(aes))", KEY, "128")


class Ipsec(Scenario):
    """One phone at the first access point, whose daemon and the anchor's demand IPsec."""

    def __init__(self):
        super().__init__(running=False, family=FAMILY, python=PYTHON)
        self.phone, self.ap = self.phones[0], self.aps[0]
        self.configure_gateway(ipsec=str(REQUEST))
        self.configure_anchor(ipsec=str(REQUEST))

    def configure_gateway(self, **more):
        self.ap.mag.configure(
            *self.ap.sections(ANCHOR[FAMILY], timestamp="on", ip="4", **more))

    def configure_anchor(self, **more):
        (kind, name, usual), *others = self.network.lma_sections()
        self.lma.configure((kind, name, {**usual, **more}), *others)

    def begin(self):
        self.network.start_radios()
        self.network.start_daemons()
        self.wire = Capture(self.network.router, "eth1")

    def nothing_without_associations(self):
        self.network.join(self.phone, self.ap)
        self.phone.dhcp.start()
        self.watch.until(
            lambda: "there is no IPsec security association" in self.ap.mag.log(), 20,
            "the gateway says what is missing")
        self.check("without associations nobody is served",
                   not self.lma.ask("bindings")["bindings"])

    def protected(self):
        for machine in (self.ap, self.network.anchor):
            associate(machine, REQUEST)
        self.watch.until(lambda: self.reachable(self.phone), 60, "the phone reaches its peer")
        self.check("the client is served under IPsec", self.lma.ask("bindings")["bindings"])
        self.check("pmip check finds nothing wrong", not self.ap.mag.findings(),
                   self.ap.mag.findings())
        self.wire.stop()
        self.check("ESP is on the wire", self.wire.count("esp"))
        self.check("and no signalling in clear", not self.wire.count(IN_CLEAR),
                   self.wire.tshark("-Y", IN_CLEAR))
        self.check("the clients' packets are not encrypted", self.wire.count("gre and icmp"))

    def unheard_in_clear(self):
        """The gateway gives IPsec up: so would do who forges its address."""
        before = refused(self.network.anchor, *REFUSED)
        self.configure_gateway()
        self.ap.mag.tell("reload")
        self.phone.supplicant.disconnect()
        self.watch.until(lambda: refused(self.network.anchor, *REFUSED) > before, 20,
                         "something is refused")
        self.check("the anchor's kernel refuses what comes in clear",
                   "asked by the gateway" not in self.lma.log())
        self.check("the anchor goes on with the session",
                   self.lma.ask("bindings")["bindings"][0]["state"] == "registered")

    def heard_again(self):
        self.configure_anchor()
        self.lma.tell("reload")
        self.network.join(self.phone, self.ap)
        self.watch.until(lambda: self.reachable(self.phone), 60, "the phone reaches its peer")
        self.check("without IPsec signalling in clear is heard again", True)


with Ipsec() as bed:
    bed.begin()
    bed.nothing_without_associations()
    bed.protected()
    bed.unheard_in_clear()
    bed.heard_again()
