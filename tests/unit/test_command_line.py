# SPDX-License-Identifier: GPL-2.0-or-later
"""Options and words, and what pmip makes of them."""

from mag_lite import cli
from mag_lite.system.command_line import CommandLine, UsageError

from raises import raises


def test_options_stand_anywhere_and_may_be_joined():
    line = CommandLine(["clients", "-jr", "/tmp/x", "02:00:00:00:00:01"], flags="hj", values="r")
    assert line.options == {"j": True, "r": "/tmp/x"}
    assert line.words == ["clients", "02:00:00:00:00:01"]
    assert CommandLine(["-r/tmp/x"], "", "r").options == {"r": "/tmp/x"}


def test_two_dashes_end_the_options():
    assert CommandLine(["--", "-j"], flags="j", values="").words == ["-j"]


def test_help_has_two_names():
    for name in ("-h", "--help"):
        assert CommandLine([name], flags="h", values="").options == {"h": True}


def test_what_is_not_understood_is_named():
    with raises(UsageError) as caught:
        CommandLine(["-x"], flags="", values="")
    assert "-x" in str(caught.error)
    with raises(UsageError) as caught:
        CommandLine(["-r"], flags="", values="r")
    assert "wants a value" in str(caught.error)


def test_verbs_and_their_arguments():
    def request(*words):
        return cli._request(CommandLine(words, "hj", "rc"))

    assert request("status") == {"verb": "status"}
    assert request("clients", "02:00:00:00:00:01")["mac"] == "02:00:00:00:00:01"
    assert request("attach", "02:00:00:00:00:01", "mn1") == {
        "verb": "attach", "mac": "02:00:00:00:00:01", "identity": "mn1"}
    assert request("attach", "02:00:00:00:00:01", "mn1", "lan0")["device"] == "lan0"
    assert request("clock", "set") == {"verb": "clock", "synchronised": True}
    assert request() is None and request("status", "-h") is None
    for wrong in (("dance",), ("detach",), ("attach", "x"), ("status", "x"), ("clock", "maybe")):
        with raises(UsageError):
            request(*wrong)


def test_tables_align_and_spans_are_readable():
    assert cli.table([("A", "BB"), ("ccc", "d")]) == ["A    BB", "ccc  d"]
    assert [cli.duration(s) for s in (5, 65, 3725, 90000)] == ["5s", "1m05s", "1h02m", "1d01h"]
