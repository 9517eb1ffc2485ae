# SPDX-License-Identifier: GPL-2.0-or-later
"""A program with one of mag_lite.system's sockets, on either Python, steered from outside.

system_probe.py CONTROL access INTERFACE | signalling ADDRESS | hostapd DIRECTORY INTERFACE

Requests on the control socket CONTROL: {"verb": "events"} takes what happened since the last time,
{"verb": "stop"}, and the object's own verbs.  Bytes travel as hexadecimal.
"""

import binascii
import sys

from mag_lite.system.access_link import AccessLink
from mag_lite.system.control import ControlServer
from mag_lite.system.hostapd import Hostapd
from mag_lite.system.log import Log
from mag_lite.system.loop import Loop
from mag_lite.system.signalling import Signalling
from mag_lite.wire.address import format_address, parse_address


def text(data):
    return None if data is None else binascii.hexlify(data).decode()


def data(given):
    return binascii.unhexlify(given)


class Access:
    def __init__(self, loop, events, interface):
        self.link = AccessLink(
            loop, interface, lambda where, frame: events.append([where, text(frame)])
        )

    def send(self, request):
        return self.link.send(data(request["frame"]))


class Messages:
    def __init__(self, loop, events, local):
        def message(message, source, port):
            events.append([text(message), format_address(source), port])

        self.signalling = Signalling(loop, parse_address(local), message)

    def send(self, request):
        return self.signalling.send(data(request["message"]), parse_address(request["to"]))


class Stations:
    def __init__(self, loop, events, directory, interface):
        self.loop, self.events = loop, events
        self.hostapd = Hostapd(loop, directory, interface, self)

    def hostapd_up(self, interface):
        self.events.append(["up"])

    def hostapd_down(self, interface, reason):
        self.events.append(["down", reason])

    def station_authorized(self, interface, mac, identity, since, transition):
        self.events.append(["authorized", text(mac), text(identity), self.loop.now() - since])

    def station_returned(self, interface, mac, since):
        return False

    def station_gone(self, interface, mac, reason):
        self.events.append(["gone", text(mac), reason])

    def station_seen(self, interface, mac):
        self.events.append(["seen", text(mac)])

    def query(self, request):
        return self.hostapd.query(data(request["mac"]))

    def poll(self, request):
        return self.hostapd.poll(data(request["mac"]))

    def remove(self, request):
        return self.hostapd.remove(data(request["mac"]))

    def reauthenticate(self, request):
        return self.hostapd.reauthenticate(data(request["mac"]))

    def link_changed(self, request):
        return self.hostapd.link_changed()


KINDS = {"access": Access, "signalling": Messages, "hostapd": Stations}


def main(control, kind, *arguments):
    loop, events = Loop(), []
    probed = KINDS[kind](loop, events, *arguments)

    def handle(request):
        if request["verb"] == "stop":
            loop.stop()
            return {}
        if request["verb"] == "events":
            taken, events[:] = list(events), []
            return {"events": taken}
        return {"done": getattr(probed, request["verb"])(request)}

    server = ControlServer(loop, control, handle)
    loop.run(Log("probe").exception)
    server.close()


main(*sys.argv[1:])
