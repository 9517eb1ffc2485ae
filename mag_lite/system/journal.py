# SPDX-License-Identifier: GPL-2.0-or-later
"""Records that outlive the process: one file, to which each change is appended by one system call.

A line is a checksum, a key, and the record as JSON; the last line of a key counts, and `null` says
that it was removed.  What is out of date is dropped by writing the file anew, now and then.
"""

import binascii
import json
import os
import socket

from mag_lite.system import sockets

_REMOVED = b"null"
_UNFINISHED = ".unfinished"
_SLACK = 16384  # octets out of date that are worth no new file
_BLOCK = 4096   # octets


class Journal:
    """The records (dicts of what JSON can say) in the file `path`, each under a key.

    A key is a text without white space.  `damaged` is how many lines could not be read when the
    journal was opened.  OSError EADDRINUSE when another process of this machine has it open.
    """

    def __init__(self, path: str):
        self._path = path
        self._lock = _lock(path)
        self._file = None
        self._torn = False
        try:
            self.damaged = self._renew()
        except OSError:
            self._lock.close()
            raise

    def write(self, key: str, record: dict) -> None:
        """Keep `record`, in place of an earlier one; a crash leaves the one or the other.

        OSError when the file system is full.
        """
        self._append(key, json.dumps(record).encode())

    def remove(self, key: str) -> None:
        """Forget the record, if there is one.  OSError when the file system is full."""
        self._append(key, _REMOVED)

    def read(self) -> dict:
        """{key: record}"""
        lines = self._lines()[0]
        return {key: json.loads(line.split(b" ", 2)[2]) for key, line in lines.items()}

    def close(self) -> None:
        """Let another process have it; once."""
        self._file.close()
        self._lock.close()

    def _append(self, key: str, text: bytes) -> None:
        line = _seal(b"%s %s" % (key.encode(), text))
        if self._torn:
            line = b"\n" + line
        self._torn = self._file.write(line) != len(line)
        if self._torn:
            raise OSError(sockets.ENOSPC, "half of a record")
        self._growth -= len(line)
        if self._growth < 0:
            self._renew_if_possible()

    def _renew_if_possible(self) -> None:
        try:
            self._renew()
        except OSError:
            self._growth = _SLACK  # no space for both files: the old one is as good

    def _renew(self) -> int:
        """Write a file of what counts, in place of the old one; return how many lines did not."""
        lines, damaged = self._lines()
        data = b"".join([lines[key] for key in sorted(lines)])
        # Unbuffered: a client waits for each write, and a buffer costs CPython more system calls.
        file = open(self._path + _UNFINISHED, "wb", 0)
        if file.write(data) not in (len(data), None):
            file.close()
            raise OSError(sockets.ENOSPC, "half of a journal")
        os.rename(self._path + _UNFINISHED, self._path)
        if self._file:
            self._file.close()
        self._file = file
        self._growth = len(data) + _SLACK
        return damaged

    def _lines(self):
        """({key: its last line}, number of unsound lines)."""
        lines, damaged = {}, 0
        try:
            file = open(self._path, "rb")
        except OSError as error:
            if error.errno != sockets.ENOENT:
                raise
            return lines, damaged
        with file:
            for line in _each_line(file):
                key = _key(line)
                if key is None:
                    damaged += line != b"\n"
                elif line.endswith(b" null\n"):
                    lines.pop(key, None)
                else:
                    lines[key] = line
        return lines, damaged


def _each_line(file):
    """Each line of a binary file; MicroPython's own way takes a system call for each octet."""
    rest = b""
    block = file.read(_BLOCK)
    while block:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line + b"\n"
        block = file.read(_BLOCK)
    if rest:
        yield rest


def _seal(text: bytes) -> bytes:
    return b"%08x %s\n" % (binascii.crc32(text), text)


def _key(line: bytes):
    """The key of a sound line, or None: MicroPython's JSON parser accepts half a record."""
    text = line[9:-1]
    if line != _seal(text):
        return None
    key, _, record = text.partition(b" ")
    if record != _REMOVED and not (record.startswith(b"{") and record.endswith(b"}")):
        return None
    try:
        return key.decode()
    except UnicodeError:
        return None


def _lock(path: str):
    # An abstract name vanishes with its process, however that ends.
    lock = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    try:
        lock.bind(sockets.unix_address("\0pmip-journal " + path))
    except OSError:
        lock.close()
        raise
    return lock
