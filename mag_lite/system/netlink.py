# SPDX-License-Identifier: GPL-2.0-or-later
"""Netlink: how the kernel is told and asked about its network.

A message is a header (length, kind, flags, sequence, port) and a body; a body is a fixed structure
and attributes (length, kind, value), all in the byte order of the machine and padded to 4 bytes.
The kernel answers before send() returns, so nothing here ever waits.
"""

import errno
import socket
import struct
from collections import namedtuple

from mag_lite.system import sockets

NETLINK_ROUTE = 0
NETLINK_NETFILTER = 12

NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_REPLACE = 0x100
NLM_F_EXCL = 0x200
NLM_F_CREATE = 0x400
NLM_F_DUMP = 0x300
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLMSG_MIN_TYPE = 0x10

NLA_F_NESTED = 0x8000
_NLA_TYPE_MASK = 0x3FFF
_NLMSGERR_ATTR_MSG = 1

_NETLINK_CAP_ACK = 10
_NETLINK_EXT_ACK = 11
_NETLINK_GET_STRICT_CHK = 12

_HEADER = "IHHII"
_HEADER_LENGTH = 16
_LONGEST_MESSAGE = 8192  # the kernel fits the parts of a dump to it
_DUMP_ATTEMPTS = 10

_ERROR_NAMES = {
    1: "EPERM",
    2: "ENOENT",
    3: "ESRCH",
    6: "ENXIO",
    16: "EBUSY",
    17: "EEXIST",
    19: "ENODEV",
    22: "EINVAL",
    34: "ERANGE",
    sockets.EMSGSIZE: "EMSGSIZE",
    sockets.EOPNOTSUPP: "EOPNOTSUPP",
    sockets.EADDRNOTAVAIL: "EADDRNOTAVAIL",
    sockets.ENETDOWN: "ENETDOWN",
    sockets.ENETUNREACH: "ENETUNREACH",
    sockets.ENOBUFS: "ENOBUFS",
    sockets.EHOSTUNREACH: "EHOSTUNREACH",
}

# One message to the kernel: `name` says in words what is asked, for the error's text.
Request = namedtuple("Request", ("name", "kind", "flags", "body"))


class NetlinkError(Exception):
    """The kernel refused a request, or answered what cannot be understood.

    `.request` is the request's name, `.errno` the kernel's error number (0: a malformed answer).
    """

    def __init__(self, request: str, number: int, detail: str = ""):
        text = error_name(number) if number else "malformed answer"
        super().__init__("%s: %s%s" % (request, text, detail and " (%s)" % detail))
        self.request = request
        self.errno = number


def error_name(number: int) -> str:
    """Such as "ENODEV"; "errno 999" when it has no name here."""
    return errno.errorcode.get(number) or _ERROR_NAMES.get(number) or "errno %d" % number


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def attribute_u32(kind: int, value: int) -> bytes:
    """An attribute that is a number of 32 bits in the machine's byte order."""
    return attribute(kind, struct.pack("I", value))


def attribute_text(kind: int, text: str) -> bytes:
    """An attribute that is a text, ended by a zero byte."""
    return attribute(kind, text.encode() + b"\0")


def nested(kind: int, attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | NLA_F_NESTED, attributes)


def each_attribute(data: bytes, offset: int = 0):
    """Generator of (kind, value) from `offset` to the end; NetlinkError when malformed."""
    while len(data) - offset >= 4:
        length, kind = struct.unpack_from("HH", data, offset)
        if length < 4 or offset + length > len(data):
            raise NetlinkError("attribute at offset %d" % offset, 0)
        yield kind & _NLA_TYPE_MASK, data[offset + 4 : offset + length]
        offset += length + -length % 4


def attributes(data: bytes, offset: int = 0) -> dict:
    """{kind: value} from `offset` to the end; NetlinkError when malformed."""
    return dict(each_attribute(data, offset))


def u32(value: bytes) -> int:
    """A number of 32 bits in the machine's byte order; NetlinkError when it is of another size."""
    if len(value) != 4:
        raise NetlinkError("number of %d bytes" % len(value), 0)
    return struct.unpack("I", value)[0]


def text(value: bytes) -> str:
    """A text up to its zero byte; NetlinkError when it is not UTF-8."""
    try:
        return str(value.split(b"\0")[0], "utf-8")
    except UnicodeError:
        raise NetlinkError("text", 0)


def encode(request: Request, sequence: int, flags: int = 0) -> bytes:
    """The bytes of one message; `flags` are added to the request's."""
    length = _HEADER_LENGTH + len(request.body)
    flags |= request.flags | NLM_F_REQUEST
    header = struct.pack(_HEADER, length, request.kind, flags, sequence, 0)
    return header + request.body + bytes(-length % 4)


def messages(data: bytes):
    """Generator of (kind, flags, sequence, body) in one datagram; NetlinkError when malformed."""
    offset = 0
    while len(data) - offset >= _HEADER_LENGTH:
        length, kind, flags, sequence, _ = struct.unpack_from(_HEADER, data, offset)
        if length < _HEADER_LENGTH or offset + length > len(data):
            raise NetlinkError("message at offset %d" % offset, 0)
        yield kind, flags, sequence, data[offset + _HEADER_LENGTH : offset + length]
        offset += length + -length % 4


