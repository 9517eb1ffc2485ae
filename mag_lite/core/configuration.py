# SPDX-License-Identifier: GPL-2.0-or-later
"""What the core needs to know of the configuration, as plain values."""

from collections import namedtuple

#: An access link: its device, the wireless interfaces whose clients come in by it, the directory of
#: their hostapds' control sockets, where identities come from ("authenticated", "mac" or
#: "external"), the Access Technology Type (RFC 5213 section 8.5), whether clients are kept apart.
Access = namedtuple("Access", ("device", "bss", "hostapd", "identity", "technology", "isolate"))

#: The policy for the identities that match on an access device (None: on any): anchor, Service
#: Selection, IP versions (a tuple of 4 and 6), or no service at all.
Profile = namedtuple("Profile", (
    "name", "match", "access", "anchor", "service", "allow", "ip_versions"))

#: `lifetime` in ms; `timestamp` is "auto", "on" or "off"; `dns` and `dns6` lists of addresses;
#: `ip_versions` as in a profile; `access` a dict by device; `anchors` a list whose first one is
#: the default; `local_routing` is EnableMAGLocalRouting (RFC 5213 section 9.2); `ipsec` the
#: request id of the security associations without which there is no signalling, or None.
Configuration = namedtuple("Configuration", (
    "lifetime", "timestamp", "dns", "dns6", "ip_versions", "access", "anchors", "profiles",
    "local_routing", "ipsec"))


class Anchor:
    """A local mobility anchor and the tunnel to it.

    `index` numbers its device, mark and tables; `local` is our end (Proxy-CoA), None until it
    is known; `encapsulation` is "gre", "gre-key", "ip" or "udp"; `mtu` in octets, None to follow
    the path; `dhcp_server` is the address (4 octets) of that of its clients, None if none is
    configured.
    """

    def __init__(self, index, name, address, local, encapsulation, mtu, dhcp_server=None):
        self.index = index
        self.name = name
        self.address = address
        self.local = local
        self.encapsulation = encapsulation
        self.mtu = mtu
        self.dhcp_server = dhcp_server
