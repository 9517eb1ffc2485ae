# SPDX-License-Identifier: GPL-2.0-or-later
"""What a configuration names that this machine does not have, or not yet."""

import socket

from mag_lite.system import sockets
from mag_lite.system.files import exists
from mag_lite.wire.address import format_address


def absentees(chosen) -> list:
    """Name in words each interface and each address of ours that is not there."""
    found = []
    for access in chosen.access.values():
        for name in (access.device,) + access.bss:
            text = "access: there is no interface '%s' (yet)" % name
            if not exists("/sys/class/net/" + name) and text not in found:
                found.append(text)
    return found + [text for text in map(foreign_address, chosen.anchors) if text]


def foreign_address(anchor):
    """Say so if the anchor's option local is no address of this machine; else None."""
    if anchor.local is None or _is_ours(anchor.local):
        return None
    return "anchor '%s': option local: %s is not an address of this machine (yet)" % (
        anchor.name, format_address(anchor.local))


def _is_ours(address) -> bool:
    family = sockets.AF_INET if len(address) == 4 else sockets.AF_INET6
    probe = socket.socket(family, sockets.SOCK_DGRAM, 0)
    try:
        probe.bind(sockets.internet_address(address))
    except OSError as error:
        return error.errno != sockets.EADDRNOTAVAIL
    finally:
        probe.close()
    return True
