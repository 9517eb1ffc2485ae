# SPDX-License-Identifier: GPL-2.0-or-later
"""A session's life: opened, refreshed, handed over, de-registered, expired."""

from lma_room import (
    ANY,
    AP1,
    AP1_6,
    AP2,
    BETWEEN_GATEWAYS,
    FIRST,
    INTERNET,
    LMA,
    LMA6,
    MAC,
    MAC2,
    ROUTER,
    SECOND,
    STRANGER,
    UNCHANGED,
    UNKNOWN,
    Room,
    address,
    configuration,
    node,
)

from lma_lite.actions import Blackhole, Log, ReleaseTunnel, Route, Send, Unroute
from lma_lite.policy import Pool
from lma_lite.revocation import HANDOVER_DELAY
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.checksum import internet_checksum, pseudo_header
from mag_lite.wire.mobility_options import Option


def actions(room, kind):
    return [action for action in room.did if isinstance(action, kind)]


# Opening (RFC 5213 5.3.2, RFC 5844 3.1.2.2)


def test_the_kernel_forwards_before_the_gateway_is_answered():
    room = Room()
    room.update()
    assert actions(room, Route) == [Route(FIRST, AP1, LMA, "gre")]
    assert room.names() == ["Route", "Remember", "Send"]


def test_the_answer_says_all_that_the_gateway_needs():
    answer = Room().update()
    assert answer.status == status.ACCEPTED and answer.flags == header.BA_PROXY
    assert answer.sequence == 1 and answer.lifetime == 75
    reply = answer.option(options.IPV4_HOME_ADDRESS_REPLY)
    assert (reply.status, reply.address, reply.prefix_length) == (0, FIRST, 16)
    assert answer.option(options.IPV4_DEFAULT_ROUTER_ADDRESS).address == ROUTER
    assert answer.option(options.IPV4_DHCP_SUPPORT_MODE).flags == 1, "the gateway serves DHCP"
    assert answer.option(options.GRE_KEY).key is None
    assert answer.option(options.MN_IDENTIFIER).identifier == b"mn1@example.net"
    assert answer.option(options.HANDOFF_INDICATOR).indicator == 1
    assert answer.option(options.ACCESS_TECHNOLOGY_TYPE).technology == 4
    assert answer.option(options.MN_LINK_LAYER_IDENTIFIER).identifier == MAC
    assert answer.option(options.HOME_NETWORK_PREFIX) is None
    assert answer.option(options.LINK_LOCAL_ADDRESS) is None


def test_options_that_the_update_lacks_are_not_in_the_answer():
    answer = Room().update(timestamp=None, mac=None, gre=False)
    for number in (options.TIMESTAMP, options.MN_LINK_LAYER_IDENTIFIER, options.GRE_KEY):
        assert answer.option(number) is None


def test_the_timestamp_comes_back_as_it_was():
    room = Room()
    sent = room.time_of_day() + 100
    assert room.update(timestamp=sent).option(options.TIMESTAMP).time == sent


def test_the_shorter_lifetime_is_granted():
    room = Room(lifetime=100)
    assert room.update(lifetime=75).lifetime == 25
    assert room.update(lifetime=10, indicator=UNCHANGED).lifetime == 10


def test_an_address_may_be_wished_for():
    wish = address("10.20.3.4")
    assert Room().home(Room().update(home=wish)) == wish


def test_every_interface_has_its_own_session():
    room = Room()
    assert room.home(room.update()) == FIRST
    assert room.home(room.update(mac=MAC2)) == SECOND
    assert len(room.anchor.cache.of_node((1, b"mn1@example.net"))) == 2
    first, second = actions(room, Log)
    assert "session 2 of this identity" in second.text and "session" not in first.text


def test_without_gre_key_option_the_tunnel_is_plain_ip():
    room = Room()
    room.update(gre=False)
    assert actions(room, Route) == [Route(FIRST, AP1, LMA, "ip")]


def test_over_ipv6_the_answer_carries_a_checksum():
    room = Room()
    room.update(AP1_6, local=LMA6)
    sent = room.sent[-1]
    pseudo = pseudo_header(LMA6, AP1_6, len(sent.data), 135)
    assert internet_checksum(pseudo + sent.data) == 0
    assert actions(room, Route) == [Route(FIRST, AP1_6, LMA6, "gre")]


def test_the_answer_goes_to_the_port_that_the_update_came_from():
    room = Room()
    room.update()
    room.give(room.last, port=40000)
    assert room.sent[-1][:3] == (LMA, AP1, 40000)


