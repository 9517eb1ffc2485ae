# SPDX-License-Identifier: GPL-2.0-or-later
"""How well the radio hears its stations and what they have sent, as the kernel counts it (nl80211).

It knows that of any hostapd's stations, and hostapd is not asked.
"""

from collections import namedtuple
from struct import calcsize, pack, unpack, unpack_from

from mag_lite.system import netlink, sockets
from mag_lite.system.netlink import Netlink, NetlinkError, Request

_NETLINK_GENERIC = 16
_CONTROLLER = 16  # the kernel's own family, which knows the numbers of the others
_GET_FAMILY = 3
_FAMILY_ID, _FAMILY_NAME = 1, 2
_GET_STATION = 17
_IFINDEX, _MAC, _STATION_INFO = 3, 6, 21
_RX_OCTETS32, _TX_OCTETS32, _SIGNAL, _RX_OCTETS, _TX_OCTETS = 2, 3, 7, 23, 24
_FORMATS = {_RX_OCTETS32: "I", _TX_OCTETS32: "I", _SIGNAL: "b", _RX_OCTETS: "Q", _TX_OCTETS: "Q"}

#: Signal in dBm, octets from (`up`) and to (`down`) the station since it associated; each may be
#: None.
Station = namedtuple("Station", ("signal", "up", "down"))


def stations(devices) -> dict:
    """{MAC: Station} of these access points; one that is none, or not there, has no stations."""
    found = {}
    try:
        kernel = Netlink(_NETLINK_GENERIC)
    except OSError:
        return found
    try:
        family = kernel.get(_request("nl80211", _CONTROLLER, _GET_FAMILY,
                                     netlink.attribute_text(_FAMILY_NAME, "nl80211")), _family)
        for device in devices:
            _ask(kernel, family, device, found)
    except NetlinkError:
        pass  # a machine without any radio
    finally:
        kernel.close()
    return found


def _ask(kernel, family, device, found):
    try:
        index = sockets.interface_index(device)
        found.update(kernel.dump(_request(
            "stations of " + device, family, _GET_STATION,
            netlink.attribute_u32(_IFINDEX, index)), parse_station))
    except (OSError, NetlinkError):
        pass  # it is gone, or no radio


def _request(name, kind, command, attributes):
    return Request(name, kind, 0, pack("BBH", command, 1, 0) + attributes)


def _family(body):
    identifier = netlink.attributes(body, 4).get(_FAMILY_ID, b"")
    if len(identifier) != 2:
        raise NetlinkError("nl80211", 0)
    return unpack("H", identifier)[0]


def parse_station(body: bytes):
    """(MAC, Station) of an answer; NetlinkError when malformed."""
    mac, values = b"", {}
    for kind, start, end in _places(body, 4, len(body)):
        if kind == _MAC:
            mac = body[start:end]
        elif kind == _STATION_INFO:
            values = _values(body, start, end)
    return mac, Station(values.get(_SIGNAL), values.get(_RX_OCTETS, values.get(_RX_OCTETS32)),
                        values.get(_TX_OCTETS, values.get(_TX_OCTETS32)))


def _values(body, start, end):
    values = {}
    for kind, place, after in _places(body, start, end):
        if kind in _FORMATS:
            if after - place != calcsize(_FORMATS[kind]):
                raise NetlinkError("station", 0)
            values[kind] = unpack_from(_FORMATS[kind], body, place)[0]
            if len(values) == len(_FORMATS):
                break
    return values


def _places(body, offset, end):
    """Generator of (kind, where it begins and ends) of attributes; much else is said of a station,
    and none of it is copied."""
    while end - offset >= 4:
        length, kind = unpack_from("HH", body, offset)
        if length < 4 or offset + length > end:
            raise NetlinkError("station", 0)
        yield kind & 0x3FFF, offset + 4, offset + length
        offset += length + 3 & ~3
