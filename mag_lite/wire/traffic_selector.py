# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic selectors in the binary formats of RFC 6088.

"Source" is the correspondent and "destination" the mobile node, as the anchor sees packets to it.
"""
from struct import calcsize, pack, unpack_from

from .address import format_address
from .error import DecodeError, need
from .field import U8, Rest

IPV4_BINARY = 1
IPV6_BINARY = 2

FORMATS = {IPV4_BINARY: "IPv4 binary traffic selector",
           IPV6_BINARY: "IPv6 binary traffic selector"}

# The fields in the order of the wire, each present if its flag is set: flags from the highest bit.
_IPV4_FIELDS = (
    ("start_source_address", "4s"), ("end_source_address", "4s"),
    ("start_destination_address", "4s"), ("end_destination_address", "4s"),
    ("start_spi", "I"), ("end_spi", "I"),
    ("start_source_port", "H"), ("end_source_port", "H"),
    ("start_destination_port", "H"), ("end_destination_port", "H"),
    ("start_ds", "B"), ("end_ds", "B"), ("start_protocol", "B"), ("end_protocol", "B"),
)
_IPV6_FIELDS = (
    ("start_source_address", "16s"), ("end_source_address", "16s"),
    ("start_destination_address", "16s"), ("end_destination_address", "16s"),
    ("start_spi", "I"), ("end_spi", "I"), ("start_flow_label", "I"), ("end_flow_label", "I"),
    ("start_source_port", "H"), ("end_source_port", "H"),
    ("start_destination_port", "H"), ("end_destination_port", "H"),
    ("start_traffic_class", "B"), ("end_traffic_class", "B"),
    ("start_next_header", "B"), ("end_next_header", "B"),
)
_FIELDS = {IPV4_BINARY: _IPV4_FIELDS, IPV6_BINARY: _IPV6_FIELDS}
# All names in the order in which they are shown.
_NAMES = [name for name, _ in _IPV6_FIELDS] + [name for name, _ in _IPV4_FIELDS[-4:]]
_LARGEST = {"I": 0xFFFFFFFF, "H": 0xFFFF, "B": 0xFF}


def decode(table, data: bytes, start: int, end: int):
    """{field: value} of the selector between `start` and `end`; raises DecodeError."""
    need(data[:end], start, 4, "traffic selector flags")
    flags = unpack_from("!I", data, start)[0]
    present = [field for index, field in enumerate(table) if flags & 0x80000000 >> index]
    codes = "!" + "".join([code for _, code in present])
    if end - start - 4 != calcsize(codes):
        raise DecodeError(start, "%d octets of traffic selector" % (4 + calcsize(codes)),
                          "%d" % (end - start))
    values = unpack_from(codes, data, start + 4)
    return {field[0]: value for field, value in zip(present, values)}


def encode(table, selector) -> bytes:
    """The octets of {field: value}."""
    flags = 0
    parts = []
    for index, (name, code) in enumerate(table):
        if name in selector:
            flags |= 0x80000000 >> index
            parts.append(pack("!" + code, selector[name]))
    return pack("!I", flags) + b"".join(parts)


def check(table, selector):
    """Raise ValueError unless {field: value} fits the table."""
    codes = dict(table)
    for name, value in selector.items():
        if name not in codes:
            raise ValueError("a traffic selector has no field '%s'" % name)
        code = codes[name]
        if code in _LARGEST:
            fits = 0 <= value <= _LARGEST[code]
        else:
            fits = len(value) == calcsize(code)
        if not fits:
            raise ValueError("traffic selector: %s %r does not fit" % (name, value))


class Selector(Rest):
    """{field: value}, or the octets of a format we do not know."""

    def check(self, value):
        pass

    def show(self, value):
        if isinstance(value, bytes):
            return super().show(value)
        return "{%s}" % ", ".join(["%s %s" % (name, show_field(value[name]))
                                   for name in _NAMES if name in value])


def show_field(value) -> str:
    """An address or a number as text."""
    return format_address(value) if isinstance(value, bytes) else "%d" % value


class TrafficSelector:
    """TS Format and selector up to the end, a reserved octet behind or before the format."""

    def __init__(self, format_first: bool):
        self.format_first = format_first
        self.columns = (U8("format", FORMATS), Selector("selector"))

    def read(self, data, start, end):
        need(data[:end], start, 2, "traffic selector format")
        number = data[start if self.format_first else start + 1]
        if number not in _FIELDS:
            return number, data[start + 2:end]
        return number, decode(_FIELDS[number], data, start + 2, end)

    def write(self, number, selector):
        head = bytes([number, 0] if self.format_first else [0, number])
        if number not in _FIELDS:
            return head + selector
        check(_FIELDS[number], selector or {})
        return head + encode(_FIELDS[number], selector or {})
