# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads apk 3's files as their documentation describes them, to judge what we write."""

import struct
import zlib

INFO = ("name", "version", "hashes", "description", "arch", "license", "origin", "maintainer",
        "url", "commit", "build-time", "installed-size", "file-size", "provider-priority",
        "depends", "provides")


def read(data):
    """(schema, the database, [(directory, file, content)]) of a file."""
    assert data[:4] == b"ADBd"
    data = zlib.decompress(data[4:], -15)
    assert data[:4] == b"ADB."
    blocks, offset = [], 8
    while offset < len(data):
        word = struct.unpack_from("<I", data, offset)[0]
        kind, size = word >> 30, word & 0x3FFFFFFF
        blocks.append((kind, data[offset + 4 : offset + size]))
        offset += (size + 7) // 8 * 8
    assert blocks[0][0] == 0 and all(kind == 2 for kind, _ in blocks[1:])
    pieces = [(*struct.unpack_from("<II", content), content[8:]) for _, content in blocks[1:]]
    return data[4:8], blocks[0][1], pieces


def root(database):
    """The value where reading begins: rows as lists, blobs as bytes, numbers, or None."""
    return _value(database, struct.unpack_from("<I", database, 4)[0])


def info(row):
    """A package's information by name."""
    return dict(zip(INFO, row))


def _value(database, value):
    kind, number = value >> 28, value & 0xFFFFFFF
    if kind in (0xD, 0xE):
        count = struct.unpack_from("<I", database, number)[0]
        row = struct.unpack_from(f"<{count - 1}I", database, number + 4)
        return [_value(database, each) for each in row]
    if kind in (0x8, 0x9, 0xA):
        layout = {0x8: "<B", 0x9: "<H", 0xA: "<I"}[kind]
        assert number % struct.calcsize(layout) == 0
        start = number + struct.calcsize(layout)
        return database[start : start + struct.unpack_from(layout, database, number)[0]]
    if kind == 0x2:
        return struct.unpack_from("<I", database, number)[0]
    return {0x0: None, 0x1: number}[kind]
