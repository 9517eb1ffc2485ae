# SPDX-License-Identifier: GPL-2.0-or-later
"""The one way in which received bytes can be wrong."""


class DecodeError(ValueError):
    """Bytes from the network that are not what they claim to be.

    `offset` counts octets from the first octet of the message being decoded; `expected` and
    `found` are short texts for a human reader.
    """

    def __init__(self, offset: int, expected: str, found: str):
        super().__init__("offset %d: expected %s, found %s" % (offset, expected, found))
        self.offset = offset
        self.expected = expected
        self.found = found


def need(data: bytes, offset: int, length: int, what: str):
    """Raise DecodeError unless `length` octets of `what` start at `offset`."""
    if len(data) - offset < length:
        raise DecodeError(offset, "%d octets of %s" % (length, what),
                          "%d" % max(len(data) - offset, 0))
