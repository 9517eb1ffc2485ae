# SPDX-License-Identifier: GPL-2.0-or-later
"""The DHCPv4 server collocated with the gateway (RFC 5844 section 3.4.1, RFC 2131).

It has no pool: the only address it can give is the home address of the station's binding.
The server identifier is the client's default router, on every access point, so a unicast
renewal after a roam reaches the gateway that serves now.  Where the anchor wants another server,
clients' messages go on to the relay agent (dhcp_relay.py) after the same checks.

A message passes the checks common to all, then the handler of its type, which names the type
of the reply.
"""

from mag_lite.core.actions import Leased, Log, Remember, SendFrame
from mag_lite.core.default_router import ROUTER_MAC
from mag_lite.core.dhcp_relay import DhcpRelay, may_pass
from mag_lite.core.registration import GIVEN_BACK, WANTED
from mag_lite.wire import dhcpv4, ethernet
from mag_lite.wire.address import UNSPECIFIED4, format_address, mask
from mag_lite.wire.error import DecodeError
from mag_lite.wire.udp4 import decode_udp4, encode_udp4

SERVER_PORT = 67
CLIENT_PORT = 68
EVERYONE = b"\xff\xff\xff\xff"

#: A station's messages beyond these in one second are dropped.
MESSAGES_PER_SECOND = 10


