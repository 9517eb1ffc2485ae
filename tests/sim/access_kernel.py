# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel of an access point holds, piece by piece, as mag_lite.system.forwarding puts it
there: a host route, a neighbour and an element of the packet filter for each client.
"""


class AccessKernel:
    """It outlives the daemon.  An address is that of IPv4, or a prefix."""

    def __init__(self):
        self.routes = {}  # (anchor's index, address) -> interface
        self.neighbours = {}  # (interface, address) -> MAC
        self.elements = {}  # (interface, MAC, address) -> anchor's index
        self.keys = {}  # (anchor's index, address) -> GRE keys, down and up

    def add_client(self, interface, mac, address, index, keys=None):
        """Replace what there is."""
        self.neighbours[interface, address] = mac
        self.routes[index, address] = interface
        self.elements[interface, mac, address] = index
        if keys:
            self.keys[index, address] = keys

    def remove_client(self, interface, mac, address, index):
        """Harmless when it is gone."""
        self.elements.pop((interface, mac, address), None)
        self.neighbours.pop((interface, address), None)
        self.keys.pop((index, address), None)
        if self.routes.get((index, address)) == interface:
            del self.routes[index, address]

    def serves(self, interface, mac, address, index):
        """True if packets flow both ways."""
        return (self.elements.get((interface, mac, address)) == index
                and self.neighbours.get((interface, address)) == mac
                and self.routes.get((index, address)) == interface)

    def clients(self):
        """All whose packets flow both ways, as {(interface, MAC, address, anchor's index)}."""
        return {(interface, mac, address, index)
                for (interface, mac, address), index in self.elements.items()
                if self.serves(interface, mac, address, index)}

    def is_whole(self, number):
        """True if it holds the pieces of so many clients and no other ones."""
        return len(self.routes) == len(self.neighbours) == len(self.elements) == number

    def repair(self, wanted):
        """What mag_lite.recovery does: forward for the `wanted` clients and no others."""
        clients = {client[:4] for client in wanted}
        for interface, mac, address in list(self.elements):
            index = self.elements[interface, mac, address]
            if (interface, mac, address, index) not in clients:
                self.remove_client(interface, mac, address, index)
        for client in wanted:
            self.add_client(*client)
        kept = {(index, address) for _, _, address, index, keys in wanted if keys}
        self.keys = {place: keys for place, keys in self.keys.items() if place in kept}
        self._remove_partial()

    def _remove_partial(self):
        for interface, address in list(self.neighbours):
            mac = self.neighbours[interface, address]
            if (interface, mac, address) not in self.elements:
                del self.neighbours[interface, address]
        for index, address in list(self.routes):
            if (self.routes[index, address], address) not in self.neighbours:
                del self.routes[index, address]
