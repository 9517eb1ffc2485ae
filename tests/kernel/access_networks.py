# SPDX-License-Identifier: GPL-2.0-or-later
"""Two SSIDs of one radio, each with a service of its own: one behind a bridge, one in a VLAN.

access_networks.py PYTHON [per-station]
With "per-station", hostapd gives each of the staff's stations an interface, a port of the bridge.
"""
# run: cpython
# run: micropython
# run: cpython per-station

import socket
import sys

from support import frames
from support.frames import PORT

from bed.network import ANCHOR
from bed.scenario import Scenario
from bed.watch import now

STAFF, GUEST = "02:00:00:00:a1:00", "02:00:00:00:a1:01"
GUEST_SSID, GUEST_INTERFACE = "pmip-guest", "wlan0_1"
STAFF_BRIDGE, TRUNK, GUEST_VLAN = "br-staff", "br-lan", "br-lan.10"
#: Appended to hostapd's configuration; what it says of isolation is as wrong as can be.
BSSES = """\
ap_isolate=0
bridge={bridge}
per_sta_vif={per_station}
bss={guest}
bssid={bssid}
ssid={ssid}
bridge={trunk}
ap_isolate=0
ctrl_interface={directory}
wmm_enabled=1
wpa=2
wpa_key_mgmt=WPA-EAP
rsn_pairwise=CCMP
ieee8021x=1
eapol_version=2
eap_server=1
"""
EAP = ("eap_user_file", "ca_cert", "server_cert", "private_key", "nas_identifier")


