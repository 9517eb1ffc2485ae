# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCPv4 messages (RFC 2131, RFC 2132), with overload and long options (RFC 3396)."""
from struct import pack, unpack_from

from .error import DecodeError, need

SERVER_PORT = 67
CLIENT_PORT = 68

BOOTREQUEST = 1
BOOTREPLY = 2
BROADCAST = 0x8000

DISCOVER = 1
OFFER = 2
REQUEST = 3
DECLINE = 4
ACK = 5
NAK = 6
RELEASE = 7
INFORM = 8

MESSAGE_NAMES = {1: "DHCPDISCOVER", 2: "DHCPOFFER", 3: "DHCPREQUEST", 4: "DHCPDECLINE",
                 5: "DHCPACK", 6: "DHCPNAK", 7: "DHCPRELEASE", 8: "DHCPINFORM"}

PAD = 0
SUBNET_MASK = 1
ROUTER = 3
DNS = 6
HOST_NAME = 12
DOMAIN_NAME = 15
INTERFACE_MTU = 26
BROADCAST_ADDRESS = 28
REQUESTED_ADDRESS = 50
LEASE_TIME = 51
OVERLOAD = 52
MESSAGE_TYPE = 53
SERVER_IDENTIFIER = 54
PARAMETER_REQUEST_LIST = 55
MESSAGE = 56
MAXIMUM_MESSAGE_SIZE = 57
RENEWAL_TIME = 58
REBINDING_TIME = 59
VENDOR_CLASS = 60
CLIENT_IDENTIFIER = 61
RAPID_COMMIT = 80
CLIENT_FQDN = 81
RELAY_AGENT_INFORMATION = 82
CLASSLESS_ROUTES = 121
END = 255

_OVERLOAD_FILE = 1
_OVERLOAD_SNAME = 2
_ETHERNET = 1
_COOKIE = b"\x63\x82\x53\x63"
_SHORTEST = 300
_NO_ADDRESS = bytes(4)


class Dhcp:
    """A DHCP message: the fields of RFC 2131 section 2 by their names.

    Addresses are 4 octets, `chaddr` as long as the hardware address; `options` is {number: octets}
    without padding, end and overload, with the parts of split options joined.
    """

    def __init__(self, op: int = BOOTREPLY, xid: int = 0, chaddr: bytes = bytes(6), hops: int = 0,
                 secs: int = 0, flags: int = 0, options=None):
        self.op = op
        self.htype = _ETHERNET
        self.hops = hops
        self.xid = xid
        self.secs = secs
        self.flags = flags
        self.ciaddr = self.yiaddr = self.siaddr = self.giaddr = _NO_ADDRESS
        self.chaddr = chaddr
        self.sname = self.file = b""
        self.options = options or {}

    def message_type(self) -> int:
        """DISCOVER..INFORM, or 0 where option 53 is missing or odd."""
        value = self.options.get(MESSAGE_TYPE, b"")
        return value[0] if len(value) == 1 else 0


def decode(data: bytes) -> Dhcp:
    """The message in a UDP payload; raises DecodeError."""
    need(data, 0, 240, "DHCP message")
    if data[236:240] != _COOKIE:
        raise DecodeError(236, "the magic cookie", "another")
    message = Dhcp()
    (message.op, message.htype, length, message.hops, message.xid, message.secs, message.flags,
     message.ciaddr, message.yiaddr, message.siaddr,
     message.giaddr) = unpack_from("!BBBBIHH4s4s4s4s", data)
    if length > 16:
        raise DecodeError(2, "a hardware address of at most 16 octets", "%d" % length)
    message.chaddr = data[28:28 + length]
    _read_options(data, message)
    return message


def _read_options(data, message):
    """Fill in `options`, `sname` and `file`; options go on in `file`, then in `sname`."""
    parts = []
    _read_area(data, 240, len(data), parts)
    overload = 0
    for number, value in parts:
        if number == OVERLOAD and len(value) == 1:
            overload = value[0]
    if overload & _OVERLOAD_FILE:
        _read_area(data, 108, 236, parts)
    else:
        message.file = _text(data[108:236])
    if overload & _OVERLOAD_SNAME:
        _read_area(data, 44, 108, parts)
    else:
        message.sname = _text(data[44:108])
    message.options = _join(parts)


