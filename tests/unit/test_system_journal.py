# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal survives crashes, damage and rivals."""

import os

from mag_lite.system import sockets
from mag_lite.system.journal import Journal

from own import Directory, write
from raises import raises

RECORD = {"mac": "02:00:00:00:01:01", "id": "jürgen\n", "since": 123456789012, "list": [1, None]}


class Opened:
    """`with Opened() as (journal, path):` a journal in a directory of its own."""

    def __enter__(self):
        self.directory = Directory()
        path = self.directory.__enter__() + "/bindings"
        self.journal = Journal(path)
        return self.journal, path

    def __exit__(self, kind, error, traceback):
        self.journal.close()
        self.directory.__exit__(kind, error, traceback)


def test_a_record_is_there_for_the_next_process():
    with Opened() as (journal, path):
        journal.write("02:00:00:00:01:01", RECORD)
        journal.write("mn1@example.org", {})
        journal.close()
        journal.__init__(path)
        assert journal.read() == ({"02:00:00:00:01:01": RECORD, "mn1@example.org": {}}, [])


def test_a_record_is_replaced_and_removed():
    with Opened() as (journal, _):
        journal.write("a", {"x": 1})
        journal.write("a", {"x": 2})
        assert journal.read() == ({"a": {"x": 2}}, [])
        journal.remove("a")
        journal.remove("a")
        assert journal.read() == ({}, [])


def test_a_crash_while_writing_leaves_the_old_record():
    with Opened() as (journal, path):
        journal.write("a", {"x": 1})
        write(path + "/.unfinished", "00000000 {")
        assert journal.read() == ({"a": {"x": 1}}, [])
        journal.write("a", {"x": 2})
        assert journal.read() == ({"a": {"x": 2}}, [])


def test_every_damage_is_noticed_and_harms_no_other_record():
    with Opened() as (journal, path):
        journal.write("good", RECORD)
        journal.write("bad", {"x": 1})
        with open(path + "/bad", "rb") as file:
            sound = file.read()
        damaged = [sound[:length] for length in range(len(sound))]
        damaged += [sound + b"\n", b"[1]\n", b'{"x":', b"\xff" * 20, bytes(100)]
        for index in range(len(sound)):
            flipped = bytearray(sound)
            flipped[index] ^= 1
            damaged.append(bytes(flipped))
        for data in damaged:
            with open(path + "/bad", "wb") as file:
                file.write(data)
            assert journal.read() == ({"good": RECORD}, ["bad"]), data


def test_what_is_no_record_is_reported_by_name():
    with Opened() as (journal, path):
        os.mkdir(path + "/directory")
        write(path + "/with space", "x")
        assert journal.read() == ({}, ["directory", "with space"])
        for name in journal.read()[1]:
            journal.discard(name)
        assert journal.read() == ({}, ["directory"])
        os.rmdir(path + "/directory")


def test_a_key_cannot_name_another_file():
    with Opened() as (journal, _):
        for key in ("", ".", "..", "../x", "/etc/passwd", ".unfinished", "a b", "ü", "x" * 201):
            with raises(ValueError):
                journal.write(key, {})
            with raises(ValueError):
                journal.remove(key)
        assert journal.read() == ({}, [])


def test_what_json_would_change_is_refused_on_every_python():
    with Opened() as (journal, _):
        journal.write("a", {"x": 1})
        for record in ({"x": (1, 2)}, {1: 2}):
            with raises(ValueError):
                journal.write("a", record)
        assert journal.read() == ({"a": {"x": 1}}, [])


def test_two_processes_never_share_a_journal():
    with Opened() as (journal, path):
        with raises(OSError) as caught:
            Journal(path)
        assert caught.error.errno == sockets.EADDRINUSE
        journal.close()
        journal.__init__(path)


def test_a_directory_that_cannot_be_made_is_an_error_and_no_lock_remains():
    for _ in range(2):
        with raises(OSError) as caught:
            Journal("/proc/nowhere/bindings")
        assert caught.error.errno == sockets.ENOENT
