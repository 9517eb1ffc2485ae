# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip
# run:
# run: 6
"""strongSwan protects signalling and clients' packets as the README tells it to.

ike.py [6]    (6: over IPv6; the daemons run under MicroPython, over IPv4 under CPython)
"""

import re
import sys

from support.ipsec import refused

from bed import paths
from bed.capture import Capture
from bed.charon import Charon
from bed.network import ANCHOR, CORRESPONDENT, DELAY_MS
from bed.scenario import Scenario
from bed.transfer import Transfer

FAMILY, PYTHON = (6, "micropython") if "6" in sys.argv else (4, "cpython")
GATEWAY = {4: "10.1.1.2", 6: "2001:db8:1::2"}[FAMILY]
MTU = {4: 1442, 6: 1422}[FAMILY]
LIFETIME = 60       # s; refreshed after two thirds
HEADERS = 28        # of an echo request
ECT, CONGESTED = 2, 3
OUTER = {4: "ip", 6: "ipv6"}[FAMILY]
TRAFFIC_CLASS = {4: "ip.dsfield.ecn", 6: "ipv6.tclass.ecn"}[FAMILY]
# What tshark shows of a fragment, and of what is none
FRAGMENT, UNFRAGMENTED = {4: ("ip.flags.mf", "0"), 6: ("ipv6.fraghdr.more", "")}[FAMILY]
REFUSED = "XfrmInNoPols", "XfrmInTmplMismatch"


def connections(local, remote) -> str:
    """The README's swanctl.conf, between these addresses."""
    with open(paths.REPOSITORY + "/README.md") as file:
        text = re.search(r"^    connections \{\n(    .*\n)+", file.read(), re.MULTILINE)[0]
    text = re.sub("local_addrs = .*", f"local_addrs = {local}", text)
    return re.sub("remote_addrs = .*", f"remote_addrs = {remote}", text)


