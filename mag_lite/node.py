# SPDX-License-Identifier: GPL-2.0-or-later
"""What `pmip decode` shows: messages and options of any protocol, as names, values and texts."""
import binascii

from mag_lite.wire import arp, dhcpv4, dhcpv4_options
from mag_lite.wire.address import format_address, format_mac
from mag_lite.wire.field import Records, show_octets

_INDENT = "    "
# By message type (RFC 8415 section 7.3).
_DHCP6_NAMES = ("type 0", "Solicit", "Advertise", "Request", "Confirm", "Renew", "Rebind", "Reply",
                "Release", "Decline", "Reconfigure", "Information-request")


class Node:
    """A message or option: its type, its name and its `fields`, (name, value, text) triples.

    `value` is what JSON shows and `text` what people see; `options` are nodes again. A message
    has `source` and `destination` as text, or None.
    """

    def __init__(self, kind, name: str, fields, options=()):
        self.kind = kind
        self.name = name
        self.fields = fields
        self.options = options
        self.source = self.destination = None

    def between(self, source, destination):
        """The same node, with addresses (octets)."""
        self.source = format_address(source)
        self.destination = format_address(destination)
        return self

    def json(self):
        """A dictionary of plain values."""
        shown = {"type": self.kind, "name": self.name}
        if self.source:
            shown["source"] = self.source
            shown["destination"] = self.destination
        shown["fields"] = {name: value for name, value, _ in self.fields}
        for name, value, text in self.fields:
            if isinstance(value, int) and text != "%d" % value:
                shown["fields"][name + "_text"] = text
        shown["options"] = [option.json() for option in self.options]
        return shown

    def lines(self, indent: str = ""):
        """The text, line by line: options below their message, sub-options below their option."""
        head = self.name
        if self.source:
            head = "%s > %s  %s" % (self.source, self.destination, head)
        elif indent:
            head = "%s (%s)" % (head, self.kind)
        shown = ", ".join(["%s %s" % (name, text) for name, _, text in self.fields])
        lines = [indent + (head + ": " + shown if shown else head)]
        for option in self.options:
            lines.extend(option.lines(indent + _INDENT))
        return lines


def plain(value, text: str):
    """`value` as JSON can show it; octets become their text."""
    if isinstance(value, bytes):
        return text.strip('"')
    if isinstance(value, dict):
        return {name: plain(item, _octets(item)) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item, _octets(item)) for item in value]
    return value


def _octets(value):
    if not isinstance(value, bytes):
        return ""
    return format_address(value) if len(value) in (4, 16) else show_octets(value)


def _fields(layout, values):
    """(the triples, the nodes of sub-options) of a row of values."""
    fields, options = [], []
    for column, value, text in zip(layout.columns, values, layout.texts(values)):
        if isinstance(column, Records):
            options.extend([record_node(record) for record in value])
        else:
            fields.append((column.name, plain(value, text), text))
    return fields, options


def record_node(record) -> Node:
    """The node of an option."""
    fields, options = _fields(record.layout, record.values)
    return Node(record.number, record.layout.name, fields, options)


def message_node(message) -> Node:
    """The node of a Mobility Header or neighbour discovery message."""
    fields, _ = _fields(message.layout, message.values())
    options = [record_node(option) for option in message.options]
    return Node(message.kind >> 8 or message.kind, message.name, fields, options)


def _texts(pairs):
    return [(name, text, text) for name, text in pairs]


def arp_node(packet) -> Node:
    """The node of an Arp."""
    name = {arp.REQUEST: "ARP Request", arp.REPLY: "ARP Reply"}.get(packet.operation, "ARP")
    return Node(packet.operation, name, _texts((
        ("sender_mac", format_mac(packet.sender_mac)),
        ("sender_address", format_address(packet.sender_address)),
        ("target_mac", format_mac(packet.target_mac)),
        ("target_address", format_address(packet.target_address)))))


def dhcp_node(message) -> Node:
    """The node of a Dhcp."""
    kind = message.message_type()
    fields = [("op", message.op, "%d" % message.op), ("hops", message.hops, "%d" % message.hops),
              ("xid", message.xid, "0x%08x" % message.xid),
              ("secs", message.secs, "%d" % message.secs),
              ("flags", message.flags, "0x%04x" % message.flags)]
    fields += _texts([(name, format_address(getattr(message, name)))
                      for name in ("ciaddr", "yiaddr", "siaddr", "giaddr")])
    fields += _texts((("chaddr", format_mac(message.chaddr)),
                      ("sname", show_octets(message.sname)), ("file", show_octets(message.file))))
    options = []
    for number in sorted(message.options):
        text = dhcpv4_options.show_option(number, message.options[number])
        options.append(Node(number, dhcpv4_options.option_name(number),
                            [("value", text.strip('"'), text)]))
    return Node(kind, dhcpv4.MESSAGE_NAMES.get(kind, "BOOTP"), fields, options)


def dhcp6_node(message) -> Node:
    """The node of a Dhcp6."""
    name = _DHCP6_NAMES[message.kind] if message.kind < len(_DHCP6_NAMES) else "type %d" % (
        message.kind)
    transaction = show_octets(message.transaction)
    options = [Node(number, "option", [("value", text, text)]) for number, text in
               [(each, show_octets(message.options[each])) for each in sorted(message.options)]]
    return Node(message.kind, "DHCPv6 " + name,
                [("transaction", transaction.strip('"'), transaction)], options)


def unknown_node(name: str, kind: int, data: bytes) -> Node:
    """The node of a message whose type no table has."""
    text = binascii.hexlify(data).decode()
    return Node(kind, "%s type %d" % (name, kind), [("data", text, text)])
