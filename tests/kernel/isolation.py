# SPDX-License-Identifier: GPL-2.0-or-later
"""Two phones of one access point meet nowhere but at the anchor, unless local routing is on.

isolation.py [cpython|local]
With "local", only local routing is looked at.
"""
# run: cpython
# run: local

import socket
import sys

from support import frames
from support.frames import EVERYONE, PORT, ROUTER_MAC

from bed.capture import Capture
from bed.network import ANCHOR, CORRESPONDENT, POOL_ROUTER
from bed.scenario import Scenario

AP_ADDRESS = "10.1.1.2"
NOBODY = "02:00:00:00:00:99"
LOCALLY, BY_ANCHOR = 1, 3   # routers on the way from phone to phone
LOCAL = ("arp", "dhcp", "icmpv6", "mdns")
FIELDS = ("frame.protocols", "eth.src", "ip.src", "ip.dst", "icmp.type", "arp.src.hw_mac",
          "arp.src.proto_ipv4", "dhcp.hw.mac_addr")


class Row:
    """A frame as tshark sees it; of packets in packets `outer_` is the one outside."""

    def __init__(self, protocols, eth_source, sources, destinations, icmp, *rest):
        self.protocols = protocols.split(":")
        self.eth_source = eth_source
        self.outer_source, self.source = sources.split(",")[0], sources.split(",")[-1]
        self.outer_destination = destinations.split(",")[0]
        self.destination = destinations.split(",")[-1]
        self.icmp = icmp
        self.arp_mac, self.arp_address, self.dhcp_mac = rest

    def __repr__(self):
        return f"{':'.join(self.protocols)} {self.eth_source} {self.source}>{self.destination}"

    def speaks(self, *protocols):
        """Whether it is of one of these protocols, and no ICMP error that quotes such a one."""
        return "icmp" not in self.protocols and any(word in self.protocols for word in protocols)


class Recording(Capture):
    """A capture, read all at once."""

    def rows(self):
        """A Row for each frame, but for those of the association."""
        return [Row(*fields) for fields in self.fields("!eapol", *FIELDS)]


def link_local(machine):
    """The machine's own link-local address on its radio."""
    for address in machine.ip.get_addr(index=machine.index("wlan0"), family=10):
        if address.get_attr("IFA_ADDRESS").startswith("fe80"):
            return address.get_attr("IFA_ADDRESS")
    return None


def listen(machine, family=socket.AF_INET, kind=socket.SOCK_DGRAM):
    """A socket of the machine at PORT, all addresses."""
    listener = machine.socket(family, kind)
    listener.bind(("", PORT))
    if kind == socket.SOCK_STREAM:
        listener.listen()
    listener.setblocking(False)
    return listener


def heard(listener):
    """All datagrams that wait in a socket."""
    found = []
    while True:
        try:
            found.append(listener.recv(2048))
        except BlockingIOError:
            return found


