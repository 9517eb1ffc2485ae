# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone: a radio with wpa_supplicant, and stock udhcpc."""

from bed.namespace import Namespace
from bed.radio import take_radio
from bed.supplicant import Supplicant
from bed.udhcpc import Udhcpc

_IFA_F_TENTATIVE = 0x40


class Phone(Namespace):
    """The phone `name` with radio number `radio`; its identity is NAME@example.org."""

    def __init__(self, name: str, radio: int, mac: str):
        super().__init__(name)
        self.mac = mac
        take_radio(self, radio, mac)
        self.run("iw", "dev", "wlan0", "set", "power_save", "off")     # it would blur the timing
        self.identity = f"{name}@example.org"
        self.supplicant = Supplicant(self, self.identity, f"secret{name[-1]}")
        self.dhcp = Udhcpc(self)

    def lease(self):
        """The newest lease, or None."""
        leases = self.dhcp.leases()
        return leases[-1] if leases else None

    @property
    def address(self):
        """The IPv4 address the phone has on its radio, or None."""
        for address in self.ip.get_addr(index=self.index("wlan0"), family=2):
            return address.get_attr("IFA_ADDRESS")
        return None

    @property
    def addresses6(self) -> list:
        """The usable global IPv6 addresses that the phone has made on its radio."""
        return [
            address.get_attr("IFA_ADDRESS")
            for address in self.ip.get_addr(index=self.index("wlan0"), family=10)
            if address["scope"] == 0 and not address["flags"] & _IFA_F_TENTATIVE
        ]

    def ping(self, address: str, count=3) -> str:
        """Ping `address`; returns ping's output, raises when an answer is missing."""
        output = self.run("ping", "-n", "-c", str(count), "-i", "0.2", "-W", "2", address)
        if f" {count} received" not in output:
            raise RuntimeError(f"{self.name}: ping {address}\n{output}")
        return output
