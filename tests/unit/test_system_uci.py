# SPDX-License-Identifier: GPL-2.0-or-later
"""UCI files, as libuci reads them."""

from mag_lite.system.uci import UciError, load, parse

from own import Directory, write
from raises import raises


def only(text):
    """The one section's options."""
    sections = parse(text)
    assert len(sections) == 1
    return sections[0].options


def value(text):
    """What an option's value written as `text` says."""
    return only("config t\noption x " + text)["x"]


def error(text):
    with raises(UciError) as caught:
        parse(text)
    return str(caught.error)


def test_a_usual_file():
    sections = parse(
        """
# the gateway
config mag 'mag'
\toption lma '198.51.100.1'    # the anchor
\t#option lifetime '3600'
\tlist dns '192.0.2.53'
\tlist dns "2001:db8::53"

config access
        option device wlan0
"""
    )
    assert [(section.type, section.name) for section in sections] == [
        ("mag", "mag"),
        ("access", None),
    ]
    assert sections[0].options == {"lma": "198.51.100.1", "dns": ["192.0.2.53", "2001:db8::53"]}
    assert sections[1].options == {"device": "wlan0"}


def test_an_empty_file_has_no_sections():
    for text in ("", "\n\n", "# nothing", "  \t\r\n", "package pmip\n"):
        assert parse(text) == []


def test_single_quotes_are_literal_and_span_lines():
    assert value("'a \"b\" \\n # ; c'") == 'a "b" \\n # ; c'
    assert value("'two\nlines'") == "two\nlines"
    assert value("'it'\\''s'") == "it's"


def test_double_quotes_know_the_backslash():
    assert value('"a \'b\' # ; c"') == "a 'b' # ; c"
    assert value('"say \\"hi\\" \\\\ \\n"') == 'say "hi" \\ n'
    assert value('"two\nlines"') == "two\nlines"
    assert value('"one \\\nline"') == "one line"
    assert value('"one \\\r\nline"') == "one line"


def test_quoted_and_plain_pieces_make_one_argument():
    assert value("a'b c'\"d e\"f\\ g") == "ab cd ef g"


def test_a_backslash_continues_the_line():
    assert value("long\\\ner") == "longer"
    assert only("config t\noption \\\nx y") == {"x": "y"}


def test_a_comment_may_follow_anything():
    assert value("plain#comment") == "plain"
    assert value("'quoted'#comment 'with' more words") == "quoted"
    assert only("config t # a b c\n#option x y\noption z 1") == {"z": "1"}


def test_semicolons_separate_commands():
    assert only("config t; option x 1 ;option y '2';option z 3") == {"x": "1", "y": "2", "z": "3"}


def test_commands_may_be_abbreviated():
    assert only("c t\no x 1\nl y 2\nl y 3") == {"x": "1", "y": ["2", "3"]}


def test_an_option_set_again_is_replaced_and_an_empty_one_says_nothing():
    assert only("config t\noption x 1\noption x 2") == {"x": "2"}
    assert only("config t\noption x 1\noption x ''\noption y\noption z ''") == {"x": "1"}
    assert only("config t\nlist x 1\noption x 2") == {"x": "2"}


def test_a_list_goes_on_from_what_the_option_said():
    assert only("config t\noption x 1\nlist x 2\nlist x ''") == {"x": ["1", "2", ""]}


def test_a_section_opened_again_by_name_goes_on():
    sections = parse("config t a\noption x 1\nconfig t b\nconfig t a\noption y 2")
    assert [(section.name, section.options) for section in sections] == [
        ("a", {"x": "1", "y": "2"}),
        ("b", {}),
    ]


def test_anonymous_sections_stay_apart():
    assert [section.name for section in parse("config t\nconfig t ''\nconfig t")] == [None] * 3


def test_errors_name_the_line_and_the_trouble():
    assert error("config mag\n\noptoin x 1") == "line 3: 'optoin' is not config, option or list"
    assert error("config t\n; option x 1").startswith("line 2: ';' is not config")
    assert error("option x 1") == "line 1: an option before the first section"
    assert error("config") == "line 1: a section needs a type"
    assert error("config t a\nconfig u a") == "line 2: section 'a' was a 't' before"
    assert error("config t\noption") == "line 2: a name is missing"
    assert error("config t\noption x-y 1") == (
        "line 2: 'x-y' is not a name (letters, digits and _)"
    )
    assert error("config t a-b").startswith("line 1: 'a-b' is not a name")
    assert error("config t a b") == "line 1: 'b' is one argument too many"
    assert error("config t\noption x 1 2") == "line 2: '2' is one argument too many"


def test_a_quote_left_open_is_reported_where_it_begins():
    assert error("config t\noption x 'abc\noption y 1\n") == "line 2: the quote ' is not closed"
    assert error('config t\noption x "abc\\"\n') == 'line 2: the quote " is not closed'


def test_text_that_is_not_utf8_is_an_error_except_in_comments():
    assert parse(b"# J\xfcrgen\nconfig t\noption x 'J\xc3\xbcrgen'")[0].options["x"] == "Jürgen"
    assert error(b"config t\noption x 'J\xfcrgen'") == "line 2: not UTF-8 text"


def test_load_reads_a_file():
    with Directory() as path:
        write(path + "/pmip", "config mag 'mag'\n\toption lma '192.0.2.1'\n")
        assert load(path + "/pmip")[0].options == {"lma": "192.0.2.1"}
        with raises(OSError):
            load(path + "/absent")
