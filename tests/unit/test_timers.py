# SPDX-License-Identifier: GPL-2.0-or-later
"""The timer queue: earliest first, moved and cancelled deadlines stay away."""

from mag_lite.timers import Timers


def test_deadlines_come_out_in_order_of_time_then_of_setting():
    timers = Timers()
    for key, when in (("c", 30), ("a", 10), ("b", 10), ("d", 40)):
        timers.set(key, when)
    assert timers.next() == 10
    assert [timers.pop(30), timers.pop(30), timers.pop(30), timers.pop(30)] == ["a", "b", "c", None]
    assert timers.next() == 40


def test_a_moved_deadline_falls_due_once_at_its_new_time():
    timers = Timers()
    timers.set("x", 10)
    timers.set("x", 50)
    assert timers.pop(49) is None
    assert timers.pop(50) == "x"
    assert timers.pop(1000) is None


def test_a_hastened_deadline_never_moves_back():
    timers = Timers()
    timers.hasten("x", 30)
    timers.hasten("x", 20)
    timers.hasten("x", 40)
    assert timers.pop(19) is None and timers.pop(20) == "x"
    assert timers.pop(1000) is None


def test_a_cancelled_deadline_never_falls_due():
    timers = Timers()
    timers.set("x", 10)
    timers.cancel("x")
    timers.cancel("never set")
    assert "x" not in timers
    assert timers.next() is None and timers.pop(1000) is None


def test_refreshing_one_timer_for_ever_costs_no_memory():
    timers = Timers()
    for when in range(10000):
        timers.set("refresh", when)
    assert len(timers) == 1
    assert len(timers._heap) < 32
    assert timers.pop(9998) is None and timers.pop(9999) == "refresh"