class Ike(Scenario):
    """One phone at the first access point; all between this and the anchor under IPsec."""

    def __init__(self):
        super().__init__(running=False, family=FAMILY, python=PYTHON)
        self.phone, self.ap = self.phones[0], self.aps[0]
        self.said = ""
        self.ap.mag.configure(*self.ap.sections(
            ANCHOR[FAMILY], timestamp="on", ip="4", ipsec="5213", mtu=str(MTU),
            lifetime=str(LIFETIME)))
        more = {"lma": {"ipsec": "5213"}, "mag": {"mtu": str(MTU)}}
        self.lma.configure(*((kind, name, {**usual, **more.get(kind, {})})
                             for kind, name, usual in self.network.lma_sections()))
        self.ends = (Charon(self.ap, connections(GATEWAY, ANCHOR[FAMILY])),
                     Charon(self.anchor, connections(ANCHOR[FAMILY], GATEWAY)))

    def begin(self):
        self.network.start_radios()
        self.network.start_daemons()
        self.wire = Capture(self.network.router, "eth1")
        for charon in self.ends:
            charon.start()
        for charon in self.ends:
            self.watch.until(lambda charon=charon: charon.ready, 20, "charon is ready")
            charon.load()

    def explain(self):
        super().explain()
        for charon in self.ends:
            print(f"--- charon on {charon.machine.name}\n{charon.log()}")

    def remaining(self) -> int:
        """For how many seconds the session is registered; 0 when there is none."""
        return max((each["remaining"] for each in self.lma.ask("bindings")["bindings"]
                    if each["state"] == "registered"), default=0)

    def served(self):
        self.network.join(self.phone, self.ap)
        self.phone.dhcp.start()
        self.watch.until(lambda: self.reachable(self.phone), 60, "the phone reaches its peer")
        self.check("the client is served by associations that IKEv2 has made", self.remaining())
        for charon in self.ends:
            self.check(f"{charon.machine.name} has them for signalling and for payload",
                       charon.associations("signalling") and charon.associations("payload"))

    def ping(self, machine, address, size, *options) -> bool:
        """Whether a packet of `size` octets goes there and back."""
        try:
            machine.run("ping", "-n", "-c", "1", "-W", "2", "-s", str(size - HEADERS), *options,
                        address)
        except RuntimeError as error:
            self.said = str(error)
            return False
        return True

    def whole(self):
        """What fits the tunnel passes unfragmented, and nothing larger would."""
        self.check("the client is told the MTU", self.phone.lease().mtu == str(MTU),
                   self.phone.lease())
        ways = ((self.phone, CORRESPONDENT), (self.correspondent, self.phone.address))
        for machine, address in ways:
            self.check(f"{machine.name}'s packets of {MTU} octets pass whole",
                       self.ping(machine, address, MTU, "-M", "do"))
        self.check("the anchor's kernel says that no more would fit",
                   not self.ping(*ways[1], MTU + 1, "-M", "do")
                   and f"mtu = {MTU})" in self.said, self.said)
        for machine, address in ways:
            self.check(f"{machine.name}'s packets that may be fragmented pass, however large",
                       self.ping(machine, address, MTU + 300, "-M", "dont"), self.said)
            self.check(f"{machine.name}'s mark of ECN passes",
                       self.ping(machine, address, 100, "-Q", str(ECT)))

    def rekey(self, child):
        """Negotiate new keys, and wait until no others are in use."""
        charon = self.ends[0]
        before = set(charon.associations(child))
        charon.swanctl("--rekey", "--child", child)
        self.watch.until(lambda: before.isdisjoint(charon.associations(child) or before), 20,
                         "new keys for " + child)

    def rekeyed(self):
        """New keys for both children during a transfer."""
        transfer = Transfer(self.phone, self.correspondent, CORRESPONDENT)
        self.watch.until(lambda: transfer.received > 100_000, 20, "the transfer runs")
        for child in ("signalling", "payload"):
            self.rekey(child)
        received = transfer.received
        self.watch.until(lambda: transfer.received > received + 100_000, 20, "it goes on")
        received, stall, problem = transfer.stop()
        self.check(f"a transfer survives new keys (longest stall {stall:.0f} ms)",
                   problem is None and stall < 1000, problem)
        left = self.remaining()
        self.watch.until(lambda: self.remaining() > left, LIFETIME, "a refresh")
        self.check("the session is refreshed under new keys", self.reachable(self.phone))

    def unseen(self):
        """What was on the wire between the two."""
        ends = GATEWAY, ANCHOR[FAMILY]
        frames = [frame for frame in self.wire.fields(
            OUTER, "_ws.col.Protocol", f"{OUTER}.src", f"{OUTER}.dst", TRAFFIC_CLASS, FRAGMENT)
            if frame[1] in ends and frame[2] in ends]
        secret = [frame for frame in frames if frame[0] == "ESP"]
        self.check("ESP is on the wire", len(secret) > 100)
        clear = {frame for frame in frames if frame[0] not in ("ESP", "ISAKMP")}
        self.check("signalling and clients' packets are in no other form", not clear, clear)
        whole = {frame[4] for frame in frames}
        self.check("nothing is fragmented", whole == {UNFRAGMENTED}, whole)
        for end in ends:
            self.check(f"ECT inside is copied outside ESP of {end}",
                       [frame for frame in secret if frame[1] == end and frame[3] == str(ECT)])

    def congested(self):
        """A router marks what it forwards, outside; the mark arrives inside."""
        for interface in ("eth0", "eth1"):      # what cannot be marked is lost
            self.network.router.run("tc", "qdisc", "replace", "dev", interface, "root",
                                    "netem", "loss", "100%", "ecn")
        for receiver, interface, sender, address in (
                (self.correspondent, "eth0", self.phone, CORRESPONDENT),
                (self.phone, "wlan0", self.correspondent, self.phone.address)):
            capture = Capture(receiver, interface)
            self.ping(sender, address, 100, "-Q", str(ECT))
            self.check(f"congestion outside ESP is told inside to {receiver.name}", capture.count(
                f"icmp.type == 8 and ip.dsfield.ecn == {CONGESTED}"))
        for interface in ("eth0", "eth1"):
            self.network.router.delay(interface, DELAY_MS)

    def unheard_in_clear(self):
        """The gateway's machine forgets its policies: so would do who forges its address."""
        before = refused(self.anchor, *REFUSED)
        self.ap.run("ip", "xfrm", "policy", "deleteall")
        self.check("the anchor's kernel refuses clients' packets in clear",
                   not self.reachable(self.phone) and refused(self.anchor, *REFUSED) > before)


with Ike() as bed:
    bed.begin()
    bed.served()
    bed.whole()
    bed.rekeyed()
    bed.unseen()
    bed.congested()
    bed.unheard_in_clear()
