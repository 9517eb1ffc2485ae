# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether the time of day may stamp registrations (RFC 5213 section 5.5).

An access point boots in 1970, or whenever it was switched off; a stamp from the future would
lock its clients out for as long.
"""

import os

from mag_lite.system.clock import time_of_day
from mag_lite.system.files import exists


class TrustedClock:
    """What NTP last said of the clock; `path` keeps it over a restart of ours, not of the machine.

    `policy` is "on" (always trust it), "off" (never), or "auto" (as NTP says).
    """

    def __init__(self, path: str, policy: str):
        self._path = path
        self._policy = policy
        self._synchronised = exists(path)

    def set_synchronised(self, synchronised: bool):
        """NTP has set the clock, or has lost it."""
        self._synchronised = synchronised
        if synchronised:
            open(self._path, "w").close()
        elif exists(self._path):
            os.remove(self._path)

    def offset(self, now: int):
        """Return the time of day less `now` (ms), in 1/65536 s; None if it is not trusted."""
        if self._policy == "off" or self._policy == "auto" and not self._synchronised:
            return None
        return time_of_day() - now * 65536 // 1000
