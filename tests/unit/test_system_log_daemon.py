# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines to the system's log have levels, and find it again when it restarts."""

import os
import socket
import sys

from mag_lite.system import sockets
from mag_lite.system.log import Log
from mag_lite.system.system_log import SystemLog

from own import PID, Directory


class LogDaemon:
    """What is at /dev/log."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
        self.socket.bind(sockets.unix_address(path))
        self.socket.setblocking(False)

    def lines(self):
        found = []
        line = sockets.receive(self.socket, 4096)
        while line:
            found.append(line.decode())
            line = sockets.receive(self.socket, 4096)
        return found

    def end(self):
        self.socket.close()
        os.remove(self.path)


class Stderr:
    """`with Stderr() as lines:` keeps what goes there."""

    def __enter__(self):
        self.lines = []
        self.before, sys.stderr = sys.stderr, self
        return self.lines

    def write(self, text):
        self.lines.append(text)

    def __exit__(self, kind, error, traceback):
        sys.stderr = self.before


def replaceable():
    """Whether this Python lets standard error be replaced; MicroPython does not."""
    try:
        sys.stderr = sys.stderr
    except AttributeError:
        return False
    return True


def test_levels_are_those_of_syslog():
    with Directory() as directory:
        daemon = LogDaemon(directory + "/log")
        log = Log("pmip-mag", True, SystemLog("pmip-mag", daemon.path))
        log.error("a")
        log.warning("b")
        log.info("c\nd")
        log.debug("e")
        lines = daemon.lines()
        daemon.end()
    assert [line[: line.find(">") + 1] for line in lines] == ["<27>", "<28>", "<30>", "<31>"]
    assert [line.split("pmip-mag[%d]: " % PID)[1] for line in lines] == ["a", "b", "c\\x0ad", "e"]


def test_the_time_has_the_length_that_logd_cuts_off():
    with Directory() as directory:
        daemon = LogDaemon(directory + "/log")
        SystemLog("p", daemon.path).write("info", "text")
        line = daemon.lines()[0][4:]
        daemon.end()
    assert line[15] == " " and line[16:] == "p[%d]: text" % PID
    assert line[3] == line[6] == " " and line[9] == line[12] == ":"


def test_a_log_daemon_that_restarts_is_found_again():
    with Directory() as directory:
        path = directory + "/log"
        log = SystemLog("p", path)
        assert not log.write("info", "before")
        for text in ("one", "two"):
            daemon = LogDaemon(path)
            assert log.write("info", text)
            assert daemon.lines()[0].endswith(": " + text)
            daemon.end()
            assert not log.write("info", "lost")


def test_nothing_is_lost_when_it_has_restarted_meanwhile():
    with Directory() as directory:
        path = directory + "/log"
        log = SystemLog("p", path)
        for text in ("one", "two", "three"):
            daemon = LogDaemon(path)
            assert log.write("info", text)
            assert daemon.lines()[0].endswith(": " + text)
            daemon.end()


def test_one_that_does_not_read_never_stops_us():
    with Directory() as directory:
        daemon = LogDaemon(directory + "/log")
        log = SystemLog("p", daemon.path)
        for _ in range(2000):
            assert log.write("info", "text")
        assert 0 < len(daemon.lines()) < 2000
        assert log.write("info", "again") and daemon.lines()[-1].endswith("again")
        daemon.end()


def test_without_a_log_daemon_lines_go_to_standard_error():
    if not replaceable():
        return
    with Directory() as directory, Stderr() as lines:
        log = Log("pmip-mag", False, SystemLog("pmip-mag", directory + "/none"))
        log.error("a")
        log.info("b")
    assert lines == ["pmip-mag: error: a\n", "pmip-mag: b\n"]