class DhcpServer:
    """Answers from bindings.  `mtu(binding)` gives the octets a packet to the client may have."""

    def __init__(self, configuration, registration, mtu, actions, counters):
        self.configuration = configuration
        self.registration = registration
        self.mtu = mtu
        self.actions = actions
        self.counters = counters
        self.relay = DhcpRelay(
            configuration, registration.bindings, self._deliver, actions, counters)
        self._rates = {}
        self._second = 0

    def receive(self, binding, packet: bytes, now: int):
        """Take the IPv4 packet that the station of `binding` sent to UDP port 67.

        Malformed packets, those of others and those beyond MESSAGES_PER_SECOND are counted and
        dropped; nothing is raised.
        """
        if self._too_many(binding, now):
            self.counters.count("dhcp.dropped_rate")
            return
        try:
            _, _, _, port, payload = decode_udp4(packet)
            request = dhcpv4.decode(payload)
        except DecodeError:
            self.counters.count("dhcp.malformed")
            return
        kind = request.message_type()
        handler = _HANDLERS.get(kind)
        if (port != SERVER_PORT or handler is None or not _is_from(binding, request)
                or binding.relayed and not may_pass(request)):
            self.counters.count("dhcp.dropped")
            return
        self.counters.count("dhcp." + _NAMES[kind])
        if kind == dhcpv4.REQUEST and _has_lost_ipv4(binding):
            self._reply(binding, request, dhcpv4.NAK, now)
            return
        if kind in _ANSWERED and not binding.has_ipv4:
            self._wait_for_session(binding, packet, now)
            return
        self._learn_name(binding, request.options.get(dhcpv4.HOST_NAME, b""))
        if (self.relay.serves(binding) and self.relay.forward(binding, request)
                and kind in _ANSWERED):
            return
        reply = handler(self, binding, request, now)
        if reply is not None:
            self._reply(binding, request, reply, now)

    def _too_many(self, binding, now):
        if now // 1000 != self._second:
            self._second = now // 1000
            self._rates = {}
        self._rates[binding.key] = self._rates.get(binding.key, 0) + 1
        return self._rates[binding.key] > MESSAGES_PER_SECOND

    def _wait_for_session(self, binding, packet, now):
        """No address yet: the answer is given once the anchor has assigned one."""
        binding.waiting["dhcp"] = packet
        self.registration.handle(binding, WANTED, now)

    def _learn_name(self, binding, name):
        if name and name != binding.host_name:
            binding.host_name = name
            self.actions.append(Remember(binding))

    # One handler a message type; each returns the type of the reply, or None

    def _discover(self, binding, request, now):
        return dhcpv4.ACK if dhcpv4.RAPID_COMMIT in request.options else dhcpv4.OFFER

    def _request(self, binding, request, now):
        """The four kinds of DHCPREQUEST (RFC 2131 section 4.3.2)."""
        server = request.options.get(dhcpv4.SERVER_IDENTIFIER)
        if server is not None and server != binding.default_router:
            return None
        wanted = request.options.get(dhcpv4.REQUESTED_ADDRESS, request.ciaddr)
        if request.ciaddr != UNSPECIFIED4:
            wanted = request.ciaddr
        return dhcpv4.ACK if wanted == binding.home_address else dhcpv4.NAK

    def _inform(self, binding, request, now):
        return dhcpv4.ACK if request.ciaddr == binding.home_address else None

    def _release(self, binding, request, now):
        """Prefixes must not go with the address (RFC 5844 section 3.4.3): their session stays."""
        if request.ciaddr == binding.home_address and not binding.has_ipv6:
            self.registration.handle(binding, GIVEN_BACK, now, "the client released its address")

    def _decline(self, binding, request, now):
        declined = request.options.get(dhcpv4.REQUESTED_ADDRESS)
        if declined is None or declined != binding.home_address:
            return
        self.actions.append(Log("warning", "%s: the client says that somebody else uses %s"
                                % (binding, format_address(declined)), binding.mac))
        self.registration.handle(binding, GIVEN_BACK, now, "the client declined its address")

    # The reply

    def _reply(self, binding, request, kind, now):
        reply = dhcpv4.Dhcp(dhcpv4.BOOTREPLY, request.xid, request.chaddr, flags=request.flags,
                            options=self._options(binding, request, kind))
        if kind == dhcpv4.ACK:
            reply.ciaddr = request.ciaddr
        if kind != dhcpv4.NAK and request.message_type() != dhcpv4.INFORM:
            reply.yiaddr = binding.home_address
        self._send(binding, reply, _destination(binding, request, kind), now)
        if kind == dhcpv4.ACK and request.message_type() != dhcpv4.INFORM:
            self.actions.append(Leased(binding))

    def _deliver(self, binding, reply, now):
        """Pass the reply of another server on, with our knowledge of the home network."""
        kind = reply.message_type()
        if kind != dhcpv4.NAK:
            reply.options.update(self._home_network(binding))
        self._send(binding, reply, _destination(binding, reply, kind), now)

    def _send(self, binding, reply, destination, now):
        binding.stages.setdefault("configured", now)
        self.counters.count("dhcp." + _NAMES[reply.message_type()])
        packet = encode_udp4(binding.default_router, destination,
                             SERVER_PORT, CLIENT_PORT, dhcpv4.encode(reply))
        self.actions.append(SendFrame(
            binding.interface, ethernet.frame(binding.mac, ROUTER_MAC, ethernet.IPV4, packet)))

    def _options(self, binding, request, kind):
        options = {
            dhcpv4.MESSAGE_TYPE: bytes((kind,)),
            dhcpv4.SERVER_IDENTIFIER: binding.default_router,
        }
        if dhcpv4.CLIENT_IDENTIFIER in request.options:
            options[dhcpv4.CLIENT_IDENTIFIER] = request.options[dhcpv4.CLIENT_IDENTIFIER]
        if kind == dhcpv4.NAK:
            options[dhcpv4.MESSAGE] = b"this is not the address of your mobility session"
            return options
        options.update(self._home_network(binding))
        if self.configuration.dns:
            options[dhcpv4.DNS] = b"".join(self.configuration.dns)
        asked = request.message_type()
        if asked != dhcpv4.INFORM:
            options[dhcpv4.LEASE_TIME] = (binding.lifetime // 1000).to_bytes(4, "big")
        if asked == dhcpv4.DISCOVER and kind == dhcpv4.ACK:
            options[dhcpv4.RAPID_COMMIT] = b""
        return options

    def _home_network(self, binding):
        """What every client must be told (RFC 5844 section 3.4.3)."""
        return {
            dhcpv4.SUBNET_MASK: mask(binding.prefix_length),
            dhcpv4.ROUTER: binding.default_router,
            dhcpv4.INTERFACE_MTU: self.mtu(binding).to_bytes(2, "big"),
        }


def _is_from(binding, request):
    """True for a request of the station itself: it is known by its link, not by its claims."""
    return (request.op == dhcpv4.BOOTREQUEST and request.chaddr == binding.mac
            and request.giaddr == UNSPECIFIED4)


def _has_lost_ipv4(binding):
    """True if the session goes on without the IPv4 address that it had."""
    return (binding.has_ipv6 and not binding.has_ipv4 and 4 not in binding.ip_versions
            and binding.default_router is not None)


def _destination(binding, request, kind):
    """Return where the reply goes (RFC 2131 section 4.1); the frame is always unicast."""
    if kind == dhcpv4.NAK:
        return EVERYONE
    if request.ciaddr != UNSPECIFIED4:
        return request.ciaddr
    if request.flags & 0x8000:
        return EVERYONE
    return binding.home_address


_HANDLERS = {
    dhcpv4.DISCOVER: DhcpServer._discover,
    dhcpv4.REQUEST: DhcpServer._request,
    dhcpv4.DECLINE: DhcpServer._decline,
    dhcpv4.RELEASE: DhcpServer._release,
    dhcpv4.INFORM: DhcpServer._inform,
}
#: These want an answer; without a session they wait for one.
_ANSWERED = (dhcpv4.DISCOVER, dhcpv4.REQUEST, dhcpv4.INFORM)
_NAMES = {
    dhcpv4.DISCOVER: "discover", dhcpv4.OFFER: "offer", dhcpv4.REQUEST: "request",
    dhcpv4.DECLINE: "decline", dhcpv4.ACK: "ack", dhcpv4.NAK: "nak",
    dhcpv4.RELEASE: "release", dhcpv4.INFORM: "inform",
}
