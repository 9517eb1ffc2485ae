# SPDX-License-Identifier: GPL-2.0-or-later
"""The gateway's side of a registration, rule by rule (RFC 5213 section 6.9, RFC 5844 3.2)."""

from mag import ANCHOR, CLOCK, HOME, IDENTITY, LINK, PHONE, STRANGER, Bench, acknowledgement

from mag_lite.core.actions import (
    Attached,
    Forget,
    Forward,
    Log,
    PollStation,
    Reauthenticate,
    RemoveStation,
    SendMessage,
    Withdraw,
)
from mag_lite.core.binding_update_list import (
    ACTIVE,
    DENIED,
    DEREGISTERING,
    IDLE,
    REFRESHING,
    REGISTERING,
)
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_address, parse_mac
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option


def kinds(actions):
    return [type(action).__name__ for action in actions]


# Initial registration (6.9.1.1)

def test_an_authorised_station_is_registered_at_once():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    assert update.flags == header.BU_ACKNOWLEDGE | header.BU_PROXY
    assert update.lifetime == 900
    assert update.option(options.MN_IDENTIFIER).identifier == IDENTITY
    assert update.option(options.HANDOFF_INDICATOR).indicator == 4
    assert update.option(options.ACCESS_TECHNOLOGY_TYPE).technology == 4
    assert update.option(options.MN_LINK_LAYER_IDENTIFIER).identifier == PHONE
    assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == bytes(4)
    assert update.option(options.TIMESTAMP).time == CLOCK + 65536
    assert update.all(options.HOME_NETWORK_PREFIX) == []


def test_without_authentication_a_station_is_not_registered():
    bench = Bench()
    bench.attach(identity=None)
    assert bench.binding is None
    log, = bench.take()
    assert "tells no identity" in log.text and "option identity 'mac'" in log.text
    bench.attach(identity=None)
    assert bench.take() == [], "it is said once a minute"


def test_a_nameless_station_is_asked_to_authenticate_again_and_then_served():
    bench = Bench()
    bench.attach(identity=b"")
    log, asked = bench.take()
    assert "must authenticate again" in log.text
    assert asked == Reauthenticate(LINK, PHONE)
    bench.attach(identity=b"")
    assert bench.take() == [], "it is asked once a minute"
    bench.attach()
    assert len(bench.sent()) == 1


def test_a_station_that_returns_with_a_cached_key_is_who_it_was():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(5000)
    bench.take()
    bench.attach(identity=b"")
    update, = bench.sent()
    assert update.option(options.MN_IDENTIFIER).identifier == IDENTITY
    bench.attach(identity=b"", link="wlan1")
    assert "must authenticate" in bench.take(Log)[0].text, "the key is of one link only"


def test_a_station_that_returns_is_served_at_once_if_it_is_known_who_it_was():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(5000)
    bench.take()
    assert bench.gateway.station_returned(LINK, PHONE, bench.now, bench.now)
    update, = bench.sent()
    assert update.option(options.MN_IDENTIFIER).identifier == IDENTITY
    assert not bench.gateway.station_returned("wlan1", PHONE, bench.now, bench.now)
    assert bench.take() == []


def came_by_fast_transition(bench, identity, transition=True):
    bench.gateway.station_authorized(LINK, PHONE, identity, bench.now, bench.now, transition)
    return [update.option(options.HANDOFF_INDICATOR).indicator for update in bench.sent()]


def test_a_station_that_came_by_a_fast_transition_was_handed_over():
    assert came_by_fast_transition(Bench(), IDENTITY) == [3]
    assert came_by_fast_transition(Bench(), IDENTITY, None) == [4], "hostapd did not say"


def test_a_fast_transition_to_where_the_station_is_known_may_be_one_between_our_own_radios():
    bench = Bench()
    bench.activate()
    assert came_by_fast_transition(bench, IDENTITY) == [4]
    bench.gateway.station_authorized("wlan1", PHONE, IDENTITY, bench.now, bench.now, True)
    update, = bench.sent()
    assert update.option(options.HANDOFF_INDICATOR).indicator == 4


