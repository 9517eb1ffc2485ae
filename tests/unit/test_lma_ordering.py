# SPDX-License-Identifier: GPL-2.0-or-later
"""Message ordering (RFC 5213 section 5.5, RFC 6275 section 9.5.1)."""

from lma_room import AP2, BETWEEN_GATEWAYS, FIRST, MAC, MAC2, NEW, UNCHANGED, Room

from lma_lite.ordering import check_sequence, check_timestamp
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status

NOON = 1714564800 << 16
SECOND = 65536


def test_a_timestamp_must_be_close_to_our_time_of_day():
    for skew, code in ((0, 0), (19660, 0), (-19660, 0), (19661, 156), (-19661, 156)):
        assert check_timestamp(NOON + skew, NOON, 300, 0) == code, skew


def test_a_timestamp_must_be_greater_than_every_accepted_one():
    assert check_timestamp(NOON, NOON, 300, NOON - 1) == status.ACCEPTED
    for last in (NOON, NOON + 1):
        code = check_timestamp(NOON, NOON, 300, last)
        assert code == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED


def test_a_timestamp_out_of_the_window_is_a_mismatch_even_if_it_is_lower_too():
    assert check_timestamp(NOON - SECOND, NOON, 300, NOON) == status.TIMESTAMP_MISMATCH


def test_stamps_that_mobile_nodes_make_need_only_grow():
    room = Room(timestamp_window=None)
    for stamp, code in ((5, status.ACCEPTED), (NOON, status.ACCEPTED),
                        (NOON - 1, status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)):
        answer = room.update(timestamp=stamp, indicator=UNCHANGED if stamp > 5 else NEW)
        assert answer.status == code, stamp
        if code == status.ACCEPTED:
            assert answer.option(options.TIMESTAMP).time == stamp, "it is returned"


def test_a_sequence_number_is_newer_modulo_65536():
    for sequence, newer in ((16, True), (32782, True), (15, False), (0, False), (32783, False),
                            (65535, False)):
        assert (check_sequence(sequence, 15) == status.ACCEPTED) == newer, sequence


def test_mismatch_is_answered_with_our_time_of_day():
    room = Room()
    answer = room.update(timestamp=room.time_of_day() - 10 * SECOND)
    assert answer.status == status.TIMESTAMP_MISMATCH
    assert answer.option(options.TIMESTAMP).time == room.time_of_day()
    assert len(room.anchor.cache) == 0


def test_a_late_update_from_the_former_gateway_does_not_take_the_session_back():
    room = Room()
    room.update()
    late = room.time_of_day() + 30
    room.wait(100)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    answer = room.update(timestamp=late, indicator=UNCHANGED)
    assert answer.status == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
    assert answer.option(options.TIMESTAMP).time == room.time_of_day()
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2


def test_timestamps_are_compared_over_all_interfaces_of_a_node():
    for first, second in ((MAC, MAC2), (MAC2, MAC)):
        room = Room()
        room.update(mac=first)
        between = room.time_of_day() + 10
        room.wait(100)
        room.update(mac=second)
        answer = room.update(mac=first, timestamp=between, indicator=UNCHANGED)
        assert answer.status == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED


def test_with_timestamps_the_sequence_number_is_copied_and_otherwise_ignored():
    room = Room()
    room.update(sequence=100)
    answer = room.update(sequence=50, indicator=UNCHANGED)
    assert answer.status == status.ACCEPTED and answer.sequence == 50


def test_without_timestamp_the_first_number_may_be_any_and_the_next_must_be_newer():
    room = Room()
    assert room.update(timestamp=None, sequence=40000).status == status.ACCEPTED
    answer = room.update(timestamp=None, sequence=39999, indicator=UNCHANGED)
    assert answer.status == status.SEQUENCE_OUT_OF_WINDOW
    assert answer.sequence == 40000, "the last accepted number"
    assert answer.option(options.TIMESTAMP) is None
    answer = room.update(timestamp=None, sequence=40001, indicator=UNCHANGED)
    assert answer.status == status.ACCEPTED and answer.option(options.TIMESTAMP) is None


def test_sequence_numbers_of_two_interfaces_have_nothing_to_do_with_each_other():
    room = Room()
    room.update(timestamp=None, sequence=1000)
    assert room.update(timestamp=None, sequence=5, mac=MAC2).status == status.ACCEPTED


def test_a_gateway_adopts_the_number_after_a_handover():
    room = Room()
    room.update(timestamp=None, sequence=1000)
    answer = room.update(AP2, timestamp=None, sequence=3, indicator=BETWEEN_GATEWAYS)
    assert answer.status == status.SEQUENCE_OUT_OF_WINDOW
    answer = room.update(
        AP2, timestamp=None, sequence=answer.sequence + 1, indicator=BETWEEN_GATEWAYS)
    assert answer.status == status.ACCEPTED


def test_an_identical_retransmission_gets_the_same_answer():
    room = Room()
    first = room.update()
    room.names()
    room.wait(1000)
    assert room.give(room.last) == first
    assert room.names() == ["Send"]
    assert room.count("retransmissions") == 1


def test_an_equal_update_without_time_stamp_may_be_a_new_one_with_an_old_number():
    """Its sender would count a lifetime anew that is not extended here."""
    room = Room()
    room.update(timestamp=None, sequence=1)
    room.wait(100000)
    answer = room.give(room.last)
    assert answer.status == status.SEQUENCE_OUT_OF_WINDOW and answer.sequence == 1


def test_an_identical_de_registration_gets_the_same_answer():
    room = Room()
    room.update()
    first = room.update(lifetime=0, indicator=4)
    room.names()
    assert room.give(room.last) == first
    assert room.names() == ["Send"]


def test_an_identical_update_from_another_gateway_is_no_retransmission():
    room = Room()
    room.update()
    assert room.give(room.last, AP2).status == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED


def test_an_equal_timestamp_in_another_message_is_refused():
    room = Room()
    room.update()
    same = room.time_of_day()
    answer = room.update(timestamp=same, indicator=UNCHANGED)
    assert answer.status == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
