# SPDX-License-Identifier: GPL-2.0-or-later
"""The container of apk 3's packages and indexes ("ADB"), as far as we write it.

A database is a stretch of octets in which values refer to each other by offset.  A value is 32
bits, little-endian: a type above 28 bits of number or offset.  Objects and arrays are rows of
values after their count (which counts itself); what stands at the end and is empty is left out.
The file is "ADB.", the schema's name, then blocks: the database, then the packages' files.
"""

import struct

import compress

PACKAGE, INDEX = b"pckg", b"indx"

_DATABASE_BLOCK, _DATA_BLOCK = 0, 2
_INTEGER, _INTEGER_32 = 0x1, 0x2
_BLOB_8, _BLOB_16, _BLOB_32 = 0x8, 0x9, 0xA
_ARRAY, _OBJECT = 0xD, 0xE
_NULL = 0
_OFFSET_OF_ROOT = 4


class Database:
    """Values are written from the leaves to the root; each method returns the value to refer to
    what it wrote."""

    def __init__(self):
        self.data = bytearray(8)  # versions, all zero, and the root
        self._known = {}

    def integer(self, number: int) -> int:
        """A whole number, 0 <= number < 2**32."""
        if number < 1 << 28:
            return _INTEGER << 28 | number
        return self._write(_INTEGER_32, struct.pack("<I", number), 4)

    def blob(self, content: bytes) -> int:
        """Octets, or nothing if there are none."""
        for kind, size, layout in ((_BLOB_8, 1, "<B"), (_BLOB_16, 2, "<H"), (_BLOB_32, 4, "<I")):
            if not content:
                return _NULL
            if len(content) < 1 << 8 * size:
                return self._write(kind, struct.pack(layout, len(content)) + content, size)
        raise ValueError("too long")

    def text(self, text: str) -> int:
        """A text in UTF-8."""
        return self.blob(text.encode())

    def object(self, *fields: int) -> int:
        """The values of fields 1, 2, ...; _NULL where a field is empty."""
        return self._row(_OBJECT, fields)

    def array(self, items) -> int:
        """The values of all items."""
        return self._row(_ARRAY, items)

    def root(self, value: int) -> None:
        """Make a value the one where reading begins."""
        struct.pack_into("<I", self.data, _OFFSET_OF_ROOT, value)

    def replace(self, value: int, content: bytes) -> None:
        """Write other octets in place of those of a blob of less than 256, wherever it is
        referred to."""
        offset = (value & 0xFFFFFFF) + 1
        self.data[offset : offset + len(content)] = content

    def _row(self, kind, values):
        values = list(values)
        while values and values[-1] == _NULL:
            values.pop()
        if not values:
            return _NULL
        count = len(values) + 1
        return self._write(kind, struct.pack(f"<{count}I", count, *values), 4)

    def _write(self, kind, content, alignment):
        # What is the same is there only once.
        offset = self._known.get((content, alignment))
        if offset is None:
            self.data += bytes(-len(self.data) % alignment)
            offset = len(self.data)
            self.data += content
            self._known[content, alignment] = offset
        return kind << 28 | offset


def file(schema: bytes, database: Database, data=()) -> bytes:
    """A whole file, compressed; `data`: (number of the directory, number of the file, content)."""
    blocks = [_block(_DATABASE_BLOCK, bytes(database.data))]
    blocks += [_block(_DATA_BLOCK, struct.pack("<II", directory, number) + content)
               for directory, number, content in data]
    return b"ADBd" + compress.deflate(b"ADB." + schema + b"".join(blocks))


def _block(kind, content):
    size = 4 + len(content)
    return struct.pack("<I", kind << 30 | size) + content + bytes(-size % 8)
