# SPDX-License-Identifier: GPL-2.0-or-later
"""Brings journal, core and kernel back into agreement."""

from mag_lite import journal_record
from mag_lite.system.netlink import NetlinkError


class Recovery:
    """After a start, and whenever the kernel may have dropped what we put into it."""

    def __init__(self, loop, log, configuration, gateway, forwarding, journal):
        self._loop = loop
        self._log = log
        self._configuration = configuration
        self._gateway = gateway
        self._forwarding = forwarding
        self._journal = journal

    def restore(self, anchors):
        """Take up the sessions of the journal with `anchors`; remove what else there is."""
        if self._journal.damaged:
            self._log.warning("journal: %d records are unreadable" % self._journal.damaged)
        records = self._journal.read()
        for key in sorted(records):
            self._restore(key, records[key], anchors)
        if len(self._gateway.bindings):
            self._log.info("%d sessions taken up again" % len(self._gateway.bindings))
        self.repair()

    def _restore(self, key, record, anchors):
        now = self._loop.now()
        try:
            binding = journal_record.binding(record, self._configuration)
            if not now < binding.expires_at <= now + binding.lifetime:
                raise ValueError("it has expired")
            if binding.anchor not in anchors:
                raise ValueError("there is no way to its anchor")
        except ValueError as error:
            self._log.warning("journal: '%s' is not taken up: %s" % (key, error))
            self._journal.remove(key)
            return
        self._gateway.restore(binding, now)

    def repair(self):
        """Let the kernel forward for exactly the sessions that are up.

        It drops routes and neighbours of an access device that goes down.
        """
        wanted = {(binding.interface, binding.mac, home, binding.anchor.index): binding.keys
                  for binding in self._gateway.bindings for home in binding.forwarded or ()}
        try:
            complete, partial = self._forwarding.clients()
            for client in (complete | partial) - set(wanted):
                self._forwarding.remove_client(*client)
            self._forwarding.keep_keys(
                {client[2:]: keys for client, keys in wanted.items() if keys})
        except NetlinkError as error:
            self._log.error("what the kernel forwards cannot be checked: %s" % error)
            return
        for client in set(wanted) - complete:
            self._add(client, wanted[client])

    def _add(self, client, keys):
        try:
            self._forwarding.add_client(*client, keys)
        except (NetlinkError, OSError) as error:
            # A device that is down or gone: there will be news of it when it is back.
            self._log.debug("%s: %s" % (client[0], error))
