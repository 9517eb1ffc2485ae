# SPDX-License-Identifier: GPL-2.0-or-later
"""Bridges of clients: they hand up what is for the router, and keep their ports apart.

A bridge floods what it does not know the address of and hands up only what is for itself.  So the
default router's link-layer address, which is the same at all access points (RFC 6543), is entered
into its table, as one more of its own; the bridge's address stays as it is.
"""

import os

from mag_lite.system import rtnetlink, sockets
from mag_lite.system.packet_filter import ROUTER_MAC

_LINKS = "/sys/class/net"


class AccessBridges:
    """The bridges of access devices; methods raise NetlinkError."""

    def __init__(self):
        self._route = rtnetlink.Rtnetlink()

    def prepare(self, access) -> None:
        """Let the bridges under these access links serve, and no others.

        `access`: objects with `device` and `isolate`.  Cheap when there is nothing to do.
        """
        bridges = [name for name in os.listdir(_LINKS) if _is_bridge(name)]
        if not bridges:
            return
        links = self._route.links()
        isolated = {bridge_under(section.device): section.isolate for section in access}
        for name in bridges:
            if name in links and links[name].address != ROUTER_MAC:
                self._enter(links[name].index, name in isolated)
            if isolated.get(name):
                for port in os.listdir("%s/%s/brif" % (_LINKS, name)):
                    self._isolate(links, port)

    def close(self) -> None:
        """Let go; once."""
        self._route.close()

    def _enter(self, bridge, wanted) -> None:
        if wanted:
            self._route.perform([rtnetlink.new_own_address(bridge, ROUTER_MAC)])
        else:
            gone = rtnetlink.delete_own_address(bridge, ROUTER_MAC)
            self._route.perform([gone], (sockets.ENOENT,))

    def _isolate(self, links, port) -> None:
        # Each change is news of the link, upon which we are asked to look again.
        if port in links and not _is_isolated(port):
            self._route.perform([rtnetlink.isolate_port(links[port].index)],
                                (sockets.ENODEV, sockets.EINVAL))


def bridge_under(device: str):
    """The bridge that a device is, or is a VLAN of; None if there is none."""
    if _is_bridge(device):
        return device
    try:
        lower = [name[6:] for name in os.listdir(_LINKS + "/" + device) if name[:6] == "lower_"]
    except OSError:
        return None
    for name in lower:
        found = bridge_under(name)
        if found:
            return found
    return None


def _is_isolated(port) -> bool:
    try:
        with open("%s/%s/brport/isolated" % (_LINKS, port)) as file:
            return file.read().strip() == "1"
    except OSError:
        return False


def _is_bridge(name) -> bool:
    try:
        os.stat("%s/%s/bridge" % (_LINKS, name))
    except OSError:
        return False
    return True
