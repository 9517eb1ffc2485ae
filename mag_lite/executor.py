# SPDX-License-Identifier: GPL-2.0-or-later
"""Carries out what the core decided, in its order."""

from mag_lite import journal_record
from mag_lite.core import actions
from mag_lite.system.clock import monotonic
from mag_lite.system.netlink import NetlinkError
from mag_lite.wire.address import format_address, format_home, format_mac


class Executor:
    """One method per kind of action."""

    def __init__(self, loop, log, gateway, transport, links, dhcp_servers, forwarding, journal,
                 announcer):
        self._loop = loop
        self._log = log
        self._gateway = gateway
        self._transport = transport
        self._links = links
        self._dhcp_servers = dhcp_servers
        self._forwarding = forwarding
        self._journal = journal
        self._announcer = announcer

    def run(self):
        """Carry out the core's actions until none is left."""
        pending = self._gateway.actions
        while pending:
            current = list(pending)
            del pending[:]
            for action in current:
                _HOW[type(action)](self, action)

    def _send_message(self, action):
        if not self._transport.send(action.anchor, action.data):
            self._gateway.counters.count("signalling.not_sent")

    def _send_frame(self, action):
        if not self._links.send(action.interface, action.frame):
            self._gateway.counters.count("access.not_sent")

    def _relay_dhcp(self, action):
        if not self._dhcp_servers.send(action.server, action.message):
            self._gateway.counters.count("dhcp.not_relayed")

    def _forward(self, action):
        binding = action.binding
        try:
            for home in binding.forwarded:
                self._forwarding.add_client(
                    binding.interface, binding.mac, home, binding.anchor.index, binding.keys)
        except (NetlinkError, KeyError, OSError) as error:
            self._gateway.registration.refuse(
                binding, self._loop.now(), "the kernel does not forward for it: %s" % error)
            return
        binding.stages["programmed"] = monotonic()

    def _withdraw(self, action):
        try:
            self._forwarding.remove_client(
                action.interface, action.mac, action.home, action.anchor.index)
        except NetlinkError as error:
            self._log.error("%s: forwarding for %s could not be removed: %s" % (
                format_mac(action.mac), format_home(action.home), error))

    def _attached(self, action):
        binding = action.binding
        if binding.forwarded is None:
            return
        whole, *stages = stage_times(binding.stages)
        self._log.info("%s: attached on %s via anchor %s in %d ms (%s)" % (
            binding, binding.interface, format_address(binding.anchor.address), whole[1],
            ", ".join(["%s %d" % (name, span) for name, span in stages])))
        self._announcer.attached(binding, whole[1])

    def _remember(self, action):
        if action.binding.forwarded is None:
            return
        try:
            self._journal.write(
                journal_record.key(action.binding), journal_record.record(action.binding))
        except OSError as error:
            self._log.error("%s: not kept in the journal: %s" % (action.binding, error))
        self._announcer.renewed(action.binding)

    def _forget(self, action):
        try:
            self._journal.remove(journal_record.key(action.binding))
        except OSError as error:
            self._log.error("%s: not dropped from the journal: %s" % (action.binding, error))
        self._announcer.ended(action.binding, action.homes, action.reason)

    def _announce_handover(self, action):
        self._announcer.handed_over(action.binding, action.homes)

    def _announce_lease(self, action):
        self._announcer.leased(action.binding)

    def _query_station(self, action):
        self._links.access_point(action.interface).query(action.mac)

    def _poll_station(self, action):
        self._links.access_point(action.interface).poll(action.mac)

    def _reauthenticate(self, action):
        self._links.access_point(action.interface).reauthenticate(action.mac)

    def _remove_station(self, action):
        self._links.access_point(action.interface).remove(action.mac, action.tell)

    def _write_log(self, action):
        self._log.at(action.level, action.text)
        if action.mac is not None:
            self._announcer.said(action.mac, action.text)


def stage_times(stages: dict) -> list:
    """Return how long each stage of an attach took: [[name, ms], ...], "in all" first.

    A client may be answered in the very round in which the kernel is programmed, whose time is
    that of its beginning.
    """
    spans = (("in all", "attached", "programmed"), ("identity", "attached", "sent"),
             ("signalling", "sent", "accepted"), ("kernel", "accepted", "programmed"),
             ("first answer", "programmed", "configured"))
    return [[name, max(stages[end] - stages[start], 0)] for name, start, end in spans
            if start in stages and end in stages]


_HOW = {
    actions.SendMessage: Executor._send_message,
    actions.SendFrame: Executor._send_frame,
    actions.RelayDhcp: Executor._relay_dhcp,
    actions.Forward: Executor._forward,
    actions.Withdraw: Executor._withdraw,
    actions.Attached: Executor._attached,
    actions.Remember: Executor._remember,
    actions.Forget: Executor._forget,
    actions.HandedOver: Executor._announce_handover,
    actions.Leased: Executor._announce_lease,
    actions.QueryStation: Executor._query_station,
    actions.PollStation: Executor._poll_station,
    actions.Reauthenticate: Executor._reauthenticate,
    actions.RemoveStation: Executor._remove_station,
    actions.Log: Executor._write_log,
}
