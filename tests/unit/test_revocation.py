# SPDX-License-Identifier: GPL-2.0-or-later
"""Binding revocation at the gateway (RFC 5846 section 9.1)."""

from mag import HOME, IDENTITY, LINK, PHONE, PREFIX, STRANGER, Bench, RemoveStation, Withdraw

from mag_lite.core.actions import Forget, HandedOver, Log, PollStation, SendMessage
from mag_lite.core.binding_update_list import ACTIVE
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_address, parse_prefix
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

HANDOVER = status.INTER_MAG_HANDOVER_SAME_ACCESS_TYPE


GLOBAL = header.BR_PROXY | header.BR_GLOBAL


def indication(trigger=HANDOVER, flags=header.BR_PROXY | header.BR_IPV4_ONLY,
               identifier=IDENTITY, address=HOME):
    carried = [Option(options.MN_IDENTIFIER, subtype=1, identifier=identifier)]
    if address:
        carried.append(Option(options.IPV4_HOME_ADDRESS_REQUEST, prefix_length=32,
                              address=address))
    return Message(header.BINDING_REVOCATION_INDICATION, carried, trigger=trigger,
                   sequence=77, flags=flags)


def active():
    bench = Bench()
    bench.activate()
    return bench


def answer(bench):
    message, = bench.sent()
    assert message.kind == header.BINDING_REVOCATION_ACKNOWLEDGEMENT
    assert message.sequence == 77
    return message.status


def test_after_a_handover_a_station_that_is_gone_is_forgotten_and_dropped_silently():
    bench = active()
    anchor = bench.binding.anchor
    bench.receive(indication())
    assert PollStation(LINK, PHONE) in bench.take()
    bench.wait(700)
    taken = bench.take()
    assert Withdraw(LINK, PHONE, HOME, anchor) in taken
    assert RemoveStation(LINK, PHONE, False) in taken
    assert [type(a) for a in taken if isinstance(a, Forget)] == [Forget]
    messages = [header.decode(a.data) for a in taken if isinstance(a, SendMessage)]
    assert [m.kind for m in messages] == [header.BINDING_REVOCATION_ACKNOWLEDGEMENT], \
        "no de-registration follows a revocation"
    assert messages[0].status == status.REVOKED
    assert messages[0].flags == header.BR_PROXY | header.BR_IPV4_ONLY
    assert bench.binding is None and bench.gateway.next_timeout() is None


def test_a_station_that_shows_itself_keeps_its_session():
    bench = active()
    bench.receive(indication())
    bench.take()
    bench.wait(300)
    bench.take()
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    assert answer(bench) == status.REVOCATION_FAILED_MN_IS_ATTACHED
    assert bench.binding.forwarded == (HOME,)


def test_a_station_that_shows_itself_is_registered_again_but_not_over_and_over():
    bench = active()
    bench.wait(100000)
    for pause in (1000, 59999, 59999):
        for _ in range(2):
            bench.receive(indication())
            bench.gateway.station_seen(LINK, PHONE, bench.now)
        bench.take()
        bench.wait(pause - 1)
        assert bench.sent() == []
        bench.wait(1)
        assert bench.sent() == [], "nothing is sent before the station answered"
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        update, = bench.sent()
        assert (update.kind, update.lifetime) == (header.BINDING_UPDATE, 900)
        bench.answer(update)
        bench.wait(1)
        bench.take()


def test_a_refresh_that_is_due_sooner_is_not_put_off():
    bench = active()
    bench.wait(100000)
    for pause in (1000, 40000):
        bench.receive(indication())
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        bench.take()
        bench.wait(pause)
        bench.gateway.station_seen(LINK, PHONE, bench.now)
        update, = bench.sent()
        assert update.kind == header.BINDING_UPDATE
        bench.answer(update, lifetime=15)


def test_an_anchor_that_only_asks_has_the_session_nowhere_else():
    bench = active()
    bench.receive(indication(status.INTER_MAG_HANDOVER_UNKNOWN))
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    assert not [said for said in bench.take() if isinstance(said, Log) and said.level == "warning"]
    bench.wait(60000)
    assert bench.sent() == []


def test_an_administrative_revocation_is_obeyed_and_told_to_the_station():
    bench = active()
    bench.receive(indication(status.REVOCATION_ADMINISTRATIVE))
    assert answer(bench) == status.REVOKED
    assert RemoveStation(LINK, PHONE, True) in bench.done
    assert bench.binding is None


def test_repeated_indications_are_answered_each():
    bench = active()
    bench.receive(indication())
    bench.receive(indication())
    bench.wait(700)
    assert [m.status for m in bench.sent()] == [status.REVOKED, status.REVOKED]
    bench.receive(indication())
    assert answer(bench) == status.BINDING_DOES_NOT_EXIST


