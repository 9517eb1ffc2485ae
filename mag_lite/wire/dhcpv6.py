# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCPv6 messages between client and server (RFC 8415), with the options of RFC 3646."""
from struct import pack, unpack_from

from .error import need

CLIENT_PORT = 546
SERVER_PORT = 547

REPLY = 7
INFORMATION_REQUEST = 11

CLIENT_IDENTIFIER = 1
SERVER_IDENTIFIER = 2
IA_NA = 3
IA_TA = 4
DNS_SERVERS = 23
IA_PD = 25


class Dhcp6:
    """A message: `kind`, `transaction` (3 octets), `options` {number: octets of the first}."""

    def __init__(self, kind: int, transaction: bytes, options: dict):
        self.kind = kind
        self.transaction = transaction
        self.options = options


def encode(message: Dhcp6) -> bytes:
    """The octets of a message."""
    parts = [bytes([message.kind]), message.transaction]
    for number in sorted(message.options):
        value = message.options[number]
        parts.append(pack("!HH", number, len(value)) + value)
    return b"".join(parts)


def decode(data: bytes) -> Dhcp6:
    """The message in the payload of a UDP datagram; raises DecodeError."""
    need(data, 0, 4, "DHCPv6 message")
    options, offset = {}, 4
    while offset < len(data):
        need(data, offset, 4, "option code and length")
        number, length = unpack_from("!HH", data, offset)
        need(data, offset + 4, length, "option %d" % number)
        options.setdefault(number, data[offset + 4:offset + 4 + length])
        offset += 4 + length
    return Dhcp6(data[0], data[1:4], options)
