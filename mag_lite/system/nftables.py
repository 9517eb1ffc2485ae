# SPDX-License-Identifier: GPL-2.0-or-later
"""nftables: rules that stay as text through `nft`, map elements that come and go through netlink.

`nft` is a program: it is started when rules change, never for a client.
"""

import os
import struct

from mag_lite.system import netlink, sockets
from mag_lite.system.netlink import Request, attribute, attribute_text, nested

NFPROTO_INET = 1
NFPROTO_NETDEV = 5

NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END = 16, 17
NFNL_SUBSYS_NFTABLES = 10

NFT_MSG_GETCHAIN = 4
NFT_MSG_NEWRULE = 6
NFT_MSG_NEWSETELEM, NFT_MSG_GETSETELEM, NFT_MSG_DELSETELEM = 12, 13, 14

NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME = 1, 3
NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS = 1, 2, 3
NFTA_LIST_ELEM = 1
NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_DATA = 1, 2
NFTA_DATA_VALUE = 1
NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS = 1, 2, 4
NFTA_EXPR_NAME, NFTA_EXPR_DATA = 1, 2
NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA = 1, 2
NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN, NFTA_PAYLOAD_SREG = 2, 3, 4, 5
NFTA_PAYLOAD_CSUM_TYPE, NFTA_PAYLOAD_CSUM_OFFSET = 6, 7
NFT_PAYLOAD_TRANSPORT_HEADER, NFT_PAYLOAD_CSUM_INET, NFT_REG_1 = 2, 1, 1


class NftablesError(Exception):
    """`nft` refused a ruleset; the text says what it said."""


def load(ruleset: str, file_name: str) -> None:
    """Let `nft` take the whole text or nothing, by way of `file_name`, which is gone after.

    The file's directory must be ours alone.  NftablesError when nft refuses or is not there.
    """
    complaint = file_name + ".error"
    with open(file_name, "w") as file:
        file.write(ruleset)
    status = os.system("nft -f '%s' > '%s' 2>&1" % (file_name, complaint))
    with open(complaint) as file:
        said = file.read()
    os.remove(complaint)
    os.remove(file_name)
    if status:
        raise NftablesError("nft: %s" % (said.strip() or "status %d" % status))


def add_element(family: int, table: str, name: str, key: bytes, value: bytes) -> Request:
    """Put key and value into a map; EEXIST or EBUSY when the key has another value.

    Without a value: put the key into a set.
    """
    data = nested(NFTA_SET_ELEM_DATA, attribute(NFTA_DATA_VALUE, value)) if value else b""
    return _element("map element", NFT_MSG_NEWSETELEM, family, table, name, key, data)


def delete_element(family: int, table: str, name: str, key: bytes) -> Request:
    """Take a key out of a map; ENOENT when it is not there."""
    return _element("delete map element", NFT_MSG_DELSETELEM, family, table, name, key, b"")


def _element(
    request: str, kind: int, family: int, table: str, name: str, key: bytes, data: bytes
) -> Request:
    element = nested(NFTA_SET_ELEM_KEY, attribute(NFTA_DATA_VALUE, key)) + data
    body = _header(family, 0) + attribute_text(NFTA_SET_ELEM_LIST_TABLE, table)
    body += attribute_text(NFTA_SET_ELEM_LIST_SET, name)
    body += nested(NFTA_SET_ELEM_LIST_ELEMENTS, nested(NFTA_LIST_ELEM, element))
    flags = netlink.NLM_F_CREATE if kind == NFT_MSG_NEWSETELEM else 0
    return Request(request, NFNL_SUBSYS_NFTABLES << 8 | kind, flags, body)


def add_rule(family: int, table: str, chain: str, expressions: bytes) -> Request:
    """Append a rule that `nft` has no words for to a chain."""
    body = _header(family, 0) + attribute_text(NFTA_RULE_TABLE, table)
    body += attribute_text(NFTA_RULE_CHAIN, chain) + nested(NFTA_RULE_EXPRESSIONS, expressions)
    return Request("rule", NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, netlink.NLM_F_CREATE, body)