def test_what_cannot_be_revoked_is_refused_with_the_rfcs_status():
    cases = (
        (indication(identifier=b"other@example.org"), status.BINDING_DOES_NOT_EXIST),
        (indication(address=parse_address("10.20.0.99")), status.BINDING_DOES_NOT_EXIST),
        (indication(flags=0), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (indication(trigger=99), status.REVOCATION_TRIGGER_NOT_SUPPORTED),
        (indication(trigger=128), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (indication(flags=GLOBAL), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (indication(trigger=128, flags=GLOBAL), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (indication(trigger=129, flags=GLOBAL), status.REVOKED_MOBILE_NODES_IDENTITY_REQUIRED),
    )
    for message, expected in cases:
        bench = active()
        bench.receive(message)
        assert answer(bench) == expected, message
        assert bench.binding.forwarded == (HOME,), message


def test_all_sessions_may_be_revoked_at_once_and_are_registered_again_later():
    bench = active()
    message = indication(status.PER_PEER_POLICY, GLOBAL)
    message.options = []
    bench.receive(message)
    taken = bench.take()
    assert Withdraw(LINK, PHONE, HOME, bench.binding.anchor) in taken
    assert not [a for a in taken if isinstance(a, RemoveStation)], "it did nothing wrong"
    answers = [header.decode(a.data) for a in taken if isinstance(a, SendMessage)]
    assert [m.status for m in answers] == [status.REVOKED]
    bench.wait(60000)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    assert [m.kind for m in bench.sent()] == [header.BINDING_UPDATE]


def test_the_sessions_of_a_realm_may_be_revoked():
    trigger = status.REVOKING_MOBILITY_NODE_LOCAL_POLICY
    bench = active()
    bench.receive(indication(trigger, GLOBAL, b"@org", None))
    assert answer(bench) == status.BINDING_DOES_NOT_EXIST, "no sub-realms"
    bench.receive(indication(trigger, GLOBAL, b"@example.org", None))
    assert answer(bench) == status.REVOKED
    assert bench.binding.forwarded is None


def test_an_indication_without_identity_is_refused():
    bench = active()
    message = indication()
    message.options = []
    bench.receive(message)
    assert answer(bench) == status.REVOKED_MOBILE_NODES_IDENTITY_REQUIRED


def dual():
    bench = Bench(ip_versions=(4, 6))
    bench.activate()
    return bench


def test_revoking_the_ipv4_address_of_a_dual_stack_session_leaves_its_prefixes():
    bench = dual()
    anchor = bench.binding.anchor
    bench.receive(indication(status.REVOCATION_ADMINISTRATIVE))
    taken = bench.take()
    assert [a for a in taken if isinstance(a, Withdraw)] == [Withdraw(LINK, PHONE, HOME, anchor)]
    assert not [a for a in taken if isinstance(a, (RemoveStation, Forget))]
    answers = [header.decode(a.data) for a in taken if isinstance(a, SendMessage)]
    assert [(m.status, m.flags) for m in answers] == [
        (status.REVOKED, header.BR_PROXY | header.BR_IPV4_ONLY)]
    assert bench.binding.forwarded == (PREFIX,) and bench.binding.state == ACTIVE
    bench.receive(indication(status.REVOCATION_ADMINISTRATIVE))
    assert answer(bench) == status.BINDING_DOES_NOT_EXIST, "it has no such address any more"
    bench.gateway.registration.refresh_due(bench.binding, bench.now)
    bench.gateway.station_seen(LINK, PHONE, bench.now)
    refresh = bench.sent()[-1]
    assert refresh.option(options.IPV4_HOME_ADDRESS_REQUEST) is None
    assert refresh.option(options.HOME_NETWORK_PREFIX).prefix == PREFIX[0]
    bench.answer(refresh)
    assert bench.binding.forwarded == (PREFIX,)


def test_a_station_without_its_ipv4_address_may_have_one_when_it_attaches_anew():
    bench = dual()
    bench.receive(indication(status.REVOCATION_ADMINISTRATIVE))
    bench.take()
    bench.attach()
    update = bench.sent()[-1]
    assert update.option(options.IPV4_HOME_ADDRESS_REQUEST).address == bytes(4)


def test_a_station_that_is_gone_may_lose_its_ipv4_address_alone():
    bench = dual()
    bench.receive(indication(HANDOVER))
    bench.wait(1000)
    assert bench.binding.forwarded == (PREFIX,)
    assert not bench.take(HandedOver), "the session is where it was"


def test_revoking_an_ipv4_address_names_it():
    bench = dual()
    bench.receive(indication(status.REVOCATION_ADMINISTRATIVE, address=None))
    assert answer(bench) == status.IPV4_HOME_ADDRESS_OPTION_REQUIRED
    other = indication(status.REVOCATION_ADMINISTRATIVE, address=parse_address("10.20.0.99"))
    other.options.append(Option(
        options.HOME_NETWORK_PREFIX, prefix=PREFIX[0], prefix_length=PREFIX[1]))
    bench.receive(other)
    assert answer(bench) == status.BINDING_DOES_NOT_EXIST
    assert bench.binding.forwarded == (HOME, PREFIX)


def test_a_session_may_be_named_by_its_prefix():
    def named(prefix):
        message = indication(
            status.REVOCATION_ADMINISTRATIVE, flags=header.BR_PROXY, address=None)
        message.options.append(Option(
            options.HOME_NETWORK_PREFIX, prefix=prefix[0], prefix_length=prefix[1]))
        return message

    bench = dual()
    bench.receive(named(parse_prefix("2001:db8:999::/64")))
    assert answer(bench) == status.BINDING_DOES_NOT_EXIST
    bench.receive(named(PREFIX))
    assert answer(bench) == status.REVOKED
    assert bench.binding is None, "with its IPv4 address"


def test_strangers_cannot_revoke():
    bench = active()
    bench.receive(indication(), source=STRANGER)
    bench.wait(5000)
    assert bench.take() == []
    assert bench.binding.forwarded == (HOME,)


def test_a_departure_during_the_check_answers_the_anchor():
    bench = active()
    bench.receive(indication())
    bench.take()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.wait(1000)
    assert status.REVOKED in [m.status for m in bench.sent()
                              if m.kind == header.BINDING_REVOCATION_ACKNOWLEDGEMENT]
