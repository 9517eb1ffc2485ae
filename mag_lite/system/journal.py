# SPDX-License-Identifier: GPL-2.0-or-later
"""Records that outlive the process: one file each, replaced in one step."""

import binascii
import json
import os
import socket

from mag_lite.system import sockets

_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:._@-"
_LONGEST_KEY = 200
_UNFINISHED = "/.unfinished"


class Journal:
    """The records (dicts of what JSON can say) in a directory, each under a key.

    A key is 1-200 letters, digits and `:._@-`, the first no dot.  The directory is made if need
    be.  OSError EADDRINUSE when another process of this machine has the same journal open.
    """

    def __init__(self, directory: str):
        self._directory = directory
        self._lock = _lock(directory)
        try:
            os.mkdir(directory)
        except OSError as error:
            if error.errno != sockets.EEXIST:
                self.close()
                raise

    def write(self, key: str, record: dict) -> None:
        """Keep `record`, in place of an earlier one; a crash leaves the one or the other.

        ValueError when key or record cannot be kept, OSError when the file system is full.
        """
        path = self._path(key)
        text = json.dumps(record)
        if json.loads(text) != record:
            raise ValueError("JSON changes %r" % record)
        sealed = _seal(text.encode())
        # Unbuffered: a client waits for this, and a buffer costs CPython seven system calls.
        with open(self._directory + _UNFINISHED, "wb", 0) as file:
            if file.write(sealed) != len(sealed):
                raise OSError(sockets.ENOSPC, "half of a record")
        os.rename(self._directory + _UNFINISHED, path)

    def remove(self, key: str) -> None:
        """Forget the record, if there is one."""
        try:
            os.remove(self._path(key))
        except OSError as error:
            if error.errno != sockets.ENOENT:
                raise

    def discard(self, name: str) -> None:
        """Remove what `read` found to be no sound record; a directory is left to its owner."""
        try:
            os.remove(self._directory + "/" + name)
        except OSError as error:
            if error.errno not in (sockets.ENOENT, sockets.EISDIR, sockets.EPERM):
                raise

    def read(self):
        """({key: record}, [names of what is not a sound record])."""
        records, unreadable = {}, []
        for name in os.listdir(self._directory):
            if name[0] != ".":
                record = self._record(name)
                if record is None:
                    unreadable.append(name)
                else:
                    records[name] = record
        return records, sorted(unreadable)

    def close(self) -> None:
        """Let another process have it; once."""
        self._lock.close()

    def _path(self, key: str) -> str:
        if not _is_key(key):
            raise ValueError("'%s' cannot be a journal's key" % key)
        return self._directory + "/" + key

    def _record(self, name: str):
        try:
            with open(self._path(name), "rb") as file:
                record = json.loads(_unseal(file.read()))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None


def _is_key(text: str) -> bool:
    if not 0 < len(text) <= _LONGEST_KEY or text[0] == ".":
        return False
    return all(character in _KEY for character in text)


def _seal(text: bytes) -> bytes:
    """`text` with its checksum in front: MicroPython's JSON parser accepts half a record."""
    return b"%08x %s\n" % (binascii.crc32(text), text)


def _unseal(data: bytes) -> str:
    text = data[9:-1]
    if data != _seal(text):
        raise ValueError("damaged")
    return text.decode()


def _lock(directory: str):
    # An abstract name vanishes with its process, however that ends.
    lock = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    try:
        lock.bind(sockets.unix_address("\0pmip-journal " + directory))
    except OSError:
        lock.close()
        raise
    return lock
