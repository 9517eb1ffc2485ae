# SPDX-License-Identifier: GPL-2.0-or-later
"""A NAT in front of a gateway: it lets in what comes from an anchor that was heard from lately."""

#: A flow is forgotten after so long a silence (ms).
FORGETS = 30000


class Nat:
    """Its mappings keep ports; signalling's and the tunnel's are opened together."""

    def __init__(self, world):
        self.world = world
        self._heard = {}  # anchor -> when a message last went to it (ms)

    def passes_out(self, anchor):
        """The gateway sends."""
        self._heard[anchor] = self.world.now

    def is_open(self, anchor):
        """True if the anchor's messages and packets get in."""
        return self.world.now - self._heard.get(anchor, -FORGETS) < FORGETS
