# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the forwarding of a gateway or an anchor, as a daemon would, but told what to do on
standard input: [method, arguments...] a line in JSON; one line {"result"} or {"error"} out for
each, and lines {"event"} in between.  Runs on CPython and MicroPython.

    forwarding_agent.py mag|lma RUN_DIRECTORY
"""

import json
import sys

from lma_lite.forwarding import AnchorForwarding
from mag_lite.system.forwarding import Forwarding
from mag_lite.system.log import Log
from mag_lite.system.loop import Loop
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.nftables import NftablesError
from mag_lite.system.path_mtu import PathMtuMonitor
from mag_lite.system.rtnetlink import LinkMonitor
from mag_lite.wire.address import (
    format_address,
    format_home,
    format_mac,
    parse_address,
    parse_home,
    parse_mac,
)


class Anchor:
    """What Forwarding.prepare() wants to know of an anchor."""

    def __init__(self, index, address, local, encapsulation, mtu=None):
        self.index = index
        self.name = "anchor%d" % index
        self.address = parse_address(address)
        self.local = parse_address(local)
        self.encapsulation = encapsulation
        self.mtu = mtu


def client_text(client):
    device, mac, address, index = client
    return [device, mac and format_mac(mac), format_home(address), index]


class Gateway:
    """A mobile access gateway's forwarding."""

    def __init__(self, directory, loop, say):
        self.directory, self.local_routing = directory, False
        self.forwarding = Forwarding(directory, Log("mag", True))
        self.loop, self.say = loop, say
        self.monitor = None
        self.links = LinkMonitor(loop, lambda name: say({"event": ["link", name]}))

    def prepare(self, access, anchors, local_routing=False):
        if local_routing != self.local_routing:     # as a daemon that reloads its configuration
            self.local_routing = local_routing
            self.forwarding.abandon()
            self.forwarding = Forwarding(
                self.directory, Log("mag", True), local_routing=local_routing)
        anchors = [Anchor(*anchor) for anchor in anchors]
        if self.monitor:
            self.monitor.close()
        self.indexes = {anchor.address: anchor.index for anchor in anchors}
        self.monitor = PathMtuMonitor(self.loop, self.indexes, self.narrower)
        self.forwarding.prepare(access, anchors)

    def narrower(self, address):
        index = self.indexes[address]
        self.forwarding.refresh_mtu(index)
        self.say({"event": ["mtu", self.forwarding.tunnel_mtu(index)]})

    def add_client(self, device, mac, address, index, keys=None):
        self.forwarding.add_client(device, parse_mac(mac), parse_home(address), index, keys)

    def remove_client(self, device, mac, address, index):
        mac = mac and parse_mac(mac)
        self.forwarding.remove_client(device, mac, parse_home(address), index)

    def clients(self):
        return [[client_text(client) for client in found] for found in self.forwarding.clients()]

    def keep_keys(self, wanted):
        self.forwarding.keep_keys({(parse_home(address), index): tuple(keys)
                                   for address, index, keys in wanted})

    def tunnel_mtu(self, index):
        return self.forwarding.tunnel_mtu(index)

    def client_mtu(self, device, index):
        return self.forwarding.client_mtu(device, index)

    def refresh_mtu(self, index):
        return self.forwarding.refresh_mtu(index)

    def close(self):
        self.forwarding.close()


class AnchorAgent:
    """An anchor's forwarding."""

    def __init__(self, directory, loop, say):
        self.forwarding = AnchorForwarding(directory, Log("lma", True))

    def prepare(self, addresses, mtus=()):
        self.forwarding.prepare([parse_address(address) for address in addresses], True,
                                {parse_address(mag): mtu for mag, mtu in mtus})

    def add_tunnel(self, mag, local, encapsulation):
        return self.forwarding.add_tunnel(parse_address(mag), parse_address(local), encapsulation)

    def remove_tunnel(self, mag, local, encapsulation):
        self.forwarding.remove_tunnel(parse_address(mag), parse_address(local), encapsulation)

    def refresh_mtu(self, mag, local, encapsulation):
        mag, local = parse_address(mag), parse_address(local)
        return self.forwarding.refresh_mtu(mag, local, encapsulation)

    def tunnels(self):
        return [
            [format_address(mag), format_address(local), encapsulation, device]
            for (mag, local, encapsulation), device in self.forwarding.tunnels().items()
        ]

    def route(self, address, device, keys=None):
        self.forwarding.route(parse_home(address), device, keys)

    def blackhole(self, address):
        self.forwarding.blackhole(parse_home(address))

    def unroute(self, address):
        self.forwarding.unroute(parse_home(address))

    def routes(self):
        found = self.forwarding.routes()
        return {format_home(home): device for home, device in found.items()}

    def close(self):
        self.forwarding.close()


def main():
    loop = Loop()

    def say(answer):
        sys.stdout.write(json.dumps(answer) + "\n")
        if hasattr(sys.stdout, "flush"):
            sys.stdout.flush()

    def listen():
        line = sys.stdin.readline()
        if not line:
            loop.stop()
            return
        method, arguments = json.loads(line)
        try:
            say({"result": getattr(agent, method)(*arguments)})
        except (NetlinkError, NftablesError, OSError) as error:
            say({"error": str(error)})

    agent = (Gateway if sys.argv[1] == "mag" else AnchorAgent)(sys.argv[2], loop, say)
    loop.add(0, listen)
    loop.run()


main()
