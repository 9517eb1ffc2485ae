# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T inf-cpu
"""Who a phone is, where access points leave that to a RADIUS server and keys travel by 802.11r.

The server (hostapd's own, on the router) tells the access points who mn1 and the guest are, but not
who mn2 is: then its outer identity counts.  Fast transitions go over the air, and over the DS; as
computing takes no time here, the gaps are what the protocols need.
"""

import os
import re

from bed import paths
from bed.namespace import cable
from bed.network import CORRESPONDENT
from bed.probe import Probe
from bed.roam import cost_of, roam_of
from bed.scenario import Scenario
from bed.transfer import Transfer
from bed.watch import now

ONE, TWO, GUEST = "mn1@example.org", "mn2@example.org", "guest@example.org"
PASSWORDS = {ONE: "secret1", TWO: "secret2", GUEST: "secret3"}
OUTER = "anonymous@example.org"
USERS = """\
* PEAP
"mn1@example.org" MSCHAPV2 "secret1" [2]
radius_accept_attr=1:s:mn1@example.org
"guest@example.org" MSCHAPV2 "secret3" [2]
radius_accept_attr=1:s:guest@example.org
"mn2@example.org" MSCHAPV2 "secret2" [2]
"""
SERVER = """\
driver=none
radius_server_clients={directory}/clients
radius_server_auth_port=1812
eap_server=1
eap_user_file={directory}/users
ca_cert={certificates}/ca.pem
server_cert={certificates}/server.pem
private_key={certificates}/server.key
"""
# Keys are pushed: else a phone that waits for its key says its first frame again, which a slow
# hostapd takes for another.
CLIENT = """\
eap_server=0
own_ip_addr=10.1.{number}.2
auth_server_addr=10.1.{number}.1
auth_server_port=1812
auth_server_shared_secret=secret
wpa_key_mgmt=FT-EAP
mobility_domain=a1b2
r1_key_holder={holder}
pmk_r1_push=1
ft_over_ds=1
"""
KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
KEY_HOLDER = "r0kh={bssid} {name} {key}\nr1kh={bssid} {bssid} {key}\n"
AIR, DS = "ROAM", "FT_DS"
MOST_GAP = 100  # ms; the way to the anchor and back takes 20