def _read_area(data, offset, end, parts):
    """Append the (number, value) of each option between `offset` and `end` to `parts`."""
    while offset < end:
        number = data[offset]
        if number == END:
            return
        if number == PAD:
            offset += 1
            continue
        start = offset + 2
        if start > end or start + data[offset + 1] > end:
            raise DecodeError(offset, "an end of option %d" % number, "none")
        offset = start + data[offset + 1]
        parts.append((number, data[start:offset]))


def _join(parts):
    """{number: value} of all options but overload, repeated ones joined (RFC 3396 section 7)."""
    options = {}
    for number, value in parts:
        if number != OVERLOAD:
            options[number] = options[number] + value if number in options else value
    return options


def _text(field):
    """The octets of a fixed-size text up to its first NUL."""
    end = field.find(b"\0")
    return field if end < 0 else field[:end]


def encode(message: Dhcp, longest: int = 65507) -> bytes:
    """The UDP payload, padded to the 300 octets that old clients want.

    The options come in ascending order, so that the subnet mask precedes the router; the message
    type is first and relay agent information (RFC 3046 section 2.1) last. Those that do not fit
    into `longest` octets (240 or more) overload `file` and `sname`; ValueError if they cannot.
    """
    options = [_write_option(number, message.options[number])
               for number in sorted(message.options, key=_place)]
    area, file, sname = b"".join(options), message.file, message.sname
    if len(area) > longest - 241:
        if file or sname:
            raise ValueError("file and sname are in use: no room for more options")
        area, file, sname = _overload(options, longest - 241 - 3)
    data = pack("!BBBBIHH4s4s4s4s16s64s128s4s", message.op, message.htype, len(message.chaddr),
                message.hops, message.xid, message.secs, message.flags, message.ciaddr,
                message.yiaddr, message.siaddr, message.giaddr, message.chaddr, sname, file,
                _COOKIE) + area + b"\xff"
    return data + bytes(max(_SHORTEST - len(data), 0))


def _overload(options, room):
    """(options, file, sname): each option where there is room first (RFC 2132 section 9.3)."""
    rooms = [room, 127, 63]
    areas = [b"", b"", b""]
    for option in options:
        place = 0
        while len(areas[place]) + len(option) > rooms[place]:
            place += 1
            if place == 3:
                raise ValueError("there is no room for all options")
        areas[place] += option
    used = (_OVERLOAD_FILE if areas[1] else 0) | (_OVERLOAD_SNAME if areas[2] else 0)
    area, file, sname = areas
    return (area + bytes((OVERLOAD, 1, used)), file and file + b"\xff",
            sname and sname + b"\xff")


def _place(number):
    """Where an option comes in the message."""
    if number == MESSAGE_TYPE:
        return 0
    return 256 if number == RELAY_AGENT_INFORMATION else number


def _write_option(number, value):
    """One option, split where it is longer than 255 octets (RFC 3396 section 5)."""
    parts = []
    while len(value) > 255:
        parts.append(bytes((number, 255)) + value[:255])
        value = value[255:]
    return b"".join(parts) + bytes((number, len(value))) + value


def encode_classless_routes(routes) -> bytes:
    """Option 121 (RFC 3442) of ((network, prefix length), router) pairs."""
    parts = []
    for (network, length), router in routes:
        parts.append(bytes((length,)) + network[:(length + 7) // 8] + router)
    return b"".join(parts)


def decode_classless_routes(value: bytes):
    """The ((network, prefix length), router) pairs of option 121; raises DecodeError."""
    routes = []
    offset = 0
    while offset < len(value):
        length = value[offset]
        if length > 32:
            raise DecodeError(offset, "a prefix length of at most 32", "%d" % length)
        size = (length + 7) // 8
        need(value, offset + 1, size + 4, "route")
        router = offset + 1 + size
        network = value[offset + 1:router] + bytes(4 - size)
        routes.append(((network, length), value[router:router + 4]))
        offset = router + 4
    return routes
