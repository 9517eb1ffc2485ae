# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells what becomes of clients and anchors: ubus events, lease file, history."""

from mag_lite.core.binding_update_list import printable
from mag_lite.lease_file import host_name
from mag_lite.system.log import printable as printable_text
from mag_lite.wire.address import format_address, format_home, format_mac
from mag_lite.wire.status import HANDOFF_BETWEEN_MAGS


class Announcer:
    """The events, which docs/ubus.md explains, are for whoever listens when they happen."""

    def __init__(self, ubus, leases, history, clock):
        self._ubus = ubus
        self._leases = leases
        self._history = history
        self._now = clock
        self._reachable = {}

    def said(self, mac: bytes, text: str):
        """The log says this of a station; `text` begins with who it is."""
        self._history.note(mac, self._now(), text[text.find(": ") + 2:])

    def renewed(self, binding):
        """A session is up, or was extended."""
        self._leases.changed()
        self._history.note(
            binding.mac, self._now(), "registered for %d s" % (binding.lifetime // 1000))
        self._history.count(binding.mac, "registrations")

    def attached(self, binding, milliseconds: int):
        """A client's session is up, that long after the client came."""
        self._history.begun(
            self._now(), milliseconds, binding.handoff_indicator == HANDOFF_BETWEEN_MAGS)
        homes = ", ".join([format_home(home) for home in binding.homes])
        self._history.note(binding.mac, self._now(), "attached on %s in %d ms: %s" % (
            binding.interface, milliseconds, homes))
        self._history.count(binding.mac, "attaches")
        self._tell("pmip.attach", binding, binding.homes, {"milliseconds": milliseconds})

    def handed_over(self, binding, homes):
        """It goes on at another gateway."""
        self._history.count(binding.mac, "handovers")
        self._tell("pmip.handover", binding, homes, {})

    def ended(self, binding, homes, reason: str):
        """It has ended here."""
        self._leases.changed()
        self._history.ended(self._now())
        self._history.count(binding.mac, "ends")
        self._tell("pmip.detach", binding, homes, {"reason": printable_text(reason)})
        for address in _addresses(homes):
            self._tell_lease("dhcp.release4", binding, address)

    def leased(self, binding):
        """The client has got or renewed its address."""
        if binding.has_ipv4:
            self._history.note(binding.mac, self._now(), "address confirmed by DHCP")
            self._history.count(binding.mac, "leases")
            self._tell_lease("dhcp.lease4", binding, binding.home_address)

    def anchors(self, configured, reachable):
        """There is a way now to the `reachable` ones of the configured anchors."""
        for anchor in configured:
            is_reachable = anchor in reachable
            if is_reachable != self._reachable.get(anchor.index, False):
                self._reachable[anchor.index] = is_reachable
                self._ubus.send_event("pmip.anchor", {
                    "name": anchor.name, "address": format_address(anchor.address),
                    "reachable": is_reachable})

    def _tell(self, event, binding, homes, more):
        if not self._ubus.connected:
            return
        values = {
            "mac": format_mac(binding.mac), "identity": printable(binding.mn_identifier),
            "interface": binding.interface, "anchor": format_address(binding.anchor.address)}
        for address in _addresses(homes):
            values["address"] = format_address(address)
        prefixes = [format_home(home) for home in homes if isinstance(home, tuple)]
        if prefixes:
            values["prefixes"] = prefixes
        values.update(more)
        self._ubus.send_event(event, values)

    def _tell_lease(self, event, binding, address):
        """With the names of older and of newer odhcpd, so that its listeners understand it."""
        if not self._ubus.connected:
            return
        ip = format_address(address)
        values = {"mac": format_mac(binding.mac), "ip": ip, "ipv4": ip,
                  "interface": binding.interface}
        name = host_name(binding.host_name)
        if name:
            values.update({"name": name, "hostname": name})
        self._ubus.send_event(event, values)


def _addresses(homes):
    """The IPv4 address among `homes`, if there is one."""
    return [home for home in homes if not isinstance(home, tuple)]
