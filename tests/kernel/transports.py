# SPDX-License-Identifier: GPL-2.0-or-later
"""Attach, roam and traffic over every kind of tunnel, to two anchors; what anchors and
administrators decide about a client.

transports.py [cpython]     (without: the daemons run under MicroPython)

The first anchor answers at six addresses, so that one gateway has all kinds of tunnels to it; the
second is a machine of its own, and has no IPv6 to give:

    router --- second --- correspondent
"""

import sys

from bed.capture import Capture
from bed.daemon import Daemon
from bed.namespace import Namespace, cable
from bed.network import ANCHOR, CORRESPONDENT, CORRESPONDENT6, POOL, POOL6, POOL_ROUTER
from bed.probe import Probe
from bed.scenario import Scenario
from bed.transfer import Transfer
from bed.watch import now

PLAIN = {4: "198.51.100.2", 6: "2001:db8:a::2"}
KEYED = {4: "198.51.100.3", 6: "2001:db8:a::3"}
SECOND = "198.51.101.1"
STATIC = "10.20.5.5"
ACCESS_POINTS = {4: "10.1.{}.2", 6: "2001:db8:{}::2"}
# anchor's section, its address, encapsulation, how tshark sees what surrounds a client's packet in
# its tunnel, the tunnel's MTU, and which IP versions of clients the anchor serves
TRANSPORTS = (
    ("lma", ANCHOR[4], "gre", "eth:ethertype:ip:gre", 1476, (4, 6)),
    ("six", ANCHOR[6], "gre", "eth:ethertype:ipv6:gre", 1456, (4, 6)),
    ("plain", PLAIN[4], "ip", "eth:ethertype:ip", 1480, (4, 6)),
    ("plain6", PLAIN[6], "ip", "eth:ethertype:ipv6", 1460, (4, 6)),
    ("keyed", KEYED[4], "gre-key", "eth:ethertype:ip:gre", 1472, (4, 6)),
    ("keyed6", KEYED[6], "gre-key", "eth:ethertype:ipv6:gre", 1452, (4, 6)),
    ("second", SECOND, "gre", "eth:ethertype:ip:gre", 1476, (4,)),
)
# of the payload: correspondent, headers that an echo request has, tshark's name
VERSIONS = {4: (CORRESPONDENT, 28, "ip"), 6: (CORRESPONDENT6, 48, "ipv6")}


def is_tunnelled(protocols):
    """Whether one IP header is within another, as tshark names them."""
    words = protocols.split(":")
    return len([word for word in words if word in ("ip", "ipv6")]) > 1