class Isolation(Scenario):
    """Both phones talk; `captures` on both, on the access point's tunnel and at the anchor."""

    def begin(self):
        for phone in self.phones:
            self.attach(phone, self.aps[0])
            phone.add_address("wlan0", f"fe80::{phone.name[-1]}:5213/64")   # udhcpc flushed it
        self.air = [Recording(phone, "wlan0", "-Q in") for phone in self.phones]
        self.access = Recording(self.aps[0], "wlan0", "-Q in")
        self.tunnel = Recording(self.aps[0], "pmip0")
        self.uplink = Recording(self.anchor, "eth0")
        self.heard_by = [listen(phone) for phone in self.phones]
        self.correspondent_hears = listen(self.correspondent)

    def settled(self, listener):
        """What a listener has heard once everything on the way has arrived."""
        self.watch.rest(0.3)
        return heard(listener)

    def shout(self):
        """Each phone sends all that its neighbours could hear, to all and straight to the other."""
        for one, other in (self.phones, self.phones[::-1]):
            local, other_local = link_local(one), link_local(other)
            for to_all, four, six in ((EVERYONE, "01:00:5e:00:00:fb", "33:33:00:00:00:fb"),
                                      (other.mac, other.mac, other.mac)):
                frames.transmit(
                    one,
                    frames.arp_request(one.mac, one.address, other.address, to_all),
                    frames.arp_request(one.mac, "0.0.0.0", other.address, to_all),
                    frames.arp_reply(one.mac, POOL_ROUTER, other.mac, other.address),
                    frames.discover(one.mac, destination=to_all),
                    *frames.neighbour_discovery(
                        one.mac, local, other_local,
                        "33:33:00:00:00:01" if to_all == EVERYONE else to_all),
                    *frames.multicast_dns(one.mac, one.address, local, four, six),
                    frames.datagram(one.mac, to_all, one.address, other.address, b"direct"),
                    frames.datagram(one.mac, to_all, one.address, "255.255.255.255", b"direct"),
                    frames.datagram(one.mac, to_all, one.address, "10.20.255.255", b"direct"),
                    Ethertype(one.mac, to_all),
                )
        for number, phone in enumerate(self.phones):
            self.check(f"{phone.name} hears nothing of what the other sent to it and to all",
                       self.settled(self.heard_by[number]) == [])

    def ping_each_other(self):
        """The way from one to the other: up to the anchor, down again."""
        for one, other in (self.phones, self.phones[::-1]):
            self.check(f"{one.name} can ping {other.name}", one.ping(other.address, 2))
        self.sent = [one.address for one in self.phones]

    def spoof(self):
        """Nothing arrives under another's name."""
        one, other = self.phones
        before = self.refused()
        for what, source_mac, source in (
            ("the other's address", one.mac, other.address),
            ("an address that nobody has", one.mac, "10.20.9.9"),
            ("an address of the access point's network", one.mac, "10.1.1.77"),
            ("the correspondent's address", one.mac, CORRESPONDENT),
            ("the default router's address", one.mac, POOL_ROUTER),
            ("the other's MAC", other.mac, one.address),
            ("the other's MAC and address", other.mac, other.address),
            ("a MAC that nobody has", NOBODY, one.address),
        ):
            for destination in (CORRESPONDENT, other.address):
                frames.transmit(
                    one, frames.datagram(source_mac, ROUTER_MAC, source, destination, b"spoof"))
            arrived = self.settled(self.correspondent_hears) + heard(self.heard_by[1])
            self.check(f"dropped: {what}", arrived == [], arrived)
        self.check("those that the radio let through were counted where they were dropped",
                   self.refused() - before >= 10, self.refused() - before)
        frames.transmit(
            one, frames.datagram(one.mac, ROUTER_MAC, one.address, CORRESPONDENT, b"true"))
        self.check("its own packet arrives", self.settled(self.correspondent_hears) == [b"true"])

    def refused(self):
        """The counter of frames that were dropped on ap1's radio."""
        rules = self.aps[0].run("nft", "list", "chain", "netdev", "pmip", "access-wlan0")
        return [int(line.split()[2]) for line in rules.split("\n") if "counter packets" in line][0]

    def touch_access_point(self):
        """Nothing on the access point itself is for clients."""
        phone, ap = self.phones[0], self.aps[0]
        datagrams = listen(ap, socket.AF_INET6)     # hears both IP versions
        connections = listen(ap, kind=socket.SOCK_STREAM)
        own_mac, local = ap.bssid, link_local(ap)
        for mac in (ROUTER_MAC, own_mac, EVERYONE):
            for address in (AP_ADDRESS, "255.255.255.255", "127.0.0.1", POOL_ROUTER, "224.0.0.1"):
                frames.transmit(
                    phone, frames.datagram(phone.mac, mac, phone.address, address, b"hello"),
                    frames.echo_request(phone.mac, mac, phone.address, address))
        if local:
            phone.run("ip", "-6", "neigh", "replace", local, "dev", "wlan0", "lladdr", own_mac)
            done = phone.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            done.sendto(b"hello", (local, PORT, 0, phone.index("wlan0")))
        with phone.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(1.5)
            try:
                client.connect((AP_ADDRESS, PORT))
                refused = False
            except OSError:
                refused = True
        self.check("a client cannot connect to the access point's address", refused)
        arrived = self.settled(datagrams)
        self.check("no client's packet reaches the access point's sockets", arrived == [], arrived)
        connections.close()

    def renew(self):
        """A unicast renewal is answered here."""
        phone = self.phones[0]
        before = len(phone.dhcp.leases())
        phone.dhcp.renew()
        self.watch.until(lambda: len(phone.dhcp.leases()) > before, 10, "the lease is renewed")
        self.check("a unicast renewal is answered", phone.lease().event == "renew", phone.lease())

    def judge_captures(self):
        """What the wires and the air have seen."""
        for capture, one, other in zip(self.air, self.phones, self.phones[::-1], strict=True):
            self.judge_air(capture.rows(), one, other)
        self.judge_access_point(self.access.rows())
        tunnel, uplink = self.tunnel.rows(), self.uplink.rows()
        for name, rows in (("tunnel", tunnel), ("anchor's uplink", uplink)):
            found = [row for row in rows if "gre" in row.protocols or name == "tunnel"]
            found = [row for row in found if row.speaks(*LOCAL)]
            self.check(f"no DHCP, ARP, ND or mDNS in the {name}", not found, found)
        own = {phone.address for phone in self.phones}
        foreign = [row for row in tunnel if not {row.source, row.destination} & own]
        self.check("in the tunnel nothing but the clients' own packets", not foreign, foreign)
        for one, other in (self.phones, self.phones[::-1]):
            self.judge_anchor(uplink, one, other)

    def judge_air(self, rows, one, other):
        """What `one` has heard on its radio."""
        for what, told in (
            ("frames of its radio", lambda row: row.eth_source == other.mac),
            ("ARP", lambda row: row.arp_mac == other.mac),
            ("DHCP", lambda row: row.dhcp_mac == other.mac),
            ("neighbour discovery", lambda row: row.speaks("icmpv6")),
            ("mDNS", lambda row: row.speaks("mdns")),
        ):
            found = [row for row in rows if told(row)]
            self.check(f"{one.name} hears nothing of {other.name}: {what}", not found, found)
        told = [row for row in rows if row.arp_address == other.address]
        self.check(f"{one.name} is told that {other.name} is at the default router",
                   told and all(row.arp_mac == ROUTER_MAC for row in told), told)
        sources = {row.eth_source for row in rows}
        self.check(f"{one.name} hears only the access point",
                   sources <= {ROUTER_MAC, self.aps[0].bssid}, sources)

    def judge_access_point(self, rows):
        """All that the phones sent was on the air."""
        for phone in self.phones:
            for protocol in (*LOCAL, "data"):
                found = [row for row in rows
                         if row.eth_source == phone.mac and row.speaks(protocol)]
                self.check(f"{phone.name} did send {protocol}, and the radio let it through",
                           len(found) >= 2, len(found))
        renewals = [row for row in rows if row.eth_source == self.phones[0].mac
                    and row.speaks("dhcp") and row.destination == POOL_ROUTER]
        self.check("the renewal was unicast", renewals)

    def judge_anchor(self, rows, one, other):
        """The pings came to the anchor by one tunnel and went by the same."""
        for direction, ends in (("from", (AP_ADDRESS, ANCHOR[4])), ("to", (ANCHOR[4], AP_ADDRESS))):
            sent = [row for row in rows if (row.outer_source, row.outer_destination) == ends
                    and (row.source, row.destination) == (one.address, other.address)
                    and row.icmp == "8"]
            self.check(f"{one.name}'s pings to {other.name} pass the anchor, {direction} the "
                       "access point", len(sent) == 2, sent)

    def meet_here(self):
        """The way from one to the other is short, until one is elsewhere."""
        ap, (one, other) = self.aps[0], self.phones
        self.watch.until(lambda: self.hops(one, other) == BY_ANCHOR, 20, "the way by the anchor")
        ap.mag.configure(*ap.sections(ANCHOR[4], timestamp="on", local_routing="1"))
        ap.mag.tell("reload")
        self.watch.until(lambda: self.hops(one, other) == LOCALLY, 20, "a local way")
        self.check("local routing: the way is short after a reload", True)
        self.check("local routing: pmip says so", ap.mag.tell("status")["local_routing"] is True)
        self.roam(other, self.aps[1])
        self.watch.until(lambda: self.hops(one, other) == BY_ANCHOR, 20, "the way by the anchor")
        self.check("local routing: a phone that has roamed is reached by the anchor", True)
        self.roam(other, ap)
        self.watch.until(lambda: self.hops(one, other) == LOCALLY, 20, "a local way again")
        self.check("local routing: one that came back is reached locally", True)

    def hops(self, one, other):
        """Over how many routers an answer comes, 0 if none does."""
        try:
            return 64 - int(one.ping(other.address, 1).split("ttl=")[1].split()[0])
        except RuntimeError:
            return 0


class Ethertype:
    """A frame of a protocol that nobody here speaks."""

    def __init__(self, source, destination):
        self.octets = bytes.fromhex(
            (destination + source).replace(":", "")) + b"\x88\xb5" + bytes(60)

    def __bytes__(self):
        return self.octets


def main(arguments):
    """Run it."""
    with Isolation(phones=2) as bed:
        bed.begin()
        if "local" in arguments:
            bed.meet_here()
            return
        bed.shout()
        bed.ping_each_other()
        bed.spoof()
        bed.touch_access_point()
        bed.renew()
        bed.judge_captures()


if __name__ == "__main__":
    main(sys.argv[1:])
