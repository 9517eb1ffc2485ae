# SPDX-License-Identifier: GPL-2.0-or-later
"""Binding revocation, by the anchor and by a gateway (RFC 5846)."""

from lma_room import (
    AP1,
    AP1_6,
    AP2,
    BETWEEN_GATEWAYS,
    BETWEEN_INTERFACES,
    FIRST,
    INTERNET,
    MAC,
    MAC2,
    MAGS,
    NEW,
    SECOND,
    UNCHANGED,
    UNKNOWN,
    Room,
    address,
    configuration,
)

from lma_lite.policy import Pool
from lma_lite.revocation import HANDOVER_DELAY
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_prefix
from mag_lite.wire.mobility_options import Option

MN1 = (1, b"mn1@example.net")
AP3 = address("192.0.2.12")
NODE = Option(options.MN_IDENTIFIER, subtype=1, identifier=b"mn1@example.net")


def handed_over(**update):
    """A room where a session has just gone from AP1 to AP2."""
    room = Room()
    room.update()
    room.update(AP2, indicator=BETWEEN_GATEWAYS, **update)
    room.wait(HANDOVER_DELAY)
    return room


def indications(room):
    kinds = [header.decode(send.data).kind for send in room.sent]
    return kinds.count(header.BINDING_REVOCATION_INDICATION)


# After a handover (section 8.1)


def test_the_former_gateway_is_told_of_a_handover():
    mag, indication = handed_over().revocation()
    assert mag == AP1
    assert indication.trigger == status.INTER_MAG_HANDOVER_SAME_ACCESS_TYPE
    assert indication.flags == header.BR_PROXY | header.BR_IPV4_ONLY
    assert [option.number for option in indication.options] == [
        options.MN_IDENTIFIER, options.IPV4_HOME_ADDRESS_REQUEST]
    assert indication.option(options.MN_IDENTIFIER) == NODE
    address = indication.option(options.IPV4_HOME_ADDRESS_REQUEST)
    assert (address.address, address.prefix_length) == (FIRST, 16)


def test_a_handover_to_another_technology_is_told_as_such():
    room = Room()
    room.update()
    room.update(AP2, indicator=BETWEEN_INTERFACES, technology=3, mac=MAC2)
    room.wait(HANDOVER_DELAY)
    trigger = room.revocation()[1].trigger
    assert trigger == status.INTER_MAG_HANDOVER_DIFFERENT_ACCESS_TYPE


def test_an_indication_is_repeated_once_then_left_alone():
    room = handed_over()
    room.wait(999)
    assert indications(room) == 1
    room.wait(1)
    assert indications(room) == 2
    assert room.sent[-1].data == room.sent[-2].data
    room.wait(60000)
    assert indications(room) == 2
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2


def test_an_acknowledged_indication_is_not_repeated():
    for code in (status.REVOKED, status.BINDING_DOES_NOT_EXIST):
        room = handed_over()
        room.acknowledge(code)
        room.wait(60000)
        assert indications(room) == 1
        assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2


def test_a_former_gateway_that_still_sees_the_node_does_not_get_it_back():
    room = handed_over()
    room.lines()
    room.acknowledge(status.REVOCATION_FAILED_MN_IS_ATTACHED)
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2
    assert room.lines() == [
        "revocation of mn1@example.net 02:00:5e:10:00:01 10.20.0.2 at mag 192.0.2.10: "
        "revocation failed, MN is attached"]


def test_only_the_gateway_that_was_asked_can_acknowledge():
    room = handed_over()
    room.acknowledge(mag=AP2)
    assert room.count("unexpected messages") == 1
    room.wait(1000)
    assert indications(room) == 2