def test_the_gateway_s_link_local_address():
    wanted, chosen = address("fe80::77"), address("fe80::200:5eff:fe00:5213")
    for asked, answered in ((bytes(16), chosen), (wanted, wanted), (bytes(16), wanted)):
        if asked == bytes(16) and answered == chosen:
            room = Room()
        option = Option(options.LINK_LOCAL_ADDRESS, address=asked)
        answer = room.update(more=(option,))
        assert answer.option(options.LINK_LOCAL_ADDRESS).address == answered


# Refreshing (5.3.3)


def test_a_refresh_changes_nothing_in_the_kernel():
    room = Room()
    room.update()
    room.names()
    answer = room.update(home=FIRST, indicator=UNCHANGED)
    assert answer.status == status.ACCEPTED and room.home(answer) == FIRST
    assert room.names() == ["Remember", "Send"]
    assert room.count("refreshes") == 1


def test_a_refresh_prolongs_the_session():
    room = Room()
    room.update(lifetime=10)
    room.wait(39000)
    room.update(lifetime=10, indicator=UNCHANGED)
    room.wait(39000)
    assert len(room.anchor.cache) == 1
    room.wait(2000)
    assert len(room.anchor.cache) == 0


def test_a_changed_encapsulation_moves_the_route():
    room = Room()
    room.update()
    room.names()
    room.update(indicator=UNCHANGED, gre=False)
    assert actions(room, Route) == [Route(FIRST, AP1, LMA, "ip")]
    assert room.names() == ["Route", "Remember", "Send", "ReleaseTunnel"]


def test_a_session_knows_since_when_its_gateway_serves_it():
    room = Room()
    room.update()
    begun = room.now
    room.wait(5000)
    room.update(indicator=UNCHANGED)
    assert room.anchor.cache.of_address(FIRST).since == begun
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    assert room.anchor.cache.of_address(FIRST).since == room.now


# Handover (5.3.4)


def test_a_handover_moves_the_session_at_once():
    room = Room()
    room.update()
    room.names()
    answer = room.update(AP2, indicator=BETWEEN_GATEWAYS)
    assert room.home(answer) == FIRST
    assert actions(room, Route) == [Route(FIRST, AP2, LMA, "gre")]
    assert actions(room, ReleaseTunnel) == [ReleaseTunnel(AP1, LMA, "gre")]
    assert room.names() == ["Route", "Remember", "Send", "ReleaseTunnel"]
    assert room.count("handovers") == 1


def test_the_gateway_that_the_node_has_left_hears_of_it_later():
    room = Room()
    room.update()
    room.did = []
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY - 1)
    assert [send.destination for send in actions(room, Send)] == [AP2]
    room.wait(1)
    assert [send.destination for send in actions(room, Send)] == [AP2, AP1]


def test_a_tunnel_that_others_use_stays():
    room = Room()
    room.update()
    room.update(node=b"mn2", mac=MAC2)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    assert actions(room, ReleaseTunnel) == []
    room.update(AP2, node=b"mn2", mac=MAC2, indicator=BETWEEN_GATEWAYS)
    assert actions(room, ReleaseTunnel) == [ReleaseTunnel(AP1, LMA, "gre")]


def test_a_handover_between_address_families():
    room = Room()
    room.update()
    room.update(AP1_6, local=LMA6, indicator=BETWEEN_GATEWAYS)
    assert actions(room, Route)[1:] == [Route(FIRST, AP1_6, LMA6, "gre")]


def test_back_and_forth():
    room = Room()
    for turn in range(6):
        mag = (AP1, AP2)[turn % 2]
        assert room.home(room.update(mag, indicator=BETWEEN_GATEWAYS)) == FIRST
        assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == mag
    assert room.count("handovers") == 5 and room.count("registrations") == 1


# De-registration (5.3.5)


def test_de_registration_drops_packets_and_deletes_later():
    room = Room()
    room.update()
    room.names()
    answer = room.update(lifetime=0, indicator=UNKNOWN, home=FIRST, gre=False)
    assert answer.status == status.ACCEPTED and answer.lifetime == 0
    assert room.home(answer) == FIRST
    assert actions(room, Blackhole) == [Blackhole(FIRST)]
    assert room.names() == ["Blackhole", "Remember", "Send", "ReleaseTunnel"]
    room.wait(9990)
    assert room.names() == []
    room.wait(20)
    assert actions(room, Unroute) == [Unroute(FIRST)]
    assert room.names() == ["Unroute", "Forget"]
    assert len(room.anchor.cache) == 0 and room.anchor.next_timeout() is None


