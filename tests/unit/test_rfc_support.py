# SPDX-License-Identifier: GPL-2.0-or-later
"""The documents about RFCs leave no rule out, and claim nothing without naming a test that exists.

That these tests have run is seen to by tests/suite.py.
"""

import json

from rfc_rows import FEATURES, RULES, named_tests, proofs, rows, text_of

STATES = ("works", "partly", "not yet")
WHO = ("MAG", "LMA", "MAG, LMA")
PLACES = ("tests/unit/test_", "tests/property/test_", "tests/kernel/", "tests/bed/demo.py")


def features():
    """(feature, who, state, proof) of every row of the overview."""
    found = [cells for _, cells in rows(FEATURES)]
    assert all([len(cells) == 4 for cells in found])
    return found


def rules():
    """(RFC, section, key, level, rule, who, state, proof) of every rule."""
    found = [[rfc, section] + cells for rfc in RULES for section, cells in rows(RULES[rfc])]
    for rule in found:
        assert len(rule) == 8, rule
    return found


def test_every_row_says_who_and_how_far():
    assert len(features()) > 100
    for feature, who, state, _ in features():
        assert feature and who in WHO + ("wire",) and state in STATES, (feature, who, state)


def test_what_works_and_nothing_else_names_a_test():
    for feature, _, state, proof in features():
        assert bool(proofs(proof)) == (state != "not yet"), feature


def test_every_test_that_is_named_exists():
    texts = {}
    for name in sorted(named_tests()):
        path, _, function = name.partition("::")
        assert any([path.startswith(place) for place in PLACES]) and path.count("/") == 2, name
        if path not in texts:
            texts[path] = text_of(path)
        if path.startswith("tests/unit/") or path.startswith("tests/property/"):
            assert function and "\ndef %s(" % function in texts[path], name
        else:  # a check of a script, or all of it
            assert function in texts[path], name


def test_every_must_and_should_has_its_row():
    """As often as the word stands in the section of the RFC."""
    stated = json.loads(text_of("tests/rfc/keywords.json"))
    assert sorted(stated) == sorted(RULES)
    for rfc in stated:
        found = {}
        for each, section, _, level, _, _, _, _ in rules():
            if each == rfc:
                levels = found.setdefault(section, {})
                levels[level] = levels.get(level, 0) + 1
        for section, levels in stated[rfc].items():
            levels.pop("MAY", None)
            assert found.pop(section, {}) == levels, (rfc, section)
        assert found == {}, rfc


def test_the_keys_of_a_section_count_up():
    last = {}
    for rfc, section, key, _, _, _, _, _ in rules():
        last[rfc, section] = last.get((rfc, section), 0) + 1
        assert key == "%s.%d" % (section, last[rfc, section]), (rfc, key)


def test_every_rule_has_a_proof_or_a_reason():
    keys = [(rule[0], rule[2]) for rule in rules()]
    for rfc, _, key, _, rule, who, state, proof in rules():
        names, reason = proofs(proof), proof.split("`")[-1].strip("; ")
        assert rule and who in WHO and state in STATES + ("not ours",), (rfc, key)
        assert bool(names) == (state in ("works", "partly")), (rfc, key)
        assert bool(reason) == (state != "works"), (rfc, key)
        assert not reason.startswith("as ") or (rfc, reason.split()[1].strip(";,")) in keys or (
            reason.startswith("as RFC ")), (rfc, key, reason)
