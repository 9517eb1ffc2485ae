# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip
"""Everything that goes wrong is logged in one clear line, counted, survived, and passes.

After each trouble both daemons still run and have written no traceback.  mn2 is at the other
access point, or at the same, and is served all the time.
"""

import os
import random
import re
import socket
import sys

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from support import frames

from bed import paths
from bed.attachment import Dhcp
from bed.daemon import ENVIRONMENT
from bed.network import ANCHOR
from bed.scenario import Scenario
from bed.sources import Control
from bed.watch import now
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

STRANGER = "198.51.100.66"
AP1 = "10.1.1.2"
PORT = 5436
TIMESTAMP, HANDOFF_INDICATOR, LINK_LAYER_IDENTIFIER = 27, 23, 25
HOUR = 3600


class Trouble(Scenario):
    """mn1 at ap1 gets into trouble, mn2 at ap2 does not."""

    def __init__(self):
        super().__init__(phones=2)
        network = self.network
        self.phone, self.other = self.phones
        self.ap, self.other_ap = self.aps
        for number, ap in enumerate(self.aps, 1):
            ap.mag.configure(*self.mag_sections(ap))
            ap.mag.number = number
        self.sections = [
            ("lma", "lma", {"address": list(ANCHOR.values())}),
            *(("mag", ap.name, {"address": [f"10.1.{n}.2", f"2001:db8:{n}::2"]})
              for n, ap in enumerate(self.aps, 1)),
            network.lma_sections()[-1],
        ]
        self.lma.configure(*self.sections)
        self.clock = os.path.join(self.ap.directory, "clock")
        folder = os.path.join(paths.REPOSITORY, "tests/kernel/support/stepped_clock")
        self.ap.mag.python = [
            "env", f"PYTHONPATH={ENVIRONMENT['PYTHONPATH']}:{folder}",
            f"STEPPED_CLOCK={self.clock}", *self.ap.mag.python,
        ]
        self.read = {daemon: 0 for daemon in network.daemons}

    @staticmethod
    def mag_sections(ap):
        """Two ways to the anchor, so that both kinds of signalling sockets are open."""
        return (
            *ap.sections(ANCHOR[4], timestamp="on"),
            ("anchor", "six", {"address": ANCHOR[6]}),
            ("profile", "nobody", {"match": "nobody@example.org", "anchor": "six"}),
        )

    def begin(self):
        for phone, ap in zip(self.phones, self.aps, strict=True):
            self.watch.add(Dhcp(phone))
            self.attach(phone, ap)

    # What to look for

    def news(self, daemon):
        """What the daemon has logged since the last call."""
        log = daemon.log()
        begin, self.read[daemon] = self.read[daemon], len(log)
        return log[begin:]

    def judge(self, what, daemon, pattern, counter=None, others=True):
        """One line of the daemon's log matches; it is counted; nobody else has suffered."""
        news = self.news(daemon)
        lines = [line for line in news.split("\n") if re.search(pattern, line)]
        self.check(f"{what}: one clear line", len(lines) == 1, news if not lines else lines)
        if counter:
            self.check(f"{what}: counted as '{counter}'", self.count(daemon, counter) >= 1,
                       daemon.tell("stats")["counters"])
        for each in self.network.daemons:
            self.check(f"{what}: {each.program} of {each.machine.name} is well",
                       each.running and "Traceback" not in each.log() and
                       "exception" not in each.log(), each.log()[-2000:])
        if others:
            self.check(f"{what}: the other phone is served", self.reachable(self.other))

    def count(self, daemon, counter):
        """The value of one of the daemon's counters."""
        return daemon.tell("stats")["counters"].get(counter, 0)

    def served(self, what, phone=None, seconds=90):
        """The phone comes back into service without anybody's help."""
        phone = phone or self.phone
        self.watch.until(lambda: self.reachable(phone), seconds, f"{what}: {phone.name} served")
        self.check(f"{what}: {phone.name} is served when it is over", True)

    def state(self, daemon):
        """{MAC: client} as `pmip clients` tells it."""
        return {client["mac"]: client for client in daemon.tell("clients")["clients"]}

    # How to make trouble

    def leave(self, phone=None):
        """The phone leaves, and the access point has heard of it."""
        phone = phone or self.phone
        since = now()
        phone.supplicant.disconnect()
        self.watch.expect(10, kind="AP-STA-DISCONNECTED", text=phone.mac, since=since)
        self.watch.rest(0.2)

    def go(self, phone, ap):
        """Roam, having looked who is on the air these days."""
        self.network.look_around(phone)
        self.roam(phone, ap)

    def lose(self, *match):
        """The router loses what matches from now on, until the returned function is called."""
        run, rule = self.network.router.run, ("priority", "10", *match, "type", "blackhole")
        run("ip", "rule", "add", *rule)
        return lambda: run("ip", "rule", "del", *rule)

    def send_to_ap(self, payload, source=ANCHOR[4], destination=AP1):
        """A datagram to ap1's signalling port that says to come from `source`."""
        router, ap = self.network.router, self.ap
        mac = [link.get_attr("IFLA_ADDRESS") for link in ap.ip.get_links(ap.index("eth0"))][0]
        frames.transmit(
            router, Ether(dst=mac) / IP(src=source, dst=destination)
            / UDP(sport=PORT, dport=PORT) / Raw(payload), interface="eth1")

    # The troubles

    def anchor_unreachable(self):
        """Updates are repeated after 1, 2, 4 ... 32 s, each with another time stamp."""
        what = "anchor unreachable"
        self.leave()
        found = self.lose("from", AP1, "to", ANCHOR[4])
        since = now()
        self.network.join(self.phone, self.ap)
        self.watch.rest(130)
        updates = self.watch.all(actor="ap1", kind="PBU", text="lifetime 3600", since=since)
        waits = [(after.time - before.time) / 1000
                 for before, after in zip(updates, updates[1:], strict=False)]
        wanted = [1, 2, 4, 8, 16, 32, 32]
        self.check(f"{what}: repeated after {wanted} s", len(waits) >= 7 and all(
            abs(wait - want) < 0.7 for wait, want in zip(waits, wanted, strict=False)), waits)
        stamps = [int.from_bytes(update.detail.options[TIMESTAMP], "big") for update in updates]
        apart = [(after - before) / 65536
                 for before, after in zip(stamps, stamps[1:], strict=False)]
        self.check(f"{what}: each time stamp is the time of that update", apart and all(
            abs(a - w) < 0.2 for a, w in zip(apart, waits, strict=True)), (apart, waits))
        sequences = [update.detail.sequence for update in updates]
        self.check(f"{what}: each has a sequence number of its own",
                   len(set(sequences)) == len(sequences), sequences)
        self.check(f"{what}: pmip clients shows it", self.state(self.ap.mag)[
            self.phone.mac]["state"] == "registering", self.state(self.ap.mag))
        found()
        self.served(what)
        self.judge(what, self.ap.mag, rf"{self.phone.mac} {self.phone.identity}.* anchor "
                   rf"{ANCHOR[4]} does not answer", "pbu.retransmitted")

    def anchor_refuses(self):
        """The access point is not listed."""
        what = "anchor refuses"
        self.leave()
        self.lma.configure(*(section for section in self.sections if section[1] != "ap1"))
        self.lma.tell("reload")
        since = now()
        self.network.join(self.phone, self.ap)
        self.watch.expect(10, actor="ap1", kind="PBA", text="status 154", since=since)
        self.watch.rest(0.5)
        self.check(f"{what}: pmip clients shows the reason", "154" in self.state(self.ap.mag)[
            self.phone.mac]["reason"], self.state(self.ap.mag))
        self.judge(what, self.ap.mag, rf"{self.phone.mac} {self.phone.identity}.*154.*"
                   "MAG_NOT_AUTHORIZED_FOR_PROXY_REG.*does not list this access point",
                   "pba.rejected.154")
        anchor_said = self.news(self.lma)
        self.check(f"{what}: the anchor's log names client, gateway and reason", re.search(
            rf"refuse {self.phone.identity} {self.phone.mac} mag {AP1}: "
            "MAG_NOT_AUTHORIZED_FOR_PROXY_REG", anchor_said), anchor_said)
        self.check(f"{what}: the anchor counts it",
                   self.count(self.lma, "MAG_NOT_AUTHORIZED_FOR_PROXY_REG") >= 1)
        self.lma.configure(*self.sections)
        self.lma.tell("reload")
        self.served(what)

    def false_answers(self):
        """Malformed ones, ones from strangers, ones that answer something else."""
        what = "false answers"
        self.leave()
        found = self.lose("iif", "eth0", "to", AP1)
        since = now()
        self.network.join(self.phone, self.ap)
        update = self.watch.expect(10, actor="ap1", kind="PBU", text="lifetime 36", since=since)
        good = self.acknowledgement(update.detail)
        mag = self.ap.mag
        for number, payload in enumerate((b"", good[:5], good[:-3], bytes(100), good[:1] * 200)):
            self.send_to_ap(payload)
            self.check(f"{what}: malformed ({number + 1})", not self.is_active())
        self.send_to_ap(good, source=STRANGER)
        self.check(f"{what}: from a stranger", not self.is_active())
        for name, changes in (
            ("a sequence number that was not sent", {"sequence": 4711}),
            ("another mobile node", {"identity": b"mn9@example.org", "stamp": 1}),
            ("no P flag", {"flags": 0}),
            ("another time stamp", {"stamp": 1}),
        ):
            self.send_to_ap(self.acknowledgement(update.detail, **changes))
            self.check(f"{what}: {name}", not self.is_active())
        self.check(f"{what}: all are counted",
                   self.count(mag, "signalling.malformed") >= 3
                   and self.count(mag, "signalling.stranger") >= 1
                   and self.count(mag, "pba.unexpected") >= 3
                   and self.count(mag, "pba.wrong_timestamp") >= 1,
                   mag.tell("stats")["counters"])
        self.news(mag)
        newest = self.watch.all(actor="ap1", kind="PBU", text="lifetime 36", since=since)[-1]
        self.send_to_ap(self.acknowledgement(newest.detail, handoff=2))
        self.check(f"{what}: a wrong echo", not self.is_active())
        quiet = now()
        self.watch.rest(70)
        self.check(f"{what}: after a wrong echo no update is repeated",
                   not self.watch.find(actor="ap1", kind="PBU", since=quiet))
        self.judge(what, mag, rf"{self.phone.mac} {self.phone.identity}.*Handoff Indicator",
                   "pba.wrong_echo")
        found()
        self.leave()
        self.network.join(self.phone, self.ap)
        self.served(what)

    def acknowledgement(self, update, sequence=None, identity=None, flags=header.BA_PROXY,
                        stamp=None, handoff=None):
        """What the anchor would answer, octet for octet, but for the changes."""
        said = update.options
        carried = [
            Option(options.MN_IDENTIFIER, subtype=1,
                   identifier=identity or self.phone.identity.encode()),
            Option(options.HANDOFF_INDICATOR,
                   indicator=handoff or said[HANDOFF_INDICATOR][1]),
            Option(options.ACCESS_TECHNOLOGY_TYPE, technology=4),
            Option(options.TIMESTAMP, time=stamp or int.from_bytes(said[TIMESTAMP], "big")),
            Option(options.GRE_KEY, key=None),
            Option(options.IPV4_HOME_ADDRESS_REPLY, prefix_length=16,
                   address=bytes((10, 20, 66, 66))),
            Option(options.IPV4_DEFAULT_ROUTER_ADDRESS, address=bytes((10, 20, 0, 1))),
        ]
        return header.encode(Message(
            header.BINDING_ACKNOWLEDGEMENT, carried, flags=flags, lifetime=900,
            sequence=update.sequence if sequence is None else sequence))

    def is_active(self):
        """Whether ap1 forwards for the phone."""
        self.watch.rest(0.05)
        client = self.state(self.ap.mag)[self.phone.mac]
        return client["router"] is not None

    def hostapd_dies(self):
        """hostapd is killed; the phone comes back by itself once there is a new one."""
        what = "hostapd killed"
        self.news(self.ap.mag)
        self.ap.hostapd.kill()
        self.watch.rest(3)
        self.judge(what, self.ap.mag, "access point on wlan0: no connection to hostapd")
        access = self.ap.mag.tell("status")["access"][0]
        self.check(f"{what}: pmip status shows it", not access["hostapd"], access)
        self.ap.hostapd.start()
        self.watch.add(Control("ap1", self.ap.hostapd.connect()))
        self.watch.rest(6)
        access = self.ap.mag.tell("status")["access"][0]
        self.check(f"{what}: connected to its successor", access["hostapd"], access)
        self.served(what)

    def dhcp_storm(self):
        """2000 messages of one phone; the other one at the same access point is served."""
        what = "DHCP storm"
        self.go(self.other, self.ap)
        before, drops = len(self.other.dhcp.leases()), self.count(self.ap.mag, "dhcp.dropped_rate")
        storm = [bytes(frames.discover(self.phone.mac, xid=xid)) for xid in range(100)]
        with self.phone.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("wlan0", 0))
            for number in range(2000):
                sender.send(storm[number % 100])
                if number == 1000:
                    self.other.dhcp.renew()
                if number % 100 == 0:
                    self.watch.rest(0.01)
        self.watch.until(lambda: len(self.other.dhcp.leases()) > before, 10, "renewal in a storm")
        self.check(f"{what}: the other phone's lease is renewed", True)
        dropped = self.count(self.ap.mag, "dhcp.dropped_rate") - drops
        self.check(f"{what}: most of it is dropped and counted", dropped > 1000, dropped)
        lines = self.news(self.ap.mag).count("\n")
        self.check(f"{what}: the log is not flooded", lines < 10, lines)
        self.served(what)
        self.go(self.other, self.other_ap)

    def garbage(self):
        """Random octets into every socket, when no handover is being revoked any more."""
        self.watch.rest(5)
        chance = random.Random(5213)
        ends = ((self.ap, self.ap.mag), (self.anchor, self.lma))
        before = {daemon: self.network_state(daemon) for _, daemon in ends}
        for machine, daemon in ends:
            self.garbage_signalling(chance, machine)
            self.garbage_control(chance, daemon)
        self.garbage_on_the_air(chance)
        self.watch.rest(1)
        for daemon in before:
            what = f"garbage to {daemon.program}"
            said = self.news(daemon)
            self.check(f"{what}: it is well and answers", daemon.running and "Traceback" not in
                       daemon.log() and "exception" not in daemon.log(), said[-3000:])
            self.check(f"{what}: the log is not flooded", said.count("\n") < 20, said[-3000:])
            self.check(f"{what}: it holds the same sessions",
                       self.network_state(daemon) == before[daemon], before[daemon])
        counters = self.ap.mag.tell("stats")["counters"]
        for counter in ("signalling.malformed", "signalling.stranger", "arp.malformed",
                        "dhcp.malformed"):
            self.check(f"garbage: counted as '{counter}'", counters.get(counter, 0) > 10, counters)
        for counter in ("malformed", "unlisted gateways"):
            self.check(f"garbage: the anchor counts '{counter}'",
                       self.count(self.lma, counter) > 10, self.lma.tell("stats"))
        self.served("garbage")
        self.served("garbage", self.other)

    @staticmethod
    def network_state(daemon):
        """Who has which address."""
        if daemon.program == "pmip-mag":
            return {(each["mac"], each["address"]) for each in daemon.tell("clients")["clients"]}
        return {(each["node"], each["address"], each["mag"])
                for each in daemon.tell("bindings")["bindings"]}

    def garbage_signalling(self, chance, machine):
        """From an address that is listened to, and from another; some look like messages."""
        own, peer, peer_machine, interface = {
            "ap1": (AP1, ANCHOR[4], self.network.router, "eth1"),
            "anchor": (ANCHOR[4], AP1, self.network.router, "eth0"),
        }[machine.name]
        own6, peer6 = {"ap1": ("2001:db8:1::2", ANCHOR[6]),
                       "anchor": (ANCHOR[6], "2001:db8:1::2")}[machine.name]
        link = machine.ip.get_links(machine.index("eth0"))[0]
        ether = Ether(dst=link.get_attr("IFLA_ADDRESS"))
        sent = []
        for number in range(300):
            data = chance.randbytes(chance.randrange(0, 200))
            if number % 2:      # a header that is right as far as it goes
                data = bytes((59, max(len(data) // 8 - 1, 0), chance.choice((5, 6, 13, 16, 19)),
                              0)) + data[4:len(data) // 8 * 8]
            source = peer if number % 3 else STRANGER
            sent.append(ether / IP(src=source, dst=own) / UDP(sport=PORT, dport=PORT) / Raw(data))
            sent.append(ether / Raw(_ipv6(peer6 if number % 3 else "2001:db8:9::9", own6, data)))
            sent[-1][Ether].type = 0x86DD
        heartbeat = header.encode(Message(header.HEARTBEAT, flags=0, sequence=1))
        sent += [ether / IP(src=STRANGER, dst=own) / UDP(sport=PORT, dport=PORT) / Raw(heartbeat)
                 ] * 20
        for number in range(0, len(sent), 100):
            frames.transmit(peer_machine, *sent[number:number + 100], interface=interface)
            self.watch.rest(0.1)    # a socket's buffer does not hold them all

    def garbage_control(self, chance, daemon):
        """To the control socket: noise, half requests, requests of the wrong kind."""
        requests = [chance.randbytes(500) + b"\n", b"{" * 3000 + b"\n", b"x" * 10000, b"[]\n",
                    b"null\n", b'{"verb": 5}\n', b'{"verb": "detach"}\n', b'{"verb": "clients", '
                    b'"mac": []}\n', b'{"verb": "revoke", "node": {}}\n', b'{"verb": "clock"}\n',
                    b'{"verb": "sta', b"\0\0\0\n", b"\n" * 50]
        clients = []
        for request in requests * 2:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(0.05)
            try:
                client.connect(daemon.control)
                client.send(request)
                client.recv(4096)
            except OSError:
                pass    # cut off, or left without an answer: both are right
            clients.append(client)
        for client in clients:
            client.close()

    def garbage_on_the_air(self, chance):
        """ARP, DHCP and neighbour discovery that are none."""
        mac, sent = self.phone.mac, []
        for _ in range(150):
            sent.append(Ether(src=mac, dst=frames.EVERYONE, type=0x0806)
                        / Raw(chance.randbytes(chance.randrange(0, 60))))
            sent.append(bytes(frames.arp_request(mac, self.phone.address, "10.20.0.1"))[:chance.
                        randrange(14, 42)])
            sent.append(frames.datagram(mac, frames.EVERYONE, "0.0.0.0", "255.255.255.255",
                                        chance.randbytes(chance.randrange(0, 400)), 67))
            sent.append(Ether(src=mac, dst=frames.EVERYONE, type=0x0800)
                        / Raw(chance.randbytes(chance.randrange(0, 60))))
            sent.append(Ether(src=mac, dst="33:33:00:00:00:02", type=0x86DD)
                        / Raw(_ipv6("fe80::1", "ff02::2", bytes((chance.choice((133, 135, 136)),))
                                    + chance.randbytes(chance.randrange(0, 60)), 58)))
        for number in range(0, len(sent), 50):
            frames.transmit(self.phone, *sent[number:number + 50])
            self.watch.rest(0.3)    # the rate limit is another check's

    def wrong_password(self):
        """An association that never authenticates gets nothing."""
        what = "wrong password"
        self.leave()
        self.phone.supplicant.forget_keys()
        control = self.phone.supplicant.control
        control.order('SET_NETWORK 0 password "wrong"')
        since = now()
        self.phone.supplicant.select(self.ap.hostapd.frequency)
        self.watch.expect(20, actor="mn1", kind="CTRL-EVENT-EAP-FAILURE", since=since)
        frames.transmit(self.phone, frames.discover(self.phone.mac),
                        frames.arp_request(self.phone.mac, "10.20.0.2", "10.20.0.1"))
        self.watch.rest(2)
        sent = self.watch.find(actor="ap1", kind="PBU", text="lifetime", since=since)
        self.check(f"{what}: nothing is registered", not sent, sent)
        self.check(f"{what}: it is no client", self.phone.mac not in self.state(self.ap.mag))
        heard = self.watch.find(actor="mn1", kind="DHCPOFFER", since=since)
        self.check(f"{what}: it hears nothing", not heard, heard)
        control.order("DISCONNECT")
        control.order('SET_NETWORK 0 password "secret1"')
        self.watch.rest(12)     # wpa_supplicant bars a network that refused it
        self.network.join(self.phone, self.ap, 60)
        self.served(what)

    def same_phone_twice(self):
        """A clone with mn1's MAC and name is at ap2, while mn1 is at ap1."""
        what = "the same MAC at both"
        self.leave(self.other)
        clone, control = self.other, self.other.supplicant.control
        clone.supplicant.forget_keys()
        self.set_mac(clone, self.phone.mac)
        control.order(f'SET_NETWORK 0 identity "{self.phone.identity}"')
        control.order('SET_NETWORK 0 password "secret1"')
        since = now()
        clone.supplicant.select(self.other_ap.hostapd.frequency)
        self.watch.expect(30, actor="ap2", kind="PBA", text=self.phone.identity, since=since)
        refused = self.watch.expect(10, actor="ap1", kind="BRA", since=since)
        self.check(f"{what}: ap1 shows that its station is present", "status 132" in refused.text,
                   refused.text)
        self.watch.rest(300)
        updates = len(self.watch.all(kind="PBU", actor="anchor", since=since))
        self.check(f"{what}: no storm of updates", updates <= 20, updates)
        self.news(self.lma)
        self.leave_as(clone, self.phone.mac)
        self.set_mac(clone, "02:00:00:00:01:02")
        control.order('SET_NETWORK 0 identity "mn2@example.org"')
        control.order('SET_NETWORK 0 password "secret2"')
        self.watch.rest(15)
        self.served(what, seconds=200)
        self.network.join(clone, self.other_ap, 60)
        clone.dhcp.renew()      # its routes went with the change of its MAC
        self.served(what, clone)
        self.check(f"{what}: counted", self.count(self.ap.mag, "bri.station_present") >= 1)
        self.check(f"{what}: the anchor logged it", re.search(
            rf"revocation of {self.phone.identity} {self.phone.mac}.*{AP1}.*attached",
            self.lma.log()), self.lma.log()[-2000:])
        log = self.ap.mag.log()
        self.check(f"{what}: the access point logged it", re.search(
            rf"{self.phone.mac} {self.phone.identity}.*at another gateway, but it is here", log),
            log[-2000:])

    def leave_as(self, phone, mac):
        since = now()
        phone.supplicant.disconnect()
        self.watch.expect(10, actor="ap2", kind="AP-STA-DISCONNECTED", text=mac, since=since)

    @staticmethod
    def set_mac(phone, mac):
        """Give the phone's radio another MAC."""
        phone.down("wlan0")
        phone.up("wlan0", address=mac)

    def clock_steps(self):
        """ap1's clock is an hour ahead, and comes back."""
        what = "clock"
        for step in (HOUR, -HOUR):
            self.leave()
            self.news(self.ap.mag)
            self.step(step)
            since = now()
            self.network.join(self.phone, self.ap)
            self.watch.expect(10, actor="ap1", kind="PBA", text="status 156", since=since)
            self.watch.rest(0.5)
            self.judge(f"{what} {step:+} s", self.ap.mag, rf"{self.phone.mac} "
                       rf"{self.phone.identity}.*156.*TIMESTAMP_MISMATCH.*NTP", "pba.rejected.156")
            self.step(0)
            self.served(f"{what} {step:+} s and back")

    def step(self, seconds):
        """Let ap1's clock differ by so much."""
        with open(self.clock, "w") as file:
            file.write(str(seconds))

    def uplink_down(self):
        """ap1's uplink goes and comes back; its routes with it."""
        what = "uplink down"
        self.news(self.ap.mag)
        self.ap.down("eth0")
        self.watch.rest(45)
        self.judge(what, self.ap.mag, f"no way to anchor {ANCHOR[4]}")
        self.uplink_up()
        self.served(what)

    def uplink_up(self):
        """What went with the link comes back."""
        self.ap.up("eth0")
        self.ap.add_address("eth0", "2001:db8:1::2/64")
        self.ap.route("default", "10.1.1.1")
        self.ap.route("default", "2001:db8:1::1")

    def uplink_renumbered(self):
        """ap1's uplink comes back with another address."""
        what, new = "uplink renumbered", "10.1.1.3"
        sections = [(kind, name, {"address": [new, *section["address"]]} if name == "ap1" else
                     section) for kind, name, section in self.sections]
        self.lma.configure(*sections)
        self.lma.tell("reload")
        for before, after in ((AP1, new), (new, AP1)):
            self.ap.down("eth0")
            self.ap.run("ip", "address", "del", before + "/24", "dev", "eth0")
            self.watch.rest(2)
            self.ap.add_address("eth0", after + "/24")
            self.uplink_up()
            self.served(f"{what} to {after}")
            mags = [each["mag"] for each in self.lma.tell("bindings")["bindings"]
                    if each["node"] == self.phone.identity]
            self.check(f"{what}: registered from {after}", mags == [after], mags)
            tunnels = self.ap.run("ip", "-d", "link", "show", "dev", "pmip0")
            self.check(f"{what}: the tunnel begins at {after}", f"local {after} " in tunnels,
                       tunnels)

    def anchor_stops(self):
        """The anchor's daemon is away while the phone roams."""
        what = "roam without anchor"
        self.network.look_around(self.phone)
        self.lma.kill()
        since = now()
        self.phone.supplicant.roam(self.other_ap.bssid)
        self.watch.expect(10, actor="ap2", kind="PBU", text=self.phone.identity, since=since)
        self.watch.rest(5)
        self.lma.start()
        self.network.wait_for(self.lma)
        self.served(what)
        self.judge(what, self.other_ap.mag, rf"{self.phone.mac} {self.phone.identity}.* anchor "
                   rf"{ANCHOR[4]} does not answer", "pbu.retransmitted")
        address = self.state(self.other_ap.mag)[self.phone.mac]["address"]
        self.check(f"{what}: with the address it had", address == self.phone.address, address)


def _ipv6(source, destination, payload, protocol=135):
    """An IPv6 packet as octets."""
    return b"`\0\0\0" + len(payload).to_bytes(2, "big") + bytes((protocol, 255)) + b"".join(
        socket.inet_pton(socket.AF_INET6, address) for address in (source, destination)) + payload


STORY = (
    Trouble.anchor_unreachable, Trouble.anchor_refuses, Trouble.false_answers,
    Trouble.hostapd_dies, Trouble.dhcp_storm, Trouble.garbage, Trouble.wrong_password,
    Trouble.same_phone_twice, Trouble.clock_steps, Trouble.uplink_down, Trouble.uplink_renumbered,
    Trouble.anchor_stops,
)


def main(arguments):
    """Run it, or only the troubles named."""
    with Trouble() as bed:
        bed.begin()
        for trouble in STORY:
            if not arguments or trouble.__name__ in arguments:
                trouble(bed)


if __name__ == "__main__":
    main(sys.argv[1:])