def test_a_handover_that_goes_unanswered_is_repeated_as_one():
    bench = Bench()
    assert came_by_fast_transition(bench, IDENTITY) == [3]
    bench.wait(1000)
    assert [update.option(options.HANDOFF_INDICATOR).indicator for update in bench.sent()] == [3]


def test_who_a_station_was_here_does_not_count_when_it_comes_by_a_key_from_elsewhere():
    for transition in (True, None):
        bench = Bench()
        bench.activate()
        bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
        bench.wait(5000)
        bench.take()
        assert came_by_fast_transition(bench, b"", transition) == []
        assert bench.done[-1] == Reauthenticate(LINK, PHONE)
        bench.attach(identity=b"")
        assert bench.take(SendMessage) == [], "nor when we ask again"
        assert came_by_fast_transition(bench, b"mn2@example.org") == [3]


def test_a_station_that_was_served_meanwhile_is_asked_again_at_once():
    bench = Bench()
    came_by_fast_transition(bench, b"")
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it roamed away", bench.now)
    bench.wait(2000)
    bench.take()
    came_by_fast_transition(bench, b"")
    assert bench.done[-1] == Reauthenticate(LINK, PHONE)


def test_an_identity_is_not_lent_to_a_station_that_did_not_authenticate():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(5000)
    bench.take()
    bench.attach(identity=None)
    assert bench.take(SendMessage) == []


def test_an_identity_is_not_remembered_longer_than_a_key():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(43201000)
    bench.take()
    bench.attach(identity=b"")
    assert bench.take(SendMessage) == []


def test_mac_addresses_are_identities_only_where_allowed():
    bench = Bench(identity="mac")
    bench.attach(identity=None)
    assert bench.sent()[0].option(options.MN_IDENTIFIER).identifier == b"02-00-00-00-01-01"


def test_a_profile_chooses_the_service_or_refuses():
    bench = Bench(profiles=(("bad", "evil@example.org", b"", False),
                            ("staff", "*@example.org", b"staff", True)))
    bench.attach()
    assert bench.sent()[0].option(options.SERVICE_SELECTION).identifier == b"staff"
    bench.attach(identity=b"evil@example.org", mac=b"\2\0\0\0\0\2")
    log, = bench.take()
    assert "profile 'bad'" in log.text


def test_acceptance_programs_the_kernel_before_anything_is_told():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.now += 20
    bench.answer(update)
    assert kinds(bench.take()) == ["Forward", "SendFrame", "Attached", "Remember"]
    assert bench.binding.state == ACTIVE
    assert bench.binding.forwarded == (HOME,)
    assert bench.binding.expires_at == 1000 + 3600000


def test_a_shorter_granted_lifetime_counts_from_the_sending_of_the_update():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.now += 700
    bench.answer(update, lifetime=30)
    assert bench.binding.expires_at == 1000 + 120000


def test_the_lifetime_counts_from_the_sending_of_the_copy_that_was_accepted():
    bench = Bench()
    bench.attach()
    first, = bench.sent()
    bench.wait(3000)
    bench.answer(first)
    assert bench.binding.expires_at == 1000 + 3600000


# Retransmission (6.9.4, RFC 6275 11.8)

def test_updates_are_repeated_with_doubling_delays_and_fresh_stamps():
    bench = Bench()
    bench.attach()
    updates, times = bench.sent(), [bench.now]
    while len(updates) < 8:
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        bench.wait(bench.gateway.next_timeout() - bench.now)
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        new = bench.sent()
        updates += new
        times += [bench.now] * len(new)
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert gaps == [1000, 2000, 4000, 8000, 16000, 32000, 32000]
    stamps = [update.option(options.TIMESTAMP).time for update in updates]
    assert all(a < b for a, b in zip(stamps, stamps[1:]))
    assert len({update.sequence for update in updates}) == 8


def test_time_stamps_of_one_moment_differ_and_follow_a_clock_that_was_set_back():
    bench = Bench()
    bench.attach()
    bench.attach(identity=b"mn2@example.org", mac=b"\2\0\0\0\0\2")
    first, second = [update.option(options.TIMESTAMP).time for update in bench.sent()]
    assert second == first + 1
    hour = 3600 << 16
    bench.gateway.sender.clock_offset += hour
    bench.attach(identity=b"mn3@example.org", mac=b"\2\0\0\0\0\3")
    bench.gateway.sender.clock_offset -= hour
    bench.now += 1000
    bench.attach(identity=b"mn4@example.org", mac=b"\2\0\0\0\0\4")
    ahead, right = [update.option(options.TIMESTAMP).time for update in bench.sent()]
    assert ahead == first + hour
    assert right == first + 65536


