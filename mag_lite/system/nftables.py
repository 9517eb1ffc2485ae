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
NFT_MSG_NEWSETELEM, NFT_MSG_GETSETELEM, NFT_MSG_DELSETELEM = 12, 13, 14

NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME = 1, 3
NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS = 1, 2, 3
NFTA_LIST_ELEM = 1
NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_DATA = 1, 2
NFTA_DATA_VALUE = 1


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
    """Put key and value into a map; EEXIST or EBUSY when the key has another value."""
    data = nested(NFTA_SET_ELEM_DATA, attribute(NFTA_DATA_VALUE, value))
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

    def _dump_or_nothing(self, request: Request, parse) -> list:
        try:
            return self.dump(request, parse)
        except netlink.NetlinkError as error:
            if error.errno == sockets.ENOENT:
                return []
            raise
