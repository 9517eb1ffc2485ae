# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 neighbour discovery (RFC 4861) with the options of RFC 4191 and RFC 8106."""
from struct import pack

from .checksum import internet_checksum, pseudo_header
from .error import DecodeError, need
from .field import IPV6, U8, U16, U32, AnyAddress, LinkLayer, Reserved, Rest
from .layout import Layout
from .message import OptionMessage
from .record import UNKNOWN, Family, Record

PROTOCOL = 58
HOP_LIMIT = 255

ROUTER_SOLICITATION = 133
ROUTER_ADVERTISEMENT = 134
NEIGHBOR_SOLICITATION = 135
NEIGHBOR_ADVERTISEMENT = 136

RA_MANAGED = 0x80
RA_OTHER = 0x40
NA_ROUTER = 0x80000000
NA_SOLICITED = 0x40000000
NA_OVERRIDE = 0x20000000

SOURCE_LINK_LAYER_ADDRESS = 1
TARGET_LINK_LAYER_ADDRESS = 2
PREFIX_INFORMATION = 3
MTU = 5
ROUTE_INFORMATION = 24
RECURSIVE_DNS_SERVER = 25
DNS_SEARCH_LIST = 31

PIO_ON_LINK = 0x80
PIO_AUTONOMOUS = 0x40

_RA_FLAGS = ((RA_MANAGED, "M"), (RA_OTHER, "O"), (0x20, "H"), (0x10, "low preference"),
             (0x08, "high preference"))


class PartialPrefix(AnyAddress):
    """The first 0, 8 or 16 octets of a prefix, as RFC 4191 section 2.3 lets senders shorten it."""

    def __init__(self, name: str):
        super().__init__(name, (0, 8, 16))

    def show(self, value):
        return super().show(value + bytes(16 - len(value)))


class DnsServers(Rest):
    """IPv6 addresses up to the end; the value is a list."""

    default = []

    def read(self, data, start, end):
        if (end - start) % 16 or start == end:
            raise DecodeError(start, "addresses of 16 octets", "%d octets" % (end - start))
        return ([data[offset:offset + 16] for offset in range(start, end, 16)],)

    def write(self, value):
        return b"".join(value)

    def check(self, value):
        for address in value:
            if len(address) != 16:
                raise ValueError("%s: %d octets are no IPv6 address" % (self.name, len(address)))

    def show(self, value):
        return " ".join([AnyAddress("", (16,)).show(address) for address in value])


class DomainNames(DnsServers):
    """Domain names up to the end (RFC 1035 section 3.1), padded with zeros; a list of octets."""

    def read(self, data, start, end):
        names = []
        while start < end and data[start]:
            labels, start = _read_labels(data[:end], start)
            names.append(b".".join(labels))
        return (names,)

    def write(self, value):
        parts = []
        for name in value:
            for label in name.split(b"."):
                parts.append(bytes([len(label)]) + label)
            parts.append(b"\0")
        return b"".join(parts)

    def check(self, value):
        for name in value:
            for label in name.split(b"."):
                if not 1 <= len(label) <= 63:
                    raise ValueError("%s: %r is not a domain name" % (self.name, name))

    def show(self, value):
        return " ".join([Rest.show(self, name) for name in value])


def _read_labels(data, start):
    """(the labels of the domain name at `start`, the offset behind it)."""
    labels = []
    while True:
        need(data, start, 1, "domain name")
        length = data[start]
        start += 1
        if length == 0:
            return labels, start
        if length > 63:
            raise DecodeError(start - 1, "a label of at most 63 octets", "%d" % length)
        need(data, start, length, "label of a domain name")
        label = data[start:start + length]
        if b"." in label:
            raise DecodeError(start, "a label of a host's name", "one with a dot in it")
        labels.append(label)
        start += length


class NeighborDiscoveryFamily(Family):
    """Options whose length counts units of 8 octets and includes type and length."""

    def read(self, data: bytes, offset: int, end: int):
        """The list of options from `offset` to `end`; raises DecodeError."""
        records = []
        while offset < end:
            need(data[:end], offset, 2, "option type and length")
            number, size = data[offset], data[offset + 1] * 8
            if size == 0:
                raise DecodeError(offset + 1, "an option length of at least 1", "0")
            need(data[:end], offset, size, "option %d" % number)
            layout = self.layouts.get(number, UNKNOWN)
            values = layout.read(data, offset + 2, offset + size)
            records.append(Record(number, layout, values))
            offset += size
        return records

    def write(self, records, offset: int = 0) -> bytes:
        """The octets of `records`, each padded with zeros to a multiple of 8."""
        parts = []
        for record in records:
            octets = record.layout.write(record.values)
            units = (len(octets) + 9) // 8
            if units > 255:
                raise ValueError("%s: %d octets do not fit" % (record.layout.name, len(octets)))
            parts.append(bytes([record.number, units]) + octets
                         + bytes(units * 8 - 2 - len(octets)))
        return b"".join(parts)


