# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip-lma as it is, but for its tunnels and routes, which not every kernel has."""

import sys

from lma_lite import cli, daemon, forwarding


class Forwarding(forwarding.AnchorForwarding):
    """Remembers its tunnels."""

    def __init__(self, run_directory, log):
        super().__init__(run_directory, log)
        self.made = {}

    def prepare(self, *arguments):
        pass

    def add_tunnel(self, *tunnel):
        self.made[tunnel] = f"lma{len(self.made)}"
        return self.made[tunnel]

    def remove_tunnel(self, *tunnel):
        self.made.pop(tunnel, None)

    def tunnels(self):
        return dict(self.made)

    def refresh_mtu(self, *tunnel):
        return None

    route = blackhole = unroute = prepare

    def routes(self):
        return {}


if __name__ == "__main__":
    daemon.AnchorForwarding = Forwarding
    sys.exit(cli.main(sys.argv))
