# SPDX-License-Identifier: GPL-2.0-or-later
"""Proxy Binding Updates in the order they were sent (RFC 5213 section 5.5, RFC 6275 9.5.1)."""

from mag_lite.wire import status


def check_timestamp(timestamp: int, time_of_day: int, window, last_accepted: int) -> int:
    """Return the status for an update with a Timestamp option.

    All but `window` (ms) are in units of 1/65536 s since 1970; it is None if mobile nodes make the
    stamps (MobileNodeGeneratedTimestampInUse).  `last_accepted` is the greatest timestamp accepted
    of this mobile node.  The RFC wants a greater one and names the refusal of a lower one; an equal
    one is refused likewise.
    """
    if window is not None and abs(timestamp - time_of_day) > window * 65536 // 1000:
        return status.TIMESTAMP_MISMATCH
    if timestamp <= last_accepted:
        return status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
    return status.ACCEPTED


def check_sequence(sequence: int, last_accepted: int) -> int:
    """Return the status for an update without one: the number must be newer, modulo 2^16."""
    if (last_accepted - sequence) % 65536 <= 32768:
        return status.SEQUENCE_OUT_OF_WINDOW
    return status.ACCEPTED
