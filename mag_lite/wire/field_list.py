# SPDX-License-Identifier: GPL-2.0-or-later
"""Rarer kinds of fields, for the options that the daemons do not read: lists and counted texts."""
from struct import pack, unpack_from

from .address import format_address
from .error import DecodeError, need
from .field import Octets, Rest


class Numbers(Rest):
    """16-bit numbers up to the end; the value is a list."""

    default = []

    def read(self, data, start, end):
        if (end - start) % 2:
            raise DecodeError(start, "an even number of octets of %s" % self.name,
                              "%d" % (end - start))
        return (list(unpack_from("!%dH" % ((end - start) // 2), data, start)),)

    def write(self, value):
        return pack("!%dH" % len(value), *value)

    def check(self, value):
        for number in value:
            if not 0 <= number < 65536:
                raise ValueError("%s: %r is not 0..65535" % (self.name, number))

    def show(self, value):
        return " ".join(["%d" % number for number in value])


class Addresses(Rest):
    """A number of IPv6 addresses, a reserved octet, and the addresses; the value is a list."""

    default = []

    def extent(self, data, start, end):
        """How many octets they take, options behind them being none of their business."""
        return 2 + 16 * data[start] if start < end else 2

    def read(self, data, start, end):
        return ([data[offset:offset + 16] for offset in range(start + 2, end, 16)],)

    def write(self, value):
        return bytes([len(value), 0]) + b"".join(value)

    def check(self, value):
        if len(value) > 255:
            raise ValueError("%s: %d addresses are too many" % (self.name, len(value)))
        for address in value:
            if len(address) != 16:
                raise ValueError("%s: %d octets are no IPv6 address" % (self.name, len(address)))

    def show(self, value):
        return "[%s]" % ", ".join([format_address(address) for address in value])


class Counted:
    """Texts up to the end, each behind its length in one octet."""

    def __init__(self, *names):
        self.columns = tuple([Text(name) for name in names])

    def read(self, data, start, end):
        values = []
        for column in self.columns:
            need(data[:end], start, 1, "length of %s" % column.name)
            need(data[:end], start + 1, data[start], column.name)
            values.append(data[start + 1:start + 1 + data[start]])
            start += 1 + data[start]
        if start != end:
            raise DecodeError(start, "the end behind %s" % column.name,
                              "%d octets" % (end - start))
        return tuple(values)

    def write(self, *values):
        return b"".join([bytes([len(value)]) + value for value in values])


class Text(Rest):
    """One text of Counted."""

    def check(self, value):
        if len(value) > 255:
            raise ValueError("%s: %d octets are too long" % (self.name, len(value)))


class Degrees(Octets):
    """24 bits of degrees as two's complement with 15 bits of fraction (RFC 6757 section 3.1.2).

    The value is the number of 1/32768 degrees, -8388608..8388607.
    """

    def __init__(self, name: str):
        super().__init__(3, name)
        self.default = 0

    def split(self, word):
        value = int.from_bytes(word, "big")
        return (value - (value >> 23 << 24),)

    def join(self, values):
        return (next(values) & 0xFFFFFF).to_bytes(3, "big")

    def check(self, value):
        if not -0x800000 <= value <= 0x7FFFFF:
            raise ValueError("%s: %r is not a 24-bit number" % (self.name, value))

    def show(self, value):
        return "%d (%.5f degrees)" % (value, value / 32768)
