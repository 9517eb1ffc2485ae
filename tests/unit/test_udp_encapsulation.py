# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients' packets in UDP (RFC 5844 section 4, RFC 5555 sections 3.2.2, 4.2 and 4.3): how gateway
and anchor agree on it, with and without a NAT between them."""

from lma_room import AP1, AP1_6, FIRST, LMA, LMA6, MAC2, Room, address
from mag import Bench

from lma_lite.actions import Log, Route
from mag_lite.core.actions import SendMessage
from mag_lite.core.nat_keepalive import NATKATIMEOUT, NEVER
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

F = options.FORCE_UDP_ENCAPSULATION
INNER, OTHER = address("192.168.1.2"), address("192.168.1.3")


# The gateway


def nat_detection(refresh_time, flags=F):
    return Option(options.NAT_DETECTION, flags=flags, refresh_time=refresh_time)


def active(refresh_time, encapsulation="udp"):
    """A bench whose client's first update was accepted."""
    bench = Bench(encapsulation=encapsulation)
    bench.attach()
    bench.answer(bench.sent()[0], change=(nat_detection(refresh_time),))
    return bench


def test_every_update_has_the_f_flag_and_our_own_address():
    bench = active(NEVER)
    bench.gateway.station_gone("wlan0", bench.binding.mac, "it disassociated", bench.now)
    bench.attach()
    for update in bench.sent():
        assert update.flags & header.BU_FORCE_UDP
        assert update.option(options.IPV4_CARE_OF_ADDRESS).address == address("192.0.2.10")
        assert update.option(options.GRE_KEY) is None
    plain = Bench(encapsulation="ip")
    plain.attach()
    update, = plain.sent()
    assert not update.flags & header.BU_FORCE_UDP
    assert update.option(options.IPV4_CARE_OF_ADDRESS) is None


def test_an_anchor_that_tunnels_otherwise_is_given_its_session_back():
    for encapsulation, more, hint in (
            ("udp", (), "'ip'"), ("udp", (nat_detection(25, 0),), "'ip'"),
            ("ip", (nat_detection(25),), "'udp'"), ("gre", (nat_detection(25),), "'udp'")):
        bench = Bench(encapsulation=encapsulation)
        bench.attach()
        bench.answer(bench.sent()[0], change=more)
        assert hint in bench.binding.reason, (encapsulation, bench.binding.reason)
        assert bench.binding.forwarded is None
        departure, = bench.sent()
        assert departure.lifetime == 0


def heartbeats(bench, seconds):
    """When heartbeats are sent within so many seconds, in seconds from now."""
    begin, found = bench.now, []
    for _ in range(seconds):
        bench.wait(1000)
        for action in bench.take(SendMessage):
            if header.decode(action.data).kind == header.HEARTBEAT:
                found.append((bench.now - begin) // 1000)
    return found


def test_a_nat_is_kept_from_forgetting_as_often_as_the_anchor_suggests():
    assert heartbeats(active(25), 80) == [25, 50, 75]
    assert heartbeats(active(0), 230) == [NATKATIMEOUT, 2 * NATKATIMEOUT]
    assert heartbeats(active(NEVER), 1000) == []


def test_an_idle_gateway_keeps_nothing_alive():
    bench = active(25)
    bench.gateway.station_gone("wlan0", bench.binding.mac, "it disassociated", bench.now)
    assert heartbeats(bench, 100) == []


def test_without_udp_there_is_nothing_to_keep_alive():
    for encapsulation in ("gre", "ip"):
        assert Bench(encapsulation=encapsulation).gateway.registration.keepalive is None


# The anchor


def room_with_udp():
    return Room(udp=True)


def forced(room, own=AP1, port=5436, **update):
    """An update with the F flag from AP1's address, by the gateway that calls itself `own`."""
    more = (Option(options.IPV4_CARE_OF_ADDRESS, address=own),)
    before = room.sent[:]
    room.update(flags=header.BU_FORCE_UDP, gre=False, more=more, port=port, **update)
    return header.decode(room.sent[-1].data) if room.sent != before else None


def test_without_a_nat_the_gateway_need_not_keep_alive():
    room = room_with_udp()
    answer = forced(room)
    assert answer.status == status.ACCEPTED
    option = answer.option(options.NAT_DETECTION)
    assert (option.flags, option.refresh_time) == (F, NEVER)
    assert Route(FIRST, AP1, LMA, "udp") in room.did


def test_behind_a_nat_it_is_told_how_often():
    answer = forced(room_with_udp(), own=INNER)
    option = answer.option(options.NAT_DETECTION)
    assert (option.flags, option.refresh_time) == (F, 25)


def test_who_does_not_force_udp_hears_nothing_of_nat():
    room = room_with_udp()
    assert room.update(gre=False).option(options.NAT_DETECTION) is None
    assert Route(FIRST, AP1, LMA, "ip") in room.did


def test_gre_goes_before_udp():
    room = room_with_udp()
    answer = room.update(flags=header.BU_FORCE_UDP)
    assert answer.option(options.NAT_DETECTION) is None
    assert Route(FIRST, AP1, LMA, "gre") in room.did


def test_udp_is_refused_over_ipv6_and_where_it_is_not_allowed():
    for room, ends in ((room_with_udp(), {"mag": AP1_6, "local": LMA6}), (Room(), {})):
        answer = room.update(flags=header.BU_FORCE_UDP, gre=False, **ends)
        assert answer.status == status.ADMINISTRATIVELY_PROHIBITED
        log, = [action.text for action in room.did if isinstance(action, Log)]
        assert "UDP encapsulation is not allowed" in log


def test_a_second_gateway_behind_the_same_nat_is_refused_and_both_are_named():
    room = room_with_udp()
    forced(room, own=INNER)
    room.did = []
    answer = forced(room, own=OTHER, node=b"mn2@example.net", mac=MAC2)
    assert answer.status == status.ADMINISTRATIVELY_PROHIBITED
    log, = [action.text for action in room.did if isinstance(action, Log)]
    assert "192.168.1.2" in log and "192.168.1.3" in log and "same NAT" in log
    assert forced(room, own=INNER, indicator=5).status == status.ACCEPTED
    forced(room, own=INNER, lifetime=0)
    assert forced(room, own=OTHER, node=b"mn2@example.net", mac=MAC2).status == status.ACCEPTED


def test_a_nat_that_gives_another_port_has_given_ours_to_somebody_else():
    room = room_with_udp()
    answer = forced(room, own=INNER, port=40000)
    assert answer.status == status.ADMINISTRATIVELY_PROHIBITED
    assert forced(room, own=AP1, port=40000).status == status.ACCEPTED, "there is no NAT"


def test_the_tlv_header_is_declined():
    room = room_with_udp()
    answer = room.update(flags=header.BU_TLV)
    assert answer.status == status.GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED
    assert not answer.flags & header.BA_TLV
    assert answer.option(options.GRE_KEY) is not None
    assert Route(FIRST, AP1, LMA, "gre") in room.did
    answer = room.update(flags=header.BU_TLV, gre=False, node=b"mn2@example.net", mac=MAC2)
    assert answer.status == status.ACCEPTED and not answer.flags & header.BA_TLV


def test_heartbeats_through_the_nat_are_answered_where_they_come_from():
    room = room_with_udp()
    data = header.encode(Message(header.HEARTBEAT, [], sequence=3))
    room.give(data, AP1, port=5436)
    assert header.decode(room.sent[-1].data).sequence == 3
