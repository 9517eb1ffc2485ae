# SPDX-License-Identifier: GPL-2.0-or-later
"""The way to the anchors: our addresses towards them, the signalling sockets, the path MTU."""

from mag_lite.system import netlink, sockets
from mag_lite.system.path_mtu import PathMtuMonitor
from mag_lite.system.path_probe import PathProbe
from mag_lite.system.rtnetlink import Rtnetlink
from mag_lite.system.signalling import Signalling
from mag_lite.wire.address import format_address

# Milliseconds between looks for a way to an anchor that we cannot reach.
_FIRST_RETRY = 500
_LAST_RETRY = 30000


class Transport:
    """Sends to the anchors and hears them.

    `ipsec` is as for Signalling.  `on_message(source, data)` gets each message.
    `on_anchors(anchors)` is called with the anchors to which there is a way, whenever that changes:
    an anchor's `local` is our address towards it then.  `on_path(anchor)` is called when its path
    may have another MTU, `on_probed(anchor, mtu)` after a probe of it, as by PathProbe.
    """

    def __init__(self, loop, log, anchors, ipsec, on_message, on_anchors, on_path, on_probed):
        self._loop = loop
        self._log = log
        self._anchors = anchors
        self._ipsec = ipsec
        self._configured = {anchor.index: anchor.local for anchor in anchors}
        self._on_message = on_message
        self._on_anchors = on_anchors
        self._on_path = on_path
        self._on_probed = on_probed
        self._netlink = Rtnetlink()
        self._sockets = {}
        self._ready = []
        self._complaints = {}
        self._retry = _FIRST_RETRY
        self._timer = None
        self._path_monitor = PathMtuMonitor(
            loop, [anchor.address for anchor in anchors], self._path_changed)
        self._path_probe = PathProbe(loop, log, self._path_probed)

    def send(self, anchor, data: bytes) -> bool:
        """Return True if the message is on its way; if it is not, a way is looked for."""
        signalling = self._sockets.get(anchor.local) if anchor in self._ready else None
        if signalling is not None and anchor.encapsulation == "udp":
            self._open_way_back(anchor)
        if signalling is not None and signalling.send(data, anchor.address):
            self._probe_path(anchor)
            return True
        self.check_soon()
        return False

    def is_ready(self, anchor) -> bool:
        """Return True if there is a way to the anchor."""
        return anchor in self._ready

    def check_soon(self):
        """Something about links or routes changed: look again, in a moment."""
        if self._timer is None:
            self._timer = self._loop.at(self._loop.now() + self._retry, self.check)

    def check(self):
        """Find our address towards each anchor, open what sockets that needs."""
        if self._timer is not None:
            self._loop.cancel(self._timer)
            self._timer = None
        before = [(anchor.index, anchor.local) for anchor in self._ready]
        self._ready = [anchor for anchor in self._anchors if self._find_way(anchor)]
        self._close_unused()
        for anchor in self._ready:
            self._probe_path(anchor)
        if [(anchor.index, anchor.local) for anchor in self._ready] != before:
            self._on_anchors(self._ready)
        if len(self._ready) < len(self._anchors):
            self._retry = min(2 * self._retry, _LAST_RETRY)
            self.check_soon()
        else:
            self._retry = _FIRST_RETRY

    def close(self):
        """Close every socket; once."""
        if self._timer is not None:
            self._loop.cancel(self._timer)
        for signalling in self._sockets.values():
            signalling.close()
        self._path_monitor.close()
        self._path_probe.close()
        self._netlink.close()

    def _find_way(self, anchor):
        local = self._configured[anchor.index]
        try:
            if local is None:
                local = self._netlink.route_get(anchor.address).source
            if local not in self._sockets:
                self._sockets[local] = self._open(local)
        except (OSError, netlink.NetlinkError) as error:
            reason = sockets.reason(error) if isinstance(error, OSError) else str(error)
            self._complain(anchor, reason)
            return False
        if self._complaints.pop(anchor.index, None):
            self._log.info("anchor %s can be reached from %s" % (
                format_address(anchor.address), format_address(local)))
        anchor.local = local
        return True

    def _open_way_back(self, anchor):
        """Through a NAT, before the anchor has packets for us that would find it closed."""
        from mag_lite.system.udp_encapsulation import knock
        try:
            knock(anchor.local, anchor.address)
        except OSError as error:
            self._log.debug("no datagram to port 5437: %s" % sockets.reason(error))

    def _open(self, local):
        return Signalling(
            self._loop, local, lambda data, source, port: self._on_message(source, data),
            self._log, self._ipsec)

    def _close_unused(self):
        used = [anchor.local for anchor in self._ready]
        for local in list(self._sockets):
            if local not in used:
                self._sockets.pop(local).close()

    def _complain(self, anchor, reason):
        if self._complaints.get(anchor.index) != reason:
            self._complaints[anchor.index] = reason
            self._log.warning("no way to anchor %s: %s" % (
                format_address(anchor.address), reason))

    def _probe_path(self, anchor):
        if not anchor.mtu:
            self._path_probe.want(anchor.local, anchor.address)

    def _path_changed(self, address):
        for anchor in self._ready_at(address):
            self._on_path(anchor)

    def _path_probed(self, address, mtu):
        for anchor in self._ready_at(address):
            self._on_probed(anchor, mtu)

    def _ready_at(self, address):
        return [anchor for anchor in self._ready if anchor.address == address]
