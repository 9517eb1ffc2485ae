# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and directories, as far as both Pythons can handle them."""

import os

from mag_lite.system import sockets


def exists(path: str) -> bool:
    """Whether there is something at `path`; OSError if that cannot be told."""
    try:
        os.stat(path)
    except OSError as error:
        if error.errno != sockets.ENOENT:
            raise
        return False
    return True


def make_directory(path: str) -> None:
    """Make `path` and its parents, for its owner only, unless it is there.  OSError if not.

    Who can write to a daemon's directory controls the daemon.
    """
    if exists(path):
        return
    if "'" in path or os.system("umask 077 && mkdir -p '%s'" % path):
        raise OSError(sockets.EACCES, "cannot make the directory %s" % path)


def replace(path: str, text: str) -> None:
    """Make the file at `path` say `text`; who reads it sees the old or the new.  OSError."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def remove(path: str) -> None:
    """Remove the file at `path`; harmless if there is none or it cannot be done."""
    try:
        os.remove(path)
    except OSError:
        pass