class Identity(Scenario):
    """Two phones; the access points share a wire for the frames of 802.11r."""

    def __init__(self):
        super().__init__(running=False, phones=2)

    def prepare(self):
        """Set up the server, its clients, and the wire between the key holders."""
        router = self.network.router
        for name, text in (("users", USERS), ("clients", "10.1.0.0/16 secret\n"),
                           ("server", SERVER.format(directory=router.directory,
                                                    certificates=paths.CERTIFICATES))):
            with open(os.path.join(router.directory, name), "w") as file:
                file.write(text)
        router.start("hostapd", os.path.join(router.directory, "server"), log="radius.log")
        cable(self.aps[0], "eth1", self.aps[1], "eth1")
        for number, ap in enumerate(self.aps, 1):
            self.join_key_holders(ap)
            with open(ap.hostapd._configuration, "a") as file:
                file.write(CLIENT.format(number=number, holder=ap.bssid.replace(":", "")))
                for other in self.aps:
                    file.write(KEY_HOLDER.format(bssid=other.bssid, name=other.name, key=KEY))

    @staticmethod
    def join_key_holders(ap):
        """What hostapd (2.10, which has no ft_iface) says on wlan0 goes by wire, and back."""
        ap.up("eth1", address=ap.bssid)
        for here, there, way in (("wlan0", "eth1", "egress"), ("eth1", "wlan0", "ingress")):
            ap.run("tc", "qdisc", "add", "dev", here, "clsact")
            for priority, protocol in (("1", "0x890d"), ("2", "0x88b7")):
                ap.run("tc", "filter", "add", "dev", here, way, "protocol", protocol,
                       "prio", priority, "matchall",
                       "action", "mirred", way, "redirect", "dev", there)

    def begin(self):
        """Start everything."""
        self.network.start_radios()
        for phone in self.phones:
            phone.supplicant.control.order("SET_NETWORK 0 key_mgmt FT-EAP")
        self.network.start_daemons()

    def come_as(self, phone, ap, user, outer=OUTER, expected=None):
        """The phone runs EAP at `ap` as `user` and is registered as that, or as `expected`."""
        phone.supplicant.disconnect()
        phone.supplicant.forget_keys()
        for name, value in (("identity", user), ("password", PASSWORDS[user]),
                            ("anonymous_identity", outer)):
            phone.supplicant.control.order(f'SET_NETWORK 0 {name} "{value}"')
        since = now()
        self.network.join(phone, ap)
        self.watch.expect(10, actor=ap.name, kind="PBA", text=expected or user, since=since)

    def renumber(self, phone):
        """It has another session now: it asks for its address there."""
        phone.run("ip", "address", "flush", "dev", "wlan0")
        if phone.dhcp.process:
            phone.dhcp.stop()
        phone.dhcp.start()
        self.watch.until(lambda: phone.address, 20, f"{phone.name} has an address")

    def node(self, phone):
        """Whom the anchor takes the phone's radio for, and what address it has."""
        return [(each["node"], each["address"]) for each in self.lma.tell("bindings")["bindings"]
                if each["interface"] == phone.mac and each["state"] != "deregistered"]

    def transit(self, phone, ap, way):
        """A fast transition; returns the Roam once the former access point has let go as well.

        Where hostapd still has the station, it would not tell that it has come over the DS.
        """
        former, = (other for other in self.aps if other is not ap)
        begin = now()
        phone.supplicant.control.order(f"{way} {ap.bssid}")
        self.watch.expect(20, actor=phone.name, kind="CTRL-EVENT-CONNECTED", text=ap.bssid,
                          since=begin)
        roam = roam_of(self.watch, phone, ap, begin)
        self.watch.expect(20, actor=former.name, kind="AP-STA-DISCONNECTED", since=begin)
        return roam

    def transitions(self):
        """Identity, address and connections survive, though no EAP runs."""
        phone, (first, second) = self.phones[0], self.aps
        self.attach(phone, first)
        address = phone.address
        self.check("who the server says it is, not who it said outside of the tunnel",
                   self.node(phone) == [(ONE, address)], self.node(phone))
        download = Transfer(phone, self.correspondent, CORRESPONDENT)
        probe = Probe(phone, address, self.correspondent, CORRESPONDENT)
        self.watch.until(lambda: download.received > 100_000, 20, "the download is under way")
        over_air, over_ds = self.transit(phone, second, AIR), self.transit(phone, first, DS)
        probe.stop()
        received, stall, problem = download.stop()
        for way, roam in (("air", over_air), ("DS", over_ds)):
            up, down = cost_of(roam, probe.up), cost_of(roam, probe.down)
            self.check(f"over the {way} to {roam.name}: no EAP, a gap of {up.gap:.0f} ms up and "
                       f"{down.gap:.0f} ms down",
                       not roam.eap and max(up.gap, down.gap) < MOST_GAP)
        self.check("same identity, same address", phone.address == address
                   and self.node(phone) == [(ONE, address)], self.node(phone))
        self.check(f"the download never broke: {received / 1e6:.1f} MB, longest stall "
                   f"{stall:.0f} ms", problem is None, problem)

    def another_user(self):
        """Who authenticated at ap1 is who comes to ap2, whoever the phone was there before."""
        phone, (first, second) = self.phones[0], self.aps
        self.come_as(phone, first, GUEST)
        self.network.look_around(phone)
        since = now()
        phone.supplicant.roam(second.bssid)
        came = self.watch.expect(20, actor=second.name, kind="PBU", since=since)
        self.check("a phone that changed its user elsewhere comes as the new one",
                   GUEST in came.text, came.text)
        self.check("without EAP", not self.watch.find(
            actor=second.name, kind="CTRL-EVENT-EAP-SUCCESS", since=since))

    def unnamed(self):
        """Without a User-Name from the server nobody knows more than the phone said outside."""
        phone, ap = self.phones[1], self.aps[0]
        self.come_as(phone, ap, TWO, expected=OUTER)
        self.check("without User-Name it is the outer identity",
                   [node for node, _ in self.node(phone)] == [OUTER], self.node(phone))
        self.come_as(phone, ap, TWO, outer=TWO)
        self.check("which may be its name", TWO in [node for node, _ in self.node(phone)],
                   self.node(phone))

    def share(self):
        """Two phones of one account: two interfaces of one node, never merged."""
        for phone, ap in zip(self.phones, self.aps, strict=True):
            self.come_as(phone, ap, ONE)
            self.renumber(phone)
        one, two = self.phones
        self.check("two phones of one account have a session and an address each",
                   self.node(one) == [(ONE, one.address)] and self.node(two) == [(ONE, two.address)]
                   and one.address != two.address, (self.node(one), self.node(two)))
        self.check("both are served at the same time", self.reachable(one)
                   and self.reachable(two) and self.reachable(one))
        log = self.lma.log()
        self.check("and the anchor's log says so", re.search(
            f"register {ONE} {two.mac} .* session 2 of this identity", log), log)


def main():
    """Run it."""
    with Identity() as bed:
        bed.prepare()
        bed.begin()
        bed.transitions()
        bed.another_user()
        bed.unnamed()
        bed.share()


if __name__ == "__main__":
    main()
