# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to a client, as it happens: what hostapd tells of it, its ARP, DHCP and neighbour
discovery, and the mobility messages about it."""

from mag_lite.core.binding_update_list import printable
from mag_lite.dissect import dissect_link
from mag_lite.system.hostapd_dialogue import Dialogue
from mag_lite.system.packet_tap import PacketTap
from mag_lite.wire import ethernet, mobility_header, pcap
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import format_mac
from mag_lite.wire.error import DecodeError
from mag_lite.wire.ip import UDP, decode_ip

#: Where a mobility message was seen, which belongs to no access device.
SIGNALLING = "anchor"

#: A packet passes several interfaces, as a bridge and its port: it is the same for so long (ms).
_SAME = 50
_MOST_RECENT = 8
_NO_MAC = bytes(6)
_LONGEST_TEXT = 6000


class Trace:
    """Tells `on_event(when, place, frame, text)` until `close`: `when` in monotonic ms, `place` a
    device or SIGNALLING, `frame` as on Ethernet, or None and a `text`.

    `access` is {device: its section}; `mac` None means every client, else `identities` are what
    the client is known to be called (as printable text); what its messages call it is added.
    OSError if we may not listen.
    """

    def __init__(self, loop, access, mac, identities, on_event):
        self._loop = loop
        self._mac = mac
        self._identities = set(identities)
        self._on_event = on_event
        self._recent = []
        self._listening = []
        for section in access.values():
            for bss in section.bss:
                self._hear_hostapd(bss, section.hostapd)
        try:
            self._listening.append(PacketTap(loop, access, self._message, self._frame))
        except OSError:
            self.close()
            raise

    def close(self):
        """Hear no more; once."""
        for each in self._listening:
            each.close()

    def _hear_hostapd(self, bss, directory):
        def happened(event):
            if event.mac is not None and self._mac in (None, event.mac):
                self._tell(bss, None, "hostapd: %s %s" % (
                    printable(event.name), format_mac(event.mac)))

        def lost(reason):
            self._tell(bss, None, "hostapd: no connection: " + reason)

        try:
            dialogue = Dialogue(self._loop, directory + "/" + bss, happened, lost)
        except OSError:
            lost("nobody is there")
            return
        dialogue.ask("ATTACH", lambda answer: None)
        self._listening.append(dialogue)

    def _frame(self, device, frame):
        if self._mac is None or self._mac in (frame[:6], frame[6:12]):
            self._tell(device, frame, None)

    def _message(self, packet):
        if self._mac is not None and not self._concerns(packet) or self._is_repeated(packet):
            return
        ethertype = ethernet.IPV6 if packet[0] >> 4 == 6 else ethernet.IPV4
        self._tell(SIGNALLING, ethernet.frame(_NO_MAC, _NO_MAC, ethertype, packet), None)

    def _is_repeated(self, packet):
        now = self._loop.now()
        self._recent = [seen for seen in self._recent if now - seen[0] < _SAME][-_MOST_RECENT:]
        repeated = packet in [seen for _, seen in self._recent]
        self._recent.append((now, packet))
        return repeated

    def _concerns(self, packet):
        """True if a message names the client; False if it cannot be understood."""
        try:
            _, _, protocol, _, start, end = decode_ip(packet)
            message = mobility_header.decode(
                packet[start + 8 if protocol == UDP else start:end])
        except DecodeError:
            return False
        identifier = message.option(options.MN_IDENTIFIER)
        named = identifier and printable(identifier.identifier)
        link_layer = message.option(options.MN_LINK_LAYER_IDENTIFIER)
        if link_layer and link_layer.identifier == self._mac and named:
            self._identities.add(named)
        return named in self._identities

    def _tell(self, place, frame, text):
        self._on_event(self._loop.now(), place, frame, text)


def describe(frame: bytes) -> str:
    """What is in a frame, as text of one or more lines."""
    try:
        lines = [line for node in dissect_link(pcap.ETHERNET, frame) for line in node.lines()]
    except DecodeError as error:
        return "malformed: %s" % error
    return "\n".join(lines)[:_LONGEST_TEXT] or "%d octets of another protocol" % len(frame)


def shown(milliseconds: int, place: str, text: str) -> str:
    """The text of an event, that long after the trace began."""
    lines = text.split("\n")
    head = "%4d.%03d  %-9s %s" % (milliseconds // 1000, milliseconds % 1000, place, lines[0])
    return "\n".join([head] + ["          " + line for line in lines[1:]])
