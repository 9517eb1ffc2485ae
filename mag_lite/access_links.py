# SPDX-License-Identifier: GPL-2.0-or-later
"""The access links: on each device the clients' frames and the access point's control socket."""

from mag_lite.access_point import AccessPoint
from mag_lite.external_access_point import ExternalAccessPoint
from mag_lite.system.access_link import AccessLink


class AccessLinks:
    """Opens the configured devices as they come and go.

    `on_frame(interface, frame)` gets what clients ask of us; `listener` is told by each
    AccessPoint of its stations.
    """

    def __init__(self, loop, log, access, on_frame, listener):
        self._loop = loop
        self._log = log
        self._access = access
        self._on_frame = on_frame
        self._links = {}
        self._indexes = {}
        self._access_points = {
            device: _kind_of(section)(loop, section, listener)
            for device, section in access.items()}

    def check(self, device: str) -> bool:
        """Look at a device of which there is news; return True if it came, went or was replaced."""
        self._access_points[device].link_changed()
        index = _index(device)
        if index == self._indexes.get(device):
            return False
        self._indexes[device] = index
        if device in self._links:
            self._links.pop(device).close()
        if index is None:
            self._log.warning("access device %s is not there (yet)" % device)
        else:
            self._open(device)
        return True

    def check_all(self):
        """Look at every device, as at start."""
        for device in self._access:
            self.check(device)

    def is_open(self, device: str) -> bool:
        """Return True if clients on the device are heard."""
        return device in self._links

    def send(self, device: str, frame: bytes):
        """Return True if the kernel took the Ethernet frame; False too where the device is gone."""
        link = self._links.get(device)
        return link is not None and link.send(frame)

    def access_point(self, device: str):
        """The AccessPoint or ExternalAccessPoint behind the device."""
        return self._access_points[device]

    def device_of(self, name: str):
        """Return the access device to which this link belongs: itself, a BSS or a port of it;
        else None."""
        for device, section in self._access.items():
            if name == device or name in section.bss:
                return device
        bridge = _index(name + "/master")
        for device, index in self._indexes.items():
            if bridge is not None and index == bridge:
                return device
        return None

    def close(self):
        """Close all; once."""
        for link in self._links.values():
            link.close()
        for access_point in self._access_points.values():
            access_point.close()

    def _open(self, device):
        try:
            self._links[device] = AccessLink(self._loop, device, self._on_frame)
        except OSError as error:
            self._indexes[device] = None
            self._log.error("access device %s: %s" % (device, error))


def _kind_of(section):
    return ExternalAccessPoint if section.identity == "external" else AccessPoint


def _index(device):
    """Return the number that tells two devices of one name apart, None if there is none."""
    try:
        with open("/sys/class/net/%s/ifindex" % device) as file:
            return int(file.read())
    except OSError:
        return None
