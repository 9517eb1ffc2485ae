# SPDX-License-Identifier: GPL-2.0-or-later
"""A row of fields, compiled once into a struct format: the only place where lengths are checked."""
from struct import calcsize, pack, unpack_from

from .error import DecodeError

BY_SIZE = "by size"


class Layout:
    """What one message, option or sub-option is made of.

    `rfc` names the document and section, `sender` who sends it in Proxy Mobile IPv6; `alignment`
    is the xn+y of RFC 6275 section 4.2 as text, "" for none, BY_SIZE where it depends on the
    length of a link-layer address (`step` is 0 then).
    """

    def __init__(self, name: str, rfc: str, sender: str, alignment: str, fields):
        self.name = name
        self.rfc = rfc
        self.sender = sender
        self.alignment = alignment
        self.step, self.rest = _parse_alignment(alignment)
        self.fields = fields
        self.last = fields[-1] if fields and hasattr(fields[-1], "read") else None
        self.fixed = fields[:-1] if self.last else fields
        codes = "".join([field.code for field in self.fixed])
        self.format = "!" + codes
        self.tlv_format = "!BB" + codes
        self.size = calcsize(self.format)
        self.columns = [column for field in self.fixed for column in field.columns]
        self.fixed_count = len(self.columns)
        if self.last:
            self.columns.extend(self.last.columns)
        self.defaults = [column.default for column in self.columns]
        self.required = [column.name for column in self.columns if not _has_default(column)]
        self.names = [column.name for column in self.columns]
        self.index = {name: position for position, name in enumerate(self.names)}
        self.has_bits = True in [hasattr(field, "split") for field in self.fixed]
        # The length of a record that struct alone can read: nothing to split, nothing at the end.
        self.plain_size = -1 if self.has_bits or self.last else self.size

    def read(self, data, start, end):
        """The values between `start` and `end`; DecodeError if the length is wrong."""
        size = end - start
        if size < self.size or (size > self.size and not self.last):
            raise DecodeError(start, "%d octets%s of %s" % (
                self.size, " or more" if self.last else "", self.name), "%d" % size)
        values = unpack_from(self.format, data, start)
        if self.has_bits:
            values = self._split(values)
        if self.last:
            values += self.last.read(data, start + self.size, end)
        return values

    def write(self, values):
        """The octets of a row of values."""
        if self.plain_size >= 0:
            return pack(self.format, *values)
        fixed, last = self._prepare(values)
        return pack(self.format, *fixed) + last

    def write_tlv(self, number, values):
        """Type, length and the octets of a row of values."""
        fixed, last = self._prepare(values)
        length = self.size + len(last)
        if length > 255:
            raise ValueError("%s: %d octets do not fit" % (self.name, length))
        return pack(self.tlv_format, number, length, *fixed) + last

    def values(self, fields):
        """The row made of named `fields` and defaults; ValueError for what does not fit."""
        row = [[] if value == [] else value for value in self.defaults]
        for name, value in fields.items():
            position = self.index.get(name)
            if position is None:
                raise ValueError("%s has no field '%s'" % (self.name, name))
            self.columns[position].check(value)
            row[position] = value
        for name in self.required:
            if name not in fields:
                raise ValueError("%s needs '%s'" % (self.name, name))
        return tuple(row)

    def check(self, values):
        """Raise ValueError unless each value fits its column."""
        for column, value in zip(self.columns, values):
            column.check(value)

    def texts(self, values):
        """Each value as text."""
        return [column.show_after(value, values[0]) if hasattr(column, "show_after")
                else column.show(value) for column, value in zip(self.columns, values)]

    def show(self, values):
        """The row as text: "prefix_length 64, prefix 2001:db8::"."""
        return ", ".join(["%s %s" % pair for pair in zip(self.names, self.texts(values))])

    def _prepare(self, values):
        """(values for struct, octets of the last field)."""
        last = b""
        if self.last:
            last = self.last.write(*values[self.fixed_count:])
            values = values[:self.fixed_count]
        return (self._join(values) if self.has_bits else values), last

    def _split(self, words):
        values = []
        words = iter(words)
        for field in self.fixed:
            if hasattr(field, "split"):
                values.extend(field.split(next(words)))
            elif field.columns:
                values.append(next(words))
        return tuple(values)

    def _join(self, values):
        values = iter(values)
        return [field.join(values) if hasattr(field, "join") else next(values)
                for field in self.fixed if field.columns]


def _has_default(column):
    """May the column be left out?"""
    try:
        column.check(column.default)
        return True
    except ValueError:
        return False


def _parse_alignment(text):
    """(x, y) of "xn+y"; "" is (1, 0) and BY_SIZE (0, 0)."""
    if text == BY_SIZE:
        return 0, 0
    step, _, rest = text.partition("n")
    return int(step or "1"), int(rest.strip("+") or "0")
