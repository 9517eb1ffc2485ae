# SPDX-License-Identifier: GPL-2.0-or-later
"""What the anchor asks of the outside, in the order in which it must happen."""

from collections import namedtuple

#: Send Mobility Header octets from our address `local` (UDP `port` with IPv4).
Send = namedtuple("Send", ("local", "destination", "port", "data"))

# An `address` is that of IPv4, or a prefix: the pair (address, length).

#: Let packets for `address` take the tunnel to the gateway `mag`, in place of wherever they
#: went before.  The tunnel is made if there is none; `encapsulation` is as of a `Tunnel`.
#: Where there is one, this may be done after the answer that follows.
Route = namedtuple("Route", ("address", "mag", "local", "encapsulation"))

#: The next `Route` for `address` is into a tunnel with GRE keys, (uplink, downlink), of which
#: these are its own.
Keys = namedtuple("Keys", ("address", "keys"))

#: Drop packets for `address`, in place of its route.
Blackhole = namedtuple("Blackhole", ("address",))

#: Forget `address`: neither route nor blackhole is left.
Unroute = namedtuple("Unroute", ("address",))

#: No mobile node uses this tunnel any more.
ReleaseTunnel = namedtuple("ReleaseTunnel", ("mag", "local", "encapsulation"))

#: Keep the binding in the journal, or drop it from there.
Remember = namedtuple("Remember", ("binding",))
Forget = namedtuple("Forget", ("binding",))


class Log:
    """One line for the log: `level` is "error", "warning", "info" or "debug", `said` the text or
    a function that puts it together: a gateway that waits for its answer need not wait for it."""

    def __init__(self, level: str, said):
        self.level = level
        self._said = said

    @property
    def text(self) -> str:
        """The line."""
        return self._said if isinstance(self._said, str) else self._said()
