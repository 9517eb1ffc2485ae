# SPDX-License-Identifier: GPL-2.0-or-later
"""Phones with IPv6: addresses that they make themselves, kept over roams, and heard of by nobody
else.

ipv6.py [4|6 [dual|6 [micropython]]]      transport, the phones' IP versions, Python
"""

# run: 4 dual
# run: 6 dual micropython
# run: 4 6 micropython

import ipaddress
import sys

from support.frames import information_request, transmit

from bed.capture import Capture
from bed.network import ANCHOR, CORRESPONDENT, CORRESPONDENT6, DNS6
from bed.probe import Probe
from bed.scenario import Scenario
from bed.snapshot import Snapshot, difference
from bed.transfer import Transfer
from bed.watch import now

ROUTER = "fe80::200:5eff:fe00:5213"
ROUTER_MAC = "00:00:5e:00:52:13"
MTU = {4: 1476, 6: 1456}
ADVERTISEMENT = "icmpv6.type == 134"
#: What the anchor keeps for the first phone: not one prefix, but two.
KEPT = ["2001:db8:100:20::/64", "2001:db8:100:21::/64"]
DISCOVERY = "icmpv6.type >= 133 && icmpv6.type <= 137"


def is_in(address, prefix):
    """Whether an address, as text, lies in a prefix."""
    return ipaddress.ip_address(address) in ipaddress.ip_network(prefix)


