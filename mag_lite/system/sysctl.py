# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel settings that forwarding needs, changed for as long as it is needed.

What was there before is written down first, so that it comes back even when another process has
to put it back.
"""

import os

from mag_lite.system import sockets

_ROOT = "/proc/sys/"
_FORWARDING = "net/ipv6/conf/all/forwarding"


class Sysctls:
    """The settings we changed; `file_name` remembers what they were.

    A setting is a path below /proc/sys, such as "net/ipv4/ip_forward", and a number.
    """

    def __init__(self, file_name: str):
        self._file_name = file_name
        self._before = _load(file_name)

    def apply(self, wanted: dict) -> None:
        """Let exactly the `wanted` {setting: number} be changed; restore all others.

        Settings of devices that are not there are left out.
        """
        present = {setting: number for setting, number in wanted.items() if read(setting)}
        restored = [setting for setting in self._before if setting not in wanted]
        for setting in restored:
            _write(setting, self._before.pop(setting))
        for setting in present:
            self._before.setdefault(setting, read(setting))
        self._save()
        for setting in sorted(present, key=lambda setting: setting == _FORWARDING):
            if read(setting) != str(present[setting]):
                _write(setting, str(present[setting]))

    def ipv6_forwarding(self) -> dict:
        """What to `apply` so that the kernel forwards IPv6.

        It would forget the routers that it has heard of, unless each device is told that it
        shall listen to them all the same; so that is changed first.
        """
        settings = {_FORWARDING: 1}
        if self._original(_FORWARDING) == "0":
            for device in os.listdir(_ROOT + "net/ipv6/conf"):
                setting = "net/ipv6/conf/%s/accept_ra" % device
                if device not in ("all", "default") and self._original(setting) == "1":
                    settings[setting] = 2
        return settings

    def _original(self, setting: str) -> str:
        return self._before.get(setting) or read(setting)

    def _save(self) -> None:
        if not self._before:
            _remove(self._file_name)
            return
        lines = ["%s=%s\n" % item for item in self._before.items()]
        with open(self._file_name + ".new", "w") as file:
            file.write("".join(lines))
        os.rename(self._file_name + ".new", self._file_name)


def _load(file_name: str) -> dict:
    try:
        with open(file_name) as file:
            lines = file.read().split("\n")
    except OSError:
        return {}
    return dict([line.split("=") for line in lines if line.count("=") == 1])


def read(setting: str) -> str:
    """The value of a setting, "" for one that is not there."""
    try:
        with open(_ROOT + setting) as file:
            return file.read().strip()
    except OSError:
        return ""


def _write(setting: str, value: str) -> None:
    # The device may have gone since.
    try:
        with open(_ROOT + setting, "w") as file:
            file.write(value)
    except OSError as error:
        if error.errno not in (sockets.ENOENT, sockets.EINVAL):
            raise


def _remove(file_name: str) -> None:
    try:
        os.remove(file_name)
    except OSError:
        pass
