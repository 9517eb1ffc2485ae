# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility messages over UDP, on the real loopback (over IPv6: tests/kernel/system_signalling)."""

import socket

from mag_lite.system import sockets
from mag_lite.system.log import Log
from mag_lite.system.loop import Loop
from mag_lite.system.signalling import PORT, Signalling

from own import LOOPBACK, OTHER_LOOPBACK
from own import PORT as ANY_PORT
from raises import raises


class Spy(Log):
    """A log whose lines stay in memory."""

    def __init__(self):
        super().__init__("test")
        self.lines = []

    def _write(self, level, text):
        self.lines.append(text)


def run_until_idle(loop, rounds=5):
    """Let everything that is under way arrive: a socket gives one message a round."""
    for _ in range(rounds):
        loop.at(loop.now(), loop.stop)
        loop.run()


def pair(loop, seen):
    def receiver(name):
        return lambda data, source, port: seen.append((name, bytes(data), source, port))

    mag = Signalling(loop, LOOPBACK, receiver("mag"))
    anchor = Signalling(loop, OTHER_LOOPBACK, receiver("anchor"))
    return mag, anchor


def test_a_message_and_its_answer_travel_between_two_addresses():
    loop, seen = Loop(), []
    mag, anchor = pair(loop, seen)
    assert mag.send(b"update", OTHER_LOOPBACK)
    run_until_idle(loop)
    assert seen.pop() == ("anchor", b"update", LOOPBACK, PORT)
    assert anchor.send(b"acknowledgement", LOOPBACK, PORT)
    run_until_idle(loop)
    assert seen == [("mag", b"acknowledgement", OTHER_LOOPBACK, PORT)]
    mag.close()
    anchor.close()


def test_a_sender_behind_a_translator_is_answered_at_its_own_port():
    loop, seen = Loop(), []
    mag, anchor = pair(loop, seen)
    behind = socket.socket(sockets.AF_INET, sockets.SOCK_DGRAM, 0)
    behind.bind(sockets.internet_address(LOOPBACK, ANY_PORT))
    behind.setblocking(False)
    behind.sendto(b"update", sockets.internet_address(OTHER_LOOPBACK, PORT))
    run_until_idle(loop)
    assert seen == [("anchor", b"update", LOOPBACK, ANY_PORT)]
    assert anchor.send(b"answer", LOOPBACK, ANY_PORT)
    assert sockets.receive(behind, 100) == b"answer"
    behind.close()
    mag.close()
    anchor.close()


def test_a_burst_arrives_completely():
    loop, seen = Loop(), []
    mag, anchor = pair(loop, seen)
    for number in range(100):
        assert mag.send(bytes((number,)), OTHER_LOOPBACK)
    run_until_idle(loop, 200)
    assert [data[0] for _, data, _, _ in seen] == list(range(100))
    mag.close()
    anchor.close()


def test_empty_and_huge_datagrams_do_no_harm():
    loop, seen = Loop(), []
    mag, anchor = pair(loop, seen)
    assert mag.send(b"", OTHER_LOOPBACK)
    assert mag.send(bytes(5000), OTHER_LOOPBACK)
    assert mag.send(b"after", OTHER_LOOPBACK)
    run_until_idle(loop)
    assert [len(data) for _, data, _, _ in seen] == [0, 2048, 5]
    mag.close()
    anchor.close()


def test_what_the_kernel_refuses_is_reported_to_the_caller_and_logged_once():
    loop, log = Loop(), Spy()
    mag = Signalling(loop, LOOPBACK, None, log)
    for _ in range(3):
        assert not mag.send(bytes(70000), OTHER_LOOPBACK)
    assert not mag.send(b"update", b"\xff\xff\xff\xff")
    assert len(log.lines) == 2, log.lines
    assert log.lines[0].endswith("too long for the path"), log.lines
    assert log.lines[1].endswith("cannot send to 255.255.255.255: access denied"), log.lines
    mag.close()


def test_an_address_that_is_not_ours_or_is_taken_is_an_error():
    loop = Loop()
    with raises(OSError) as caught:
        Signalling(loop, b"\xc0\x00\x02\x01", None)
    assert caught.error.errno == sockets.EADDRNOTAVAIL
    mag = Signalling(loop, LOOPBACK, None)
    with raises(OSError) as caught:
        Signalling(loop, LOOPBACK, None)
    assert caught.error.errno == sockets.EADDRINUSE
    mag.close()
