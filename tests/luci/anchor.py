# SPDX-License-Identifier: GPL-2.0-or-later
"""An anchor for the browser, and gateways that register clients there."""

import socket

from machine import HERE, Machine
from ubus_broker import Caller

from mag_lite.system.clock import time_of_day
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_mac
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

PORT = 5436
ADDRESS, AP1, AP2 = "127.0.1.1", "127.0.1.11", "127.0.1.12"
NEW, ROAMED, LEAVING = 1, 3, 4  # handoff indicators
CONFIGURED = f"""
config lma 'lma'
\tlist address '{ADDRESS}'
config mag 'ap1'
\tlist address '{AP1}'
config mag 'ap2'
\tlist address '{AP2}'
config pool 'internet'
\toption network '10.20.0.0/29'
\toption router '10.20.0.1'
\toption prefix '2001:db8:100::/56'
"""


class AnchorMachine(Machine):
    """The anchor's machine; `update` is a gateway's."""

    PROGRAM, CONFIGURATION, PACKAGE = f"{HERE}/anchor_kernelless.py", "pmip-lma", "lma_lite"
    RIGHTS, CHECK = "luci-app-pmip-lma", "/usr/sbin/pmip-lma -j check"
    START = "/etc/init.d/pmip-lma start"
    configured = CONFIGURED

    def __init__(self, directory):
        super().__init__(directory)
        self.gateways = {}
        self.sequence = 0

    def serves(self):
        caller = Caller(self.bus)
        published = caller.find("pmip-lma")
        caller.close()
        return published and self.ask({"verb": "status"})["addresses"][0]["listening"]

    def update(self, identity, gateway=AP1, indicator=NEW, lifetime=75,
               mac="02:00:00:00:01:01"):
        """Let a gateway register a client, or de-register it; the answer's status."""
        self.sequence += 1
        gre, home = Option(options.GRE_KEY, key=None), Option(options.IPV4_HOME_ADDRESS_REQUEST)
        message = Message(header.BINDING_UPDATE, [
            Option(options.MN_IDENTIFIER, subtype=1, identifier=identity), home, gre,
            Option(options.HANDOFF_INDICATOR, indicator=indicator),
            Option(options.ACCESS_TECHNOLOGY_TYPE, technology=4),
            Option(options.TIMESTAMP, time=time_of_day()),
            Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=parse_mac(mac)),
        ], sequence=self.sequence, lifetime=lifetime,
            flags=header.BU_ACKNOWLEDGE | header.BU_PROXY)
        speaker = self._gateway(gateway)
        speaker.sendto(header.encode(message), (ADDRESS, PORT))
        while True:
            answer = header.decode(speaker.recv(2048))
            if answer.kind == header.BINDING_ACKNOWLEDGEMENT:
                return answer.status

    def revoked_at(self, gateway):
        """Wait for a revocation at a gateway, and agree."""
        while True:
            message = header.decode(self._gateway(gateway).recv(2048))
            if message.kind == header.BINDING_REVOCATION_INDICATION:
                break
        self._gateway(gateway).sendto(header.encode(Message(
            header.BINDING_REVOCATION_ACKNOWLEDGEMENT, sequence=message.sequence,
            flags=message.flags)), (ADDRESS, PORT))

    def close(self):
        for each in self.gateways.values():
            each.close()
        super().close()

    def _gateway(self, address):
        if address not in self.gateways:
            made = self.gateways[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((address, PORT))
            made.settimeout(10)
        return self.gateways[address]
