# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding out what a path takes that says nothing of it (RFC 5213 6.9.5, RFC 4821)."""

from mag_lite.core.path_mtu_search import PathMtuSearch

MOST_ROUNDS = 8
MOST_PROBES = 32


def search(takes, least=576, widest=1500, lost=()):
    """(what was found, [the sizes of each round]) on a path that takes so many octets; the probes
    of these numbers, counted from 0, get lost besides."""
    found, rounds, number = PathMtuSearch(least, widest), [], 0
    while found.sizes:
        rounds.append(found.sizes)
        for size in list(found.sizes):
            if size <= takes and number not in lost:
                found.answered(size)
            number += 1
        found.next_round()
    return found.found, rounds


def test_one_probe_shows_that_a_path_is_as_wide_as_it_should_be():
    assert search(1500) == (1500, [[1500]])


def test_a_single_lost_probe_is_no_narrow_path():
    assert search(1500, lost=(0,)) == (1500, [[1500], [1500]])
    assert search(1500, lost=(0, 1)) == (1500, [[1500]] * 3)


def test_every_narrower_path_is_found_to_the_octet():
    for least, widest in ((576, 1500), (1280, 1500), (576, 9000), (1280, 1281), (68, 68)):
        for takes in range(least, widest + 1):
            found, rounds = search(takes, least, widest)
            assert found == takes
            assert len(rounds) <= MOST_ROUNDS, (takes, rounds)
            assert sum([len(sizes) for sizes in rounds]) <= MOST_PROBES + 3 + len(rounds)


def test_who_answers_nothing_says_nothing_of_the_path():
    found, rounds = search(0)
    assert found is None
    assert len(rounds) == 4 and 576 in rounds[-1], "the least of all was asked for, too"


def test_probes_that_get_lost_on_a_narrow_path_cost_little():
    for lost in range(3, 30):
        found, rounds = search(1400, lost=(lost,))
        assert 1280 <= found <= 1400, (lost, found)
        assert len(rounds) <= MOST_ROUNDS


def test_answers_to_what_was_not_sent_are_not_believed():
    found = PathMtuSearch(576, 1500)
    for size in (0, 1, 1499, 1501, 65535):
        found.answered(size)
    assert found.found is None
    found.next_round()
    assert found.sizes == [1500]
