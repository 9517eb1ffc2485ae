# SPDX-License-Identifier: GPL-2.0-or-later
"""The system's log daemon, as syslog(3) speaks to it."""

import socket
import time

from mag_lite.system import sockets

PATH = "/dev/log"

_DAEMON = 3 << 3  # the facility
_SEVERITY = {"error": 3, "warning": 4, "info": 6, "debug": 7}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SystemLog:
    """Writes lines of the program `name`; finds the log daemon again when it has restarted."""

    def __init__(self, name: str, path: str = PATH):
        with open("/proc/self/stat") as file:
            self._tag = "%s[%s]" % (name, file.read().split()[0])
        self._path = path
        self._socket = None

    def write(self, level: str, text: str) -> bool:
        """Return False if nobody takes the line; one for which there is no room is dropped."""
        # With the time of day: logd cuts off 16 characters if the last of them is a space.
        line = ("<%d>%s %s: %s" % (
            _DAEMON | _SEVERITY[level], _time(time.localtime()), self._tag, text)).encode()
        return self._send(line) or self._send(line)

    def _send(self, line):
        try:
            if self._socket is None:
                self._socket = _connected(self._path)
            self._socket.send(line)
        except OSError as error:
            if error.errno == sockets.EAGAIN:
                return True
            self._close()
            return False
        return True

    def _close(self):
        if self._socket:
            self._socket.close()
            self._socket = None


def _time(moment):
    return "%s %2d %02d:%02d:%02d" % ((_MONTHS[moment[1] - 1],) + tuple(moment[2:6]))


def _connected(path):
    made = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    try:
        made.connect(sockets.unix_address(path))
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
