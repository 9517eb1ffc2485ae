# SPDX-License-Identifier: GPL-2.0-or-later
"""Stateless DHCPv6 (RFC 8415 section 18.3.6): DNS servers for those who do not take them from
Router Advertisements.  Addresses are the clients' own affair.
"""

from struct import pack

from mag_lite.core.actions import SendFrame
from mag_lite.core.default_router import ROUTER_MAC
from mag_lite.wire import dhcpv6, ethernet
from mag_lite.wire.checksum import internet_checksum, pseudo_header
from mag_lite.wire.dhcpv6 import CLIENT_PORT, SERVER_PORT, Dhcp6
from mag_lite.wire.error import DecodeError
from mag_lite.wire.ip import UDP, decode_ipv6, encode_ipv6
from mag_lite.wire.udp4 import decode_udp

#: DUID-LL of the default router (RFC 8415 section 11.4): the same on every access point.
SERVER_DUID = b"\0\3\0\1" + ROUTER_MAC

_LINK_LOCAL = b"\xfe\x80" + bytes(6)
_FORBIDDEN = (dhcpv6.IA_NA, dhcpv6.IA_TA, dhcpv6.IA_PD)


class Dhcp6Server:
    """Answers Information-requests of clients whose session has prefixes."""

    def __init__(self, configuration, actions, counters):
        self.configuration = configuration
        self.actions = actions
        self.counters = counters

    def receive(self, binding, packet: bytes):
        """Take the IPv6 packet with UDP that the station of `binding` sent."""
        try:
            source, _, protocol, _, start, end = decode_ipv6(packet)
            _, port, length = decode_udp(packet, start, end)
            request = dhcpv6.decode(packet[start + 8:start + length])
        except DecodeError:
            self.counters.count("dhcpv6.malformed")
            return
        if protocol != UDP or port != SERVER_PORT or not binding.has_ipv6 or (
                not source.startswith(_LINK_LOCAL) or not _may_be_answered(request)):
            self.counters.count("dhcpv6.dropped")
            return
        self.counters.count("dhcpv6.reply")
        self.actions.append(SendFrame(
            binding.interface, self._reply(binding, source, request)))

    def _reply(self, binding, destination, request):
        carried = {dhcpv6.SERVER_IDENTIFIER: SERVER_DUID}
        if dhcpv6.CLIENT_IDENTIFIER in request.options:
            carried[dhcpv6.CLIENT_IDENTIFIER] = request.options[dhcpv6.CLIENT_IDENTIFIER]
        if self.configuration.dns6:
            carried[dhcpv6.DNS_SERVERS] = b"".join(self.configuration.dns6)
        payload = dhcpv6.encode(Dhcp6(dhcpv6.REPLY, request.transaction, carried))
        return _frame(binding, destination, payload)


def _may_be_answered(request):
    """RFC 8415 section 16.12: it asks for no address, and no other server."""
    server = request.options.get(dhcpv6.SERVER_IDENTIFIER, SERVER_DUID)
    return (request.kind == dhcpv6.INFORMATION_REQUEST and server == SERVER_DUID
            and not [number for number in _FORBIDDEN if number in request.options])


def _frame(binding, destination, payload):
    source, length = binding.router_link_local, 8 + len(payload)
    head = pack("!HHH", SERVER_PORT, CLIENT_PORT, length)
    total = internet_checksum(
        pseudo_header(source, destination, length, UDP) + head + b"\0\0" + payload)
    packet = encode_ipv6(
        source, destination, UDP, head + pack("!H", total or 0xFFFF) + payload, 1)
    return ethernet.frame(binding.mac, ROUTER_MAC, ethernet.IPV6, packet)
