# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip-mag as it is, but for its tunnels, routes and radios, which not every kernel has."""

import sys

from mag_lite import daemon, main
from mag_lite.system import stations

HEARD = {b"\x02\0\0\0\1\1": stations.Station(-57, 1234567, 890)}


class Forwarding:
    """Stands in for mag_lite.system.forwarding.Forwarding: remembers what it was told."""

    def __init__(self, run_directory, log, serves_ipv6, local_routing):
        self._clients = set()

    def prepare(self, access_devices, anchors):
        pass

    def add_client(self, device, mac, home, anchor_index, keys):
        self._clients.add((device, mac, home, anchor_index))

    def remove_client(self, *client):
        self._clients.discard(client)

    def clients(self):
        return self._clients, set()

    def keep_keys(self, wanted):
        pass

    def tunnel_mtu(self, anchor_index):
        return 1476

    def client_mtu(self, access_device, anchor_index):
        return 1476

    def refresh_mtu(self, anchor_index):
        return None

    def close(self):
        pass

    abandon = close


if __name__ == "__main__":
    daemon.Forwarding = Forwarding
    stations.stations = lambda devices: HEARD
    sys.exit(main.main(sys.argv))
