# SPDX-License-Identifier: GPL-2.0-or-later
"""Both daemons are killed and restarted, reloaded and flushed while a phone talks.

restart.py [micropython]
"""

import os
import sys

from bed.attachment import Arp, Dhcp
from bed.network import CORRESPONDENT, CORRESPONDENT6
from bed.probe import Probe
from bed.scenario import Scenario
from bed.snapshot import Snapshot, difference
from bed.watch import now

DNS = 6
TABLE_DOWN = "52131"
STRAY_MAC = "02:00:00:00:00:77"
LMA_OPTIONS = {"delete_delay": "1000"}


class Restart(Scenario):
    """One phone, mn1, that never stops talking, and another, mn2, that is just there."""

    def begin(self):
        self.network.lma.configure(*self.lma_sections())
        self.network.start_radios()
        self.clean = [Snapshot(machine) for machine in self.network.machines]
        self.network.start_daemons()
        for phone in self.phones:
            self.watch.add(Dhcp(phone))
            self.attach(phone, self.aps[0])
            self.reachable(phone)
            self.watch.until(
                lambda phone=phone: phone.addresses6, 10, f"{phone.name} has an IPv6 address")
        self.phone = self.phones[0]
        self.address, self.address6 = self.phone.address, self.phone.addresses6[0]

    def lma_sections(self, **options):
        """The anchor's configuration, with other options in section lma."""
        kind, name, usual = self.network.lma_sections()[0]
        return [(kind, name, {**usual, **LMA_OPTIONS, **options})] + (
            self.network.lma_sections()[1:])

    def undisturbed(self, machine, daemon, disturb, what):
        """Kill `daemon`, `disturb()`, start it: nobody notices, and the kernel is as before."""
        before, indexes = Snapshot(machine), self.indexes(machine)
        probe = Probe(self.phone, self.address, self.correspondent, CORRESPONDENT)
        self.watch.rest(0.3)
        since = now()
        daemon.kill()
        disturb()
        self.check(f"{what}: the strays were there",
                   len(difference(before, Snapshot(machine))) >= 4)
        self.watch.rest(0.3)
        daemon.start()
        self.network.wait_for(daemon)
        self.watch.rest(0.7)
        probe.stop()
        for direction, arrivals in (("up", probe.up), ("down", probe.down)):
            number = len(arrivals.packets)
            self.check(f"{what}: not one of {number} packets {direction} lost",
                       number > 1000 and arrivals.lost == 0, f"{arrivals.lost} lost of {number}")
        after = difference(before, Snapshot(machine))
        self.check(f"{what}: the kernel is as before, strays are gone", not after,
                   "\n    ".join(["", *after]))
        self.check(f"{what}: the same tunnel devices", self.indexes(machine) == indexes,
                   self.indexes(machine))
        self.check(f"{what}: no traceback", "Traceback" not in daemon.log())
        return since

    @staticmethod
    def indexes(machine):
        """{name: index} of the machine's links."""
        return {link.get_attr("IFLA_IFNAME"): link["index"] for link in machine.ip.get_links()}

    def kill_gateway(self):
        """pmip-mag of ap1."""
        ap = self.aps[0]
        for phone in self.phones:
            self.watch.add(Arp(phone))
        since = self.undisturbed(ap, ap.mag, self.litter_access_point, "pmip-mag killed")
        for phone in self.phones:
            update = self.watch.expect(
                5, actor="ap1", kind="PBU", text=f"{phone.identity}  HI 5", since=since)
            answer = self.watch.expect(
                5, actor="ap1", kind="PBA", text=phone.address, since=update.time)
            self.check(f"pmip-mag killed: {phone.name}'s session is refreshed, HI 5",
                       "status 0" in answer.text, answer.text)
        states = {client["state"] for client in ap.mag.tell("clients")["clients"]}
        self.check("pmip-mag killed: it knows both sessions again", states == {"active"}, states)
        asked = [bool(self.watch.find(actor=phone.name, kind="ARP request", text=phone.address,
                                      since=since)) for phone in self.phones]
        self.check("pmip-mag killed: each station was asked first whether it is there", all(asked),
                   asked)

    def litter_access_point(self):
        """Everything of which a dying gateway could leave a part."""
        run = self.aps[0].run

        def route(address):
            run("ip", "route", "add", address, "dev", "wlan0", "table", TABLE_DOWN, "proto", "213")

        def neighbour(address):
            run("ip", "neigh", "add", address, "lladdr", STRAY_MAC, "dev", "wlan0", "nud",
                "permanent", "protocol", "213")

        def element(address):
            run("nft", "add element netdev pmip clients { \"wlan0\" . %s . %s : 0x52130000 }"
                % (STRAY_MAC, address))

        route("10.20.77.1")
        neighbour("10.20.77.2")
        element("10.20.77.3")
        for add in (route, neighbour, element):
            add("10.20.77.4")
        run("ip", "-6", "neigh", "add", "fe80::2001:db8:177:1", "lladdr", STRAY_MAC, "dev", "wlan0",
            "nud", "permanent", "protocol", "213")
        run("ip", "-6", "route", "add", "2001:db8:177:1::/64", "via", "fe80::2001:db8:177:1", "dev",
            "wlan0", "table", TABLE_DOWN, "proto", "213")
        run("nft", "add element netdev pmip prefixes { \"wlan0\" . %s . 2001:db8:177:2:: : "
            "0x52130000 }" % STRAY_MAC)
        run("ip", "link", "add", "pmip7", "type", "gre", "local", "10.1.1.2", "remote",
            "198.51.100.77", "ttl", "64")
        run("ip", "link", "set", "pmip7", "alias", "pmip-mag")
        run("ip", "rule", "add", "fwmark", "0x52130007", "lookup", "52144", "protocol", "213")

    def kill_anchor(self):
        """pmip-lma."""
        since = self.undisturbed(self.anchor, self.lma, self.litter_anchor, "pmip-lma killed")
        bindings = {
            each["address"]: each["state"] for each in self.lma.tell("bindings")["bindings"]}
        wanted = {phone.address: "registered" for phone in self.phones}
        self.check("pmip-lma killed: it knows both sessions again", bindings == wanted, bindings)
        heartbeats = self.watch.find(actor="anchor", kind="Heartbeat", since=since)
        self.check("pmip-lma killed: it does not say that sessions were lost", not heartbeats)

    def litter_anchor(self):
        """Everything of which a dying anchor could leave a part."""
        run = self.anchor.run
        run("ip", "route", "add", "10.20.77.1", "dev", "lma0", "proto", "214")
        run("ip", "route", "add", "blackhole", "10.20.77.2", "proto", "214")
        run("ip", "-6", "route", "add", "blackhole", "2001:db8:177:1::/64", "proto", "214")
        run("ip", "link", "add", "lma7", "type", "gre", "local", "198.51.100.1", "remote",
            "10.1.1.77", "ttl", "64")
        run("ip", "link", "set", "lma7", "alias", "pmip-lma", "up")
        run("ip", "route", "add", "10.20.77.3", "dev", "lma7", "proto", "214")

    def move_on(self, ap):
        """After all that a roam still works."""
        roam = self.roam(self.phone, ap)
        self.watch.until(lambda: self.reachable(self.phone), 5, "traffic after the roam")
        self.check(f"then a roam to {ap.name} works, with the same address",
                   roam.name == ap.name and self.phone.address == self.address)
        self.check(f"and with the same IPv6 address at {ap.name}",
                   self.address6 in self.phone.addresses6 and self.reachable6())
        other = [each for each in self.aps if each is not ap][0]
        left = self.watch.expect(5, actor=other.name, kind="BRA", since=roam.begin)
        self.check(f"and {other.name} gives the session up", "status 0" in left.text, left.text)

    def reachable6(self):
        """Whether the phone reaches the correspondent over IPv6."""
        return bool(self.phone.ping(CORRESPONDENT6))

    def roam_behind_its_back(self, forgetful):
        """mn2 roams to ap2 while ap1's gateway is dead; ap1's hostapd still lists it."""
        phone, (old, new) = self.phones[1], self.aps
        how = "with no journal" if forgetful else "with a journal"
        old.mag.kill()
        self.roam(phone, new)
        if forgetful:
            os.remove(old.mag.directory + "/bindings")
        since = now()
        old.mag.start()
        self.network.wait_for(old.mag)
        self.watch.expect(
            10, actor="ap1", kind="AP-STA-DISCONNECTED", text=phone.mac, since=since)
        stolen = self.watch.find(actor="ap1", kind="PBU", text="lifetime", since=since)
        stolen = stolen and phone.identity in stolen.text
        self.check(f"restarted {how}: a station that roamed away is not claimed", not stolen)
        self.watch.rest(0.3)
        served = {each["node"]: each["mag"] for each in self.lma.tell("bindings")["bindings"]}
        self.check(f"restarted {how}: the anchor knows where it is",
                   served[phone.identity] == "10.1.2.2", served)
        self.check(f"restarted {how}: it is served there", self.reachable(phone))
        left = {each["mac"] for each in old.mag.tell("clients")["clients"]}
        self.check(f"restarted {how}: the one that stayed has its session, the other has none",
                   left == {self.phone.mac} and self.reachable(self.phone), left)
        phone.supplicant.disconnect()
        phone.supplicant.forget_keys()
        self.network.join(phone, old)   # by EAP, so that hostapd knows its name again
        self.network.look_around(phone)
        self.check(f"restarted {how}: and it can come back", self.reachable(phone))

    def reload_gateway(self):
        """Another lifetime and DNS server, and a mistake."""
        ap = self.aps[0]
        section = {"lma": "198.51.100.1", "timestamp": "on", "dns": ["192.0.2.99"],
                   "lifetime": "600"}
        access = {"device": "wlan0", "hostapd": ap.hostapd.directory}
        before = Snapshot(ap)
        probe = Probe(self.phone, self.address, self.correspondent, CORRESPONDENT)
        self.watch.rest(0.2)
        ap.mag.configure(("mag", "mag", {**section, "lma": "nonsense"}),
                         ("access", "wlan", access))
        said = self.refused(ap.mag)
        self.check("reload: a mistake is refused, naming section, option and value",
                   all(word in said for word in ("mag", "lma", "nonsense")), said)
        ap.mag.configure(("mag", "mag", section), ("access", "wlan", access))
        pid, since = ap.mag.process.pid, now()
        ap.mag.tell("reload")
        update = self.watch.expect(5, actor="ap1", kind="PBU", text="mn1", since=since)
        self.check("reload: the session is refreshed with the new lifetime",
                   "lifetime 600 s" in update.text and "HI 5" in update.text, update.text)
        self.watch.rest(0.5)
        self.phone.dhcp.renew()
        answer = self.watch.expect(5, actor="mn1", kind="DHCPACK", since=since)
        self.check("reload: a renewal tells of the new DNS server",
                   answer.detail.get(DNS) == bytes((192, 0, 2, 99)), answer.detail)
        probe.stop()
        self.check("reload: not one packet lost", probe.up.lost == probe.down.lost == 0 and
                   len(probe.down.packets) > 500, (probe.up.lost, probe.down.lost))
        after = difference(before, Snapshot(ap))
        self.check("reload: the kernel is as before", not after, after)
        self.check("reload: the same process", ap.mag.running and ap.mag.process.pid == pid)

    def refused(self, daemon):
        """What the user is told when a reload fails."""
        try:
            return str(daemon.tell("reload"))
        except RuntimeError as error:
            return str(error)

    def reload_anchor(self):
        """A shorter lifetime, a gateway less, and a mistake."""
        sections = self.lma_sections(lifetime="300")
        self.lma.configure(*sections, ("pool", "second", {"network": "10.20.9.0/24",
                                                          "router": "10.20.9.1"}))
        said = self.refused(self.lma)
        self.check("reload of pmip-lma: a mistake is refused, naming it",
                   "second" in said and "10.20.9.0/24" in said, said)
        without_ap2 = [section for section in sections if section[1] != "ap2"]
        self.lma.configure(*without_ap2)
        self.lma.tell("reload")
        begin = now()
        self.phones[1].supplicant.roam(self.aps[1].bssid)
        answer = self.watch.expect(10, actor="ap2", kind="PBA", since=begin)
        self.check("reload of pmip-lma: a gateway that is not listed any more is refused",
                   "status 154" in answer.text, answer.text)
        self.lma.configure(*sections)
        self.lma.tell("reload")
        begin = now()
        self.phones[1].supplicant.roam(self.aps[0].bssid)
        answer = self.watch.expect(
            10, actor="ap1", kind="PBA", text="lifetime 300 s  status 0  mn2", since=begin)
        self.check("reload of pmip-lma: the new lifetime is granted", answer)

    def damage(self):
        """The journals are full of rubbish; the sessions are not lost for it."""
        for daemon, actor in ((self.aps[0].mag, "ap1"), (self.lma, "anchor")):
            self.damage_journal(daemon, actor)
        for phone in self.phones:
            self.watch.until(lambda phone=phone: self.reachable(phone), 20, f"{phone.name} served")
            self.check(f"damaged journals: {phone.name} is served, by the address it had",
                       self.lma_address(phone) == phone.address, self.lma_address(phone))
        self.check("damaged journals: and by its IPv6 address",
                   self.address6 in self.phone.addresses6 and self.reachable6())

    def lma_address(self, phone):
        """The home address that the anchor has for the phone now."""
        return [each["address"] for each in self.lma.tell("bindings")["bindings"]
                if each["node"] == phone.identity][0]

    def damage_journal(self, daemon, actor):
        bindings = daemon.directory + "/bindings"
        daemon.kill()
        with open(bindings, "rb") as file:
            records = file.readlines()
        record = records[0]
        rubbish = [
            record[:len(record) // 2], os.urandom(300).replace(b"\n", b""), b"{}",
            record[:-3] + b"!!", b"00000000 02:00:00:00:00:55 {}", record[:20],
        ]
        with open(bindings, "wb") as file:
            file.write(b"\n".join([record[:-20], *rubbish]))
        with open(bindings + ".unfinished", "wb") as file:
            file.write(record[:20])
        since = len(daemon.log())
        daemon.start()
        self.network.wait_for(daemon)
        self.watch.rest(1.5)
        log = daemon.log()[since:]
        self.check(f"damaged journal of {actor}: served nevertheless, the damage is told",
                   daemon.running and "journal: 7 records are unreadable" in log
                   and "Traceback" not in log, log)
        with open(bindings, "rb") as file:
            left = file.read()
        self.check(f"damaged journal of {actor}: rubbish is cleared away",
                   not [each for each in rubbish if each in left], left)

    def flush(self):
        """Good-bye."""
        since = now()
        self.aps[0].mag.tell("flush")
        for phone in self.phones:
            self.watch.expect(
                5, actor="ap1", kind="PBU", text=f"de-registration  {phone.identity}", since=since)
        self.aps[1].mag.tell("flush")
        for ap in self.aps:
            ap.mag.process.wait(10)
        self.lma.tell("flush")
        self.lma.process.wait(10)
        self.watch.rest(0.3)
        for before, machine in zip(self.clean, self.network.machines, strict=True):
            changes = difference(before, Snapshot(machine))
            self.check(f"flush: nothing is left on {machine.name}", not changes,
                       "\n    ".join(["", *changes]))


def main(arguments):
    """Run it."""
    python = arguments[0] if arguments else "cpython"
    with Restart(phones=2, running=False, python=python, ip="dual") as bed:
        bed.begin()
        bed.kill_gateway()
        bed.kill_anchor()
        bed.move_on(bed.aps[1])
        bed.move_on(bed.aps[0])
        bed.roam_behind_its_back(forgetful=False)
        bed.roam_behind_its_back(forgetful=True)
        bed.reload_gateway()
        bed.reload_anchor()
        bed.damage()
        bed.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
