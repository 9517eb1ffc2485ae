# SPDX-License-Identifier: GPL-2.0-or-later
"""A Proxy Binding Update as the anchor reads it (RFC 5213 section 8.1, RFC 5844 section 3.1.2)."""

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER, Tunnel
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import UNSPECIFIED4, UNSPECIFIED6
from mag_lite.wire.mobility_header import Message

#: The UDP port of signalling over IPv4 (RFC 5844 section 4.1).
PORT = 5436


class ProxyBindingUpdate:
    """What one message asks for, and where it came from.

    An option that is absent reads as None (an absent Handoff Indicator or Access Technology
    Type as 0, which both registries reserve).  `source` and `port` are the sender's, `local`
    is our address, `received` our time of day.  Lifetime is in units of 4 s; 0 de-registers.
    `service` is what the policy grants, once it has been asked, `may_have_keys` whether it has GRE
    keys for those who ask; `objection` is why it is refused, where the status does not say.
    """

    def __init__(self, message: Message, data: bytes, source: bytes, port: int, local: bytes,
                 received: int):
        self.message = message
        self.data = data
        self.source = source
        self.port = port
        self.local = local
        self.received = received
        self.sequence = message.sequence
        self.lifetime = message.lifetime
        self.service = None
        self.objection = ""
        #: {number: the first option of that number}
        self.options = found = _first_of_each(message)
        self.mn_identifier = _mn_identifier(found)
        self.handoff_indicator = _value(found, options.HANDOFF_INDICATOR, "indicator", 0)
        self.access_technology = _value(found, options.ACCESS_TECHNOLOGY_TYPE, "technology", 0)
        self.link_layer_identifier = _link_layer_identifier(found)
        self.timestamp = _value(found, options.TIMESTAMP, "time")
        self.selection = _value(found, options.SERVICE_SELECTION, "identifier", b"")
        self.link_local_address = _value(found, options.LINK_LOCAL_ADDRESS, "address")
        self.ipv4_request = found.get(options.IPV4_HOME_ADDRESS_REQUEST)
        self.care_of_address = _value(found, options.ALTERNATE_CARE_OF_ADDRESS, "address", source)
        self.gre_key = found.get(options.GRE_KEY)
        self.may_have_keys = True

    @property
    def deregisters(self) -> bool:
        """Return True if the session is to end (RFC 5213 section 5.3.5)."""
        return self.lifetime == 0

    @property
    def home_network_prefix_options(self) -> list:
        """The Home Network Prefix options, also those that ask for any prefix."""
        if options.HOME_NETWORK_PREFIX not in self.options:
            return []
        return self.message.all(options.HOME_NETWORK_PREFIX)

    @property
    def wanted_prefixes(self) -> list:
        """The home network prefixes asked for by value, as pairs of address and length."""
        return [
            (option.prefix, option.prefix_length)
            for option in self.home_network_prefix_options
            if option.prefix != UNSPECIFIED6
        ]

    @property
    def wanted_address(self):
        """The IPv4 home address asked for by value, or None."""
        if self.ipv4_request is None or self.ipv4_request.address == UNSPECIFIED4:
            return None
        return self.ipv4_request.address

    def names_kind_of(self, home) -> bool:
        """Return True if the update is also about addresses of the IP version of `home`."""
        if isinstance(home, tuple):
            return bool(self.home_network_prefix_options)
        return self.ipv4_request is not None

    @property
    def forces_udp(self) -> bool:
        """Return True if the F flag asks for UDP encapsulation (RFC 5844 section 4.1.3.1)."""
        return bool(self.message.flags & header.BU_FORCE_UDP)

    @property
    def private_address(self):
        """The gateway's own address if that is another than it comes from: there is a NAT."""
        own = _value(self.options, options.IPV4_CARE_OF_ADDRESS, "address", self.source)
        return own if own != self.source else None

    @property
    def wants_tlv_header(self) -> bool:
        """Return True if the T flag asks for a header between UDP and GRE (RFC 5845 section 7)."""
        return bool(self.message.flags & header.BU_TLV)

    @property
    def asks_for_keys(self) -> bool:
        """Return True if the gateway wants GRE with keys, which RFC 5845 negotiates as one."""
        return self.gre_key is not None and self.gre_key.key is not None

    @property
    def tunnel(self) -> Tunnel:
        """The tunnel that it gets: who asks for keys gets GRE with keys, or no GRE."""
        encapsulation = "udp" if self.forces_udp else "ip"
        if self.asks_for_keys:
            encapsulation = "gre-key" if self.may_have_keys else encapsulation
        elif self.gre_key is not None:
            encapsulation = "gre"
        return Tunnel(self.care_of_address, self.local, encapsulation)

    @property
    def downlink_key(self):
        """The key that the gateway wants to see in packets for this session, or None."""
        return self.gre_key.key if self.tunnel.encapsulation == "gre-key" else None

    @property
    def owner(self):
        """For whom an address pool is to keep an address."""
        return self.mn_identifier, self.link_layer_identifier or NO_LINK_LAYER_IDENTIFIER


def _first_of_each(message: Message) -> dict:
    found = {}
    for option in message.options:
        found.setdefault(option.number, option)
    return found


def _value(found: dict, number: int, field: str, default=None):
    option = found.get(number)
    return default if option is None else getattr(option, field)


def _mn_identifier(found: dict):
    option = found.get(options.MN_IDENTIFIER)
    return None if option is None else (option.subtype, option.identifier)


def _link_layer_identifier(found: dict):
    """The identifier, or None: one that is all zeros says that it is not known."""
    identifier = _value(found, options.MN_LINK_LAYER_IDENTIFIER, "identifier")
    return identifier if identifier and identifier.strip(b"\0") else None