def test_de_registration_by_another_gateway_is_ignored_silently():
    room = Room()
    room.update()
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    room.acknowledge()
    room.names()
    assert room.update(AP1, lifetime=0, indicator=UNKNOWN, home=FIRST) is None
    assert room.names() == []
    assert room.count("ignored deregistrations") == 1
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP2


def test_de_registration_of_nothing_is_ignored_silently():
    room = Room()
    assert room.update(lifetime=0, indicator=UNKNOWN, home=FIRST) is None
    assert room.names() == []


def test_an_update_from_before_the_de_registration_does_not_undo_it():
    room = Room()
    room.update()
    late = room.time_of_day() + 30
    room.wait(100)
    room.update(lifetime=0, indicator=UNKNOWN)
    answer = room.update(timestamp=late, indicator=UNCHANGED)
    assert answer.status == status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
    assert room.anchor.cache.of_address(FIRST).deregistered


def test_an_update_in_the_delay_takes_the_session_up_again():
    for mag in (AP1, AP2):
        room = Room()
        room.update()
        room.update(lifetime=0, indicator=UNKNOWN)
        room.wait(5000)
        room.names()
        assert room.home(room.update(mag)) == FIRST
        assert room.names() == ["Route", "Remember", "Send"], "and no revocation"
        room.wait(10000)
        assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == mag


def test_a_second_de_registration_does_not_prolong_the_delay():
    room = Room()
    room.update()
    room.update(lifetime=0, indicator=UNKNOWN)
    room.wait(6000)
    assert room.update(lifetime=0, indicator=UNKNOWN).status == status.ACCEPTED
    room.wait(4000)
    assert len(room.anchor.cache) == 0
    assert room.count("deregistrations") == 1


def test_the_address_is_free_for_others_only_after_the_delay():
    room = Room()
    room.update()
    room.update(lifetime=0, indicator=UNKNOWN)
    taken = room.update(AP2, node=b"mn2", mac=MAC2, home=FIRST)
    assert taken.status == status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS


def test_who_comes_back_later_gets_the_same_address():
    room = Room()
    room.update()
    room.update(lifetime=0, indicator=UNKNOWN)
    room.wait(60000)
    assert room.home(room.update(node=b"mn2", mac=MAC2)) == SECOND
    assert room.home(room.update()) == FIRST


# Expiry


def test_a_session_ends_with_its_lifetime():
    room = Room()
    room.update(lifetime=3)
    room.names()
    assert room.anchor.next_timeout() == room.now + 12000
    room.wait(12000)
    assert actions(room, Unroute) == [Unroute(FIRST)]
    assert room.names() == ["Unroute", "Forget", "ReleaseTunnel"]
    assert room.count("expirations") == 1


# The log


def test_one_line_for_each_event():
    room = Room()
    room.update()
    room.update(indicator=UNCHANGED)
    room.update(AP2, indicator=BETWEEN_GATEWAYS)
    room.wait(HANDOVER_DELAY)
    room.acknowledge(mag=AP1)
    room.update(AP2, lifetime=0, indicator=UNKNOWN)
    room.wait(20000)
    room.update(AP2, lifetime=1)
    room.wait(20000)
    who = "mn1@example.net 02:00:5e:10:00:01 10.20.0.2 mag "
    assert [line.split(":")[0] for line in room.lines()] == [
        each + "mn1@example.net 02" for each in (
            "register ", "handover ", "deregister ", "register ", "expire ")]
    room.update()
    assert room.lines() == ["register " + who + "192.0.2.10: attachment over a new interface"]


def test_an_identifier_that_is_no_text_is_shown_as_digits():
    room = Room()
    room.update(node=b"\xff\xfe", mac=None)
    assert room.lines()[0].startswith("register fffe - 10.20.0.2 mag")


# What the kernel refuses


def test_if_the_kernel_does_not_forward_the_gateway_is_told_so():
    room = Room()
    room.refused_routes = 1
    answer = room.update()
    assert answer.status == status.INSUFFICIENT_RESOURCES
    assert len(room.anchor.cache) == 0 and len(room.sent) == 1
    assert room.count("forwarding failures") == 1
    assert room.names() == ["Route", "Remember", "Unroute", "Forget", "Send", "ReleaseTunnel"]
    assert room.home(room.update()) == FIRST


