# SPDX-License-Identifier: GPL-2.0-or-later
"""A registration that makes none shows whether the anchor takes those of this gateway."""

from lma_room import Room, node
from mag import CLOCK, STRANGER, Bench, acknowledgement

from mag_lite import check
from mag_lite.core.trial_registration import TrialRegistration
from mag_lite.wire import mobility_header as header
from mag_lite.wire import status


def begin(bench):
    """Let the gateway of `bench` ask its anchor; return the trial and what was sent."""
    anchor, = bench.gateway.configuration.anchors
    trial = bench.gateway.trial = TrialRegistration(bench.gateway.registration)
    trial.ask(anchor, bench.now)
    update, = bench.sent()
    return trial, update


def answer_of(room, timestamps=True, off=0):
    """What this anchor says to the trial of a gateway whose clock is `off` by so many ms."""
    clock = room.time_of_day() - 1000 * 65536 // 1000 + off * 65536 // 1000
    update = begin(Bench(clock=clock if timestamps else None))[1]
    return room.give(header.encode(update))


def test_an_anchor_that_knows_the_gateway_gets_to_what_is_missing():
    for timestamps in (True, False):
        for settings in ({}, {"gre_key": "require"}, {"udp": True}):
            assert answer_of(Room(**settings), timestamps).status == (
                status.MISSING_HOME_NETWORK_PREFIX_OPTION), settings


def test_an_anchor_that_does_not_know_the_gateway_says_so():
    room = Room(mags={STRANGER: "ap7"})
    assert answer_of(room).status == status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG


def test_clocks_that_differ_are_noticed():
    for off in (-400, 400):
        assert answer_of(Room(), off=off).status == status.TIMESTAMP_MISMATCH


def test_no_anchor_can_make_a_session_of_it():
    update = begin(Bench())[1]
    assert update.lifetime == 0
    for nodes, code in (((), 158), ((node(b"*"),), 158), ((node(b"*", allow=False),), 152)):
        room = Room(nodes=nodes)
        assert answer_of(room).status == code, nodes
        assert not list(room.anchor.cache) and room.names() == ["Send"]
    lax = Room()
    lax.anchor._registration.admission.check = lambda update: status.ACCEPTED
    answer = answer_of(lax)
    assert answer is None or answer.lifetime == 0
    assert not list(lax.anchor.cache) and lax.names() in ([], ["Send"])


def test_its_answer_is_kept_and_timed():
    bench = Bench()
    bench.now = 70000
    trial, update = begin(bench)
    bench.now += 12
    bench.receive(acknowledgement(update, 154, sequence=update.sequence + 1))
    bench.receive(acknowledgement(update, 154), source=STRANGER)
    assert trial.answers == {} and bench.gateway.registration.last_answers == {}
    bench.receive(acknowledgement(update, 158))
    assert trial.answers == {0: 158}
    assert bench.gateway.registration.last_answers == {0: (70012, 12)}
    assert bench.take() == [] and bench.count("pba.unexpected") == 0


def test_an_answer_that_nobody_asked_for_is_none():
    bench = Bench()
    update = begin(bench)[1]
    other = bench.gateway.trial = TrialRegistration(bench.gateway.registration)
    bench.receive(acknowledgement(update, 158))
    assert other.answers == {}


def test_clients_are_registered_meanwhile_as_ever():
    bench = Bench(clock=CLOCK)
    bench.attach()
    registration = bench.sent()[-1]
    trial, update = begin(bench)
    bench.answer(registration)
    assert bench.binding.forwarded and trial.answers == {}
    bench.receive(acknowledgement(update, 154))
    assert bench.binding.forwarded and trial.answers == {0: 154}


def said(code):
    return check._trial({"address": "198.51.100.1", "local": "192.0.2.10", "trial": code,
                         "round_trip": 12})


def test_it_is_told_in_words():
    for code in (0, 152, 153, 158, 160, 161, 162, 163):
        assert said(code) == (
            "PASS", "anchor 198.51.100.1: takes registrations from this gateway "
            "(trial: status %d after 12 ms)" % code, None)
    for code, level, words in (
            (154, "FAIL", "status 154 (MAG_NOT_AUTHORIZED_FOR_PROXY_REG): the anchor does not "
                          "list this access point as one of its gateways"),
            (156, "FAIL", "status 156 (TIMESTAMP_MISMATCH): our clock and the anchor's differ: "
                          "synchronise both by NTP"),
            (128, "WARN", "status 128 (reason unspecified): the anchor gives no reason"),
            (150, "WARN", "status 150")):
        found, text, remedy = said(code)
        assert found == level and words in text and "192.0.2.10" in remedy
