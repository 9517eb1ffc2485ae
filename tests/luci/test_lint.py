# SPDX-License-Identifier: GPL-2.0-or-later
"""What ESLint says of the pages by LuCI's rules: those that it recommends but for a few, names that
LuCI defines, and, stricter than LuCI, no name that is not required by its file or not used."""

import glob
import os
import re
import subprocess

import luci
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = sorted(glob.glob(f"{luci.APPLICATION}/htdocs/**/*.js", recursive=True))
REQUIRED = re.compile(r"^'require (?:\S+ as )?([\w]+)';$", re.MULTILINE)


def said(script, text):
    """What ESLint has to say of a script."""
    names = REQUIRED.findall(text)
    return subprocess.run(
        ["eslint", "--no-eslintrc", "-c", f"{HERE}/eslint.json", "--format", "unix", "--stdin",
         "--stdin-filename", script, "--global", ",".join(names)],
        # Where Debian's modules are; a Node.js that is not Debian's does not look there.
        env={**os.environ, "NODE_PATH": "/usr/share/nodejs"},
        input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=os.path.basename)
def test_eslint_has_nothing_to_say(script):
    with open(script) as file:
        text = file.read()
    assert said(script, text) == ""
    for name in REQUIRED.findall(text):
        assert len(re.findall(rf"\b{name}\.", text)) > 0, f"{name} is required and not used"


def test_eslint_would_say_something():
    wrong = "'use strict';\n'require ui';\nconst unused = form.Map(ui);\n"
    assert "'form' is not defined" in said("x.js", wrong) and "'unused'" in said("x.js", wrong)