def acknowledgement(body: bytes, flags: int):
    """(error number or 0, explanation or "") from the body of an NLMSG_ERROR or NLMSG_DONE."""
    if len(body) < 4:
        raise NetlinkError("acknowledgement of %d bytes" % len(body), 0)
    number = -struct.unpack_from("i", body, 0)[0]
    if not flags & NLM_F_ACK_TLVS or len(body) < 4 + _HEADER_LENGTH:
        return number, ""
    quoted = _HEADER_LENGTH
    if not flags & NLM_F_CAPPED:
        quoted = struct.unpack_from("I", body, 4)[0]
        quoted += -quoted % 4
    return number, text(attributes(body, 4 + quoted).get(_NLMSGERR_ATTR_MSG, b""))


class Netlink:
    """A socket for requests to one part of the kernel.

    Every method raises NetlinkError when the kernel refuses, OSError when there is no such part.
    """

    def __init__(self, protocol: int):
        self._sequence = 0
        self._socket = open_socket(protocol)

    def close(self) -> None:
        """Give the socket back; once."""
        self._socket.close()

    def perform(self, requests, tolerated=(), acknowledged: int = -1) -> None:
        """Send all `requests` at once and raise the first error that is not in `tolerated`.

        The kernel takes them in order and goes on after an error.  Only the one at position
        `acknowledged` is confirmed when it succeeds: it must be the last that can be.
        """
        last = (len(requests) + acknowledged) % len(requests)
        data, names = b"", {}
        for position, request in enumerate(requests):
            sequence = self._next_sequence()
            names[sequence] = request.name
            data += encode(request, sequence, NLM_F_ACK if position == last else 0)
            if position == last:
                confirmed = sequence
        self._send(data, requests[0].name)
        for error in self._failures(names, confirmed):
            if error.errno not in tolerated:
                raise error

    def dump(self, request: Request, parse) -> list:
        """`parse(body)` of everything that the request describes."""
        for _ in range(_DUMP_ATTEMPTS):
            found = self._dump(request, parse)
            if found is not None:
                return found
        raise NetlinkError(request.name, sockets.EBUSY, "it changed while it was read")

    def get(self, request: Request, parse):
        """`parse(body)` of the one thing that the request describes."""
        sequence = self._next_sequence()
        self._send(encode(request, sequence), request.name)
        for kind, flags, answered, body in self._answers(request.name):
            if answered == sequence:
                if kind == NLMSG_ERROR:
                    number, detail = acknowledgement(body, flags)
                    raise NetlinkError(request.name, number, detail)
                return parse(body)
        raise NetlinkError(request.name, 0, "no answer")

    def _failures(self, names: dict, confirmed: int) -> list:
        failures = []
        name = names[confirmed]
        for kind, flags, sequence, body in self._answers(name):
            if kind == NLMSG_ERROR and sequence in names:
                number, detail = acknowledgement(body, flags)
                if number:
                    failures.append(NetlinkError(names[sequence], number, detail))
                if sequence == confirmed:
                    return failures
        # A batch refused as a whole is answered once, on its first message.
        return failures or [NetlinkError(name, 0, "no answer")]

    def _dump(self, request: Request, parse):
        # None when it changed meanwhile and is not consistent.
        sequence = self._next_sequence()
        found, consistent = [], True
        self._send(encode(request, sequence, NLM_F_DUMP), request.name)
        for kind, flags, answered, body in self._answers(request.name):
            if answered != sequence:
                continue
            consistent = consistent and not flags & NLM_F_DUMP_INTR
            if kind in (NLMSG_DONE, NLMSG_ERROR):
                number, detail = acknowledgement(body, flags) if body else (0, "")
                if number:
                    raise NetlinkError(request.name, number, detail)
                return found if consistent else None
            if kind >= NLMSG_MIN_TYPE:
                found.append(parse(body))
        raise NetlinkError(request.name, 0, "no end of the answer")

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % 0x3FFFFFFF + 1
        return self._sequence

    def _send(self, data: bytes, name: str) -> None:
        try:
            self._socket.send(data)
        except OSError as error:
            raise NetlinkError(name, error.errno)

    def _answers(self, name: str):
        # Everything that is there for us; whoever has seen enough stops reading.
        while True:
            data = receive(self._socket, name)
            if data is None:
                return
            for message in messages(data):
                yield message


def open_socket(protocol: int, groups: int = 0):
    """A non-blocking netlink socket that hears the multicast `groups` (a bit mask)."""
    opened = socket.socket(sockets.AF_NETLINK, sockets.SOCK_RAW, protocol)
    try:
        opened.bind(sockets.netlink_address(groups))
        opened.setblocking(False)
        for option in (_NETLINK_CAP_ACK, _NETLINK_EXT_ACK, _NETLINK_GET_STRICT_CHK):
            _try_option(opened, option)
    except OSError:
        opened.close()
        raise
    return opened


def receive(opened, name: str):
    """One datagram or None; NetlinkError with ENOBUFS when the kernel had to drop some."""
    try:
        return sockets.receive(opened, _LONGEST_MESSAGE)
    except OSError as error:
        raise NetlinkError(name, error.errno)


def _try_option(opened, option: int) -> None:
    # Older kernels lack some of these, and only explain less or answer more without.
    try:
        opened.setsockopt(sockets.SOL_NETLINK, option, 1)
    except OSError:
        pass
