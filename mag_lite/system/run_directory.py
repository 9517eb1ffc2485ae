# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon's own directory, closed to others: who can write there controls the daemon."""

import os

from mag_lite.system import sockets


def make_directory(path: str) -> None:
    """Make `path` and its parents, for its owner only, unless it is there.  OSError if not."""
    try:
        os.stat(path)
        return
    except OSError as error:
        if error.errno != sockets.ENOENT:
            raise
    if "'" in path or os.system("umask 077 && mkdir -p '%s'" % path):
        raise OSError(sockets.EACCES, "cannot make the directory %s" % path)
