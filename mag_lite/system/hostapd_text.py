# SPDX-License-Identifier: GPL-2.0-or-later
"""What hostapd says on its control socket: events, and answers about stations."""

from collections import namedtuple

from mag_lite.wire.address import parse_mac

Event = namedtuple("Event", ("name", "mac", "algorithm"))

# `identity` is bytes: empty when it authenticated with EAP but hostapd does not know its name, None
# without EAP.  `connected` is whole seconds.
Station = namedtuple("Station", ("mac", "authorized", "identity", "connected"))

_ESCAPES = {b'"': b'"', b"\\": b"\\", b"e": b"\x1b", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def parse_event(message: bytes):
    """The Event in an unsolicited message `<level>NAME ...`, or None when it is an answer.

    `mac` is None in an event that is not about a station, `algorithm` how a station that has come
    authenticated (802.11), such as b"open" or b"ft": empty where hostapd does not say (2.10).
    """
    end = message.find(b">")
    if message[:1] != b"<" or end < 0:
        return None
    words = message[end + 1 :].split()
    if not words:
        return Event(b"", None, b"")
    algorithm = words[-1][9:] if words[-1].startswith(b"auth_alg=") else b""
    return Event(words[0], _mac(words[1]) if len(words) > 1 else None, algorithm)


def parse_station(answer: bytes):
    """The Station that a STA, STA-FIRST or STA-NEXT answer describes, or None.

    Names that the station chose itself stand in the answer as it sent them.  They come after
    flags and identity and before the connection time: a line that pretends to be one of these
    is in the wrong place.
    """
    mac = _mac(answer.split(b"\n", 1)[0])
    if mac is None:
        return None
    trusted = _until_chosen_names(answer)
    flags = _value(trusted, b"flags=") or b""
    seconds = _last_value(answer, b"connected_time=") or b"0"
    connected = int(seconds) if seconds.isdigit() and len(seconds) < 10 else 0
    identity = _identity(_value(trusted, b"dot1xAuthSessionUserName="))
    return Station(mac, b"[AUTHORIZED]" in flags, identity, connected)


def parse_state(answer: bytes) -> str:
    """The interface's state in a STATUS answer, such as ENABLED, DISABLED, DFS; "" if not said."""
    state = _value(b"\n" + answer, b"state=") or b""
    return state.decode() if state.replace(b"_", b"").isalpha() else ""


def parse_key_management(answer: bytes):
    """(whether nobody is let in but by EAP, or by a key from EAP; whether by 802.11r as well), as a
    GET_CONFIG answer says."""
    ways = (_value(b"\n" + answer, b"key_mgmt=") or b"").split()
    only_eap = bool(ways) and all(b"EAP" in way for way in ways)
    return only_eap, any(way.startswith(b"FT-") for way in ways)


def printf_decode(text: bytes) -> bytes:
    """Undo hostapd's escapes: a backslash and one of " \\ e n r t, or x and two hex digits."""
    if b"\\" not in text:
        return text
    decoded = bytearray()
    position = 0
    while position < len(text):
        here, after = text[position : position + 1], text[position + 1 : position + 2]
        digits = text[position + 2 : position + 4]
        if here == b"\\" and after in _ESCAPES:
            decoded.extend(_ESCAPES[after])
            position += 2
        elif here == b"\\" and after == b"x" and _is_hexadecimal(digits):
            decoded.append(int(digits, 16))
            position += 4
        else:
            decoded.extend(here)
            position += 1
    return bytes(decoded)


def _mac(text: bytes):
    try:
        return parse_mac(text.decode())
    except ValueError:
        return None


# An answer has some sixty lines: they are searched, not taken apart, while a station waits.


def _until_chosen_names(answer: bytes) -> bytes:
    for name in (b"\nwps", b"\np2p"):
        answer = answer.split(name, 1)[0]
    return answer


def _value(text: bytes, name: bytes):
    """What follows `name` in the first line that begins with it, or None; the very first line
    does not count."""
    return _rest_of_line(text, text.find(b"\n" + name), name)


def _last_value(text: bytes, name: bytes):
    """The same in the last such line."""
    return _rest_of_line(text, text.rfind(b"\n" + name), name)


def _rest_of_line(text: bytes, before: int, name: bytes):
    if before < 0:
        return None
    return text[before + 1 + len(name) :].split(b"\n", 1)[0]


def _identity(text):
    if text is None:
        return None
    return b"" if text == b"N/A" else printf_decode(text)


def _is_hexadecimal(digits: bytes) -> bool:
    return len(digits) == 2 and all(digit in b"0123456789abcdefABCDEF" for digit in digits)
