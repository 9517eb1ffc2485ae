# SPDX-License-Identifier: GPL-2.0-or-later
"""Profiles and services: who is served, and from which pool."""

from lma_room import INTERNET, address, node

from lma_lite.policy import Policy, Pool, matches
from mag_lite.wire import status

CORPORATE = Pool("corporate", b"corp", address("10.30.0.0"), 24, address("10.30.0.1"), None)


def nai(identifier):
    return 1, identifier


def test_a_pattern_matches_whole_identifiers():
    for pattern, identifier, matching in (
        (b"mn1@example.org", b"mn1@example.org", True),
        (b"mn1@example.org", b"mn1@example.org.evil", False),
        (b"*@example.org", b"mn1@example.org", True),
        (b"*@example.org", b"mn1@foo.example.org", False),
        (b"*", b"", True),
        (b"a*b*c", b"axxbyyc", True),
        (b"a*b*c", b"acb", False),
        (b"a*bc*c", b"abc", False),
        (b"ab*ba", b"aba", False),
        (b"**", b"x", True),
    ):
        assert matches(pattern, identifier) == matching, (pattern, identifier)


def test_without_profiles_everybody_is_served_from_the_default_pool():
    code, service = Policy([INTERNET], []).authorize(nai(b"anyone"), b"")
    assert code == status.ACCEPTED and service.name == "internet"


def test_the_own_profile_comes_before_any_pattern():
    policy = Policy([INTERNET, CORPORATE], [
        node(b"*@example.org", pool="corporate"), node(b"mn1@example.org")])
    assert policy.authorize(nai(b"mn1@example.org"), b"")[1].name == "internet"
    assert policy.authorize(nai(b"mn2@example.org"), b"")[1].name == "corporate"


def test_a_profile_can_forbid():
    policy = Policy([INTERNET], [node(b"*@bad.example", allow=False)])
    assert policy.authorize(nai(b"x@bad.example"), b"") == (status.PROXY_REG_NOT_ENABLED, None)


def test_service_selection_chooses_the_pool():
    policy = Policy([INTERNET, CORPORATE], [node(b"mn1", pool=None)])
    assert policy.authorize(nai(b"mn1"), b"corp")[1].name == "corporate"
    failed = (status.SERVICE_AUTHORIZATION_FAILED, None)
    assert policy.authorize(nai(b"mn1"), b"no such service") == failed


def test_a_profile_bound_to_a_pool_gets_no_other_service():
    policy = Policy([INTERNET, CORPORATE], [node(b"mn1", pool="internet")])
    failed = (status.SERVICE_AUTHORIZATION_FAILED, None)
    assert policy.authorize(nai(b"mn1"), b"corp") == failed


def test_without_a_default_pool_an_unknown_node_is_not_ours():
    policy = Policy([CORPORATE], [node(b"mn1", pool="corporate")])
    assert policy.authorize(nai(b"mn1"), b"")[0] == status.ACCEPTED
    assert policy.authorize(nai(b"mn2"), b"") == (status.NOT_LMA_FOR_THIS_MOBILE_NODE, None)


def test_profiles_are_for_network_access_identifiers_only():
    policy = Policy([INTERNET], [node(b"*", allow=False)])
    assert policy.authorize((5, b"\x02\0\0\0\0\1"), b"")[0] == status.ACCEPTED
