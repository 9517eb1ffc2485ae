# SPDX-License-Identifier: GPL-2.0-or-later
"""The journal survives crashes, damage and rivals."""

import os

from mag_lite.system import sockets
from mag_lite.system.journal import Journal

from own import Directory
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


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def reopened(journal, path, data=None):
    """The journal as the next process finds it, with these octets in its file."""
    journal.close()
    if data is not None:
        with open(path, "wb") as file:
            file.write(data)
    journal.__init__(path)
    return journal


def test_a_record_is_there_for_the_next_process():
    with Opened() as (journal, path):
        journal.write("02:00:00:00:01:01", RECORD)
        journal.write("mn1@example.org", {})
        kept = {"02:00:00:00:01:01": RECORD, "mn1@example.org": {}}
        assert reopened(journal, path).read() == kept
        assert journal.damaged == 0


def test_a_record_is_replaced_and_removed():
    with Opened() as (journal, path):
        journal.write("a", {"x": 1})
        journal.write("a", {"x": 2})
        assert journal.read() == {"a": {"x": 2}}
        journal.remove("a")
        journal.remove("a")
        assert journal.read() == {}
        assert reopened(journal, path).read() == {}


def test_a_crash_while_writing_leaves_what_was_written_before():
    with Opened() as (journal, path):
        journal.write("a", {"x": 1})
        before = contents(path)
        journal.write("a", {"x": 2})
        whole = contents(path)
        for length in range(len(before) + 1, len(whole)):
            assert reopened(journal, path, whole[:length]).read() == {"a": {"x": 1}}
            assert journal.damaged == 1
            journal.write("b", {})
            assert reopened(journal, path).read() == {"a": {"x": 1}, "b": {}}
            assert journal.damaged == 0


def test_a_crash_while_the_file_is_written_anew_leaves_the_old_one():
    with Opened() as (journal, path):
        journal.write("a", {"x": 1})
        with open(path + ".unfinished", "wb") as file:
            file.write(b"00000000 {")
        assert reopened(journal, path).read() == {"a": {"x": 1}}


def test_every_damage_is_noticed_and_harms_no_other_record():
    with Opened() as (journal, path):
        journal.write("bad", {"x": 1})
        sound = contents(path)
        journal.write("good", RECORD)
        rest = contents(path)[len(sound):]
        damaged = [b"0000 bad {}\n", b"[1]\n", b'{"x":\n', b"\xff" * 20 + b"\n", bytes(9) + b"\n"]
        for index in range(len(sound) - 1):
            flipped = bytearray(sound)
            flipped[index] ^= 0x80
            damaged.append(bytes(flipped))
        for data in damaged:
            assert reopened(journal, path, data + rest).read() == {"good": RECORD}, data
            assert journal.damaged == 1


def test_the_file_does_not_grow_with_the_number_of_changes():
    with Opened() as (journal, path):
        journal.write("stays", RECORD)
        for number in range(2000):
            journal.write("a", {"number": number})
            journal.write("b", {"number": number})
            journal.remove("b")
        assert journal.read() == {"stays": RECORD, "a": {"number": 1999}}
        assert os.stat(path)[6] < 20000
        assert reopened(journal, path).read() == {"stays": RECORD, "a": {"number": 1999}}


def test_many_records_are_all_there():
    with Opened() as (journal, path):
        kept = {"mn%d" % number: {"id": "x" * number} for number in range(300)}
        for key, record in kept.items():
            journal.write(key, record)
        assert reopened(journal, path).read() == kept
        assert journal.damaged == 0


def test_an_unfinished_last_line_costs_no_other_record():
    with Opened() as (journal, path):
        journal.write("a", RECORD)
        assert reopened(journal, path, contents(path) + b"0123").read() == {"a": RECORD}
        assert journal.damaged == 1


def test_a_full_file_system_costs_no_other_record():
    with Opened() as (journal, path):
        journal.write("a", {"x": 1})
        file, journal._file = journal._file, Full(journal._file)
        with raises(OSError) as caught:
            journal.write("b", {"x": 2})
        assert caught.error.errno == sockets.ENOSPC
        journal._file = file
        journal.write("c", {"x": 3})
        assert reopened(journal, path).read() == {"a": {"x": 1}, "c": {"x": 3}}


class Full:
    """A file with space for ten octets."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        return self.file.write(data[:10])


def test_two_processes_never_share_a_journal():
    with Opened() as (journal, path):
        with raises(OSError) as caught:
            Journal(path)
        assert caught.error.errno == sockets.EADDRINUSE
        reopened(journal, path)


def test_a_file_that_cannot_be_made_is_an_error_and_no_lock_remains():
    for _ in range(2):
        with raises(OSError) as caught:
            Journal("/proc/nowhere/bindings")
        assert caught.error.errno == sockets.ENOENT