def write_payload(offset: int, value: bytes, checksum: int) -> bytes:
    """Expressions: write over the packet, `offset` octets into its transport header, and correct
    the checksum that is at the offset `checksum`."""
    load = _u32(NFTA_IMMEDIATE_DREG, NFT_REG_1)
    load += nested(NFTA_IMMEDIATE_DATA, attribute(NFTA_DATA_VALUE, value))
    store = _u32(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER)
    store += _u32(NFTA_PAYLOAD_OFFSET, offset) + _u32(NFTA_PAYLOAD_LEN, len(value))
    store += _u32(NFTA_PAYLOAD_SREG, NFT_REG_1)
    store += _u32(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET)
    store += _u32(NFTA_PAYLOAD_CSUM_OFFSET, checksum)
    return _expression("immediate", load) + _expression("payload", store)


def _expression(name: str, data: bytes) -> bytes:
    return nested(
        NFTA_LIST_ELEM, attribute_text(NFTA_EXPR_NAME, name) + nested(NFTA_EXPR_DATA, data))


def _u32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("!I", value))


def _header(family: int, resource: int) -> bytes:
    return struct.pack("BB", family, 0) + struct.pack("!H", resource)


def parse_elements(body: bytes) -> dict:
    """{key: value} of the elements in one message; NetlinkError when malformed."""
    elements = {}
    found = netlink.attributes(body, 4)
    for _, element in netlink.each_attribute(found.get(NFTA_SET_ELEM_LIST_ELEMENTS, b"")):
        parts = netlink.attributes(element)
        elements[_value(parts, NFTA_SET_ELEM_KEY)] = _value(parts, NFTA_SET_ELEM_DATA)
    return elements


def _value(parts: dict, kind: int) -> bytes:
    return netlink.attributes(parts.get(kind, b"")).get(NFTA_DATA_VALUE, b"")


def _parse_chain(body: bytes):
    # (table, name)
    found = netlink.attributes(body, 4)
    table = netlink.text(found.get(NFTA_CHAIN_TABLE, b""))
    return table, netlink.text(found.get(NFTA_CHAIN_NAME, b""))


class Nftables(netlink.Netlink):
    """A socket for map elements; raises NetlinkError when the kernel refuses."""

    def __init__(self):
        super().__init__(netlink.NETLINK_NETFILTER)

    def commit(self, requests, tolerated=()) -> None:
        """Do all of `requests` or, when one fails, none; raise the first error that counts."""
        batch = _header(0, NFNL_SUBSYS_NFTABLES)
        begin = Request("batch", NFNL_MSG_BATCH_BEGIN, 0, batch)
        end = Request("end of batch", NFNL_MSG_BATCH_END, 0, batch)
        # Before Linux 6.10 the end of a batch is never confirmed: let the last request be.
        self.perform([begin] + list(requests) + [end], tolerated, -2)

    def elements(self, family: int, table: str, name: str) -> dict:
        """{key: value} of a map; empty when there is no such map."""
        body = _header(family, 0) + attribute_text(NFTA_SET_ELEM_LIST_TABLE, table)
        body += attribute_text(NFTA_SET_ELEM_LIST_SET, name)
        kind = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM
        elements = {}
        for some in self._dump_or_nothing(Request("map " + name, kind, 0, body), parse_elements):
            elements.update(some)
        return elements

    def chains(self, family: int, table: str) -> list:
        """Names of a table's chains; empty when there is no such table."""
        kind = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN
        request = Request("chains", kind, 0, _header(family, 0))
        found = self._dump_or_nothing(request, _parse_chain)
        return [name for where, name in found if where == table]

    def tables(self, family: int) -> list:
        """Names of the tables that have chains."""
        kind = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN
        request = Request("chains", kind, 0, _header(family, 0))
        return list({table for table, _ in self._dump_or_nothing(request, _parse_chain)})

    def _dump_or_nothing(self, request: Request, parse) -> list:
        try:
            return self.dump(request, parse)
        except netlink.NetlinkError as error:
            if error.errno == sockets.ENOENT:
                return []
            raise
