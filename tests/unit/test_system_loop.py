# SPDX-License-Identifier: GPL-2.0-or-later
"""The event loop: who is called, in which order, and who is not."""

import socket

from mag_lite.system.loop import WRITABLE, Loop
from mag_lite.system.sockets import AF_INET, SOCK_DGRAM, internet_address

from own import LOOPBACK, PORT
from raises import raises


class Mailbox:
    """A UDP socket on a free loopback port that writes down what it gets."""

    def __init__(self, loop, port, seen, then=None):
        self.address = internet_address(LOOPBACK, port)
        self.socket = socket.socket(AF_INET, SOCK_DGRAM, 0)
        self.socket.bind(self.address)
        self.loop, self.seen, self.then = loop, seen, then
        loop.add(self.socket.fileno(), self.receive)

    def receive(self):
        self.seen.append(self.socket.recv(100))
        if self.then:
            self.then()

    def post(self, data):
        self.socket.sendto(data, self.address)

    def close(self):
        self.loop.remove(self.socket.fileno())
        self.socket.close()


def run_until_idle(loop):
    """Let everything happen that is due now."""
    loop.at(loop.now(), lambda: loop.at(loop.now(), loop.stop))
    loop.run()


def test_a_ready_descriptor_is_called_until_it_is_removed():
    loop, seen = Loop(), []
    box = Mailbox(loop, PORT, seen)
    box.post(b"one")
    box.post(b"two")
    run_until_idle(loop)
    assert seen == [b"one", b"two"], seen
    box.post(b"three")
    box.close()
    run_until_idle(loop)
    assert len(seen) == 2, seen


def test_a_callback_removed_by_another_in_the_same_round_is_not_called():
    loop, seen = Loop(), []
    one, two = Mailbox(loop, PORT, seen), Mailbox(loop, PORT + 1, seen)
    one.then, two.then = two.close, one.close
    one.post(b"one")
    two.post(b"two")
    run_until_idle(loop)
    assert len(seen) == 1, seen
    (one if seen == [b"one"] else two).close()


def test_a_descriptor_number_taken_over_in_the_same_round_is_not_called_for_the_old_one():
    loop, seen = Loop(), []
    one, two = Mailbox(loop, PORT, seen), Mailbox(loop, PORT + 1, seen)
    called, opened = [], []

    def replace(other):
        number = other.socket.fileno()
        other.close()
        heir = socket.socket(AF_INET, SOCK_DGRAM, 0)
        assert heir.fileno() == number
        loop.add(number, lambda: called.append("heir"))
        opened.append(heir)

    one.then, two.then = lambda: replace(two), lambda: replace(one)
    one.post(b"one")
    two.post(b"two")
    loop.at(0, loop.stop)
    loop.run()
    assert called == [] and len(seen) == 1
    loop.remove(opened[0].fileno())
    opened[0].close()
    (one if seen == [b"one"] else two).close()


def test_descriptors_come_before_timers_and_timers_in_the_order_of_their_time():
    loop, seen = Loop(), []
    now = loop.now()
    loop.at(now, lambda: seen.append("later"))
    loop.at(now - 2, lambda: seen.append("first"))
    loop.at(now - 1, lambda: seen.append("second"))
    loop.at(now, lambda: seen.append("last"))
    box = Mailbox(loop, PORT, seen)
    box.post(b"mail")
    run_until_idle(loop)
    assert seen == [b"mail", "first", "second", "later", "last"], seen
    box.close()


def test_a_timer_is_called_once_and_a_cancelled_one_never():
    loop, seen = Loop(), []
    kept = loop.at(loop.now(), lambda: seen.append("kept"))
    loop.cancel(loop.at(loop.now(), lambda: seen.append("cancelled")))
    run_until_idle(loop)
    run_until_idle(loop)
    assert seen == ["kept"], seen
    loop.cancel(kept)


def test_a_timer_may_cancel_another_that_is_due_in_the_same_round():
    loop, seen = Loop(), []
    now = loop.now()
    loop.at(now - 1, lambda: loop.cancel(victim))
    victim = loop.at(now, lambda: seen.append("victim"))
    run_until_idle(loop)
    assert seen == [], seen


def test_a_timer_that_sets_itself_again_does_not_starve_descriptors():
    loop, seen = Loop(), []
    box = Mailbox(loop, PORT, seen, loop.stop)

    def again():
        if not seen:
            box.post(b"mail")
        loop.at(0, again)

    loop.at(0, again)
    loop.run()
    assert seen == [b"mail"], seen
    box.close()


def test_what_is_due_when_the_loop_is_stopped_is_still_done():
    loop, seen = Loop(), []
    loop.at(0, loop.stop)
    loop.at(1, lambda: seen.append("due"))
    loop.run()
    assert seen == ["due"]


def test_without_on_error_an_exception_ends_the_loop():
    loop = Loop()
    loop.at(0, lambda: {}["nothing"])
    with raises(KeyError):
        loop.run()


def test_with_on_error_a_broken_callback_harms_no_other():
    loop, seen, errors = Loop(), [], []

    def fail():
        raise ValueError("mine")

    broken = Mailbox(loop, PORT, [], fail)
    box = Mailbox(loop, PORT + 1, seen)
    broken.post(b"1")
    box.post(b"2")
    loop.at(0, fail)
    loop.at(0, lambda: seen.append("timer"))
    loop.at(loop.now(), loop.stop)
    loop.run(errors.append)
    assert seen == [b"2", "timer"], seen
    assert [str(error) for error in errors] == ["mine", "mine"]
    broken.close()
    box.close()


def test_a_descriptor_closed_too_early_is_reported_once_instead_of_spinning():
    loop, errors = Loop(), []
    box = Mailbox(loop, PORT, [])
    box.socket.close()
    loop.at(0, lambda: loop.at(0, lambda: loop.at(0, loop.stop)))
    loop.run(errors.append)
    assert len(errors) == 1, errors


def test_a_descriptor_can_be_watched_for_room_to_write():
    loop, seen = Loop(), []
    box = Mailbox(loop, PORT, seen)
    box.post(b"unread")

    def writable():
        seen.append("writable")
        loop.add(box.socket.fileno(), box.receive)

    loop.add(box.socket.fileno(), writable, WRITABLE)
    run_until_idle(loop)
    assert seen == ["writable", b"unread"], seen
    box.close()