OPTIONS = (
    (SOURCE_LINK_LAYER_ADDRESS, "Source Link-Layer Address", "RFC 4861 4.6.1", "MAG, client", "",
     (LinkLayer("address"),)),
    (TARGET_LINK_LAYER_ADDRESS, "Target Link-Layer Address", "RFC 4861 4.6.1", "MAG, client", "",
     (LinkLayer("address"),)),
    (PREFIX_INFORMATION, "Prefix Information", "RFC 4861 4.6.2", "MAG", "",
     (U8("prefix_length"), U8("flags", ((PIO_ON_LINK, "L"), (PIO_AUTONOMOUS, "A"))),
      U32("valid_lifetime"), U32("preferred_lifetime"), Reserved(32), IPV6("prefix"))),
    (MTU, "MTU", "RFC 4861 4.6.4", "MAG", "", (Reserved(16), U32("mtu"))),
    (ROUTE_INFORMATION, "Route Information", "RFC 4191 2.3", "MAG", "",
     (U8("prefix_length"), U8("flags", _RA_FLAGS[3:]), U32("lifetime"), PartialPrefix("prefix"))),
    (RECURSIVE_DNS_SERVER, "Recursive DNS Server", "RFC 8106 5.1", "MAG", "",
     (Reserved(16), U32("lifetime"), DnsServers("addresses"))),
    (DNS_SEARCH_LIST, "DNS Search List", "RFC 8106 5.2", "MAG", "",
     (Reserved(16), U32("lifetime"), DomainNames("domains"))),
)

FAMILY = NeighborDiscoveryFamily(OPTIONS)


def Option(number: int, **fields):
    """The neighbour discovery option `number`; ValueError for what does not fit."""
    return FAMILY.make(number, fields)


TABLE = (
    (ROUTER_SOLICITATION, "Router Solicitation", "RFC 4861 4.1", "client", (Reserved(32),)),
    (ROUTER_ADVERTISEMENT, "Router Advertisement", "RFC 4861 4.2", "MAG",
     (U8("hop_limit"), U8("flags", _RA_FLAGS), U16("router_lifetime"), U32("reachable_time"),
      U32("retransmission_timer"))),
    (NEIGHBOR_SOLICITATION, "Neighbor Solicitation", "RFC 4861 4.3", "MAG, client",
     (Reserved(32), IPV6("target"))),
    (NEIGHBOR_ADVERTISEMENT, "Neighbor Advertisement", "RFC 4861 4.4", "MAG, client",
     (U32("flags", ((NA_ROUTER, "R"), (NA_SOLICITED, "S"), (NA_OVERRIDE, "O"))),
      IPV6("target"))),
)


class Message(OptionMessage):
    """A neighbour discovery message: `.kind`, `.options`, and its fields as attributes."""

    layouts = {kind: Layout(name, rfc, sender, "", fields)
               for kind, name, rfc, sender, fields in TABLE}


def encode(message: Message, source: bytes, destination: bytes) -> bytes:
    """The ICMPv6 packet; the 16-octet addresses are those of the IPv6 packet around it."""
    values = message.values()
    message.layout.check(values)
    body = message.layout.write(values) + FAMILY.write(message.options)
    head = pack("!BBH", message.kind, 0, 0)
    total = internet_checksum(
        pseudo_header(source, destination, 4 + len(body), PROTOCOL) + head + body)
    return head[:2] + pack("!H", total) + body


def decode(data: bytes, source: bytes = None, destination: bytes = None) -> Message:
    """The message in an ICMPv6 packet; raises DecodeError.

    The checksum is verified if the addresses of the IPv6 packet are given. Whether its hop limit
    was 255 (RFC 4861 section 6.1) is for the caller to check.
    """
    need(data, 0, 8, "ICMPv6 message")
    layout = Message.layouts.get(data[0])
    if layout is None:
        raise DecodeError(0, "a type of neighbour discovery", "%d" % data[0])
    if data[1]:
        raise DecodeError(1, "ICMPv6 code 0", "%d" % data[1])
    if source is not None and internet_checksum(
            pseudo_header(source, destination, len(data), PROTOCOL) + data):
        raise DecodeError(2, "the ICMPv6 checksum", "another")
    first_option = 4 + layout.size
    need(data, 4, layout.size, layout.name)
    values = layout.read(data, 4, first_option)
    return Message.received(data[0], FAMILY.read(data, first_option, len(data)), values)
