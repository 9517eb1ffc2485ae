# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/rfc-support.md claims nothing without naming a test that exists."""

ROOT = (__file__[: __file__.rfind("/")] if "/" in __file__ else ".") + "/../../"
STATES = ("works", "partly", "not yet")
WHO = ("MAG", "LMA", "MAG, LMA", "wire")


def text_of(path):
    with open(ROOT + path) as file:
        return file.read()
PLACES = ("tests/unit/test_", "tests/property/test_", "tests/kernel/", "tests/bed/demo.py")


def rows():
    """(feature, who, state, proof) of every row."""
    found = []
    for line in text_of("docs/rfc-support.md").split("\n"):
        if line.startswith("|") and not line.startswith("| feature |") and line[1] != "-":
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            found.append(cells)
    return found


def proofs(cell):
    """The names between backticks."""
    return cell.split("`")[1::2]


def test_every_row_says_who_and_how_far():
    assert len(rows()) > 100
    for feature, who, state, _ in rows():
        assert feature and who in WHO and state in STATES, (feature, who, state)


def test_what_works_and_nothing_else_names_a_test():
    for feature, _, state, proof in rows():
        assert bool(proofs(proof)) == (state != "not yet"), feature


def test_every_test_that_is_named_exists():
    for feature, _, _, proof in rows():
        for name in proofs(proof):
            path, _, function = name.partition("::")
            assert any([path.startswith(place) for place in PLACES]), (feature, name)
            of_functions = path.startswith("tests/unit/") or path.startswith("tests/property/")
            assert bool(function) == of_functions, name
            assert "\ndef %s(" % function in text_of(path) if function else text_of(path), name
