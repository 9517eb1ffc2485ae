# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of fields that RFC pictures are made of: fixed ones, then those that fill the rest.

A fixed field has a `code` for struct and none, one or several `columns`: what it adds to the
values of a record. A column has a `name`, a `default`, `check` (ValueError for values that do not
fit) and `show` (text for people). A field that fills the rest has `read`, which returns the values
of its columns, and `write`, which takes them; it stands last in its layout.
"""
import binascii
import struct

from .address import format_address, format_mac
from .error import DecodeError


def show_octets(value: bytes) -> str:
    """Octets as quoted text where all are printable ASCII, else as hexadecimal."""
    for octet in value:
        if not 32 <= octet < 127 or octet == 34:
            return binascii.hexlify(value).decode()
    return '"%s"' % value.decode()


class Number:
    """An unsigned number of `bits` bits.

    `meaning` says how people read it: {value: name}, or ((flag, name), ...), or a function.
    """

    default = 0

    def __init__(self, code: str, bits: int, name: str, meaning=None):
        self.code = code
        self.bits = bits
        self.name = name
        self.meaning = meaning
        self.columns = (self,)

    def check(self, value):
        if not 0 <= value < 1 << self.bits:
            raise ValueError("%s: %r is not 0..%d" % (self.name, value, (1 << self.bits) - 1))

    def show(self, value):
        meaning = self.meaning
        if meaning is None:
            return "%d" % value
        if isinstance(meaning, dict):
            return "%d (%s)" % (value, meaning.get(value, "unassigned"))
        if isinstance(meaning, tuple):
            names = [name for flag, name in meaning if value & flag]
            return "0x%0*x (%s)" % (self.bits // 4, value, " ".join(names))
        return meaning(value)


def U8(name, meaning=None):
    return Number("B", 8, name, meaning)


def U16(name, meaning=None):
    return Number("H", 16, name, meaning)


def U32(name, meaning=None):
    return Number("I", 32, name, meaning)


def U64(name, meaning=None):
    return Number("Q", 64, name, meaning)


class Reserved:
    """Bits sent as zero and ignored by the receiver."""

    columns = ()

    def __init__(self, bits: int):
        self.bits = bits
        self.code = "%dx" % (bits // 8)


class Bits:
    """8 or 16 bits, divided from the highest down into numbers and reserved bits."""

    def __init__(self, *parts):
        self.parts = parts
        self.bits = sum([part.bits for part in parts])
        self.code = {8: "B", 16: "H", 32: "I"}[self.bits]
        self.columns = tuple([part for part in parts if part.columns])

    def split(self, word: int):
        """The values of the columns in `word`."""
        values = []
        shift = self.bits
        for part in self.parts:
            shift -= part.bits
            if part.columns:
                values.append(word >> shift & (1 << part.bits) - 1)
        return values

    def join(self, values):
        """The word made of the next values of the iterator `values`."""
        word = 0
        for part in self.parts:
            word = word << part.bits | (next(values) if part.columns else 0)
        return word


def part(bits: int, name: str, meaning=None):
    """A number inside Bits."""
    return Number("", bits, name, meaning)


class Octets:
    """A fixed number of octets."""

    def __init__(self, size: int, name: str):
        self.size = size
        self.code = "%ds" % size
        self.name = name
        self.default = bytes(size)
        self.columns = (self,)

    def check(self, value):
        if len(value) != self.size:
            raise ValueError("%s: %d octets are not %d" % (self.name, len(value), self.size))

    def show(self, value):
        return binascii.hexlify(value).decode()


class Address(Octets):
    """An IPv4 or IPv6 address."""

    def show(self, value):
        return format_address(value)


def IPV4(name):
    return Address(4, name)


def IPV6(name):
    return Address(16, name)


class Rest:
    """All octets up to the end, at least `minimum`."""

    default = b""

    def __init__(self, name: str, minimum: int = 0):
        self.name = name
        self.minimum = minimum
        self.columns = (self,)

    def read(self, data, start, end):
        if end - start < self.minimum:
            raise DecodeError(start, "%s of %d octets at least" % (self.name, self.minimum),
                              "%d" % (end - start))
        return (data[start:end],)

    def write(self, value):
        return value

    def check(self, value):
        if len(value) < self.minimum:
            raise ValueError("%s: %d octets are less than %d"
                             % (self.name, len(value), self.minimum))

    def show(self, value):
        return show_octets(value)


class LinkLayer(Rest):
    """A link-layer address up to the end."""

    def show(self, value):
        return format_mac(value)


class AnyAddress(Rest):
    """An address up to the end, of one of the given `sizes` (0 is none, 4 IPv4, 16 IPv6)."""

    def __init__(self, name: str, sizes):
        super().__init__(name)
        self.sizes = sizes

    def read(self, data, start, end):
        if end - start not in self.sizes:
            raise DecodeError(start, "%s of %s octets"
                              % (self.name, " or ".join([str(size) for size in self.sizes])),
                              "%d" % (end - start))
        return (data[start:end],)

    def check(self, value):
        if len(value) not in self.sizes:
            raise ValueError("%s: no address has %d octets here" % (self.name, len(value)))

    def show(self, value):
        return format_address(value) if value else "none"


class OptionalU32(Rest):
    """A 32-bit number, or None where the record ends before it."""

    default = None

    def read(self, data, start, end):
        if start == end:
            return (None,)
        if end - start != 4:
            raise DecodeError(start, "%s of 0 or 4 octets" % self.name, "%d" % (end - start))
        return struct.unpack_from("!I", data, start)

    def write(self, value):
        return b"" if value is None else struct.pack("!I", value)

    def check(self, value):
        if value is not None and not 0 <= value < 1 << 32:
            raise ValueError("%s: %r is not 0..0xffffffff" % (self.name, value))

    def show(self, value):
        return "none" if value is None else "0x%08x" % value


class Records(Rest):
    """A list of records of another family (sub-options) up to the end."""

    default = []

    def __init__(self, name: str, family):
        super().__init__(name)
        self.family = family

    def read(self, data, start, end):
        return (self.family.read(data, start, end),)

    def write(self, value):
        return self.family.write(value, 0)

    def check(self, value):
        pass

    def show(self, value):
        return "[%s]" % ", ".join([str(record) for record in value])
