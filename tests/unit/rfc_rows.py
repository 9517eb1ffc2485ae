# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of the documents that say what of the RFCs is there, and the tests that they name."""

ROOT = (__file__[: __file__.rfind("/")] if "/" in __file__ else ".") + "/../../"
FEATURES = "docs/rfc-support.md"
#: Rule by rule: {RFC: document}.
RULES = {"5213": "docs/rfc5213.md", "5844": "docs/rfc5844.md"}
#: What the first columns are called.
TITLES = ("feature", "key")


def text_of(path):
    with open(ROOT + path) as file:
        return file.read()


def rows(path):
    """(section, cells) of each row of each table; the section is the first word of its heading."""
    found, section = [], ""
    for line in text_of(path).split("\n"):
        if line.startswith("## "):
            section = line.split(" ")[1]
        elif line.startswith("|") and line[1] != "-" and line.split(" ")[1] not in TITLES:
            found.append((section, [cell.strip() for cell in line.strip("|").split("|")]))
    return found


def proofs(cell):
    """The names between backticks."""
    return cell.split("`")[1::2]


def named_tests():
    """Every test that a document names as a proof: a function, a script, or a check of a script."""
    return {name for path in [FEATURES] + list(RULES.values())
            for _, cells in rows(path) for name in proofs(cells[-1])}