def test_a_late_answer_to_an_earlier_copy_is_good():
    bench = Bench()
    bench.attach()
    first, = bench.sent()
    bench.wait(1000)
    second, = bench.sent()
    assert second.sequence != first.sequence
    bench.answer(first)
    assert bench.binding.state == ACTIVE


def test_no_update_is_repeated_for_a_station_that_does_not_show_itself():
    bench = Bench()
    bench.attach()
    bench.wait(1000)
    bench.take()
    bench.wait(1999)
    assert bench.take(SendMessage) == []
    bench.wait(1)
    assert bench.take(PollStation) == [PollStation(LINK, PHONE)]
    bench.wait(3000)
    update, = bench.sent()
    assert update.lifetime == 0, "an absent station is given up, not registered"
    assert RemoveStation(LINK, PHONE, False) in bench.done


def test_a_station_that_comes_again_does_not_wait_for_the_next_repetition():
    bench = Bench()
    bench.attach()
    bench.attach()
    assert len(bench.sent()) == 1
    for _ in range(4):
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        bench.wait(1000)
    bench.take()
    bench.attach()
    update, = bench.sent()
    bench.answer(update)
    assert bench.binding.state == ACTIVE


# Acknowledgement checks (6.9.1.2)

def test_acknowledgements_of_strangers_are_counted_and_dropped():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.receive(acknowledgement(update), source=STRANGER)
    assert bench.binding.state == REGISTERING
    assert bench.count("signalling.stranger") == 1


def test_an_acknowledgement_must_match_by_identity_sequence_and_p_flag():
    for change in ({"sequence": 999},
                   {"change": [Option(options.MN_IDENTIFIER, subtype=1, identifier=b"x@y")]},
                   {"drop": [options.MN_IDENTIFIER]}):
        bench = Bench(clock=None)
        bench.attach()
        update, = bench.sent()
        bench.answer(update, **change)
        assert bench.binding.state == REGISTERING, change
        assert bench.count("pba.unexpected") == 1, change


def test_an_acknowledgement_without_the_p_flag_is_none():
    bench = Bench()
    bench.attach()
    message = acknowledgement(bench.sent()[0])
    message.flags = 0
    bench.receive(message)
    assert bench.binding.state == REGISTERING


def test_a_wrong_echo_is_ignored_and_ends_retransmission():
    for option in (Option(options.MN_IDENTIFIER, subtype=1, identifier=b"x@y"),
                   Option(options.HANDOFF_INDICATOR, indicator=3),
                   Option(options.ACCESS_TECHNOLOGY_TYPE, technology=3),
                   Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=b"\2\2\2\2\2\2")):
        bench = Bench()
        bench.attach()
        bench.answer(bench.sent()[0], change=[option])
        assert bench.binding.state == REGISTERING, option
        assert "not that of our update" in bench.take(Log)[0].text, option
        bench.wait(100000)
        assert bench.take(SendMessage) == [], option


def test_a_late_answer_about_another_station_of_the_same_name_is_not_taken_for_a_wrong_echo():
    bench = Bench()
    bench.attach()
    first, = bench.sent()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(1000)
    another = parse_mac("02:00:00:00:01:02")
    bench.gateway.sender.last_sequence = 0  # it has come round
    bench.attach(mac=another)
    second = bench.sent()[-1]
    assert second.sequence == first.sequence
    bench.answer(first)
    assert bench.count("pba.wrong_echo") == 0
    bench.answer(second)
    assert bench.gateway.bindings.get(LINK, another).state == ACTIVE


def test_the_anchors_time_in_a_refusal_is_not_taken_for_the_stamp_of_an_update():
    for code in (status.TIMESTAMP_MISMATCH, status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED):
        bench = Bench()
        bench.attach()
        update, = bench.sent()
        bench.answer(update, code, change=[
            Option(options.MN_IDENTIFIER, subtype=1, identifier=b"another@example.net")])
        assert bench.count("pba.wrong_echo") == 0
        bench.wait(1000)
        assert bench.sent()[-1].sequence != update.sequence, "it is repeated"


