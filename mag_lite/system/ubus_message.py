# SPDX-License-Identifier: GPL-2.0-or-later
"""The messages of ubus: header (version 0, kind, sequence, peer) and one blob of attributes."""

import struct

from mag_lite.system.blobmsg import BlobError, attribute, attributes

HELLO = 0
STATUS = 1
DATA = 2
LOOKUP = 4
INVOKE = 5
ADD_OBJECT = 6
SUBSCRIBE = 8
UNSUBSCRIBE = 9
NOTIFY = 10

# Attributes of messages.
A_STATUS = 1
A_OBJECT_PATH = 2
A_OBJECT = 3
A_METHOD = 4
A_OBJECT_TYPE = 5
A_SIGNATURE = 6
A_DATA = 7
A_TARGET = 8
A_NO_REPLY = 10

OK = 0
INVALID_ARGUMENT = 2
METHOD_NOT_FOUND = 3
NOT_FOUND = 4
PERMISSION_DENIED = 6
UNKNOWN_ERROR = 9

#: ubusd's object for events.
EVENT_OBJECT = 1

HEADER_LENGTH = 12  # with the blob's own header
LONGEST = 1 << 20  # octets of the blob
LONGEST_TAKEN = 65536  # what is longer is not looked at


class Message:
    """`found` is {attribute: payload}, None if the blob was too long to be taken or malformed."""

    def __init__(self, kind: int, sequence: int, peer: int, found):
        self.kind = kind
        self.sequence = sequence
        self.peer = peer
        self.found = found


def encode(kind: int, sequence: int, peer: int, payload: bytes) -> bytes:
    """The octets of a message whose attributes are `payload`; BlobError if it is too long."""
    blob = attribute(0, payload)
    if len(blob) > LONGEST:
        raise BlobError("a message of %d octets" % len(blob))
    return struct.pack("!BBHI", 0, kind, sequence, peer) + blob


class Receiver:
    """Makes messages of a stream; a blob of more than `longest` octets is passed over."""

    def __init__(self, longest: int = LONGEST_TAKEN):
        self._longest = longest
        self._received = b""
        self._skip = 0

    def feed(self, data: bytes) -> list:
        """The messages that are complete with `data`; BlobError if this is not ubus at all."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        self._received += data
        found = []
        message = self._next()
        while message:
            found.append(message)
            message = self._next()
        return found

    def _next(self):
        if len(self._received) < HEADER_LENGTH:
            return None
        version, kind, sequence, peer, head = struct.unpack_from("!BBHII", self._received)
        length = head & 0xFFFFFF
        if version or length < 4 or length > LONGEST:
            raise BlobError("not a message of ubus")
        end = HEADER_LENGTH - 4 + length
        if length > self._longest:
            self._skip = max(end - len(self._received), 0)
            self._received = self._received[end:]
            return Message(kind, sequence, peer, None)
        if len(self._received) < end:
            return None
        payload, self._received = self._received[HEADER_LENGTH:end], self._received[end:]
        try:
            found = attributes(payload)
        except BlobError:
            found = None
        return Message(kind, sequence, peer, found)
