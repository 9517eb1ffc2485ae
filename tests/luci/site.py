# SPDX-License-Identifier: GPL-2.0-or-later
"""What a gateway works with: an access point that says who is there, clients, and an anchor.

site.py DEVICE DIRECTORY: hostapd's control socket is DIRECTORY/DEVICE, clients speak on the other
end of DEVICE, which is DEVICE with an x.  The anchor is ANCHOR.  Lines on standard input tell what
happens: `attach MAC IDENTITY HOSTNAME` and `leave MAC`, identity and host name in hexadecimal
digits (- for none).  `asked MAC` answers what hostapd was asked about it since `forget`,
`present` who is there.  `refuse STATUS`: what the anchor says to updates that ask for no home.
"""

import json
import os
import socket
import sys
from binascii import unhexlify

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../.."), os.path.join(HERE, "../unit")]

from mag import acknowledgement  # noqa: E402
from test_dhcp_server import request  # noqa: E402
from test_system_hostapd import FakeHostapd, described  # noqa: E402

from mag_lite.system.loop import Loop  # noqa: E402
from mag_lite.wire import dhcpv4, status  # noqa: E402
from mag_lite.wire import mobility_header as header  # noqa: E402
from mag_lite.wire import mobility_options as options  # noqa: E402
from mag_lite.wire.address import parse_mac  # noqa: E402
from mag_lite.wire.mobility_header import Message  # noqa: E402
from mag_lite.wire.mobility_options import Option  # noqa: E402

ANCHOR = "127.0.0.2"
PREFIXES = b"\x20\x01\x0d\xb8"


def escaped(octets):
    """As hostapd prints a name that is not plain."""
    return "".join(f"\\x{octet:02x}" for octet in octets).encode()


class Anchor:
    """Accepts everybody, with addresses from 10.20.0.5 on, and a prefix for each."""

    def __init__(self, loop):
        self.addresses = {}
        self.heard_of = set()
        self.refusal = status.MISSING_HOME_NETWORK_PREFIX_OPTION
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ANCHOR, 5436))
        loop.add(self.socket.fileno(), self.receive)

    def receive(self):
        data, peer = self.socket.recvfrom(4096)
        update = header.decode(data)
        if update.kind == header.HEARTBEAT:
            self.socket.sendto(header.encode(Message(
                header.HEARTBEAT, flags=header.HEARTBEAT_RESPONSE, sequence=update.sequence)), peer)
            return
        if not (update.option(options.HOME_NETWORK_PREFIX)
                or update.option(options.IPV4_HOME_ADDRESS_REQUEST)):
            self.socket.sendto(header.encode(acknowledgement(update, self.refusal)), peer)
            return
        node = update.option(options.MN_IDENTIFIER).identifier
        self.heard_of.add(node)
        address = self.addresses.setdefault(node, bytes((10, 20, 0, 5 + len(self.addresses))))
        prefix = Option(options.HOME_NETWORK_PREFIX, prefix_length=64,
                        prefix=PREFIXES + address + bytes(8))
        change = [prefix] if update.option(options.HOME_NETWORK_PREFIX) else []
        self.socket.sendto(
            header.encode(acknowledgement(update, address=address, change=change)), peer)


class Site:
    """Does what it is told."""

    def __init__(self, device, directory):
        self.loop = Loop()
        self.hostapd = FakeHostapd(self.loop, os.path.join(directory, device))
        self.anchor = Anchor(self.loop)
        self.clients = {}
        self.air = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.air.bind((device + "x", 0))
        self.loop.add(sys.stdin.fileno(), self.told)

    def told(self):
        line = sys.stdin.readline()
        if not line:
            self.loop.stop()
            return
        verb, *words = line.split()
        print(getattr(self, verb)(*words) or "done", flush=True)

    def asked(self, mac):
        return "; ".join(question for question in self.hostapd.asked if mac in question)

    def forget(self):
        self.hostapd.asked.clear()

    def refuse(self, code):
        self.anchor.refusal = int(code)

    def present(self):
        return json.dumps(list(self.clients))

    def attach(self, mac, identity, name):
        self.clients[mac] = (parse_mac(mac), described(
            parse_mac(mac), escaped(unhexlify(identity)) if identity != "-" else None))
        self.hostapd.has(*self.clients.values())
        self.hostapd.event("AP-STA-CONNECTED " + mac)
        if name != "-":
            self.anchor.heard_of.discard(unhexlify(identity))
            self.ask(mac, unhexlify(identity), unhexlify(name))

    def ask(self, mac, identity, name):
        """By DHCP for its address, when the gateway has registered it: not before that."""
        if identity not in self.anchor.heard_of:
            self.loop.at(self.loop.now() + 20, lambda: self.ask(mac, identity, name))
            return
        self.air.send(request(dhcpv4.REQUEST, parse_mac(mac), options={
            dhcpv4.REQUESTED_ADDRESS: self.anchor.addresses[identity], dhcpv4.HOST_NAME: name}))

    def leave(self, mac):
        del self.clients[mac]
        self.hostapd.has(*self.clients.values())
        self.hostapd.event("AP-STA-DISCONNECTED " + mac)


if __name__ == "__main__":
    site = Site(*sys.argv[1:])
    print("ready", flush=True)
    site.loop.run()
