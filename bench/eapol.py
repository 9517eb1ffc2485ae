# SPDX-License-Identifier: GPL-2.0-or-later
"""A supplicant in a few lines: IEEE 802.1X with EAP-MD5, for any number of MAC addresses."""

import hashlib
import socket
import struct

_ETH_P_PAE = 0x888E
_PAE_GROUP = bytes.fromhex("0180c2000003")
_EAP_PACKET, _EAPOL_START, _EAPOL_LOGOFF = 0, 1, 2
_REQUEST, _RESPONSE, _SUCCESS = 1, 2, 3
_IDENTITY, _NAK, _MD5_CHALLENGE = 1, 3, 4


class Supplicant:
    """Speaks EAPOL on `interface` of `machine`, for one station at a time."""

    def __init__(self, machine, interface: str, secret: str):
        self._secret = secret.encode()
        self._socket = machine.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with machine:
            self._socket.bind((interface, _ETH_P_PAE))

    def logon(self, mac: bytes, identity: str, seconds=5.0):
        """Authenticate the station `mac`, up to the answer that lets it in: who would wait for
        hostapd's word would run while others are measured.  TimeoutError without a challenge."""
        self._drain()
        self._socket.settimeout(seconds)
        self._send(mac, _EAPOL_START)
        method = None
        while method != _MD5_CHALLENGE:
            code, number, data = self._receive()
            if code == _REQUEST:
                method = data[0]
                answer = self._answer(number, data, identity.encode())
                packet = struct.pack("!BBH", _RESPONSE, number, 4 + len(answer)) + answer
                self._send(mac, _EAP_PACKET, packet)

    def wait(self, seconds=5.0):
        """Wait until the station is let in; TimeoutError when it is not."""
        self._socket.settimeout(seconds)
        while self._receive()[0] != _SUCCESS:
            pass

    def logoff(self, mac: bytes):
        """Say that the station leaves."""
        self._send(mac, _EAPOL_LOGOFF)

    def _answer(self, number, data, identity):
        if data[0] == _IDENTITY:
            return bytes([_IDENTITY]) + identity
        if data[0] == _MD5_CHALLENGE:
            challenge = data[2:2 + data[1]]
            digest = hashlib.md5(bytes([number]) + self._secret + challenge).digest()
            return bytes([_MD5_CHALLENGE, len(digest)]) + digest
        return bytes([_NAK, _MD5_CHALLENGE])

    def _receive(self):
        """(code, identifier, data) of the next EAP packet; code 0 for anything else."""
        frame = self._socket.recv(2048)
        if len(frame) < 22 or frame[15] != _EAP_PACKET:
            return 0, 0, b""
        code, number, length = struct.unpack_from("!BBH", frame, 18)
        return code, number, frame[22:18 + length]

    def _drain(self):
        self._socket.setblocking(False)
        try:
            while self._socket.recv(2048):
                pass
        except BlockingIOError:
            pass

    def _send(self, mac, kind, body=b""):
        header = _PAE_GROUP + mac + struct.pack("!HBBH", _ETH_P_PAE, 2, kind, len(body))
        self._socket.send((header + body).ljust(60, b"\0"))
