# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility Header messages (RFC 6275 section 6.1) as Proxy Mobile IPv6 uses them."""
from struct import pack

from . import status
from .checksum import internet_checksum, pseudo_header
from .error import DecodeError, need
from .field import IPV6, U8, U16, U32, Reserved
from .layout import Layout
from .message import OptionMessage
from .mobility_options import FAMILY, show_units
from .record import padding

PROTOCOL = 135
NO_NEXT_HEADER = 59

BINDING_UPDATE = 5
BINDING_ACKNOWLEDGEMENT = 6
BINDING_ERROR = 7
HEARTBEAT = 13
BINDING_REVOCATION = 16
BINDING_REVOCATION_INDICATION = 0x1001
BINDING_REVOCATION_ACKNOWLEDGEMENT = 0x1002
LOCALIZED_ROUTING_INITIATION = 17
LOCALIZED_ROUTING_ACKNOWLEDGMENT = 18
UPDATE_NOTIFICATION = 19
UPDATE_NOTIFICATION_ACKNOWLEDGEMENT = 20

BU_ACKNOWLEDGE = 0x8000
BU_PROXY = 0x0200
BU_FORCE_UDP = 0x0100
BU_TLV = 0x0080
BU_FLAGS = tuple(zip([0x8000 >> bit for bit in range(12)], "AHLKMRPFTBSD"))

BA_PROXY = 0x20
BA_TLV = 0x10
BA_FLAGS = tuple(zip([0x80 >> bit for bit in range(7)], "KRPTBSD"))

BR_PROXY = 0x8000
BR_IPV4_ONLY = 0x4000
BR_GLOBAL = 0x2000
BR_FLAGS = ((BR_PROXY, "P"), (BR_IPV4_ONLY, "V"), (BR_GLOBAL, "G"))

HEARTBEAT_RESPONSE = 0x0001
HEARTBEAT_UNSOLICITED = 0x0002
HEARTBEAT_FLAGS = ((HEARTBEAT_UNSOLICITED, "U"), (HEARTBEAT_RESPONSE, "R"))

LRA_UNSOLICITED = 0x80
UPN_ACKNOWLEDGE = 0x8000
UPN_RETRANSMISSION = 0x4000

TABLE = (
    (BINDING_UPDATE, "Binding Update", "RFC 6275 6.1.7, RFC 5213 8.1", "MAG",
     (U16("sequence"), U16("flags", BU_FLAGS), U16("lifetime", show_units))),
    (BINDING_ACKNOWLEDGEMENT, "Binding Acknowledgement", "RFC 6275 6.1.8, RFC 5213 8.2", "LMA",
     (U8("status", status.BINDING_STATUS), U8("flags", BA_FLAGS), U16("sequence"),
      U16("lifetime", show_units))),
    (BINDING_ERROR, "Binding Error", "RFC 6275 6.1.9", "MAG, LMA",
     (U8("status", status.BINDING_ERROR_STATUS), Reserved(8), IPV6("home_address"))),
    (HEARTBEAT, "Heartbeat", "RFC 5847 3.3", "MAG, LMA",
     (U16("flags", HEARTBEAT_FLAGS), U32("sequence"))),
    (BINDING_REVOCATION_INDICATION, "Binding Revocation Indication", "RFC 5846 5.1", "LMA, MAG",
     (U8("trigger", status.REVOCATION_TRIGGER), U16("sequence"), U16("flags", BR_FLAGS))),
    (BINDING_REVOCATION_ACKNOWLEDGEMENT, "Binding Revocation Acknowledgement", "RFC 5846 5.2",
     "MAG, LMA",
     (U8("status", status.REVOCATION_STATUS), U16("sequence"), U16("flags", BR_FLAGS))),
    (LOCALIZED_ROUTING_INITIATION, "Localized Routing Initiation", "RFC 6705 10.1", "LMA, MAG",
     (U16("sequence"), Reserved(16), U16("lifetime"))),
    (LOCALIZED_ROUTING_ACKNOWLEDGMENT, "Localized Routing Acknowledgment", "RFC 6705 10.2",
     "MAG, LMA",
     (U16("sequence"), U8("flags", ((LRA_UNSOLICITED, "U"),)),
      U8("status", status.LOCALIZED_ROUTING_STATUS), U16("lifetime"))),
    (UPDATE_NOTIFICATION, "Update Notification", "RFC 7077 4.1", "LMA",
     (U16("sequence"), U16("reason", status.NOTIFICATION_REASON),
      U16("flags", ((UPN_ACKNOWLEDGE, "A"), (UPN_RETRANSMISSION, "D"))))),
    (UPDATE_NOTIFICATION_ACKNOWLEDGEMENT, "Update Notification Acknowledgement", "RFC 7077 4.2",
     "MAG",
     (U16("sequence"), U8("status", status.NOTIFICATION_STATUS), Reserved(24))),
)

