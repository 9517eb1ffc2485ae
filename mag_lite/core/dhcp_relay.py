# SPDX-License-Identifier: GPL-2.0-or-later
"""The DHCPv4 relay agent collocated with the gateway (RFC 5844 section 3.4.2, RFC 3046).

The anchor chooses which clients' messages go to a DHCP server.  That gives them the address that
the anchor has assigned, which the relay agent tells it, or none at all.  It is made to name the
client's default router as the server (RFC 5107): so renewals are relayed by the gateway that
serves now.
"""

from mag_lite.core.actions import Leased, Log, RelayDhcp
from mag_lite.wire import dhcpv4
from mag_lite.wire.address import UNSPECIFIED4, format_address
from mag_lite.wire.error import DecodeError

#: A message that has come through more relay agents goes in circles (RFC 1542 section 4.1.1).
MOST_HOPS = 16

# Sub-options of Relay Agent Information
_REMOTE_ID = 2
_LINK_SELECTION = 5  # RFC 3527
_SERVER_IDENTIFIER_OVERRIDE = 11  # RFC 5107

_REPLIES = (dhcpv4.OFFER, dhcpv4.ACK, dhcpv4.NAK)


class DhcpRelay:
    """Passes messages on between clients and the DHCP server of their anchor.

    `deliver(binding, reply, now)` puts a reply on the client's link.
    """

    def __init__(self, configuration, bindings, deliver, actions, counters):
        self.configuration = configuration
        self.bindings = bindings
        self.deliver = deliver
        self.actions = actions
        self.counters = counters

    def serves(self, binding) -> bool:
        """Return True if the client's messages are for a DHCP server, and it is known which."""
        if not (binding.relayed and binding.has_ipv4):
            return False
        if _server(binding.anchor) is None:
            self._complain(binding, "error", "the anchor wants its DHCP relayed, but there is no "
                           "server to relay to: set option dhcp_server; answered here instead")
            return False
        return True

    def forward(self, binding, request) -> bool:
        """Relay what the client says of the address of its session; return False if it speaks
        of another one.

        Any address that a DHCPDISCOVER wishes for becomes the assigned one: servers that do not
        look at the Agent Remote ID offer that, too.
        """
        kind = request.message_type()
        if kind == dhcpv4.DISCOVER:
            self._notice_silence(binding)
            request.options[dhcpv4.REQUESTED_ADDRESS] = binding.home_address
        elif _address(request) != binding.home_address:
            self._complain(binding, "info", "the client asks for another address by DHCP: "
                           "not relayed")
            self.counters.count("dhcp.relay_wrong_request")
            return False
        request.hops += 1
        request.options[dhcpv4.RELAY_AGENT_INFORMATION] = _information(binding)
        binding.relayed_request = request.xid, kind
        self.actions.append(RelayDhcp(_server(binding.anchor), request))
        return True

    def receive(self, source: bytes, local: bytes, data: bytes, now: int):
        """Take a datagram that came from `source` to port 67 of our address `local`.

        What is malformed or not for a client of ours is counted and dropped; nothing is raised.
        """
        try:
            reply = dhcpv4.decode(data)
        except DecodeError:
            self.counters.count("dhcp.relay_malformed")
            return
        kind = reply.message_type()
        binding = self._client_of(source, reply)
        if (binding is None or kind not in _REPLIES or reply.op != dhcpv4.BOOTREPLY
                or reply.giaddr != local):
            self.counters.count("dhcp.relay_dropped")
            return
        _, asked = binding.relayed_request
        informs = asked == dhcpv4.INFORM
        if kind != dhcpv4.NAK and not (
                reply.yiaddr == binding.home_address or informs and reply.yiaddr == UNSPECIFIED4):
            self.counters.count("dhcp.relay_wrong_address")
            self._complain(binding, "error", "DHCP server %s gives it %s: dropped" % (
                format_address(source), format_address(reply.yiaddr)))
            return
        reply.options.pop(dhcpv4.RELAY_AGENT_INFORMATION, None)
        binding.relayed_request = None
        self.deliver(binding, reply, now)
        if kind == dhcpv4.ACK and not informs:
            self.actions.append(Leased(binding))

    def _client_of(self, source, reply):
        """Return the binding whose request this server answers, or None."""
        for link in self.configuration.access:
            binding = self.bindings.get(link, reply.chaddr)
            if (binding is not None and binding.has_ipv4 and binding.relayed
                    and _server(binding.anchor) == source
                    and binding.relayed_request and binding.relayed_request[0] == reply.xid):
                return binding
        return None

    def _notice_silence(self, binding):
        if binding.relayed_request and binding.relayed_request[1] == dhcpv4.DISCOVER:
            self._complain(binding, "warning", "DHCP server %s does not answer"
                           % format_address(_server(binding.anchor)))

    def _complain(self, binding, level, text):
        """Say it once a client, until there is something else to be said."""
        if binding.dhcp_complaint != text:
            binding.dhcp_complaint = text
            self.actions.append(Log(level, "%s: %s" % (binding, text), binding.mac))


def may_pass(request) -> bool:
    """Return True if a client's message may go on: no client is a relay agent (RFC 3046 2.1)."""
    return (dhcpv4.RELAY_AGENT_INFORMATION not in request.options
            and request.hops <= MOST_HOPS)


def _server(anchor):
    """The DHCP server of an anchor's clients: the anchor, if nothing else is said."""
    return anchor.dhcp_server or (anchor.address if len(anchor.address) == 4 else None)


def _address(request):
    """The address that the client speaks of: the one that it has, or would like to have."""
    if request.ciaddr != UNSPECIFIED4:
        return request.ciaddr
    return request.options.get(dhcpv4.REQUESTED_ADDRESS)


def _information(binding) -> bytes:
    """The Relay Agent Information about a client: its address, network and router."""
    return b"".join([bytes((number, 4)) + address for number, address in (
        (_REMOTE_ID, binding.home_address),
        (_LINK_SELECTION, binding.home_address),
        (_SERVER_IDENTIFIER_OVERRIDE, binding.default_router))])