class AccessNetworks(Scenario):
    """ap1 has both SSIDs, ap2 the first alone, on a plain interface."""

    def __init__(self, per_station, **options):
        super().__init__(running=False, phones=2, **options)
        self.per_station = per_station

    def prepare(self):
        """Make bridges and VLAN, and tell everybody."""
        ap = self.aps[0]
        ap.run("ip", "link", "add", STAFF_BRIDGE, "up", "type", "bridge", "forward_delay", "0")
        ap.run("ip", "link", "add", TRUNK, "up", "type", "bridge", "forward_delay", "0",
               "vlan_filtering", "1")
        ap.run("ip", "link", "add", "link", TRUNK, "name", GUEST_VLAN, "up",
               "type", "vlan", "id", "10")
        ap.run("bridge", "vlan", "add", "dev", TRUNK, "vid", "10", "self")
        for family in ("ip", "ip6", "arp"):     # OpenWrt's defaults
            ap.sysctl(f"net/bridge/bridge-nf-call-{family}tables", 0)
        self.configure_hostapd(ap.hostapd)
        self.configure_gateway(isolate=1)
        anchor, *others = self.network.lma_sections()
        self.lma.configure(anchor, *others, *(
            ("pool", name, {"network": f"10.{number}.0.0/16", "router": f"10.{number}.0.1",
                            "service": name})
            for name, number in (("guest", 30), ("staff", 40))))

    def configure_hostapd(self, hostapd):
        """Two BSSes, each in a bridge."""
        with open(hostapd._configuration) as file:
            first = file.read()
        eap = [line for line in first.split("\n") if line.split("=")[0] in EAP]
        with open(hostapd._configuration, "a") as file:
            file.write(BSSES.format(
                bridge=STAFF_BRIDGE, per_station=int(self.per_station), guest=GUEST_INTERFACE,
                bssid=GUEST, ssid=GUEST_SSID, trunk=TRUNK, directory=hostapd.directory))
            file.write("\n".join(eap) + "\n")

    def configure_gateway(self, isolate, staff=STAFF_BRIDGE):
        """One access section for each SSID; the profiles match everybody."""
        directory = self.aps[0].hostapd.directory
        self.aps[0].mag.configure(
            ("mag", "mag", {"lma": ANCHOR[4], "timestamp": "on", "ip": "4"}),
            ("access", "staff", {"device": staff, "bss": ["wlan0"], "isolate": isolate,
                                 "hostapd": directory}),
            ("access", "guest", {"device": GUEST_VLAN, "bss": [GUEST_INTERFACE],
                                 "isolate": isolate, "hostapd": directory}),
            ("profile", "all_guests", {"match": "*", "access": "guest", "service": "guest"}),
            ("profile", "all_staff", {"match": "*", "access": "staff", "service": "staff"}),
        )
        self.aps[1].mag.configure(
            ("mag", "mag", {"lma": ANCHOR[4], "timestamp": "on", "ip": "4"}),
            ("access", "staff", {"device": "wlan0", "hostapd": self.aps[1].hostapd.directory}),
            ("profile", "all_staff", {"match": "*", "service": "staff"}),
        )

    def begin(self):
        """Start everything; the guests' port is an access port of VLAN 10."""
        self.network.start_radios()
        ap = self.aps[0]
        self.watch.until(lambda: "br-lan" in ap.run("ip", "link", "show", GUEST_INTERFACE), 10,
                         "hostapd has put the guests into their bridge")
        ap.run("bridge", "vlan", "add", "dev", GUEST_INTERFACE, "vid", "10", "pvid", "untagged")
        self.network.start_daemons()
        self.watch.until(
            lambda: all(each["hostapd"] for each in ap.mag.ask("status")["access"]), 10,
            "the gateway hears both hostapds")

    def move(self, phone, ssid, bssid):
        """The phone goes to another SSID of ap1 and asks for its address there."""
        since = now()
        phone.supplicant.control.order(f'SET_NETWORK 0 ssid "{ssid}"')
        phone.supplicant.select(self.aps[0].hostapd.frequency)
        self.watch.expect(20, actor=phone.name, kind="CTRL-EVENT-CONNECTED", text=bssid,
                          since=since)
        phone.run("ip", "address", "flush", "dev", "wlan0")
        if phone.dhcp.process:
            phone.dhcp.stop()
        phone.dhcp.start()
        self.watch.until(lambda: phone.address, 20, f"{phone.name} has an address on {ssid}")

    def serve_both(self):
        """Each SSID its service, both at once."""
        staff, guest = self.phones
        self.move(staff, "pmip-test", STAFF)
        self.move(guest, GUEST_SSID, GUEST)
        self.check("behind the bridge: an address of the staff's pool",
                   staff.address.startswith("10.40."), staff.address)
        self.check("in the VLAN: an address of the guests' pool",
                   guest.address.startswith("10.30."), guest.address)
        for phone in self.phones:
            self.check(f"{phone.name} reaches the correspondent", self.reachable(phone))
        self.check("and each other by way of the anchor", staff.ping(guest.address, 2))
        devices = {each["mac"]: each["interface"]
                   for each in self.aps[0].mag.ask("clients")["clients"]}
        self.check("the gateway knows who is where", devices == {
            staff.mac: STAFF_BRIDGE, guest.mac: GUEST_VLAN}, devices)

    def change_networks(self):
        """From the guests' network to the staff's: another device, another service."""
        guest = self.phones[1]
        self.move(guest, "pmip-test", STAFF)
        self.check("who changes the SSID changes the service",
                   guest.address.startswith("10.40."), guest.address)
        self.check("and reaches the correspondent", self.reachable(guest))

    def overhear(self):
        """Return what the second phone hears of what the first sends straight to it."""
        one, other = self.phones
        listener = other.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("", PORT))
        listener.setblocking(False)
        for _ in range(3):
            frames.transmit(one, frames.datagram(
                one.mac, other.mac, one.address, other.address, b"direct"))
        self.watch.rest(0.5)
        try:
            return listener.recv(100)
        except BlockingIOError:
            return None

    def isolate(self):
        """`option isolate` makes up for what hostapd was not told."""
        ap = self.aps[0]
        links = ap.run("bridge", "-d", "-o", "link").split("\n")
        ports = [line for line in links if "wlan0" in line]
        self.check("the bridges' ports are isolated",
                   len(ports) == (4 if self.per_station else 2)
                   and all("isolated on" in port for port in ports), ports)
        heard = self.overhear()
        self.check("clients of one SSID do not hear each other", heard is None, heard)
        if self.per_station:
            self.disturb(ap)
            return
        ap.hostapd.connect().order("SET ap_isolate 0")
        ap.hostapd.connect().order("UPDATE_BEACON")
        self.check("they would, were it not for hostapd", self.overhear() == b"direct")

    def disturb(self, ap):
        """Who takes a station's isolation away finds it restored."""
        port = ap.run("ls", f"/sys/class/net/{STAFF_BRIDGE}/brif").split()[-1]
        ap.run("bridge", "link", "set", "dev", port, "isolated", "off")
        self.watch.until(
            lambda: "isolated on" in ap.run("bridge", "-d", "link", "show", "dev", port), 5,
            f"{port} is isolated again")
        self.check("a station's isolation is restored", port.startswith("wlan0."), port)

    def refuse(self):
        """`pmip check` names the bridges that cannot work."""
        ap = self.aps[0]
        self.check("nothing is wrong with the bridges",
                   not [text for text in ap.mag.findings() if "bridge" in text])
        ap.run("ip", "link", "add", "lan9", "master", STAFF_BRIDGE, "type", "dummy")
        ap.sysctl("net/bridge/bridge-nf-call-iptables", 1)
        told = ap.mag.findings()
        ap.sysctl("net/bridge/bridge-nf-call-iptables", 0)
        ap.run("ip", "link", "delete", "lan9")
        self.check("a wired port among the clients is refused", [
            text for text in told if "lan9 is in the bridge br-staff" in text], told)
        self.check("and a packet filter that looks into bridges", [
            text for text in told if "looks into bridges" in text], told)
        self.configure_gateway(isolate=1, staff="wlan0")
        told = ap.mag.findings()
        self.configure_gateway(isolate=1)
        self.check("and a port in place of its bridge", [
            text for text in told if "wlan0 is a port of a bridge" in text], told)

    def roam_away(self):
        """A session goes on at an access point where the network is a plain interface."""
        phone = self.phones[0]
        address = phone.address
        self.network.look_around(phone)
        self.roam(phone, self.aps[1])
        self.check("from a bridge to a plain interface", self.reachable(phone))
        self.roam(phone, self.aps[0])
        self.check("and back", self.reachable(phone) and phone.address == address)

    def leave(self):
        """What we have entered into the bridges goes again."""
        ap = self.aps[0]
        entries = ap.run("bridge", "fdb", "show")
        self.check("the router's address is the bridges' own",
                   "00:00:5e:00:52:13 dev br-staff" in entries, entries)
        ap.mag.ask("flush")
        self.watch.until(lambda: not ap.mag.running, 10, "the gateway has ended")
        entries = ap.run("bridge", "fdb", "show")
        self.check("and is no more after a flush", "52:13" not in entries, entries)


def main(arguments):
    """Run it."""
    python, *more = arguments
    with AccessNetworks("per-station" in more, python=python) as bed:
        bed.prepare()
        bed.begin()
        bed.serve_both()
        bed.change_networks()
        bed.isolate()
        if python == "cpython":
            bed.refuse()
        bed.roam_away()
        bed.leave()


if __name__ == "__main__":
    main(sys.argv[1:])
