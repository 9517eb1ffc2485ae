# SPDX-License-Identifier: GPL-2.0-or-later
"""The configuration files that we ship: understood as they are, and every option explained."""

from lma_lite import configuration as lma
from mag_lite import configuration as mag
from mag_lite.system import settings, uci

ROOT = (__file__[: __file__.rfind("/")] if "/" in __file__ else ".") + "/../../"
FILES = (("pmip", mag, "lma"), ("pmip-lma", lma, "address"))


def text_of(name):
    with open(ROOT + "files/etc/config/" + name) as file:
        return file.read()


def blocks(text):
    """{(section type, option): (the comment before it, what it is set to)}"""
    found, kind, comment = {}, None, ""
    for line in text.split("\n"):
        words = line.strip().lstrip("#").split(None, 2)
        if words[:1] == ["config"]:
            kind = words[1]
        elif words[:1] in (["option"], ["list"]) and "option" in line + "option":
            found[kind, words[1]] = comment, words[2].strip("'")
            comment = ""
        elif line.strip().startswith("# "):
            comment += line.strip()[1:]
        elif not line.strip():
            comment = ""
    return found


def test_what_is_shipped_lacks_only_what_no_one_else_can_know():
    for name, module, missing in FILES:
        _, problems, enabled = module.interpret(uci.parse(text_of(name)), name)
        texts = [text for level, text in problems if level == settings.ERROR]
        assert enabled and "option %s" % missing in texts[0] and "is missing" in texts[0]


def test_every_option_is_there_and_no_other():
    for name, module, _ in FILES:
        known = [(section.type, option[0]) for section in module.SCHEMA
                 for option in section.options]
        assert sorted(blocks(text_of(name))) == sorted(known), name


def test_defaults_are_right():
    for name, module, _ in FILES:
        shown = blocks(text_of(name))
        for section in module.SCHEMA:
            for option, _, default in section.options:
                if isinstance(default, str):
                    assert shown[section.type, option][1] == default, option


def test_the_whole_file_is_understood_when_nothing_is_commented_out():
    for name, module, _ in FILES:
        lines = []
        for line in text_of(name).split("\n"):
            words = line.strip().lstrip("#").split(None, 2)
            if words[:1] in (["config"], ["option"], ["list"]) and words[-1] != "''":
                lines.append(line.strip().lstrip("#"))
        chosen, problems, _ = module.interpret(uci.parse("\n".join(lines)), name)
        assert chosen is not None and problems == [], problems


def test_ranges_and_units_are_told():
    for name, module, _ in FILES:
        for section in module.SCHEMA:
            for option, kind, _ in section.options:
                if kind.what.startswith("a whole number") and section.type != "anchor":
                    words = kind.what.split()
                    comment = blocks(text_of(name))[section.type, option][0]
                    assert "%s-%s" % (words[4], words[6]) in comment, option
