# SPDX-License-Identifier: GPL-2.0-or-later
"""Options as values, and the families (number spaces) of type-length-value options."""
from struct import pack, unpack_from

from .error import DecodeError
from .field import Rest
from .layout import Layout

UNKNOWN = Layout("Unknown", "", "", "", (Rest("data"),))

_PADDING = (b"", b"\0", b"\1\0", b"\1\1\0", b"\1\2\0\0", b"\1\3\0\0\0",
            b"\1\4\0\0\0\0", b"\1\5\0\0\0\0\0")

# An address of 8 octets behind type, length and two reserved octets stands on a multiple of 8.
_ALIGNMENT_BY_SIZE = {12: (8, 4)}


class Record:
    """One option: its number and the values of its fields, each also an attribute by name.

    Records do not change; they are equal if their numbers and values are.
    """

    __slots__ = ("number", "layout", "values")

    def __init__(self, number: int, layout: Layout, values):
        self.number = number
        self.layout = layout
        self.values = values

    def __getattr__(self, name):
        position = self.layout.index.get(name)
        if position is None:
            raise AttributeError("%s has no field '%s'" % (self.layout.name, name))
        return self.values[position]

    def __eq__(self, other):
        return (isinstance(other, Record) and self.number == other.number
                and self.values == other.values)

    def __repr__(self):
        name = self.layout.name
        if self.layout is UNKNOWN:
            name = "Unknown option %d" % self.number
        return "%s [%s]" % (name, self.layout.show(self.values))

    __str__ = __repr__


class Family:
    """The options that share one number space, as a table of
    (number, name, RFC and section, sender, alignment, fields).

    Option 0 is one octet of padding and option 1 any number (RFC 6275 section 6.2) if `padded`.
    """

    def __init__(self, table, padded: bool = False):
        self.padded = padded
        self.layouts = {}
        self.add(table)

    def add(self, table):
        """Learn more options."""
        for number, name, rfc, sender, alignment, fields in table:
            self.layouts[number] = Layout(name, rfc, sender, alignment, fields)

    def make(self, number: int, fields) -> Record:
        """The option with these {name: value}; other fields get their defaults.

        ValueError if a value does not fit or no field is named so. An option that is in no table
        has one field, `data`.
        """
        layout = self.layouts.get(number, UNKNOWN)
        return Record(number, layout, layout.values(fields))

    def read(self, data: bytes, offset: int, end: int):
        """The list of options from `offset` to `end`, without padding; raises DecodeError."""
        records = []
        layouts = self.layouts
        padded = self.padded
        while offset < end:
            number = data[offset]
            if number == 0 and padded:
                offset += 1
                continue
            start = offset + 2
            if start > end:
                raise DecodeError(offset + 1, "an option length", "the end")
            offset = start + data[start - 1]
            if offset > end:
                raise DecodeError(start - 1, "an option length of at most %d" % (end - start),
                                  "%d" % data[start - 1])
            if number == 1 and padded:
                continue
            layout = layouts.get(number, UNKNOWN)
            if layout.plain_size == offset - start:
                values = unpack_from(layout.format, data, start)
            else:
                values = layout.read(data, start, offset)
            records.append(Record(number, layout, values))
        return records

    def write(self, records, offset: int) -> bytes:
        """The octets of `records` from `offset` on, aligned if the family has padding for it."""
        parts = []
        for record in records:
            layout = record.layout
            if layout.plain_size >= 0:
                octets = pack(layout.tlv_format, record.number, layout.plain_size, *record.values)
            else:
                octets = layout.write_tlv(record.number, record.values)
            step, rest = layout.step, layout.rest
            if not step:
                step, rest = _ALIGNMENT_BY_SIZE.get(len(octets), (2, 0))
            gap = (rest - offset) % step if self.padded else 0
            if gap:
                parts.append(_PADDING[gap])
            parts.append(octets)
            offset += gap + len(octets)
        return b"".join(parts)


def padding(length: int) -> bytes:
    """Pad1 or PadN of 0..7 octets."""
    return _PADDING[length]
