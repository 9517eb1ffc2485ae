# SPDX-License-Identifier: GPL-2.0-or-later
"""Identity and policy profile of a station (RFC 5213 sections 6.2 and 6.6)."""

from mag_lite.identity_pattern import matches
from mag_lite.wire.address import format_mac


class Decision:
    """What policy says of a station: MN-Identifier, anchor, service, IP versions, or a refusal."""

    def __init__(self, mn_identifier: bytes, refusal: str):
        self.mn_identifier = mn_identifier
        self.refusal = refusal
        self.anchor = None
        self.service = b""
        self.ip_versions = ()


class Policy:
    """Who a station is and where it is served, from what is configured."""

    def __init__(self, configuration):
        self.configuration = configuration

    def decide(self, access, mac: bytes, identity) -> Decision:
        """Judge a station by the identity under which it has authenticated.

        That is empty if it is not known any more, and None without authentication: only then,
        and where the access section says so, the MAC address stands in, for it is easily forged.
        The first profile of this access link whose pattern matches decides.
        """
        if identity is None and access.identity == "mac":
            identity = format_mac(mac).replace(":", "-").encode()
        if identity is None:
            return Decision(b"", "the access point tells no identity; allow MAC addresses as "
                            "identities with: option identity 'mac'")
        if not identity:
            return Decision(b"", "it must authenticate again to show its identity")
        if len(identity) > 254:
            return Decision(b"", "its identity is longer than 254 octets")
        for profile in self.configuration.profiles:
            if profile.access in (None, access.device) and matches(
                    profile.match.encode(), identity):
                return self._by_profile(profile, identity)
        return _accept(
            identity, self.configuration.anchors[0], b"", self.configuration.ip_versions)

    @staticmethod
    def _by_profile(profile, identity):
        if not profile.allow:
            return Decision(identity, "profile '%s' does not allow it" % profile.name)
        return _accept(identity, profile.anchor, profile.service, profile.ip_versions)


def _accept(identity, anchor, service, ip_versions):
    decision = Decision(identity, "")
    decision.anchor = anchor
    decision.service = service
    decision.ip_versions = ip_versions
    return decision
