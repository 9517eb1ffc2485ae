# SPDX-License-Identifier: GPL-2.0-or-later
"""What the README says of configuration, commands and log lines is what the programs do."""

import os

from lma_lite import cli as lma_cli
from lma_lite import configuration as lma
from mag_lite import cli as mag_cli
from mag_lite import configuration as mag
from mag_lite.system import uci
from mag_lite.system.settings import REQUIRED
from mag_lite.wire import status

ROOT = (__file__[: __file__.rfind("/")] if "/" in __file__ else ".") + "/../../"
SOURCES = ("mag_lite", "mag_lite/core", "mag_lite/system", "lma_lite")


def text_of(path):
    with open(ROOT + path) as file:
        return file.read()


def section(title):
    """The README from this heading to the next."""
    return text_of("README.md").split("\n## %s\n" % title)[1].split("\n## ")[0]


def quoted(text):
    """What stands between backticks."""
    return text.split("`")[1::2]


def sources():
    """The programs' text, with literals that go on in the next line in one piece."""
    files = [folder + "/" + name for folder in SOURCES for name in sorted(os.listdir(ROOT + folder))
             if name.endswith(".py")]
    return " ".join(" ".join([text_of(path) for path in files]).split()).replace('" "', "")


def describe(schema) -> list:
    """The schema as rows of a Markdown table: section, option, values, default."""
    rows = ["| section | option | values | default |", "|---|---|---|---|"]
    for section_schema in schema:
        for name, kind, default in section_schema.options:
            values = ("list: " if kind.many else "") + kind.what
            cells = (section_schema.type, name, values, default_text(default))
            rows.append("| %s | %s | %s | %s |" % cells)
    return rows


def default_text(default) -> str:
    if default is REQUIRED:
        return "required"
    return "-" if default is None else default


def test_the_configuration_tables_are_those_of_the_code():
    readme = text_of("README.md")
    for name, schema in (("pmip", mag.SCHEMA), ("pmip-lma", lma.SCHEMA)):
        table = readme.split("<!-- %s options -->\n" % name)[1].split("\n<!-- end -->")[0]
        written, meanings = [], []
        for row in table.split("\n"):
            start, meaning, _ = row.rsplit("|", 2)
            written.append(start + "|")
            meanings.append(meaning.strip())
        assert written == describe(schema), "the table of %s should begin:\n%s" % (
            name, "\n".join(describe(schema)))
        assert "" not in meanings, name


def test_the_anchors_example_is_understood():
    lines = [line[4:] for line in section("Install the anchor").split("\n")
             if line.startswith("    ")]
    chosen, problems, _ = lma.interpret(uci.parse("\n".join(lines)), "README")
    assert problems == [] and len(chosen.mags) == 2 and len(chosen.pools) == 1


def test_every_command_is_explained_and_no_other():
    named = {}
    for words in [text.split() for text in quoted(section("Use it"))]:
        if len(words) > 1 and words[1] != "-h":
            named.setdefault(words[0], set()).add(words[1])
    assert named["pmip"] == set(mag_cli._ARGUMENTS) | {"decode", "trace"}
    assert named["pmip-lma"] == set(lma_cli._ARGUMENTS)


def test_every_log_line_is_one_of_ours():
    code = sources()
    answers = ["status %d (%s)" % pair for pair in status.BINDING_STATUS.items()]
    assert "status %d (%s)" in code
    rows = [line.split("|")[1] for line in section("When it does not work").split("\n")
            if line.startswith("|")]
    lines = [line for row in rows for line in quoted(row)]
    assert len(lines) >= 7
    for line in lines:
        for part in line.replace("...", ": ").split(": "):
            assert part.strip() in code or part in answers, line
