# SPDX-License-Identifier: GPL-2.0-or-later
"""blob and blobmsg, the formats of libubox in which ubus carries everything.

A blob attribute is a header of 32 bits (top bit "extended", 7 bits id, 24 bits length with the
header), its payload, and padding to 4 octets.  blobmsg makes JSON-like values of extended
attributes: the id is the value's type, and the payload begins with the value's name.  All numbers
are in network byte order.
"""

import struct

UNSPECIFIED = 0
ARRAY = 1
TABLE = 2
STRING = 3
INT64 = 4
INT32 = 5
INT16 = 6
BOOLEAN = 7  # and every number of 8 bits
DOUBLE = 8

DEEPEST = 16  # tables and arrays in each other
LONGEST = 0xFFFFFF  # octets of an attribute, with its header

_EXTENDED = 0x80
_NUMBERS = {INT64: "!q", INT32: "!i", INT16: "!h", DOUBLE: "!d"}


class BlobError(ValueError):
    """The octets are no blob, or the values cannot be put into one; the text says why."""


def attribute(number: int, payload: bytes, extended: int = 0) -> bytes:
    """One attribute with its padding; BlobError if it is longer than LONGEST."""
    length = 4 + len(payload)
    if length > LONGEST:
        raise BlobError("an attribute of %d octets" % length)
    head = struct.pack("!I", (extended | number) << 24 | length)
    return head + payload + bytes(-length % 4)


def attribute_u32(number: int, value: int) -> bytes:
    """An attribute that is an unsigned number of 32 bits."""
    return attribute(number, struct.pack("!I", value))


def attribute_text(number: int, text: str) -> bytes:
    """An attribute that is a text, ended by a zero octet."""
    return attribute(number, text.encode() + b"\0")


def attributes(data: bytes) -> dict:
    """{id: payload} of attributes in a row, the last of an id; BlobError."""
    return {number: payload for number, payload in _each(data)}


def u32(payload) -> int:
    """The unsigned number of 32 bits in a payload; BlobError, also for None."""
    if payload is None or len(payload) != 4:
        raise BlobError("not a number of 32 bits")
    return struct.unpack("!I", payload)[0]


def text(payload) -> str:
    """The text in a payload, up to its zero octet; BlobError, also for None."""
    if not payload or payload[-1] != 0:
        raise BlobError("not a text")
    try:
        return str(payload[: payload.find(b"\0")], "utf-8")
    except UnicodeError:
        raise BlobError("a text that is not UTF-8")


def encode(values: dict) -> bytes:
    """A table's members as blobmsg.

    Values may be None, bool, int (64 bits, signed), float, str without NUL, list and dict, nested
    up to DEEPEST; BlobError for anything else.
    """
    return b"".join([_encode(name, values[name], DEEPEST) for name in values])


def decode(data: bytes) -> dict:
    """A table's members from blobmsg: the inverse of `encode`; of equal names the last counts.

    BlobError if they are malformed or nested deeper than DEEPEST.
    """
    return _members(data, DEEPEST)


def _each(data):
    """Generator of (id with the extended bit, payload); padding may lack after the last."""
    offset = 0
    while offset < len(data):
        if len(data) - offset < 4:
            raise BlobError("%d octets after the last attribute" % (len(data) - offset))
        head = struct.unpack_from("!I", data, offset)[0]
        length = head & LONGEST
        if length < 4 or offset + length > len(data):
            raise BlobError("an attribute of %d octets at offset %d" % (length, offset))
        yield head >> 24, data[offset + 4 : offset + length]
        offset += length + -length % 4


def _encode(name, value, depth):
    kind, payload = _value(value, depth)
    octets = _string(name)
    if len(octets) > 0xFFFF:
        raise BlobError("a name of %d octets" % len(octets))
    named = struct.pack("!H", len(octets) - 1) + octets
    return attribute(kind, named + bytes(-len(named) % 4) + payload, _EXTENDED)


def _value(value, depth):
    """(type, payload) of a value."""
    if value is None:
        return UNSPECIFIED, b""
    if value is True or value is False:
        return BOOLEAN, bytes((int(value),))
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return DOUBLE, struct.pack("!d", value)
    if isinstance(value, str):
        return STRING, _string(value)
    if not depth:
        raise BlobError("values nested deeper than %d" % DEEPEST)
    if isinstance(value, dict):
        return TABLE, b"".join([_encode(name, value[name], depth - 1) for name in value])
    if isinstance(value, (list, tuple)):
        return ARRAY, b"".join([_encode("", item, depth - 1) for item in value])
    raise BlobError("a value of type %s" % type(value).__name__)


def _integer(value):
    if -0x80000000 <= value < 0x80000000:
        return INT32, struct.pack("!i", value)
    if -0x8000000000000000 <= value < 0x8000000000000000:
        return INT64, struct.pack("!q", value)
    raise BlobError("a number of more than 64 bits")


def _string(value):
    if "\0" in value or len(value) > LONGEST:
        raise BlobError("a text that is too long or has a NUL in it")
    try:
        return value.encode() + b"\0"
    except UnicodeError:
        raise BlobError("a text with half a character")


def _members(data, depth):
    return {name: value for name, value in _values(data, depth)}


def _values(data, depth):
    """Generator of (name, value)."""
    for number, payload in _each(data):
        kind = number & ~_EXTENDED
        if number == kind:
            raise BlobError("a value without a name's place")
        name, offset = _name(payload)
        yield name, _decode(kind, payload[offset:], depth)


def _name(payload):
    """(name, offset of what follows)."""
    if len(payload) < 2:
        raise BlobError("a name that is cut off")
    end = 2 + struct.unpack_from("!H", payload)[0]
    if payload[end : end + 1] != b"\0":
        raise BlobError("a name without an end")
    offset = end + 1 + -(end + 1) % 4
    if offset > len(payload):
        raise BlobError("a name without padding")
    return text(payload[2 : end + 1]), offset


def _decode(kind, payload, depth):
    if kind == STRING:
        return text(payload)
    if kind == BOOLEAN:
        return _boolean(payload)
    if kind in _NUMBERS:
        return _number(_NUMBERS[kind], payload)
    if kind == UNSPECIFIED:
        return None
    if kind not in (TABLE, ARRAY):
        raise BlobError("a value of unknown type %d" % kind)
    if not depth:
        raise BlobError("values nested deeper than %d" % DEEPEST)
    if kind == TABLE:
        return _members(payload, depth - 1)
    return [value for _, value in _values(payload, depth - 1)]


def _boolean(payload):
    if len(payload) != 1:
        raise BlobError("a boolean of %d octets" % len(payload))
    return payload != b"\0"


def _number(form, payload):
    if len(payload) != struct.calcsize(form):
        raise BlobError("a number of %d octets" % len(payload))
    return struct.unpack(form, payload)[0]
