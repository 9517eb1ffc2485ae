# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages that are no Proxy Binding Updates, and octets that are no messages."""

from lma_room import AP1, AP2, MAGS, STRANGER, Room

from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status


def test_a_heartbeat_is_answered_with_the_restart_counter():
    room = Room()
    answer = room.tell(header.HEARTBEAT, sequence=0x01020304)
    assert room.count("heartbeats") == 1
    assert answer.kind == header.HEARTBEAT
    assert answer.flags == header.HEARTBEAT_RESPONSE
    assert answer.sequence == 0x01020304
    assert answer.option(options.RESTART_COUNTER).counter == 7


def test_a_heartbeat_response_is_not_answered():
    assert Room().tell(header.HEARTBEAT, flags=header.HEARTBEAT_RESPONSE) is None


def test_gateways_hear_of_lost_sessions():
    room = Room()
    room.anchor.announce_restart()
    room.drain()
    assert sorted([send.destination for send in room.sent]) == sorted(MAGS)
    for send in room.sent:
        message = header.decode(send.data)
        assert message.flags == header.HEARTBEAT_RESPONSE | header.HEARTBEAT_UNSOLICITED
        assert message.option(options.RESTART_COUNTER).counter == 7
        assert len(send.local) == len(send.destination)


def test_an_unknown_message_type_is_answered_with_a_binding_error():
    room = Room()
    answer = room.give(bytes((59, 0, 99, 0, 0, 0, 0, 0)))
    assert answer.kind == header.BINDING_ERROR
    assert answer.status == status.UNRECOGNIZED_MH_TYPE
    assert answer.home_address == bytes(16)
    assert room.count("unknown message types") == 1


def test_binding_errors_are_rate_limited_and_never_sent_to_strangers():
    room = Room()
    unknown = bytes((59, 0, 99, 0, 0, 0, 0, 0))
    assert room.give(unknown, STRANGER) is None
    for _ in range(100):
        room.give(unknown)
    assert len(room.sent) == 10


def test_messages_that_an_anchor_does_not_expect_are_dropped():
    room = Room()
    for kind in (header.BINDING_ACKNOWLEDGEMENT, header.UPDATE_NOTIFICATION,
                 header.BINDING_REVOCATION_ACKNOWLEDGEMENT, header.BINDING_UPDATE):
        assert room.tell(kind) is None
    assert room.count("unexpected messages") == 4
    assert room.names() == []


def test_a_stranger_s_messages_are_dropped():
    room = Room()
    room.update()
    for kind in (header.HEARTBEAT, header.BINDING_REVOCATION_INDICATION, header.BINDING_ERROR):
        assert room.tell(kind, STRANGER) is None
    assert len(room.anchor.cache) == 1


def test_a_damaged_update_never_hurts():
    room = Room()
    room.update()
    whole = room.last
    for length in range(len(whole)):
        room.give(whole[:length], AP2)
    for position in range(len(whole)):
        for octet in (0, 1, 0x7F, 0xFF):
            damaged = whole[:position] + bytes((octet,)) + whole[position + 1:]
            room.give(damaged, AP2)
            room.give(damaged, STRANGER)
    assert room.count("malformed") > len(whole)
    room.wait(1000)
    assert room.update(AP1).status == status.ACCEPTED
