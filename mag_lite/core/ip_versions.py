# SPDX-License-Identifier: GPL-2.0-or-later
"""Which IP versions a client's anchor is asked for (RFC 5844 sections 3.2.3.1 and 3.2.3.2)."""

#: More identities than an access point can have; then all are forgotten.
MOST_REMEMBERED = 512


class IpVersions:
    """Remembers what anchors have refused: they are not asked again until we are restarted."""

    def __init__(self):
        self._refused = {}

    def choose(self, binding, wanted):
        """Ask for the versions `wanted`, a tuple of 4 and 6, that may be had."""
        refused = self._refused.get(_key(binding))
        left = tuple([version for version in wanted if version != refused])
        binding.ip_versions = left or wanted

    def refuse(self, binding, version: int) -> bool:
        """The anchor refuses the version; return True if the other is left to be asked for."""
        left = tuple([other for other in binding.ip_versions if other != version])
        if not left or left == binding.ip_versions:
            return False
        if len(self._refused) >= MOST_REMEMBERED:
            self._refused = {}
        self._refused[_key(binding)] = version
        binding.ip_versions = left
        return True


def _key(binding):
    return binding.anchor.index, binding.mn_identifier
