# SPDX-License-Identifier: GPL-2.0-or-later
"""The lease file says what LuCI expects to read, whatever clients call themselves."""

import os

from mag import PHONE, Bench

from mag_lite.lease_file import LeaseFile, host_name, line
from mag_lite.system.clock import time_of_day
from mag_lite.system.loop import Loop

from own import Directory


class Warnings:
    """A log."""

    def __init__(self):
        self.lines = []

    def warning(self, text):
        self.lines.append(text)


class LaterLoop(Loop):
    """A loop whose clock can be put forward."""

    ahead = 0

    def now(self):
        return super().now() + self.ahead

    def wait(self, milliseconds):
        self.ahead += milliseconds
        self.at(0, self.stop)
        self.run()


def read(path):
    with open(path) as file:
        return file.read()


def test_names_that_are_host_names_are_kept():
    for name in (b"phone", b"Galaxy-S23", b"a.b.example.org", b"x_1", b"p" * 253):
        assert host_name(name) == name.decode()
    assert host_name(b"phone\0") == "phone"


def test_names_that_could_mean_something_else_are_not():
    for name in (b"", b"*", b"a b", b"a\nb", b"\n", b"a\tb", b"<b>", b"'", b'"', b"$(reboot)",
                 b"-rf", b"`", b"a;b", b"J\xc3\xbcrgen", b"\xff", b"a\0b", b"\0", b".", b"p" * 254):
        assert host_name(name) == "", name


def test_a_line_has_the_five_words_that_are_read():
    bench = Bench()
    binding = bench.activate()
    assert line(binding, 1795424845) == (
        "1795424845 02:00:00:00:01:01 10.20.0.5 * 01:02:00:00:00:01:01\n")
    binding.host_name = b"phone"
    assert line(binding, 1).split(" ") == [
        "1", "02:00:00:00:01:01", "10.20.0.5", "phone", "01:02:00:00:00:01:01\n"]


def test_the_file_follows_the_sessions():
    bench, loop = Bench(), LaterLoop()
    with Directory() as directory:
        path = directory + "/leases"
        file = LeaseFile(loop, Warnings(), path, bench.gateway.bindings)
        binding = bench.activate()
        binding.expires_at = loop.now() + 600000
        file.changed()
        file.changed()
        loop.wait(500)
        assert os.listdir(directory) == []
        loop.wait(500)
        words = read(path).split()
        assert words[1:3] == ["02:00:00:00:01:01", "10.20.0.5"]
        assert abs(int(words[0]) - (time_of_day() >> 16) - 599) <= 2
        bench.gateway.station_gone("wlan0", PHONE, "it left", bench.now)
        file.changed()
        file.close(True)
        assert read(path) == "" and os.listdir(directory) == ["leases"]
        file.close(False)
        assert os.listdir(directory) == []


def test_a_file_that_cannot_be_written_is_told_of():
    loop, log = LaterLoop(), Warnings()
    file = LeaseFile(loop, log, "/nonexistent/leases", ())
    file.changed()
    loop.wait(1000)
    assert log.lines == ["lease file /nonexistent/leases: no such file"]
    file.close(False)