def test_options_that_the_anchor_leaves_out_are_forgiven():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], drop=(
        options.HANDOFF_INDICATOR, options.ACCESS_TECHNOLOGY_TYPE,
        options.MN_LINK_LAYER_IDENTIFIER, options.IPV4_DHCP_SUPPORT_MODE))
    assert bench.binding.state == ACTIVE


def test_acceptance_with_another_time_stamp_is_ignored():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], change=[Option(options.TIMESTAMP, time=CLOCK)])
    assert bench.binding.state == REGISTERING


def test_acceptance_without_an_address_gives_the_session_back():
    reply = options.IPV4_HOME_ADDRESS_REPLY
    for change in ({"drop": [reply]}, {"drop": [options.IPV4_DEFAULT_ROUTER_ADDRESS]},
                   {"drop": [options.GRE_KEY]}, {"address": bytes(4)},
                   {"change": [Option(reply, status=132, prefix_length=0, address=bytes(4))]}):
        bench = Bench()
        bench.attach()
        bench.answer(bench.sent()[0], **change)
        update, = bench.sent()
        assert update.lifetime == 0, change
        assert bench.binding.state == DENIED, change
        assert bench.take(Forward) == [], change


# Rejections (6.9.1.2, RFC 5844 3.2.3.2)

def test_sequence_out_of_window_adopts_the_number_and_retries():
    bench = Bench(clock=None)
    bench.attach()
    update, = bench.sent()
    assert update.option(options.TIMESTAMP) is None
    bench.answer(update, status.SEQUENCE_OUT_OF_WINDOW, sequence=5000)
    again, = bench.sent()
    assert again.sequence == 5001
    bench.answer(again)
    assert bench.binding.state == ACTIVE


def test_an_old_refusal_does_not_set_the_sequence_number_back():
    bench = Bench(clock=None)
    bench.attach()
    first, = bench.sent()
    bench.answer(first, status.SEQUENCE_OUT_OF_WINDOW, sequence=500)
    bench.take()
    bench.answer(first, status.SEQUENCE_OUT_OF_WINDOW, sequence=490)
    update, = bench.sent()
    assert update.sequence == 502


def test_an_older_time_stamp_is_retried_at_once_with_a_fresh_one():
    bench = Bench()
    bench.attach()
    update, = bench.sent()
    bench.answer(update, status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
    again, = bench.sent()
    assert again.option(options.TIMESTAMP).time > update.option(options.TIMESTAMP).time


def test_refusals_in_a_row_end_the_immediate_retries():
    bench = Bench()
    bench.attach()
    for _ in range(10):
        for update in bench.sent():
            bench.answer(update, status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
    assert bench.count("pbu.sent") == 4
    bench.wait(1000)
    update, = bench.sent()
    bench.answer(update)
    assert bench.binding.state == ACTIVE, "clocks that differ by less than a second soon agree"


def test_a_refusal_of_an_earlier_exchange_is_not_taken_for_a_wrong_echo():
    bench = Bench(clock=None)
    bench.activate()
    bench.gateway.registration.handle(bench.binding, "present", bench.now)
    refresh, = bench.sent()
    bench.attach()
    update, = bench.sent()
    bench.answer(refresh, status.SEQUENCE_OUT_OF_WINDOW, sequence=update.sequence)
    assert bench.count("pba.wrong_echo") == 0
    bench.answer(update)
    assert bench.binding.state == ACTIVE


def test_no_entry_is_kept_for_a_station_that_vanished_while_hostapd_was_away():
    bench = Bench()
    bench.activate()
    bench.gateway.registration.handle(bench.binding, "given back", bench.now, "released")
    bench.wait(1000)
    assert bench.binding.state == IDLE
    bench.gateway.link_restored(LINK, bench.now)
    bench.wait(10000)
    assert bench.binding is None and bench.gateway.next_timeout() is None


def test_a_late_answer_about_the_same_station_on_another_link_is_not_taken_for_a_new_one():
    bench = Bench(clock=None)
    bench.attach()
    first, = bench.sent()
    bench.now += 500
    bench.attach(link="wlan1")
    bench.answer(first)
    assert bench.gateway.bindings.get("wlan1", PHONE).state == REGISTERING


def test_a_station_on_another_link_gets_no_number_that_stood_for_an_update_of_it_before():
    bench = Bench(clock=None)
    another = parse_mac("02:00:00:00:01:02")
    bench.attach(mac=another)
    bench.attach()
    _, first = bench.sent()
    bench.answer(first, 135, sequence=94)
    second, = bench.sent()
    bench.gateway.station_gone(LINK, another, "it disassociated", bench.now)
    bench.take()
    bench.attach(link="wlan1")
    third, = bench.sent()
    assert (second.sequence, third.sequence) == (95, 96)


def test_a_late_refusal_causes_no_update_for_a_station_that_may_have_left():
    bench = Bench(clock=None)
    bench.attach()
    update, = bench.sent()
    bench.wait(2500)
    bench.take()
    bench.answer(update, status.SEQUENCE_OUT_OF_WINDOW, sequence=500)
    assert bench.take(SendMessage) == []
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    bench.wait(500)
    again, = bench.sent()
    assert again.sequence == 501


def test_a_refusal_names_client_status_and_remedy_once():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], status.TIMESTAMP_MISMATCH)
    log, = bench.take(Log)
    for words in ("02:00:00:00:01:01 mn1@example.org", "198.51.100.1", "TIMESTAMP_MISMATCH",
                  "NTP"):
        assert words in log.text, words
    assert bench.binding.state == DENIED


