# SPDX-License-Identifier: GPL-2.0-or-later
"""Heartbeats at the gateway (RFC 5847)."""

from mag import STRANGER, Bench

from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option


def heartbeat(flags, counter=None, sequence=9):
    carried = [] if counter is None else [Option(options.RESTART_COUNTER, counter=counter)]
    return Message(header.HEARTBEAT, carried, flags=flags, sequence=sequence)


def test_a_request_is_always_answered_with_our_restart_counter():
    bench = Bench()
    bench.gateway.heartbeat.restart_counter = 77
    bench.receive(heartbeat(0))
    response, = bench.sent()
    assert (response.kind, response.flags, response.sequence) == (
        header.HEARTBEAT, header.HEARTBEAT_RESPONSE, 9)
    assert response.option(options.RESTART_COUNTER).counter == 77
    bench.receive(heartbeat(0), source=STRANGER)
    assert bench.take() == []


def test_the_same_counter_again_is_no_restart_and_another_is():
    bench = Bench()
    bench.activate()
    for counter, restarts in ((5, 0), (5, 0), (6, 1), (6, 1), (4, 2)):
        bench.receive(heartbeat(header.HEARTBEAT_RESPONSE, counter))
        assert bench.count("heartbeat.restarted") == restarts, counter


def test_a_response_without_counter_says_nothing():
    bench = Bench()
    bench.activate()
    bench.take()
    bench.receive(heartbeat(header.HEARTBEAT_RESPONSE))
    assert bench.take() == []


def test_what_we_ask_changes_nothing_and_its_answer_is_timed():
    bench = Bench()
    anchor, = bench.gateway.configuration.anchors
    bench.gateway.heartbeat.ask(anchor, bench.now)
    request, = bench.sent()
    assert (request.kind, request.flags, request.options) == (header.HEARTBEAT, 0, [])
    assert bench.gateway.heartbeat.asked[0][2] is None
    bench.now += 23
    bench.receive(heartbeat(header.HEARTBEAT_RESPONSE, 5, request.sequence - 1))
    bench.receive(heartbeat(header.HEARTBEAT_RESPONSE, 5, request.sequence), source=STRANGER)
    assert bench.gateway.heartbeat.asked[0][2] is None, "that was another answer"
    bench.receive(heartbeat(header.HEARTBEAT_RESPONSE, 5, request.sequence))
    bench.now += 1000
    bench.receive(heartbeat(header.HEARTBEAT_RESPONSE, 5, request.sequence))
    assert bench.gateway.heartbeat.asked[0][1:] == (1000, 23)
    bench.gateway.heartbeat.ask(anchor, bench.now)
    assert bench.sent()[0].sequence == request.sequence + 1
    assert bench.gateway.heartbeat.asked[0][2] is None
