# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the stages of an attach took."""

from mag_lite.executor import stage_times


def test_the_whole_comes_first_and_then_its_parts():
    stages = {"attached": 100, "sent": 103, "accepted": 145, "programmed": 147, "configured": 160}
    assert stage_times(stages) == [["in all", 47], ["identity", 3], ["signalling", 42],
                                   ["kernel", 2], ["first answer", 13]]


def test_stages_that_have_not_come_are_left_out():
    assert stage_times({}) == []
    assert stage_times({"attached": 100, "sent": 103}) == [["identity", 3]]


def test_no_stage_takes_less_than_no_time():
    """A client that asked before is answered in the round in which the kernel is programmed."""
    assert stage_times({"programmed": 148, "configured": 147}) == [["first answer", 0]]