class Ipv6(Scenario):
    """Two phones at one access point, of which one roams."""

    def begin(self):
        for phone in self.phones:
            phone.sysctl("net/ipv6/conf/wlan0/use_tempaddr", 2)     # as phones do
            phone.sysctl("net/ipv6/conf/wlan0/accept_dad", 1)
        self.network.start_radios()
        self.clean = [Snapshot(machine) for machine in self.network.machines]
        self.lma.configure(*self.network.lma_sections(), (
            "node", "first", {"match": self.phones[0].identity, "prefix": KEPT}))
        self.network.start_daemons()
        self.air = [Capture(phone, "wlan0") for phone in self.phones]
        self.wires = [Capture(self.network.router, f"eth{number}") for number in (1, 2)]
        for phone in self.phones:
            self.arrive(phone)
        self.phone, self.other = self.phones
        self.prefixes = [self.prefixes_of(phone) for phone in self.phones]

    def arrive(self, phone):
        """The phone associates and makes its addresses, half of them temporary."""
        prefixes = 2 if phone is self.phones[0] else 1
        if self.network.ip == "dual":
            self.attach(phone, self.aps[0])
        else:
            self.network.join(phone, self.aps[0])
            self.network.look_around(phone)
        self.watch.until(
            lambda: len(phone.addresses6) == 2 * prefixes, 20,
            f"{phone.name} has made two addresses in each prefix")

    def prefixes_of(self, phone):
        """What the anchor has assigned."""
        binding, = [each for each in self.lma.tell("bindings")["bindings"]
                    if each["node"] == phone.identity]
        return binding["prefixes"]

    def judge_addresses(self):
        for phone, prefixes in zip(self.phones, self.prefixes, strict=True):
            self.check(f"{phone.name} makes two addresses in each prefix of its own: {prefixes}",
                       all(sum(is_in(address, prefix) for address in phone.addresses6) == 2
                           for prefix in prefixes), phone.addresses6)
            client, = [each for each in self.aps[0].mag.tell("clients")["clients"]
                       if each["mac"] == phone.mac]
            self.check(f"the gateway knows {phone.name}'s prefixes, and not more",
                       client["prefixes"] == prefixes, client)
        self.check("one has those that are kept for it, the other another",
                   self.prefixes[0] == KEPT and self.prefixes[1][0] not in KEPT, self.prefixes)
        mtu = self.phone.run("cat", "/proc/sys/net/ipv6/conf/wlan0/mtu").strip()
        self.check("the phone has the tunnel's MTU", mtu == str(MTU[self.network.family]), mtu)

    def traffic(self, what, addresses):
        """Both ways, with each of these addresses of the phone."""
        phone = self.phone
        for address in addresses:
            self.check(f"{what}: ping from {address}", self.pings(
                phone, "-I", address, CORRESPONDENT6))
            self.check(f"{what}: ping to it", self.pings(self.correspondent, address))
        if self.network.ip == "dual":
            self.check(f"{what}: IPv4", self.pings(phone, CORRESPONDENT))

    @staticmethod
    def pings(machine, *options):
        try:
            return " 2 received" in machine.run(
                "ping", "-n", "-c", "2", "-i", "0.2", "-W", "2", *options)
        except RuntimeError:
            return False

    def meet(self):
        """The phones meet at the anchor."""
        self.check("the phones reach each other", self.pings(
            self.phone, self.other.addresses6[0]))

    def find_router(self):
        """Neighbour unreachability detection, resolution, and an address that is taken."""
        self.phone.run("ip", "-6", "neigh", "flush", "dev", "wlan0")
        self.check("the router is found by who has forgotten it",
                   self.pings(self.phone, CORRESPONDENT6))
        line = self.phone.run("ip", "-6", "neigh", "show", ROUTER, "dev", "wlan0")
        self.check("at the address that is the same everywhere", ROUTER_MAC in line, line)
        self.watch.rest(7)      # DELAY_FIRST_PROBE_TIME 5 s, and then it is probed
        line = self.phone.run("ip", "-6", "neigh", "show", ROUTER, "dev", "wlan0")
        self.check("it shows that it is there", "REACHABLE" in line or "STALE" in line, line)
        self.phone.run("ip", "-6", "address", "add", ROUTER + "/64", "dev", "wlan0")
        self.watch.rest(2)
        line = self.phone.run("ip", "-6", "address", "show", "dev", "wlan0", "to", ROUTER)
        self.check("its address cannot be taken", "dadfailed" in line, line)
        self.phone.run("ip", "-6", "address", "del", ROUTER + "/64", "dev", "wlan0")

    def ask_for_dns(self):
        """Some take DNS servers from DHCPv6 only."""
        local = self.phone.run("ip", "-6", "-o", "address", "show", "dev", "wlan0", "scope", "link")
        capture = Capture(self.phone, "wlan0")
        transmit(self.phone, information_request(self.phone.mac, local.split()[3].split("/")[0]))
        self.watch.rest(0.5)
        rows = capture.fields(
            "dhcpv6.msgtype == 7 && !icmpv6", "eth.dst", "dhcpv6.dns_server", "dhcpv6.xid")
        self.check("DHCPv6 tells of the DNS server",
                   rows == [(self.phone.mac, DNS6, "0x005213")], rows)

    def roams(self):
        """A download goes on over two roams, at the same addresses."""
        before = self.phone.addresses6
        transfer = Transfer(self.phone, self.correspondent, CORRESPONDENT6)
        self.watch.rest(0.5)
        for ap in (self.aps[1], self.aps[0]):
            self.roam(self.phone, ap)
            self.check(f"the same addresses at {ap.name}",
                       set(before) <= set(self.phone.addresses6), self.phone.addresses6)
            self.check(f"the same prefixes at {ap.name}",
                       self.prefixes_of(self.phone) == self.prefixes[0])
            self.traffic(f"at {ap.name}", [
                next(address for address in before if is_in(address, prefix)) for prefix in KEPT])
        received, stall, problem = transfer.stop()
        self.check("the download went on, every byte right", problem is None and received > 400_000,
                   problem or received)
        self.check("and never stood still for long", stall < 3000, stall)

    def change_versions(self):
        """Each IP version is taken from the phones and given back, by reloads."""
        address = self.phone.address
        held = [address, *KEPT]
        prefix = self.phone.addresses6[0]
        self.reload("4", [address], (address, CORRESPONDENT))
        self.watch.until(lambda: not self.routers(), 5, "the phone has no IPv6 router any more")
        self.reload("dual", held, (address, CORRESPONDENT))
        self.watch.until(self.routers, 5, "the phone has an IPv6 router again")
        self.check("its IPv6 addresses serve again", self.pings(
            self.phone, "-I", prefix, CORRESPONDENT6))
        self.reload("6", KEPT, (prefix, CORRESPONDENT6))
        self.check("its IPv4 address serves no more", not self.pings(self.phone, CORRESPONDENT))
        self.reload("dual", held, (prefix, CORRESPONDENT6))
        self.check("its IPv4 address serves again", self.pings(self.phone, CORRESPONDENT))

    def reload(self, ip, homes, ends):
        """With `option ip` the phone comes to have these homes; not one packet is lost between the
        `ends`, of an IP version that it has before and after."""
        ap = self.aps[0]
        own, far = ends
        probe = Probe(self.phone, own, self.correspondent, far)
        self.watch.rest(0.2)
        ap.mag.configure(*ap.sections(
            ANCHOR[self.network.family], dns=["192.0.2.53", DNS6], timestamp="on", ip=ip))
        ap.mag.tell("reload")
        self.watch.until(lambda: self.homes() == (homes, homes), 10,
                         f"ip '{ip}': gateway and anchor agree on {homes}")
        self.watch.rest(0.3)
        probe.stop()
        self.check(f"ip '{ip}': not one packet from {own} and to it is lost",
                   probe.up.lost == probe.down.lost == 0 and len(probe.down.packets) > 300,
                   (probe.up.lost, probe.down.lost, len(probe.down.packets)))

    def homes(self):
        """What the first phone has by its gateway and by the anchor, (None, None) in between."""
        try:
            binding, = [each for each in self.lma.tell("bindings")["bindings"]
                        if each["node"] == self.phone.identity]
            client, = [each for each in self.aps[0].mag.tell("clients")["clients"]
                       if each["mac"] == self.phone.mac]
        except (OSError, ValueError):
            return None, None
        return tuple([each["address"]] * bool(each["address"]) + each["prefixes"]
                     for each in (client, binding))

    def routers(self):
        """The phone's default routes of IPv6."""
        return self.phone.run("ip", "-6", "route", "show", "default")

    def part(self):
        """Phones leave; nothing is left."""
        for phone in self.phones:
            since = now()
            phone.supplicant.disconnect()
            self.watch.expect(
                10, kind="PBU", text=f"de-registration  {phone.identity}", since=since)
        self.watch.rest(0.5)
        held = self.aps[0].run("nft", "list", "map", "netdev", "pmip", "prefixes")
        self.check("no prefix is left in the filter", "2001:" not in held, held)
        for ap in self.aps:
            for what in ("route", "neigh"):
                left = ap.run("ip", "-6", what, "show", *(
                    ("table", "all") if what == "route" else ()), "proto", "213")
                left = [line for line in left.splitlines() if "2001:db8:1" in line]
                self.check(f"no {what} of a prefix is left at {ap.name}", not left, left)
        for daemon in self.network.daemons:
            daemon.tell("flush")
        self.watch.rest(1)
        for machine, snapshot in zip(self.network.machines, self.clean, strict=True):
            changes = difference(snapshot, Snapshot(machine))
            self.check(f"nothing of ours is left in the kernel of {machine.name}",
                       not changes, changes)

    def judge_air(self):
        """What each phone has heard of itself, and of the other: nothing."""
        for capture, phone, own, other, foreign in zip(
                self.air, self.phones, self.prefixes, self.phones[::-1], self.prefixes[::-1],
                strict=True):
            mine = capture.fields(ADVERTISEMENT, "eth.dst", "eth.src", "ipv6.src", "ipv6.dst",
                                  "icmpv6.opt.prefix", "icmpv6.opt.rdnss", "icmpv6.opt.mtu")
            self.check(f"{phone.name} has heard {len(mine)} advertisements", mine)
            advertised = ",".join(prefix.split("/")[0] for prefix in own)
            self.check(f"each to {phone.name} alone, of its own prefixes, of MTU and DNS server",
                       {row[:6] for row in mine} == {(
                           phone.mac, ROUTER_MAC, ROUTER, "ff02::1", advertised,
                           DNS6)} and all(row[6] for row in mine), set(mine))
            heard = capture.count(f"eth.src == {other.mac}")
            self.check(f"{phone.name} has heard no frame of {other.name}", heard == 0, heard)
            rows = capture.fields(DISCOVERY, "ipv6.src", "ipv6.dst", "icmpv6.opt.prefix",
                                  "icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address")
            heard = [row for row in rows if any(
                is_in(address, prefix) for prefix in foreign
                for address in ",".join(row).split(",") if address)]
            self.check(f"{phone.name} has heard nothing of the prefixes of {other.name}",
                       rows and not heard, heard)
            errors = capture.count("_ws.malformed || icmpv6.checksum.status == 0")
            self.check(f"tshark finds nothing wrong with what {phone.name} has heard",
                       errors == 0, errors)

    def judge_wires(self):
        outer = {4: "ip", 6: "ipv6"}[self.network.family]
        form = f"eth:ethertype:{outer}:gre:ipv6:"
        for number, wire in enumerate(self.wires, 1):
            rows = wire.fields("gre && icmpv6", "frame.protocols", "icmpv6.type")
            self.check(f"at ap{number} pings are in the tunnel as {form}icmpv6",
                       rows and all(row[0].startswith(form) for row in rows), rows[:3])
            local = [row for row in rows if 133 <= int(row[1].split(",")[0]) <= 137]
            self.check(f"at ap{number} no neighbour discovery is", not local, local)

    def judge_daemons(self):
        for daemon in self.network.daemons:
            self.check(f"{daemon.program} of {daemon.machine.name} has written no traceback",
                       "Traceback" not in daemon.log(), daemon.log()[-2000:])


def main(family="4", ip="dual", python="cpython"):
    """Run it."""
    with Ipv6(running=False, family=int(family), ip=ip, python=python, phones=2) as bed:
        bed.begin()
        bed.judge_addresses()
        bed.traffic("at first", bed.phone.addresses6)
        bed.meet()
        bed.find_router()
        bed.ask_for_dns()
        bed.roams()
        bed.judge_air()
        if ip == "dual":
            bed.change_versions()
        bed.part()
        bed.judge_wires()
        bed.judge_daemons()


if __name__ == "__main__":
    main(*sys.argv[1:])
