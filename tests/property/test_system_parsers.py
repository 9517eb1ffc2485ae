# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever the input: an answer or the promised error, never anything else."""

import json
import socket
import tempfile
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from mag_lite.system import hostapd_text, uci, uci_delta
from mag_lite.system.control import ControlServer, ask
from mag_lite.system.journal import Journal
from mag_lite.system.log import printable
from mag_lite.system.loop import Loop

NAME = st.text("abcXYZ019_", min_size=1, max_size=8)
VALUE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
OPTIONS = st.dictionaries(NAME, VALUE | st.lists(VALUE, min_size=1), max_size=4)
SECTIONS = st.lists(st.tuples(NAME, st.none() | NAME, OPTIONS), max_size=4,
                    unique_by=lambda section: section[1] or object())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def single(text):
    return "'" + text.replace("'", "'\\''") + "'"


def double(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(sections, quote):
    lines = []
    for kind, name, options in sections:
        lines.append("config %s %s" % (kind, quote(name) if name else ""))
        for option, value in options.items():
            if isinstance(value, str):
                lines.append("\toption %s %s # comment" % (option, quote(value)))
            else:
                lines += ["\tlist %s %s" % (option, quote(item)) for item in value]
    return "\n".join(lines)


@given(SECTIONS, st.sampled_from((single, double)))
def test_uci_reads_what_was_written(sections, quote):
    read = uci.parse(written(sections, quote))
    assert [(section.type, section.name, section.options) for section in read] == [
        tuple(section) for section in sections
    ]


@given(st.binary() | st.text() | st.text("config optnls'\"\\#; \n\t").map("config t\n".__add__))
def test_uci_reads_anything_or_names_the_line(text):
    try:
        for section in uci.parse(text):
            assert section.type
    except uci.UciError as error:
        assert str(error).startswith("line ")


def options(sections):
    return [(section.type, section.name, section.options) for section in sections]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
NAMED = st.lists(
    st.tuples(NAME, NAME, st.dictionaries(NAME, TEXT | st.lists(TEXT, min_size=1), max_size=4)),
    max_size=4, unique_by=lambda section: section[1])


@given(NAMED, NAMED)
def test_uci_changes_turn_one_configuration_into_another(before, after):
    lines = ["-pmip.%s" % name for _, name, _ in before]
    for kind, name, values in after:
        lines.append("pmip.%s=%s" % (name, single(kind)))
        for option, value in values.items():
            sign, items = ("", [value]) if isinstance(value, str) else ("|", value)
            lines += ["%spmip.%s.%s=%s" % (sign, name, option, single(item)) for item in items]
    result = uci_delta.apply(uci.parse(written(before, single)), "\n".join(lines), "pmip")
    assert options(result) == after


@given(SECTIONS, st.binary() | st.lists(st.text("+-@|~^='. \npmiagXYZ0123456789_")).map(
    lambda words: "\n".join("pmip.".join(words).split(" "))))
def test_uci_changes_may_say_anything(sections, changes):
    for section in uci_delta.apply(uci.parse(written(sections, single)), changes, "pmip"):
        assert section.type


@given(st.binary())
def test_hostapd_names_survive_its_escapes(name):
    escapes = {0x22: b'\\"', 0x5C: b"\\\\", 0x1B: b"\\e", 10: b"\\n", 13: b"\\r", 9: b"\\t"}
    escaped = b"".join(
        escapes.get(octet) or (bytes((octet,)) if 32 <= octet < 127 else b"\\x%02x" % octet)
        for octet in name
    )
    assert hostapd_text.printf_decode(escaped) == name


@given(st.binary(), st.sampled_from((b"", b"02:00:00:00:01:01\n", b"<3>", b"flags=", b"state=")))
def test_hostapd_may_say_anything(text, beginning):
    message = beginning + text
    event = hostapd_text.parse_event(message)
    assert event is None or event.mac is None or len(event.mac) == 6
    station = hostapd_text.parse_station(message)
    assert station is None or (len(station.mac) == 6 and station.connected >= 0)
    assert isinstance(hostapd_text.parse_state(message), str)
    hostapd_text.printf_decode(message)


@given(st.binary(max_size=200).filter(lambda text: b"AUTHORIZED" not in text), st.booleans())
def test_no_name_makes_a_station_authorized_or_someone_else(name, wps):
    label = b"wpsDeviceName=" if wps else b"dot1xAuthSessionUserName="
    answer = b"02:00:00:00:01:01\nflags=[AUTH]\n%s%s\nconnected_time=7\n" % (label, name)
    station = hostapd_text.parse_station(answer)
    assert (station.mac, station.authorized) == (b"\x02\0\0\0\1\1", False)
    assert station.connected == 7
    assert not wps or station.identity is None


@given(st.dictionaries(st.text("abc019:._@-", min_size=1).filter(lambda key: key[0] != "."),
                       st.dictionaries(st.text(), JSON), max_size=4))
@settings(max_examples=50)
def test_the_journal_gives_back_what_it_got(records):
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/bindings"
        journal = Journal(path)
        for key, record in records.items():
            journal.write(key, record)
        journal.close()
        journal = Journal(path)
        try:
            assert journal.read() == records and journal.damaged == 0
        finally:
            journal.close()


@given(st.lists(st.binary(max_size=200), min_size=3, max_size=3))
@settings(max_examples=50)
def test_the_journal_survives_any_damage(rubbish):
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/bindings"
        journal = Journal(path)
        journal.write("one", {"x": 1})
        journal.write("two", {"x": 2})
        journal.close()
        with open(path, "rb") as file:
            one, two = file.readlines()
        with open(path, "wb") as file:
            file.write(rubbish[0] + b"\n" + one + rubbish[1] + b"\n" + two + rubbish[2])
        journal = Journal(path)
        try:
            assert journal.read() == {"one": {"x": 1}, "two": {"x": 2}}
            lines = [line for each in rubbish for line in each.split(b"\n") if line]
            assert journal.damaged == len(lines)
        finally:
            journal.close()


@given(st.text())
def test_a_log_line_is_one_line(text):
    line = printable(text)
    assert len(("x" + line).splitlines()) == 1
    line.encode()


class Served:
    """A control server in a thread of its own."""

    def __init__(self, directory):
        self.path = directory + "/control"
        self.errors = []
        loop = Loop()
        server = ControlServer(loop, self.path, lambda request: self.handle(loop, request))

        def run():
            loop.run(self.errors.append)
            server.close()

        self.thread = threading.Thread(target=run)
        self.thread.start()

    def handle(self, loop, request):
        if request == {"verb": "stop"}:
            loop.stop()
        return {"got": request}

    def stop(self):
        ask(self.path, {"verb": "stop"})
        self.thread.join(10)


def test_the_control_socket_survives_anything_and_answers_the_next():
    with tempfile.TemporaryDirectory() as directory:
        served = Served(directory)

        @given(st.lists(st.binary(max_size=300) | st.just(b"\n") | st.just(b'{"a": 1}\n')))
        @settings(deadline=None)
        def bombard(pieces):
            client = socket.socket(socket.AF_UNIX)
            client.connect(served.path)
            try:
                for piece in pieces:
                    client.send(piece)
            except BrokenPipeError:
                pass
            client.close()
            assert ask(served.path, {"verb": "status"}) == {"got": {"verb": "status"}}

        try:
            bombard()
        finally:
            served.stop()
        assert served.errors == []


def test_asking_gives_back_any_request():
    with tempfile.TemporaryDirectory() as directory:
        served = Served(directory)

        @given(st.dictionaries(st.text(), JSON, max_size=3))
        @settings(deadline=None)
        def request(content):
            if len(json.dumps(content)) < 4000 and json.dumps(content).count("{") < 20:
                if json.dumps(content).count("[") < 20:
                    assert ask(served.path, content) == {"got": content}

        try:
            request()
        finally:
            served.stop()
        assert served.errors == []
