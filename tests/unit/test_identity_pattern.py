# SPDX-License-Identifier: GPL-2.0-or-later
"""Which identities a pattern means."""

from mag_lite.identity_pattern import matches


def test_a_pattern_without_star_means_itself():
    assert matches(b"mn1@example.org", b"mn1@example.org")
    assert not matches(b"mn1@example.org", b"mn12@example.org")


def test_a_star_stands_for_anything_even_nothing():
    assert matches(b"*", b"anything") and matches(b"*", b"")
    assert matches(b"mn*@example.org", b"mn@example.org")
    assert matches(b"a*b*c", b"a--b--c") and not matches(b"a*b*c", b"a--c--b")
    assert not matches(b"ab*ba", b"aba")


def test_a_realm_does_not_mean_its_sub_realms():
    assert matches(b"*@example.org", b"x@example.org")
    assert not matches(b"*@example.org", b"x@sub.example.org")


def test_realms_have_no_case_but_users_have():
    assert matches(b"mn1@Example.ORG", b"mn1@eXample.org")
    assert not matches(b"MN1@example.org", b"mn1@example.org")