_LAYOUTS = {}
# MH Types that several messages share: how many octets behind the header tell them apart. The kind
# of such a message is the MH Type and then the last of these octets.
_SUBTYPE_OCTETS = {BINDING_REVOCATION: 1}


def learn(table, subtype_octets):
    """Add messages: (kind, name, RFC and section, sender, fields)."""
    for kind, name, rfc, sender, fields in table:
        _LAYOUTS[kind] = Layout(name, rfc, sender, "", fields)
    _SUBTYPE_OCTETS.update(subtype_octets)


learn(TABLE, {})


class UnknownMessageType(DecodeError):
    """A Mobility Header whose type, `.kind`, is in no table: answered with a Binding Error."""

    def __init__(self, kind: int):
        super().__init__(2, "a known MH Type", "%d" % kind)
        self.kind = kind


class Message(OptionMessage):
    """A Mobility Header message: `.kind`, `.options` and the fields of its kind as attributes."""

    layouts = _LAYOUTS

    @property
    def name(self) -> str:
        """What the RFCs call it; the P flag makes Proxy Binding Update and Acknowledgement."""
        proxy = ((self.kind == BINDING_UPDATE and self.flags & BU_PROXY)
                 or (self.kind == BINDING_ACKNOWLEDGEMENT and self.flags & BA_PROXY))
        return "Proxy " + self.layout.name if proxy else self.layout.name


def encode(message: Message, source: bytes = None, destination: bytes = None) -> bytes:
    """The Mobility Header, padded to a multiple of 8 octets.

    With the 16-octet addresses of the IPv6 packet its checksum is filled in; it stays 0 without,
    as inside UDP (RFC 5844 section 4.1.3). ValueError if a value does not fit.
    """
    layout = message.layout
    values = message.values()
    layout.check(values)
    body = layout.write(values)
    mh_type = message.kind
    if mh_type > 255:
        mh_type = message.kind >> 8
        body = (message.kind & 255).to_bytes(_SUBTYPE_OCTETS[mh_type], "big") + body
    body += FAMILY.write(message.options, 6 + len(body))
    body += padding(-(6 + len(body)) % 8)
    length = 6 + len(body)
    if length > 2048:
        raise ValueError("a message of %d octets does not fit" % length)
    data = pack("!BBBxH", NO_NEXT_HEADER, length // 8 - 1, mh_type, 0) + body
    if source is None:
        return data
    total = internet_checksum(pseudo_header(source, destination, length, PROTOCOL) + data)
    return data[:4] + pack("!H", total) + body


def decode(data: bytes) -> Message:
    """The message in a Mobility Header; raises DecodeError (UnknownMessageType).

    The checksum is not looked at: the kernel has verified it for IPv6, and UDP has its own.
    """
    need(data, 0, 8, "Mobility Header")
    kind = data[2]
    start = 6
    if kind in _SUBTYPE_OCTETS:
        start += _SUBTYPE_OCTETS[kind]
        subtype = int.from_bytes(data[6:start], "big")
        kind = kind << 8 | subtype if subtype < 256 else -1
    layout = _LAYOUTS.get(kind)
    if layout is None:
        raise UnknownMessageType(data[2])
    if data[0] != NO_NEXT_HEADER:
        raise DecodeError(0, "Payload Proto 59", "%d" % data[0])
    end = _end(data)
    first_option = start + layout.size
    if layout.last:
        first_option += layout.last.extent(data, first_option, end)
    if end < first_option:
        raise DecodeError(1, "%d octets of %s at least" % (first_option, layout.name), "%d" % end)
    values = layout.read(data, start, first_option)
    return Message.received(kind, FAMILY.read(data, first_option, end), values)


def erroneous_field(data: bytes):
    """The offset of the field about which the sender is to be told by an ICMPv6 Parameter Problem
    (RFC 6275 section 9.2: Payload Proto or Header Len), or None."""
    # Nearly all are in order, at a glance.
    if len(data) < 8 or data[0] == NO_NEXT_HEADER and 16 <= (data[1] + 1) * 8 == len(data):
        return None
    try:
        decode(data)
    except DecodeError as error:
        return error.offset if error.offset < 2 else None
    return None


def _end(data: bytes) -> int:
    """Where the message ends: as Header Len says, or with the packet.

    Some gateways leave the padding to 8 octets away and count whole or started units of 8.
    """
    claimed = (data[1] + 1) * 8
    if abs(claimed - len(data)) < 8:
        return len(data)
    if claimed > len(data):
        raise DecodeError(1, "Header Len of at most %d octets" % len(data), "%d" % claimed)
    return claimed
