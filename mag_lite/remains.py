# SPDX-License-Identifier: GPL-2.0-or-later
"""What a daemon left that runs no more: its kernel state and its journals, cleared away."""

import sys

from mag_lite.system import sockets
from mag_lite.system.control import NoAnswer, ask
from mag_lite.system.files import make_directory
from mag_lite.system.journal import Journal
from mag_lite.system.log import Log
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.nftables import NftablesError


def is_running(run_directory: str) -> bool:
    """Return True if a daemon answers there."""
    try:
        ask(run_directory + "/control", {"verb": "status"})
    except NoAnswer:
        return False
    return True


def clear(program: str, run_directory: str, forwarding, journals) -> int:
    """Remove everything of the daemon that ran there; return the exit status, 1 for an error.

    `forwarding` is the class of its kernel state, `journals` are the names of its journals.
    """
    try:
        make_directory(run_directory)
        for name in journals:
            _empty(run_directory + "/" + name)
        forwarding(run_directory, Log(program)).close()
    except (OSError, NetlinkError, NftablesError) as error:
        sys.stderr.write("%s: %s\n" % (
            program, sockets.reason(error) if isinstance(error, OSError) else error))
        return 1
    return 0


def _empty(path):
    journal = Journal(path)  # which fails while a daemon has it
    for key in list(journal.read()):
        journal.remove(key)
    journal.close()