def test_a_node_that_comes_back_is_not_revoked_any_more():
    room = handed_over()
    room.update(AP1, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    assert room.revocation()[0] == AP2
    room.acknowledge(mag=AP2)
    room.wait(60000)
    assert [send.destination for send in room.sent].count(AP1) == 3


def test_indications_have_numbers_of_their_own():
    room = handed_over()
    first = room.revocation()[1].sequence
    room.update(node=b"mn2", mac=MAC2)
    room.update(AP2, node=b"mn2", mac=MAC2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    assert room.revocation()[1].sequence != first


def test_a_node_that_goes_to_and_fro_is_revoked_at_neither_gateway():
    room = Room()
    room.update()
    for mag in (AP2, AP1) * 3:
        room.wait(HANDOVER_DELAY - 1)
        room.update(mag, indicator=BETWEEN_GATEWAYS)
    assert indications(room) == 0
    room.wait(60000)
    assert room.revocation()[0] == AP2 and indications(room) == 2


def test_a_gateway_that_knows_no_revocation_is_spared_further_ones():
    room = handed_over()
    room.tell(header.BINDING_ERROR, AP1, status=status.UNRECOGNIZED_MH_TYPE)
    room.wait(10000)
    room.update(AP1, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    room.acknowledge(mag=AP2)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    assert indications(room) == 2 and room.revocation()[0] == AP2


def test_an_error_about_something_else_ends_no_revocations():
    room = Room()
    room.update()
    room.tell(header.BINDING_ERROR, AP1, status=status.UNRECOGNIZED_MH_TYPE)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    assert room.revocation()[0] == AP1


def test_a_new_configuration_gives_such_a_gateway_another_chance():
    room = handed_over()
    room.tell(header.BINDING_ERROR, AP1, status=status.UNRECOGNIZED_MH_TYPE)
    room.update(AP1, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    room.anchor.reconfigure(configuration(), room.now)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    assert room.revocation()[0] == AP1 and indications(room) == 3


def test_another_binding_error_says_nothing_about_revocation():
    room = handed_over()
    room.tell(header.BINDING_ERROR, AP1, status=status.UNKNOWN_BINDING)
    room.wait(1000)
    assert indications(room) == 2


# Handover state unknown: is the node still there?  (RFC 5213 5.4.1.2, RFC 5846 8.1)


def unknown(**update):
    """A room where AP2 reports another interface of a node that AP1 serves."""
    room = Room(dict(list(MAGS.items()) + [(AP3, "ap3")]))
    room.update(**update)
    room.did = []
    assert room.update(AP2, indicator=UNKNOWN, mac=MAC2, **update) is None
    return room


def answers(room, mag=AP2):
    """The acknowledgements that went to a gateway."""
    messages = [header.decode(send.data) for send in room.sent if send.destination == mag]
    return [each for each in messages if each.kind == header.BINDING_ACKNOWLEDGEMENT]


def test_the_serving_gateway_is_asked_first():
    room = unknown()
    mag, indication = room.revocation()
    assert mag == AP1
    assert indication.trigger == status.INTER_MAG_HANDOVER_UNKNOWN
    assert room.names() == ["Send"]


def test_if_the_node_has_left_it_keeps_its_session():
    room = unknown()
    room.acknowledge(status.REVOKED)
    assert [room.home(answer) for answer in answers(room)] == [FIRST]
    binding = room.anchor.cache.of_address(FIRST)
    assert binding.proxy_care_of_address == AP2 and binding.link_layer_identifier == MAC2
    room.wait(60000)
    assert len(room.anchor.cache) == 1 and indications(room) == 1


def test_if_the_node_is_still_there_it_gets_a_second_session():
    room = unknown()
    room.acknowledge(status.REVOCATION_FAILED_MN_IS_ATTACHED)
    assert [room.home(answer) for answer in answers(room)] == [SECOND]
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP1


def test_an_update_that_waited_while_the_configuration_changed_is_judged_by_the_new_one():
    room = unknown()
    room.anchor.reconfigure(configuration(), room.now)
    room.acknowledge(status.REVOCATION_FAILED_MN_IS_ATTACHED)
    other = room.update(node=b"mn2@example.net", mac=MAC2)
    assert room.home(answers(room)[0]) == SECOND != room.home(other), "nobody else has it"


def test_if_no_answer_comes_it_gets_a_second_session():
    room = unknown()
    room.wait(1499)
    assert answers(room) == [] and indications(room) == 2
    room.wait(1)
    assert [room.home(answer) for answer in answers(room)] == [SECOND]


def test_a_de_registration_meanwhile_is_as_good_as_an_answer():
    room = unknown()
    room.update(AP1, lifetime=0, indicator=UNKNOWN)
    assert [room.home(answer) for answer in answers(room)] == [FIRST]
    room.wait(60000)
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2


def test_a_refresh_meanwhile_shows_that_the_node_is_still_there():
    room = unknown()
    room.update(AP1, indicator=UNCHANGED)
    assert [room.home(answer) for answer in answers(room)] == [SECOND]
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP1


def test_the_session_that_is_asked_for_may_expire_meanwhile():
    room = Room()
    room.update(lifetime=1)
    room.wait(3500)
    room.update(AP2, indicator=UNKNOWN, mac=MAC2)
    room.wait(600)
    assert len(answers(room)) == 1
    assert [binding.proxy_care_of_address for binding in room.anchor.cache] == [AP2]


def test_a_waiting_gateway_that_repeats_itself_is_answered_once_about_the_latest():
    room = unknown()
    room.wait(1000)
    room.update(AP2, indicator=UNKNOWN, mac=MAC2)
    room.acknowledge(status.REVOKED)
    assert [answer.sequence for answer in answers(room)] == [room.sequence]


def test_an_update_that_waits_is_overtaken_by_the_next_of_its_gateway():
    room = unknown()
    answer = room.update(AP2, indicator=NEW, mac=MAC2)
    room.wait(60000)
    assert [each.sequence for each in answers(room)] == [room.sequence]
    assert room.home(answer) == SECOND
    assert room.anchor.cache.of_address(SECOND).sequence == room.sequence


def test_two_interfaces_may_wait_for_the_same_session():
    room = unknown()
    room.update(AP2, indicator=UNKNOWN, mac=b"\x02\0\0\0\0\x03")
    room.acknowledge(status.REVOKED)
    assert sorted([room.home(answer) for answer in answers(room)]) == [FIRST, SECOND]


def test_who_waits_is_not_given_a_session_that_a_newer_update_has_moved():
    room = unknown()
    room.update(AP3, indicator=BETWEEN_GATEWAYS)
    room.update(AP3, indicator=UNKNOWN, lifetime=0)
    room.wait(HANDOVER_DELAY)
    room.acknowledge(status.REVOKED)
    assert [each.status for each in answers(room)] == [status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED]
    assert room.home(room.update(AP2, indicator=UNKNOWN, mac=MAC2)) == FIRST


def test_nor_by_sequence_numbers():
    room = unknown(timestamp=None)
    room.update(AP2, indicator=BETWEEN_GATEWAYS, timestamp=None)
    room.update(AP2, indicator=UNKNOWN, lifetime=0, timestamp=None)
    room.wait(HANDOVER_DELAY)
    room.acknowledge(status.REVOKED)
    refusal = answers(room)[-1]
    assert (refusal.status, refusal.sequence) == (status.SEQUENCE_OUT_OF_WINDOW, room.sequence)


def test_of_two_gateways_that_wait_with_one_interface_the_newer_update_counts():
    room = unknown()
    older = room.time_of_day() - 30
    room.update(AP3, indicator=UNKNOWN, mac=MAC2, timestamp=older)
    room.acknowledge(status.REVOKED)
    assert [room.home(answer) for answer in answers(room)] == [FIRST]
    assert [each.status for each in answers(room, AP3)] == [
        status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED]
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2


def test_the_window_does_not_close_on_an_update_that_waits():
    room = unknown()
    room.wait(1400)
    room.acknowledge(status.REVOKED)
    assert [answer.status for answer in answers(room)] == [status.ACCEPTED]


def test_a_gateway_that_knows_no_revocation_may_still_de_register():
    room = unknown()
    room.tell(header.BINDING_ERROR, AP1, status=status.UNRECOGNIZED_MH_TYPE)
    assert answers(room) == []
    room.update(AP1, lifetime=0, indicator=UNKNOWN)
    assert [room.home(answer) for answer in answers(room)] == [FIRST]
    room.update(AP1, node=b"mn2", indicator=NEW)
    assert room.update(AP2, node=b"mn2", mac=MAC2, indicator=UNKNOWN) is None
    assert indications(room) == 1, "it is not asked any more"
    room.wait(1499)
    assert len(answers(room)) == 1
    room.wait(1)
    assert len(answers(room)) == 2, "nor waited for for ever"


def test_the_delay_before_a_second_session_can_be_configured():
    room = Room(assign_delay=20000)
    room.update()
    assert room.update(AP2, indicator=UNKNOWN, mac=MAC2) is None
    room.wait(19000)
    assert answers(room) == [], "its gateway, which does not answer, may still de-register it"
    room.wait(1000)
    assert [room.home(answer) for answer in answers(room)] == [SECOND]
    room = Room(assign_delay=0)
    room.update()
    assert room.home(room.update(AP2, indicator=UNKNOWN, mac=MAC2)) == SECOND, "at once"
    assert indications(room) == 0


# By an administrator


def test_an_administrator_ends_all_sessions_of_a_node():
    room = Room()
    room.update()
    room.update(AP2, mac=MAC2)
    assert room.anchor.revoke(MN1, room.now) == 2
    room.drain()
    assert indications(room) == 2
    assert room.revocation()[1].trigger == status.REVOCATION_ADMINISTRATIVE
    room.acknowledge(mag=room.revocation()[0])
    assert len(room.anchor.cache) == 1
    room.wait(3000)
    assert len(room.anchor.cache) == 0, "a gateway that does not answer cannot keep a session"
    assert room.anchor.next_timeout() is None


def test_while_it_is_revoked_a_session_cannot_be_refreshed():
    room = Room()
    room.update()
    room.anchor.revoke(MN1, room.now)
    room.drain()
    for mag in (AP1, AP2):
        answer = room.update(mag, indicator=BETWEEN_GATEWAYS)
        assert answer.status == status.ADMINISTRATIVELY_PROHIBITED
    room.acknowledge(status.REVOCATION_FAILED_MN_IS_ATTACHED)
    assert len(room.anchor.cache) == 0


def test_revoking_a_node_that_nobody_knows():
    room = Room()
    assert room.anchor.revoke(MN1, room.now) == 0
    assert room.anchor.actions == []


# By a gateway (section 8.2)


def revoke(room, mag=AP1, trigger=6, flags=header.BR_PROXY, carried=(NODE,)):
    answer = room.tell(
        header.BINDING_REVOCATION_INDICATION, mag, carried, trigger=trigger, sequence=99,
        flags=flags)
    assert answer.kind == header.BINDING_REVOCATION_ACKNOWLEDGEMENT
    assert answer.sequence == 99 and answer.flags == flags
    return answer.status


def test_a_gateway_revokes_what_it_serves():
    room = Room()
    room.update()
    room.update(AP2, mac=MAC2)
    assert revoke(room) == status.REVOKED
    assert [binding.proxy_care_of_address for binding in room.anchor.cache] == [AP2]
    assert revoke(room) == status.BINDING_DOES_NOT_EXIST


def test_a_gateway_revokes_nothing_of_another():
    room = Room()
    room.update()
    assert revoke(room, AP2) == status.BINDING_DOES_NOT_EXIST
    globally = header.BR_PROXY | header.BR_GLOBAL
    assert revoke(room, AP2, 128, globally) == status.REVOKED
    assert len(room.anchor.cache) == 1


def test_a_gateway_revokes_one_ipv4_address():
    room = Room()
    room.update()
    room.update(mac=MAC2)
    only_ipv4 = header.BR_PROXY | header.BR_IPV4_ONLY
    assert revoke(room, flags=only_ipv4) == status.IPV4_HOME_ADDRESS_OPTION_REQUIRED
    address = Option(options.IPV4_HOME_ADDRESS_REQUEST, address=SECOND, prefix_length=16)
    assert revoke(room, flags=only_ipv4, carried=(NODE, address)) == status.REVOKED
    assert [binding.link_layer_identifier for binding in room.anchor.cache] == [MAC]


def test_the_ipv4_half_of_a_dual_stack_session_ends_alone():
    prefix = parse_prefix("2001:db8:100::/64")
    room = Room(pools=[Pool("internet", b"", *INTERNET[2:5], parse_prefix("2001:db8:100::/40"))])
    room.update(more=[Option(options.HOME_NETWORK_PREFIX)])
    room.names()
    address = Option(options.IPV4_HOME_ADDRESS_REQUEST, address=FIRST, prefix_length=16)
    only_ipv4 = header.BR_PROXY | header.BR_IPV4_ONLY
    assert revoke(room, flags=only_ipv4, carried=(NODE, address)) == status.REVOKED
    binding = list(room.anchor.cache)[0]
    assert binding.home_addresses() == [prefix] and not binding.deregistered
    assert room.names() == ["Send", "Unroute", "Remember"]
    assert revoke(room, flags=only_ipv4, carried=(NODE, address)) == (
        status.BINDING_DOES_NOT_EXIST)
    room.update(mac=MAC2, node=b"mn2")
    room.update(home=None, indicator=5, more=[
        Option(options.HOME_NETWORK_PREFIX, prefix=prefix[0], prefix_length=64)])
    assert binding.home_addresses() == [prefix], "a refresh of the rest changes nothing"


def test_a_gateway_that_goes_down_revokes_all():
    room = Room()
    room.update()
    room.update(node=b"mn2", mac=MAC2)
    globally = header.BR_PROXY | header.BR_GLOBAL
    other = Option(options.ALTERNATE_CARE_OF_ADDRESS, address=AP1_6)
    for carried in ((), (NODE, other)):
        code = revoke(room, trigger=128, flags=globally, carried=carried)
        assert code == status.GLOBAL_REVOCATION_NOT_AUTHORIZED
    assert len(room.anchor.cache) == 2
    room.lines()
    assert revoke(room, trigger=128, flags=globally) == status.REVOKED
    assert len(room.anchor.cache) == 0 and room.count("deregistrations") == 2
    assert [line.split(": ")[1] for line in room.lines()] == 2 * ["revoked by the gateway"]


def test_indications_that_make_no_sense():
    room = Room()
    room.update()
    globally = header.BR_PROXY | header.BR_GLOBAL
    for trigger, flags, carried, code in (
        (128, header.BR_PROXY, (NODE,), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (1, globally, (NODE,), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (1, 0, (NODE,), status.REVOCATION_FUNCTION_NOT_SUPPORTED),
        (129, globally, (NODE,), status.REVOCATION_TRIGGER_NOT_SUPPORTED),
        (1, header.BR_PROXY, (), status.REVOKED_MOBILE_NODES_IDENTITY_REQUIRED),
    ):
        assert revoke(room, AP1, trigger, flags, carried) == code
    assert len(room.anchor.cache) == 1
