# SPDX-License-Identifier: GPL-2.0-or-later
"""The clients' addresses as a lease file of dnsmasq's form, from which LuCI makes its lists.

Each line is: when it expires (s since 1970), MAC, address, host name or `*`, client or `*`.
"""

from mag_lite.system import sockets
from mag_lite.system.clock import time_of_day
from mag_lite.system.files import remove, replace
from mag_lite.wire.address import format_address, format_mac

#: Clients that come together are written together (ms).
_DELAY = 1000
_NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
_LONGEST_NAME = 253


class LeaseFile:
    """Keeps the file at `path` true to `bindings`, those for which the kernel forwards."""

    def __init__(self, loop, log, path: str, bindings):
        self._loop = loop
        self._log = log
        self._path = path
        self._bindings = bindings
        self._timer = None

    def changed(self):
        """A lease came, went or was renewed: the file will say so within a second."""
        if self._timer is None:
            self._timer = self._loop.at(self._loop.now() + _DELAY, self._write)

    def close(self, keep: bool):
        """Leave the file for the next process, or remove it; once."""
        if self._timer is not None:
            self._loop.cancel(self._timer)
            self._write()
        if not keep:
            remove(self._path)

    def _write(self):
        self._timer = None
        now, clock = self._loop.now(), time_of_day() >> 16
        lines = [line(binding, clock + (binding.expires_at - now) // 1000)
                 for binding in self._bindings if binding.has_ipv4]
        try:
            replace(self._path, "".join(sorted(lines)))
        except OSError as error:
            self._log.warning("lease file %s: %s" % (self._path, sockets.reason(error)))


def line(binding, expires: int) -> str:
    """The line of a binding that expires at this time of day (s since 1970)."""
    mac, name = format_mac(binding.mac), host_name(binding.host_name) or "*"
    return "%d %s %s %s 01:%s\n" % (
        expires, mac, format_address(binding.home_address), name, mac)


def host_name(octets: bytes) -> str:
    """What a client calls itself, "" if that is no host name: it may say anything."""
    name = octets[:-1] if octets[-1:] == b"\0" else octets  # some send the end along
    if not 0 < len(name) <= _LONGEST_NAME or name[0] in b"-.":
        return ""
    text = "".join([chr(octet) for octet in name])
    return text if all([character in _NAME for character in text]) else ""