def test_a_refused_station_is_tried_again_later_if_it_is_still_there():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], status.INSUFFICIENT_RESOURCES)
    bench.take()
    bench.wait(60000)
    assert bench.take(SendMessage) == []
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    assert len(bench.sent()) == 1
    assert bench.binding.state == REGISTERING


def test_a_hopeless_refusal_is_not_retried_until_the_station_comes_back():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0], status.PROXY_REG_NOT_ENABLED)
    bench.take()
    bench.wait(1000000)
    assert bench.take() == []
    bench.attach()
    assert len(bench.sent()) == 1


def test_a_refused_address_is_given_up_for_any():
    bench = Bench()
    bench.activate()
    bench.attach()
    update, = bench.sent()
    assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == HOME
    bench.answer(update, status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS)
    again, = bench.sent()
    assert again.option(options.IPV4_HOME_ADDRESS_REQUEST).address == bytes(4)
    assert again.option(options.IPV4_HOME_ADDRESS_REQUEST).prefix_length == 0


# Refresh (6.9.1.3)

def test_a_binding_is_refreshed_before_its_end_if_the_station_shows_itself():
    bench = Bench()
    bench.activate()
    bench.wait(3600000 - 40000)
    assert bench.take(SendMessage) == [], "nothing is sent before the station answered"
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    update, = bench.sent()
    assert update.option(options.HANDOFF_INDICATOR).indicator == 5
    assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == HOME
    assert bench.binding.state == REFRESHING
    bench.answer(update)
    assert kinds(bench.take()) == ["Remember"], "traffic goes on untouched"
    assert bench.binding.expires_at == bench.now + 3600000


def test_a_refresh_is_never_sent_for_a_station_that_is_gone():
    bench = Bench()
    bench.activate()
    bench.wait(3600000 - 40000)
    bench.wait(3000)
    taken = bench.take()
    messages = [header.decode(a.data) for a in taken if isinstance(a, SendMessage)]
    assert [m.lifetime for m in messages] == [0]
    assert messages[0].option(options.HANDOFF_INDICATOR).indicator == 4
    assert RemoveStation(LINK, PHONE, False) in taken
    assert bench.binding.state == DEREGISTERING


def test_a_refused_refresh_ends_service():
    bench = Bench()
    bench.activate()
    bench.wait(3600000 - 40000)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    bench.answer(bench.sent()[0], status.ADMINISTRATIVELY_PROHIBITED)
    assert [type(a) for a in bench.take()][:2] == [Withdraw, Forget]
    assert bench.binding.state == DENIED