class Transports(Scenario):
    """One phone for each transport in turn, then decisions about it."""

    def __init__(self, python):
        super().__init__(phones=2, python=python, ip="dual")
        self.phone, self.other = self.phones
        self.python = python
        self.add_second_anchor()
        self.anchor.add_address("eth0", PLAIN[4] + "/24", PLAIN[6] + "/64",
                                KEYED[4] + "/24", KEYED[6] + "/64")
        mags = [("mag", ap.name, {"address": [
            ACCESS_POINTS[4].format(number), ACCESS_POINTS[6].format(number)]})
            for number, ap in enumerate(self.aps, 1)]
        self.lma.configure(
            ("lma", "lma", {"address": [
                *ANCHOR.values(), *PLAIN.values(), *KEYED.values()],
                            "delete_delay": "1000"}),
            *mags,
            ("pool", "internet", {"network": POOL, "router": POOL_ROUTER, "prefix": POOL6}),
            ("pool", "things", {"network": "10.40.0.0/16", "router": "10.40.0.1",
                                "service": "iot"}),
            ("node", "two", {"match": "mn2@example.org", "address": STATIC}),
        )
        self.second = Daemon(
            self.second_machine, "pmip-lma", ("lma", "lma", {"address": [SECOND]}), *mags,
            ("pool", "internet", {"network": "10.30.0.0/16", "router": "10.30.0.1"}),
            python=python,
        )
        for ap in self.aps:
            ap.mag.configure(*self.sections(ap))

    def add_second_anchor(self):
        """Another anchor, another way to the same correspondent."""
        self.second_machine = second = Namespace("second", forwarding=True)
        router, correspondent = self.network.router, self.correspondent
        cable(router, "eth3", second, "eth0")
        router.add_address("eth3", "198.51.101.254/24")
        second.add_address("eth0", SECOND + "/24")
        second.route("default", "198.51.101.254")
        cable(second, "eth1", correspondent, "eth1")
        second.add_address("eth1", "203.0.114.1/24")
        correspondent.add_address("eth1", "203.0.114.80/24")
        second.route(CORRESPONDENT + "/32", "203.0.114.80")
        correspondent.route("10.30.0.0/16", "203.0.114.1")

    @staticmethod
    def sections(ap, **profile):
        """A gateway's configuration; `profile` are mn1's options."""
        sections = [*ap.sections(ANCHOR[4], timestamp="on")]
        for name, address, encapsulation, *_ in TRANSPORTS[1:]:
            sections.append(
                ("anchor", name, {"address": address, "encapsulation": encapsulation}))
        if profile:
            sections.append(("profile", "one", {"match": "mn1@example.org", **profile}))
        return sections

    def begin(self):
        self.second.start()
        self.network.wait_for(self.second)

    def choose(self, **profile):
        """Both gateways take over another profile of mn1."""
        for ap in self.aps:
            ap.mag.configure(*self.sections(ap, **profile))
            ap.mag.tell("reload")

    def arrive(self, ap):
        """The phone comes to `ap` as if for the first time."""
        phone = self.phone
        if phone.dhcp.process:
            phone.dhcp.stop()
            phone.run("ip", "address", "flush", "dev", "wlan0")
        before = len(phone.dhcp.leases())
        self.network.join(phone, ap)
        phone.dhcp.start()
        self.watch.until(lambda: len(phone.dhcp.leases()) > before, 20, "a new lease")
        self.network.look_around(phone)

    def make_addresses(self):
        """The phone has made an IPv6 address in the prefix that the anchor assigned."""
        self.watch.until(lambda: self.phone.addresses6, 20, "an IPv6 address")

    def leave(self):
        """The phone leaves, and its session ends."""
        since = now()
        self.phone.supplicant.disconnect()
        self.watch.expect(
            10, kind="PBU", text=f"de-registration  {self.phone.identity}", since=since)
        self.watch.rest(0.3)

    def client(self, ap):
        """What `pmip clients` says of the phone."""
        return ap.mag.tell("clients", self.phone.mac)["clients"][0]

    def binding(self, phone, lma=None):
        """The phone's binding at an anchor, or None."""
        found = [each for each in (lma or self.lma).tell("bindings")["bindings"]
                 if each["node"] == phone.identity and each["state"] == "registered"]
        return found[0] if found else None

    def transport(self, name, address, encapsulation, protocols, mtu, versions):
        """Attach, traffic, roam, traffic: all through tunnels of this one kind."""
        self.choose(anchor=name)
        wires = [Capture(self.network.router, f"eth{number}") for number in (1, 2)]
        self.arrive(self.aps[0])
        if 6 in versions:
            self.make_addresses()
        home, prefix = self.phone.address, self.phone.addresses6
        lma = self.second if name == "second" else self.lma
        keys = [self.judge(name, address, encapsulation, mtu, lma, 1)]
        self.traffic(name, versions, mtu)
        self.roam(self.phone, self.aps[1])
        keys.append(self.judge(name, address, encapsulation, mtu, lma, 2))
        self.check(f"{name}: the same address after a roam",
                   (self.phone.address, self.phone.addresses6) == (home, prefix))
        self.traffic(f"{name}, after a roam", versions, mtu)
        if name == "keyed":
            self.restart(name, keys[1])
        self.leave()
        for number, wire in enumerate(wires, 1):
            self.judge_wire(f"{name}, ap{number}", wire, address, protocols, versions,
                            keys[number - 1])
        if encapsulation == "gre-key":
            self.check(f"{name}: the anchor has kept the uplink key", keys[0][1] == keys[1][1],
                       keys)
            self.watch.until(lambda: "_keys" not in self.anchor.run("nft", "list", "tables"), 10,
                             "the anchor needs no keys any more")

    def single(self, name, mtu):
        """Phones that are to have one IP version get no other."""
        self.choose(anchor=name, ip="4")
        self.arrive(self.aps[0])
        self.traffic(f"{name}, IPv4 alone", (4,), mtu)
        self.check(f"{name}, IPv4 alone: no IPv6 address", not self.phone.addresses6)
        self.leave()
        self.phone.dhcp.stop()
        self.phone.run("ip", "address", "flush", "dev", "wlan0", "scope", "global")
        self.choose(anchor=name, ip="6")
        self.network.join(self.phone, self.aps[0])
        self.make_addresses()
        self.traffic(f"{name}, IPv6 alone", (6,), mtu)
        binding = self.binding(self.phone)
        self.check(f"{name}, IPv6 alone: no IPv4 address", not binding["address"], binding)
        self.leave()

    def judge(self, name, address, encapsulation, mtu, lma, number):
        """Gateway and anchor agree on where the phone is; return its GRE keys, down and up."""
        client = self.client(self.aps[number - 1])
        self.check(f"{name}: ap{number} serves it through {address}",
                   (client["anchor"], client["address"]) == (address, self.phone.address), client)
        binding = self.binding(self.phone, lma)
        mag = ACCESS_POINTS[6 if ":" in address else 4].format(number)
        self.check(f"{name}: the anchor has it at {mag}, by {encapsulation}", binding and
                   (binding["mag"], binding["local"], binding["encapsulation"])
                   == (mag, address, encapsulation), binding)
        self.check(f"{name}: its MTU is {mtu}", self.phone.lease().mtu == str(mtu),
                   self.phone.lease())
        keys = client["gre_keys"]
        self.check(f"{name}: both know its GRE keys, {keys}", binding and (
            bool(keys) == (encapsulation == "gre-key")
            and binding["gre_keys"] == (keys and keys[::-1])), binding)
        return keys

    def restart(self, name, keys):
        """Both daemons are killed and start anew: the keys stay, and no packet is lost."""
        probe = Probe(self.phone, self.phone.address, self.correspondent, CORRESPONDENT)
        for daemon in (self.aps[1].mag, self.lma):
            since = now()
            daemon.kill()
            daemon.start()
            self.network.wait_for(daemon)
            if daemon is not self.lma:
                self.watch.expect(10, actor="ap2", kind="PBA", text=self.phone.address, since=since)
        probe.stop()
        for direction, arrivals in (("up", probe.up), ("down", probe.down)):
            number = len(arrivals.packets)
            self.check(f"{name}: daemons killed: not one of {number} packets {direction} lost",
                       number > 100 and arrivals.lost == 0, arrivals.lost)
        self.check(f"{name}: daemons killed: the same keys",
                   self.client(self.aps[1])["gre_keys"] == keys
                   and self.binding(self.phone)["gre_keys"] == keys[::-1])

    def traffic(self, what, versions, mtu):
        """Pings as large as the tunnel allows, and a download of which every byte is right."""
        for version in versions:
            correspondent, headers, _ = VERSIONS[version]
            for size in (56, mtu - headers):
                self.check(f"{what}: an IPv{version} ping of {size + headers} octets",
                           self.echoes(correspondent, size))
            transfer = Transfer(self.phone, self.correspondent, correspondent)
            self.watch.until(lambda download=transfer: download.received > 50_000, 20, "50 kB")
            received, _, problem = transfer.stop()
            self.check(f"{what}: a download by IPv{version}",
                       problem is None and received > 50_000, problem or received)

    def echoes(self, destination, size):
        """Whether a ping of this size gets there whole, and back."""
        try:
            return " 2 received" in self.phone.run(
                "ping", "-n", "-c", "2", "-i", "0.2", "-W", "2", "-M", "do", "-s", str(size),
                destination)
        except RuntimeError:
            return False

    def judge_wire(self, what, wire, address, protocols, versions, keys):
        """Signalling and clients' packets are as they should be, and nothing else of clients."""
        outer = "ipv6" if ":" in address else "ip"
        rows = wire.fields("ip || ipv6", "frame.protocols", f"{outer}.addr", "gre.key")
        expected = []
        for version in versions:
            form = f"{protocols}:{VERSIONS[version][2]}"
            seen = [row for row in rows if row[0].startswith(form + ":") and address in row[1]]
            self.check(f"{what}: {len(seen)} packets in the tunnel, as {form}", len(seen) > 20)
            expected += seen
        mobility = [row for row in rows if "mipv6" in row[0] and address in row[1]]
        self.check(f"{what}: signalling over {outer}", len(mobility) >= 2, mobility)
        other = [row for row in rows if is_tunnelled(row[0]) and row not in expected]
        self.check(f"{what}: no other tunnel", not other, other[:3])
        seen_keys = {int(row[2], 16) if row[2] else None for row in expected}
        self.check(f"{what}: the GRE keys are {keys}", seen_keys == set(keys or [None]), seen_keys)
        fragments = wire.count("ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr")
        self.check(f"{what}: nothing is fragmented", fragments == 0, fragments)

    def service(self):
        """A profile asks for another service, which has another pool."""
        self.choose(service="iot")
        self.arrive(self.aps[0])
        self.check("a service of its own: an address of its pool",
                   self.phone.address.startswith("10.40."), self.phone.address)
        self.check("a service of its own: the anchor names the pool",
                   self.binding(self.phone)["pool"] == "things", self.binding(self.phone))
        self.leave()
        self.choose(allow="0")
        since = now()
        self.phone.supplicant.select(self.aps[0].hostapd.frequency)
        self.watch.expect(20, actor="ap1", kind="AP-STA-CONNECTED", since=since)
        self.watch.rest(1)
        sent = self.watch.find(actor="ap1", kind="PBU", text=self.phone.identity, since=since)
        self.check("a profile that forbids: nothing is registered", not sent)
        log = self.aps[0].mag.log()
        self.check("a profile that forbids: the log says so",
                   f"{self.phone.mac}: not served: " in log, log[-1000:])
        self.phone.supplicant.disconnect()
        self.watch.rest(0.3)
        self.choose()

    def static_address(self):
        """The anchor keeps an address for mn2."""
        self.attach(self.other, self.aps[0])
        self.check(f"mn2 gets the address kept for it, {STATIC}", self.other.address == STATIC,
                   self.other.address)
        self.check("and is served", self.reachable(self.other))

    def revoke(self):
        """The anchor's administrator ends a session: the phone is sent away, and told."""
        self.arrive(self.aps[0])
        what, since = "revoked by the anchor's administrator", now()
        answer = self.lma.tell("revoke", self.phone.identity)
        self.check(f"{what}: one session", answer == {"sessions": 1}, answer)
        asked = self.watch.expect(5, actor="ap1", kind="BRI", since=since)
        self.check(f"{what}: trigger 1", "trigger 1" in asked.text, asked.text)
        answered = self.watch.expect(5, actor="anchor", kind="BRA", since=since)
        self.check(f"{what}: accepted", "status 0" in answered.text, answered.text)
        self.sent_away(what, since)

    def detach(self):
        """The access point's administrator ends a session."""
        self.arrive(self.aps[0])
        what, since = "detached", now()
        self.aps[0].mag.tell("detach", self.phone.mac)
        self.watch.expect(
            5, actor="anchor", kind="PBU", text=f"de-registration  {self.phone.identity}",
            since=since)
        self.sent_away(what, since)
        try:
            said = str(self.aps[0].mag.tell("detach", "02:00:00:00:00:99"))
        except RuntimeError as error:
            said = str(error)
        self.check(f"{what}: a client that there is not", "there is no client" in said, said)

    def sent_away(self, what, since):
        """The phone was told, and is gone everywhere; it may come again."""
        told = self.watch.expect(
            5, actor="mn1", kind="CTRL-EVENT-DISCONNECTED", since=since)
        self.check(f"{what}: the phone is told", "reason=3" in told.text
                   and "locally" not in told.text, told.text)
        self.phone.supplicant.disconnect()      # it would come again at once
        gone = self.watch.expect(5, actor="ap1", kind="AP-STA-DISCONNECTED", since=since)
        self.check(f"{what}: hostapd has let it go", gone)
        self.watch.rest(1.5)
        left = self.aps[0].run("ip", "route", "show", "table", "all", "proto", "213")
        self.check(f"{what}: nothing forwards for it", f"{self.phone.address} " not in left, left)
        self.check(f"{what}: the anchor has no session of it", self.binding(self.phone) is None)
        self.check(f"{what}: the other phone is served", self.reachable(self.other))

    def judge_daemons(self):
        for daemon in (*self.network.daemons, self.second):
            self.check(f"{daemon.program} of {daemon.machine.name} has written no traceback",
                       daemon.running and "Traceback" not in daemon.log(), daemon.log()[-2000:])


def main(arguments):
    """Run it."""
    with Transports(arguments[0] if arguments else "micropython") as bed:
        bed.begin()
        for transport in TRANSPORTS:
            bed.transport(*transport)
        bed.single("plain", 1480)
        bed.service()
        bed.static_address()
        bed.revoke()
        bed.detach()
        bed.judge_daemons()


if __name__ == "__main__":
    main(sys.argv[1:])
