# SPDX-License-Identifier: GPL-2.0-or-later
"""When registrations may be stamped (RFC 5213 section 5.5)."""

from mag_lite.trusted_clock import TrustedClock

from own import Directory


def test_the_policy_decides_and_in_between_ntp():
    with Directory() as path:
        path += "/clock"
        assert TrustedClock(path, "on").offset(0) > 1500000000 << 16
        assert TrustedClock(path, "off").offset(0) is None
        clock = TrustedClock(path, "auto")
        assert clock.offset(0) is None
        clock.set_synchronised(True)
        assert clock.offset(0) is not None
        assert TrustedClock(path, "auto").offset(0) is not None, "a restart does not forget it"
        clock.set_synchronised(False)
        clock.set_synchronised(False)
        assert clock.offset(0) is None
        assert TrustedClock(path, "auto").offset(0) is None
