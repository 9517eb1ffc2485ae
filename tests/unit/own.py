# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses, names and directories that no other process uses: tests may run side by side."""

import os

with open("/proc/self/stat") as _file:
    PID = int(_file.read().split()[0])

LOOPBACK = bytes((127, 64 + PID // 65536 % 64, PID // 256 % 256, PID % 256))
OTHER_LOOPBACK = bytes((127, 128 + PID // 65536 % 64, PID // 256 % 256, PID % 256))
PORT = 20000 + PID % 10000 * 4  # three more follow


def socket_name(purpose: str) -> str:
    """An abstract Unix socket's name."""
    return "\0pmip-test-%d-%s" % (PID, purpose)


class Directory:
    """`with Directory() as path:` an empty directory that is gone afterwards."""

    def __enter__(self):
        self.path = "/tmp/pmip-test-%d" % PID
        os.mkdir(self.path)
        return self.path

    def __exit__(self, kind, error, traceback):
        _remove(self.path)


def _remove(path):
    for name in os.listdir(path):
        try:
            os.remove(path + "/" + name)
        except OSError:
            _remove(path + "/" + name)
    os.rmdir(path)


def write(path, text):
    """Make `path` a file that says `text`."""
    with open(path, "w") as file:
        file.write(text)
