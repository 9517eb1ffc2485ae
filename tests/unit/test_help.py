# SPDX-License-Identifier: GPL-2.0-or-later
"""What -h says: all of it, in one form, and on a terminal of 80 columns."""

from lma_lite import cli as lma_cli
from mag_lite import cli, decode, main

PROGRAMS = (
    ("pmip", cli.HELP, "crjh"),
    ("pmip-mag", main.HELP, "crutsvh"),
    ("pmip-lma", lma_cli.HELP, "crusvjh"),
    ("pmip decode", decode.HELP, "ijh"),
)
VERBS = ((cli.HELP, cli._ARGUMENTS), (lma_cli.HELP, lma_cli._ARGUMENTS))


def test_every_text_has_the_same_parts():
    for name, text, options in PROGRAMS:
        assert text.startswith("usage: %s " % name), name
        named = [line[3] for line in text.split("\n") if line.startswith("  -") and line[3] != " "]
        assert named == list(options), name
        assert "\n\nThe exit status is 0" in text and text.endswith(".\n"), name


def test_every_text_fits_a_terminal():
    for name, text, _ in PROGRAMS:
        lines = text.split("\n")
        assert max([len(line) for line in lines]) < 80 and len(lines) < 36, name


def test_every_verb_is_explained():
    for text, arguments in VERBS:
        for verb in arguments:
            assert "\n  %s " % verb in text, verb
