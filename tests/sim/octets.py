# SPDX-License-Identifier: GPL-2.0-or-later
"""What well-formed messages say, read without the decoders under test."""


def options_of(data):
    """{type: octets} of the options of a well-formed update, acknowledgement or revocation."""
    found = {}
    place, end = 12, len(data)
    while place < end:
        kind = data[place]
        if kind == 0:
            place += 1
            continue
        after = place + 2 + data[place + 1]
        found.setdefault(kind, data[place + 2:after])
        place = after
    return found


def homes_of(data):
    """The IPv4 address and the prefixes that an acknowledgement assigns."""
    homes = []
    place, end = 12, len(data)
    while place < end:
        kind = data[place]
        if kind == 37 and data[place + 2] < 128:
            homes.append(data[place + 4:place + 8])
        elif kind == 22:
            homes.append((data[place + 4:place + 20], data[place + 3]))
        place += 1 if kind == 0 else 2 + data[place + 1]
    return homes


def prefixes_of(frame):
    """[(prefix, length, lifetime in s)] of a router advertisement."""
    found = []
    place = 14 + 40 + 16
    while place < len(frame):
        if frame[place] == 3:
            found.append((frame[place + 16:place + 32], frame[place + 2],
                          int.from_bytes(frame[place + 4:place + 8], "big")))
        place += 8 * frame[place + 1]
    return found


def version_of(home) -> int:
    """The IP version of an address, or of a prefix with its length."""
    return 6 if isinstance(home, tuple) else 4
