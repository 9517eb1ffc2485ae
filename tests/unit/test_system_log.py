# SPDX-License-Identifier: GPL-2.0-or-later
"""Log lines cannot be forged."""

from mag_lite.system.log import Log, printable


class Spy(Log):
    """A log whose lines stay in memory."""

    def __init__(self, verbose=False):
        super().__init__("pmip-mag", verbose)
        self.lines = []

    def _write(self, level, text):
        self.lines.append("%s: %s" % (level, text))


def test_ordinary_text_stays_as_it_is():
    for text in ("mn1@example.org", "Jürgen's téléphone", "手机", "a\\x0ab", ""):
        assert printable(text) == text


def test_a_hostile_name_cannot_begin_a_line_of_its_own():
    assert printable("x\npmip-mag: attach\r") == "x\\x0apmip-mag: attach\\x0d"
    assert printable("\x1b[2Jgone\x00\x7f\x9b") == "\\x1b[2Jgone\\x00\\x7f\\x9b"


def test_characters_that_turn_the_reading_direction_or_end_lines_are_escaped():
    assert printable("a\u202egpj\u2028\u2066\ufeff") == "a\\u202egpj\\u2028\\u2066\\ufeff"


def test_debug_is_said_only_on_demand():
    quiet, verbose = Spy(), Spy(verbose=True)
    quiet.debug("detail")
    verbose.debug("detail")
    assert quiet.lines == [] and verbose.lines == ["debug: detail"]


def test_severity_can_be_read():
    log = Spy()
    log.error("a")
    log.warning("b")
    log.info("c")
    assert log.lines == ["error: a", "warning: b", "info: c"]


def test_an_unforeseen_error_is_logged_with_where_it_happened():
    log = Spy()
    try:
        {}["absent"]
    except KeyError as error:
        log.exception(error)
    text = "\n".join(log.lines)
    assert "KeyError" in text and "test_system_log" in text
    assert all("\n" not in line for line in log.lines)