def test_a_handover_that_the_kernel_refuses_ends_the_session():
    room = Room()
    room.update()
    room.refused_routes = 1
    answer = room.update(AP2, indicator=BETWEEN_GATEWAYS)
    assert answer.status == status.INSUFFICIENT_RESOURCES
    assert len(room.anchor.cache) == 0 and len(room.anchor.sessions.tunnels()) == 0


def test_if_the_answer_was_sent_already_what_it_granted_is_revoked():
    room = Room()
    room.update()
    room.anchor.forwarding_failed(FIRST, room.now)
    room.drain()
    mag, indication = room.revocation()
    assert mag == AP1 and indication.trigger == status.REVOCATION_UNSPECIFIED
    assert len(room.anchor.cache) == 0 and len(room.anchor.sessions.tunnels()) == 0
    room.acknowledge()
    room.wait(60000)
    assert len(room.sent) == 2


# Reconfiguration


def test_a_new_configuration_keeps_the_sessions():
    room = Room()
    room.update()
    room.names()
    room.anchor.reconfigure(configuration(lifetime=40), room.now)
    room.drain()
    assert room.names() == []
    answer = room.update(indicator=UNCHANGED, home=FIRST)
    assert answer.status == status.ACCEPTED and answer.lifetime == 10
    assert room.home(room.update(node=b"mn2", mac=MAC2)) == SECOND


def test_addresses_are_remembered_across_configurations():
    room = Room()
    room.update()
    room.update(lifetime=0, indicator=UNKNOWN)
    room.wait(20000)
    room.anchor.reconfigure(configuration(), room.now)
    assert room.home(room.update(node=b"mn2", mac=MAC2)) == SECOND
    assert room.home(room.update()) == FIRST


def test_sessions_that_a_new_configuration_forbids_are_revoked():
    elsewhere = Pool("internet", b"", address("10.99.0.0"), 16, address("10.99.0.1"), None)
    for forbidding in (
        configuration(mags={AP2: "ap2"}),
        configuration(nodes=[node(b"mn1@*", allow=False)]),
        configuration(pools=[elsewhere]),
        configuration(nodes=[node(b"boss", home=FIRST)]),
        configuration(addresses=[LMA6]),
    ):
        room = Room()
        room.update(home=ANY)
        room.anchor.reconfigure(forbidding, room.now)
        room.drain()
        mag, indication = room.revocation()
        assert mag == AP1 and indication.trigger == status.REVOCATION_ADMINISTRATIVE
        room.acknowledge()
        assert len(room.anchor.cache) == 0


def test_an_address_that_is_being_revoked_is_not_given_to_its_new_owner():
    room = Room()
    room.update()
    renamed = Pool("renamed", *INTERNET[1:])
    boss = node(b"boss", home=FIRST, pool="renamed")
    room.anchor.reconfigure(configuration(pools=[renamed], nodes=[boss]), room.now)
    room.drain()
    assert room.home(room.update(AP2, node=b"boss", mac=MAC2)) == SECOND
    room.acknowledge()
    assert room.home(room.update(AP2, node=b"boss", mac=MAC)) == FIRST


# The end


def test_an_anchor_that_goes_takes_all_sessions_along():
    room = Room()
    room.update()
    room.update(mac=MAC2)
    room.update(AP2, node=b"mn2", mac=MAC2)
    room.update(AP2, node=b"mn2", mac=MAC2, lifetime=0, indicator=UNKNOWN)
    room.names()
    room.anchor.leave()
    room.drain()
    assert sorted(room.names()) == sorted(["Send"] + 3 * ["Unroute", "Forget"] + ["ReleaseTunnel"])
    mag, indication = room.revocation()
    assert mag == AP1 and indication.options == []
    assert indication.trigger == status.PER_PEER_POLICY
    assert indication.flags == header.BR_PROXY | header.BR_GLOBAL
    assert len(room.anchor.cache) == 0 and room.anchor.next_timeout() is None


# Strangers and floods


def test_strangers_cost_nothing_and_are_answered_seldom():
    room = Room()
    for turn in range(200):
        room.update(bytes((203, 0, 113, turn)), node=b"mn%d" % turn)
    assert len(room.anchor.cache) == 0 and room.anchor.next_timeout() is None
    assert len(room.sent) == 10
    assert room.count("unlisted gateways") == 200
    room.wait(1000)
    assert room.update(STRANGER).status == status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG
    assert room.update().status == status.ACCEPTED