def test_a_refresh_refused_for_its_order_keeps_service():
    bench = Bench()
    bench.activate()
    bench.wait(3600000 - 40000)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    bench.answer(bench.sent()[0], status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
    again, = bench.sent()
    assert again.option(options.HANDOFF_INDICATOR).indicator == 5
    assert bench.binding.state == REFRESHING and bench.binding.forwarded == (HOME,)


def test_an_expired_binding_stops_forwarding_and_registers_anew():
    bench = Bench()
    bench.activate()
    bench.wait(3600000 - 40000)
    while bench.binding.forwarded:
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        bench.wait(100)
    assert bench.now >= bench.binding.expires_at
    assert Withdraw(LINK, PHONE, HOME, bench.binding.anchor) in bench.take()
    assert bench.binding.state == REGISTERING


def test_an_expired_binding_is_not_registered_anew_for_a_station_that_has_left():
    bench = Bench()
    bench.activate()
    bench.wait(3600000 - 40000)
    while bench.now < bench.binding.expires_at - 5000:
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        bench.wait(100)
    bench.take()
    bench.wait(10000)
    assert [update.lifetime for update in bench.sent()] == [0]
    assert bench.binding is None


def test_an_address_that_the_anchor_gave_to_another_client_is_taken_from_the_first():
    bench = Bench()
    first = bench.activate()
    another = parse_mac("02:00:00:00:01:02")
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    bench.attach(b"mn2@example.org", another)
    bench.answer(bench.sent()[-1])
    second = bench.gateway.bindings.get(LINK, another)
    taken = bench.take()
    programmed = [action for action in taken if isinstance(action, (Forward, Withdraw))]
    assert programmed == [Withdraw(LINK, PHONE, HOME, first.anchor), Forward(second)]
    updates = [header.decode(a.data) for a in taken if isinstance(a, SendMessage)]
    assert updates[0].option(options.IPV4_HOME_ADDRESS_REQUEST).address == bytes(4)
    assert first.state == REGISTERING and second.state == ACTIVE


def test_a_changed_address_replaces_the_old_one_in_the_kernel():
    bench = Bench()
    bench.activate()
    bench.attach()
    other = parse_address("10.20.0.9")
    bench.answer(bench.sent()[0], address=other)
    assert kinds(a for a in bench.take() if not isinstance(a, Log)) == [
        "Withdraw", "Forward", "SendFrame", "Remember"]
    assert bench.binding.forwarded == (other,)


def test_when_the_anchor_has_lost_its_sessions_they_are_registered_again():
    bench = Bench()
    bench.activate()
    heartbeat = Message(
        header.HEARTBEAT, [Option(options.RESTART_COUNTER, counter=5)],
        flags=header.HEARTBEAT_RESPONSE | header.HEARTBEAT_UNSOLICITED)
    bench.receive(heartbeat)
    bench.wait(0)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    update, = bench.sent()
    assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == HOME
    bench.answer(update)
    bench.receive(heartbeat)
    bench.wait(1000)
    assert bench.sent() == []


# De-registration (6.9.1.4)

def test_a_departure_withdraws_and_deregisters():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    taken = bench.take()
    assert Withdraw(LINK, PHONE, HOME, bench.binding.anchor) in taken
    update, = [header.decode(a.data) for a in taken if isinstance(a, SendMessage)]
    assert update.lifetime == 0
    assert update.option(options.HANDOFF_INDICATOR).indicator == 4
    assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == HOME
    assert update.option(options.GRE_KEY) is None
    bench.answer(update, lifetime=0)
    assert bench.binding is None
    assert bench.gateway.next_timeout() is None


def test_an_unanswered_deregistration_is_over_after_a_second():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(1000)
    assert bench.binding is None
    assert bench.gateway.next_timeout() is None


def test_a_station_that_returns_while_being_deregistered_is_registered():
    bench = Bench()
    bench.activate()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    farewell = bench.sent()[-1]
    bench.attach()
    update, = bench.sent()
    bench.answer(farewell, lifetime=0)
    assert bench.binding.state == REGISTERING
    bench.answer(update)
    assert bench.binding.state == ACTIVE


def test_reassociation_without_a_departure_registers_but_keeps_forwarding():
    bench = Bench()
    bench.activate()
    bench.attach()
    assert kinds(bench.take()) == ["SendMessage"]
    assert bench.binding.state == REFRESHING


def test_a_return_under_another_identity_ends_the_old_session():
    bench = Bench()
    bench.activate()
    bench.attach(identity=b"mn2@example.org")
    lifetimes = [(u.option(options.MN_IDENTIFIER).identifier, u.lifetime) for u in bench.sent()]
    assert lifetimes == [(IDENTITY, 0), (b"mn2@example.org", 900)]


def test_a_move_between_access_links_of_one_gateway_is_no_departure():
    bench = Bench()
    bench.activate()
    bench.attach(link="wlan1")
    taken = bench.take()
    assert kinds(a for a in taken if not isinstance(a, Log)) == [
        "Withdraw", "Forget", "SendMessage"]
    assert header.decode(taken[-1].data).lifetime == 900
    assert bench.binding is None


# Journal

def test_a_restored_session_is_renewed_once_the_station_shows_itself():
    before = Bench().activate()
    bench = Bench()
    before.anchor = bench.gateway.configuration.anchors[0]
    bench.gateway.restore(before, bench.now)
    assert bench.take() == []
    bench.wait(100)
    assert bench.take(SendMessage) == []
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    update, = bench.sent()
    assert update.option(options.HANDOFF_INDICATOR).indicator == 5
    bench.answer(update)
    assert kinds(bench.take()) == ["Remember"]


def restored_a_minute_ago():
    before = Bench().activate()
    bench = Bench()
    before.anchor = bench.gateway.configuration.anchors[0]
    bench.gateway.restore(before, bench.now)
    bench.wait(100)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    bench.answer(bench.sent()[0])
    bench.now += 60000
    bench.take()
    return bench


def test_a_restored_session_whose_station_never_left_goes_on():
    bench = restored_a_minute_ago()
    bench.gateway.station_authorized(
        LINK, PHONE, b"", bench.binding.attached_at + 900, bench.now)
    assert (bench.take(), bench.binding.state) == ([], ACTIVE)


def test_a_restored_session_whose_station_came_back_meanwhile_is_registered_anew():
    bench = restored_a_minute_ago()
    bench.gateway.station_authorized(LINK, PHONE, b"", bench.now - 5000, bench.now)
    assert kinds(bench.take()) == ["PollStation", "SendFrame"]
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    update, = bench.sent()
    assert update.option(options.HANDOFF_INDICATOR).indicator == 4


def test_a_station_found_on_the_list_is_registered_once_it_shows_itself():
    bench = Bench()
    bench.gateway.station_authorized(LINK, PHONE, IDENTITY, bench.now - 5000, bench.now)
    assert kinds(bench.take()) == ["PollStation"]
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    assert [update.lifetime for update in bench.sent()] == [900]


def test_a_station_found_on_the_list_that_has_roamed_away_does_no_harm():
    bench = Bench()
    bench.gateway.station_authorized(LINK, PHONE, IDENTITY, bench.now - 5000, bench.now)
    bench.wait(3000)
    taken = bench.take()
    assert "SendMessage" not in kinds(taken)
    gone, = [action for action in taken if isinstance(action, RemoveStation)]
    assert (gone.mac, gone.tell) == (PHONE, False)
    assert bench.binding is None and bench.gateway.next_timeout() is None


# Hostile input

def test_garbage_from_the_anchor_is_counted_and_dropped():
    bench = Bench()
    bench.activate()
    for data in (b"", b"\0", bytes(8), b"\x3b\xff\x06\0" + bytes(20), bytes(range(256))):
        bench.gateway.message_received(ANCHOR, data, bench.now)
    assert bench.binding.state == ACTIVE
    assert bench.count("signalling.malformed") + bench.count("signalling.unknown_type") == 5


def test_unknown_message_types_give_binding_error():
    bench = Bench()
    bench.gateway.message_received(ANCHOR, b"\x3b\0\x63\0\0\0\0\0", bench.now)
    error, = bench.sent()
    assert (error.kind, error.status) == (header.BINDING_ERROR, 2)


def test_attached_is_said_once_per_session():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[0])
    assert len(bench.take(Attached)) == 1
    bench.attach()
    bench.answer(bench.sent()[0])
    assert bench.take(Attached) == []
