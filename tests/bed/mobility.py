# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility signalling in a captured frame, read without the code under test."""

import socket
import struct
from collections import namedtuple

Signalling = namedtuple("Signalling", "name source destination sequence lifetime status options")

_PORT = 5436
_MOBILITY_HEADER = 135
_NAMES = {5: "PBU", 6: "PBA", 7: "Binding Error", 13: "Heartbeat", 19: "UPN", 20: "UPA"}
_REVOCATION = {1: "BRI", 2: "BRA"}
_MN_IDENTIFIER, _HANDOFF_INDICATOR = 8, 23
_HOME_ADDRESS_REQUEST, _HOME_ADDRESS_REPLY = 36, 37


def packet_payload(frame: bytes):
    """(source, destination, Mobility Header) of an Ethernet frame, or None if it holds none."""
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == 0x0800:
        length = (frame[14] & 15) * 4
        source, destination = frame[26:30], frame[30:34]
        if frame[23] != 17 or _PORT not in struct.unpack_from("!HH", frame, 14 + length):
            return None
        family, payload = socket.AF_INET, frame[14 + length + 8:]
    elif ethertype == 0x86DD and frame[20] == _MOBILITY_HEADER:
        source, destination = frame[22:38], frame[38:54]
        family, payload = socket.AF_INET6, frame[54:]
    else:
        return None
    return socket.inet_ntop(family, source), socket.inet_ntop(family, destination), payload


def options(data: bytes) -> dict:
    """{option number: bytes}; of repeated options the last."""
    found, position = {}, 0
    while position + 1 < len(data):
        if data[position] == 0:
            position += 1
            continue
        number, length = data[position], data[position + 1]
        found[number] = data[position + 2:position + 2 + length]
        position += 2 + length
    return found


def decode(frame: bytes):
    """The Signalling in `frame`, or None.  Lifetimes are seconds; status is None in requests."""
    found = packet_payload(frame)
    if not found or len(found[2]) < 12:
        return None
    source, destination, header = found
    kind = header[2]
    name, sequence, lifetime, status = _NAMES.get(kind, f"MH {kind}"), None, None, None
    if kind == 5:
        sequence, _, lifetime = struct.unpack_from("!HHH", header, 6)
        lifetime *= 4
    elif kind == 6:
        status, _, sequence, lifetime = struct.unpack_from("!BBHH", header, 6)
        lifetime *= 4
    elif kind == 16:
        name = _REVOCATION.get(header[6], name)
        status, sequence = struct.unpack_from("!BH", header, 7)
    return Signalling(
        name, source, destination, sequence, lifetime, status, options(header[12:])
    )


def describe(message: Signalling) -> str:
    """One line for people: what it is, for whom, and the fields that matter."""
    words = [message.name, f"seq {message.sequence}"]
    if message.lifetime is not None:
        words.append(f"lifetime {message.lifetime} s" if message.lifetime else "de-registration")
    if message.status is not None:
        words.append(("trigger" if message.name == "BRI" else "status") + f" {message.status}")
    if _MN_IDENTIFIER in message.options:
        words.append(message.options[_MN_IDENTIFIER][1:].decode(errors="backslashreplace"))
    if _HANDOFF_INDICATOR in message.options and message.name == "PBU":
        words.append(f"HI {message.options[_HANDOFF_INDICATOR][1]}")
    for number in (_HOME_ADDRESS_REQUEST, _HOME_ADDRESS_REPLY):
        address = message.options.get(number, b"")[-4:]
        if address not in (b"", bytes(4)):
            words.append(socket.inet_ntop(socket.AF_INET, address))
    return "  ".join(words)
