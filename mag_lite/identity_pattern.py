# SPDX-License-Identifier: GPL-2.0-or-later
"""Patterns for identities, as profiles name them: `mn1@example.org`, `*@example.org`, `*`."""


def matches(pattern: bytes, identifier: bytes) -> bool:
    """Return True if `identifier` is `pattern`, in which each * stands for any octets.

    ASCII letters of a realm are compared without case (RFC 7542 section 3).
    """
    return _matches(_fold(pattern), _fold(identifier))


def _fold(identifier):
    user, separator, realm = identifier.rpartition(b"@")
    return user + separator + realm.lower() if separator else identifier


def _matches(pattern, identifier):
    parts = pattern.split(b"*")
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return pattern == identifier
    if len(identifier) < len(first) + len(last):
        return False
    if not identifier.startswith(first) or not identifier.endswith(last):
        return False
    position, end = len(first), len(identifier) - len(last)
    for part in parts[1:-1]:
        found = identifier.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
