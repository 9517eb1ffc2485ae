# SPDX-License-Identifier: GPL-2.0-or-later
"""What the core asks of the outside, in the order in which it must happen."""

from collections import namedtuple

#: Send the bytes of a Mobility Header message to the anchor.
SendMessage = namedtuple("SendMessage", ("anchor", "data"))

#: Put an Ethernet frame on the access link.
SendFrame = namedtuple("SendFrame", ("interface", "frame"))

#: Send the DHCP message of a client to this server from port 67 of our address towards it, which
#: becomes the message's giaddr.
RelayDhcp = namedtuple("RelayDhcp", ("server", "message"))

#: Program the kernel for the homes of the binding, its IPv4 address and its prefixes, which are
#: pairs of address and length: Add-IPv4-Tunnel-Route and Add-Reverse-Tunnel-Policy-Route in one.
Forward = namedtuple("Forward", ("binding",))

#: Undo `Forward` for one home.
Withdraw = namedtuple("Withdraw", ("interface", "mac", "home", "anchor"))

#: The session is up (after `Forward`): worth a log line.
Attached = namedtuple("Attached", ("binding",))

#: Keep the binding in the journal.
Remember = namedtuple("Remember", ("binding",))

#: Drop it from there: the session with these homes has ended here, for a reason (a text).
Forget = namedtuple("Forget", ("binding", "homes", "reason"))

#: The session goes on at another gateway: `Forget` follows.
HandedOver = namedtuple("HandedOver", ("binding", "homes"))

#: DHCP has confirmed the address to the client.
Leased = namedtuple("Leased", ("binding",))

#: Ask the authenticator whether a station of which a frame came is authorised.
QueryStation = namedtuple("QueryStation", ("interface", "mac"))

#: Ask the authenticator to make the station show that it is there.
PollStation = namedtuple("PollStation", ("interface", "mac"))

#: Have an authorised station whose identity is not known authenticate again.
Reauthenticate = namedtuple("Reauthenticate", ("interface", "mac"))

#: Drop the station from the authenticator; it is told so only if it is thought to be there.
RemoveStation = namedtuple("RemoveStation", ("interface", "mac", "tell"))

#: One line for the log: level is "error", "warning", "info" or "debug"; `mac` is the station that
#: it is about, with which `text` begins, or None.
Log = namedtuple("Log", ("level", "text", "mac"))
