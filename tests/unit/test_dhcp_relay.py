# SPDX-License-Identifier: GPL-2.0-or-later
"""The collocated DHCPv4 relay agent (RFC 5844 section 3.4.2, RFC 3046, 3527, 5107)."""

from mag import ANCHOR, HOME, LINK, PHONE, ROUTER, STRANGER, Bench, SendFrame
from test_dhcp_server import BROADCAST, WRONG, answer, answers, kind, request

from mag_lite import journal_record
from mag_lite.core.actions import Leased, Log, RelayDhcp, Remember, SendMessage
from mag_lite.wire import dhcpv4, mobility_header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import mask, parse_address
from mag_lite.wire.mobility_options import Option

SERVER = parse_address("192.0.2.67")
OURS = parse_address("192.0.2.10")
XID = 0x1234
RELAY = Option(options.IPV4_DHCP_SUPPORT_MODE, flags=0)
SERVE = Option(options.IPV4_DHCP_SUPPORT_MODE, flags=options.DHCP_SERVER)
INFORMATION = (b"\x02\x04" + HOME        # Agent Remote ID: the address that the anchor assigned
               + b"\x05\x04" + HOME      # Link Selection
               + b"\x0b\x04" + ROUTER)   # Server Identifier Override
OTHERS_OPTION = {dhcpv4.RELAY_AGENT_INFORMATION: b"\x01\x01x"}


def relaying(server=SERVER, change=(RELAY,), drop=(), **settings):
    """A bench with the phone's session up, whose anchor wants its DHCP relayed."""
    bench = Bench(**settings)
    bench.gateway.configuration.anchors[0].dhcp_server = server
    bench.attach()
    bench.answer(bench.sent()[-1], change=change, drop=drop)
    bench.take()
    return bench


def relayed(bench):
    """What was sent to the server since; it must be one message."""
    action, = bench.take(RelayDhcp)
    assert action.server == SERVER
    return dhcpv4.decode(dhcpv4.encode(action.message))


def asked(message_type=dhcpv4.DISCOVER, **fields):
    """A bench on which the phone has said this to the server."""
    bench = relaying()
    bench.frame(request(message_type, **fields))
    assert relayed(bench)
    return bench


def reply(message_type, op=dhcpv4.BOOTREPLY, xid=XID, chaddr=PHONE, **fields):
    """The datagram of a DHCP server that knows nothing of the home network."""
    carried = {
        dhcpv4.MESSAGE_TYPE: bytes((message_type,)),
        dhcpv4.SERVER_IDENTIFIER: ROUTER,
        dhcpv4.LEASE_TIME: (600).to_bytes(4, "big"),
        dhcpv4.ROUTER: WRONG,
        dhcpv4.SUBNET_MASK: mask(24),
        dhcpv4.DOMAIN_NAME: b"example.org",
        dhcpv4.RELAY_AGENT_INFORMATION: INFORMATION,
    }
    carried.update(fields.pop("options", {}))
    message = dhcpv4.Dhcp(op, xid, chaddr, options=carried)
    message.yiaddr, message.giaddr = HOME, OURS
    for name in fields:
        setattr(message, name, fields[name])
    return dhcpv4.encode(message)


def hear(bench, data, source=SERVER):
    bench.gateway.dhcp_reply_received(source, OURS, data, bench.now)


def logged(bench):
    return [action for action in bench.take() if isinstance(action, Log)]


def test_the_anchor_says_who_is_served_and_who_is_relayed():
    for server in (SERVER, None):
        for option, expected in ((RELAY, [server or ANCHOR]), (SERVE, [])):
            bench = relaying(server, change=(option,))
            bench.frame(request(dhcpv4.DISCOVER))
            assert [action.server for action in bench.take(RelayDhcp)] == expected


def test_if_it_says_nothing_who_has_a_server_relays_to_it():
    for server, expected in ((SERVER, [SERVER]), (None, [])):
        bench = relaying(server, change=(), drop=(options.IPV4_DHCP_SUPPORT_MODE,))
        bench.frame(request(dhcpv4.DISCOVER))
        assert [action.server for action in bench.take(RelayDhcp)] == expected


def test_a_refresh_may_change_it():
    bench = relaying()
    for option, expected in ((SERVE, SendFrame), (RELAY, RelayDhcp)):
        bench.attach()
        bench.answer(bench.sent()[-1], change=(option,))
        assert bench.take(Remember)
        bench.frame(request(dhcpv4.DISCOVER))
        assert isinstance(bench.take()[-1], expected)


def test_a_discover_goes_to_the_server_with_the_address_that_the_anchor_assigned():
    bench = relaying()
    bench.frame(request(dhcpv4.DISCOVER, flags=0x8000, secs=7, options={
        dhcpv4.HOST_NAME: b"phone", dhcpv4.CLIENT_IDENTIFIER: b"\1" + PHONE}))
    sent = relayed(bench)
    assert (sent.op, sent.xid, sent.chaddr) == (dhcpv4.BOOTREQUEST, XID, PHONE)
    assert (sent.hops, sent.secs, sent.flags) == (1, 7, 0x8000)
    assert sent.options[dhcpv4.RELAY_AGENT_INFORMATION] == INFORMATION
    assert sent.options[dhcpv4.CLIENT_IDENTIFIER] == b"\1" + PHONE
    assert bench.binding.host_name == b"phone"


def test_relay_agent_information_is_the_last_option():
    bench = relaying()
    bench.frame(request(dhcpv4.DISCOVER, options={121: b"\0" + ROUTER, 200: b"x"}))
    action, = bench.take(RelayDhcp)
    end = bytes((dhcpv4.RELAY_AGENT_INFORMATION, len(INFORMATION))) + INFORMATION + b"\xff"
    assert end in dhcpv4.encode(action.message)


def test_what_a_discover_wishes_for_becomes_the_assigned_address():
    for wished in ({}, {dhcpv4.REQUESTED_ADDRESS: WRONG}):
        bench = relaying()
        bench.frame(request(dhcpv4.DISCOVER, options=wished))
        assert relayed(bench).options[dhcpv4.REQUESTED_ADDRESS] == HOME


def test_requests_and_informs_about_the_assigned_address_are_relayed():
    selecting = {dhcpv4.REQUESTED_ADDRESS: HOME, dhcpv4.SERVER_IDENTIFIER: ROUTER}
    bench = relaying()
    for message_type, fields in (
            (dhcpv4.REQUEST, {"options": selecting}),
            (dhcpv4.REQUEST, {"options": {dhcpv4.REQUESTED_ADDRESS: HOME}}),
            (dhcpv4.REQUEST, {"source": HOME, "destination": ROUTER, "ciaddr": HOME}),
            (dhcpv4.REQUEST, {"source": HOME, "ciaddr": HOME}),
            (dhcpv4.INFORM, {"source": HOME, "ciaddr": HOME})):
        bench.frame(request(message_type, **fields))
        sent = relayed(bench)
        assert sent.message_type() == message_type
        assert sent.options[dhcpv4.RELAY_AGENT_INFORMATION] == INFORMATION
        assert sent.ciaddr == fields.get("ciaddr", bytes(4))


def test_a_stale_address_is_refused_here_and_logged_once():
    bench = relaying()
    for fields in ({"options": {dhcpv4.REQUESTED_ADDRESS: WRONG}}, {"ciaddr": WRONG}, {}):
        bench.frame(request(dhcpv4.REQUEST, **fields))
        assert not [each for each in bench.gateway.actions if isinstance(each, RelayDhcp)]
        receiver, nak = answer(bench)
        assert kind(nak) == dhcpv4.NAK and receiver == BROADCAST
    assert bench.count("dhcp.relay_wrong_request") == 3
    bench = relaying()
    for _ in range(3):
        bench.frame(request(dhcpv4.REQUEST, ciaddr=WRONG))
    line, = logged(bench)
    assert line.mac == PHONE and "another address" in line.text


def test_an_inform_about_another_address_is_dropped():
    bench = relaying()
    bench.frame(request(dhcpv4.INFORM, ciaddr=WRONG))
    assert bench.take(RelayDhcp) == [] and answers(bench) == []


def test_only_the_station_itself_is_relayed_for():
    bench = relaying()
    for fields in ({"chaddr": b"\2\0\0\0\0\x99"}, {"giaddr": WRONG}, {"op": dhcpv4.BOOTREPLY},
                   {"hops": 17}, {"options": OTHERS_OPTION}):
        bench.frame(request(dhcpv4.DISCOVER, **fields))
        bench.frame(request(dhcpv4.RELEASE, ciaddr=HOME, **fields))
        assert bench.take() == [], fields
    assert bench.count("dhcp.dropped") == 10
    bench.wait(1000)
    bench.frame(request(dhcpv4.DISCOVER, hops=16))
    assert relayed(bench).hops == 17


def test_a_storm_is_cut_off():
    bench = relaying()
    for _ in range(100):
        bench.frame(request(dhcpv4.DISCOVER))
    assert len(bench.take(RelayDhcp)) == 10


def test_nothing_is_relayed_before_the_session_is_up_and_then_it_is_at_once():
    bench = Bench()
    bench.gateway.configuration.anchors[0].dhcp_server = SERVER
    bench.attach()
    update, = bench.sent()
    bench.frame(request(dhcpv4.DISCOVER))
    bench.frame(request(dhcpv4.RELEASE, ciaddr=HOME))
    assert bench.take() == []
    bench.answer(update, change=(RELAY,))
    assert relayed(bench).options[dhcpv4.RELAY_AGENT_INFORMATION] == INFORMATION


def test_a_release_is_relayed_and_ends_the_session():
    bench = relaying()
    bench.frame(request(dhcpv4.RELEASE, source=HOME, ciaddr=HOME, destination=ROUTER))
    taken = bench.take()
    sent, = [action for action in taken if isinstance(action, RelayDhcp)]
    assert sent.message.ciaddr == HOME and sent.message.message_type() == dhcpv4.RELEASE
    update, = [action for action in taken if isinstance(action, SendMessage)]
    assert mobility_header.decode(update.data).lifetime == 0
    assert taken.index(sent) < taken.index(update)
    bench.frame(request(dhcpv4.RELEASE, source=HOME, ciaddr=HOME, destination=ROUTER))
    assert bench.take() == [], "the session is over"


def test_a_released_address_takes_no_prefix_along():
    bench = relaying(ip_versions=(4, 6))
    bench.frame(request(dhcpv4.RELEASE, ciaddr=HOME))
    taken = bench.take()
    assert [action for action in taken if isinstance(action, RelayDhcp)]
    assert not [action for action in taken if isinstance(action, SendMessage)]


def test_a_decline_is_relayed_and_told_to_the_administrator():
    bench = relaying()
    bench.frame(request(dhcpv4.DECLINE, options={dhcpv4.REQUESTED_ADDRESS: HOME}))
    taken = bench.take()
    assert [action for action in taken if isinstance(action, RelayDhcp)]
    assert "10.20.0.5" in [a.text for a in taken if isinstance(a, Log)][0]
    assert [action for action in taken if isinstance(action, SendMessage)]


def test_without_a_server_to_relay_to_the_client_is_served_here_and_the_log_says_the_remedy():
    bench = relaying(server=None)
    bench.gateway.configuration.anchors[0].address = parse_address("2001:db8:a::1")
    bench.frame(request(dhcpv4.DISCOVER))
    bench.frame(request(dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: HOME}))
    taken = bench.take()
    assert [type(action) for action in taken] == [Log, SendFrame, SendFrame, Leased]
    line = taken[0]
    assert line.level == "error" and line.mac == PHONE
    assert line.text.startswith("02:00:00:00:01:01") and "option dhcp_server" in line.text


def test_a_server_that_does_not_answer_is_named_once():
    bench = asked()
    for expected in (1, 0):
        bench.frame(request(dhcpv4.DISCOVER))
        lines = logged(bench)
        assert [line.level for line in lines] == ["warning"] * expected
        assert all(["DHCP server 192.0.2.67 does not answer" in line.text for line in lines])


def test_one_that_answers_is_not():
    bench = asked()
    hear(bench, reply(dhcpv4.OFFER))
    bench.frame(request(dhcpv4.DISCOVER))
    assert logged(bench) == []


def test_an_offer_reaches_the_station_alone_with_mask_router_and_mtu_of_its_session():
    bench = asked()
    hear(bench, reply(dhcpv4.OFFER))
    receiver, offer = answer(bench)
    assert kind(offer) == dhcpv4.OFFER
    assert (receiver, offer.yiaddr, offer.xid, offer.chaddr) == (HOME, HOME, XID, PHONE)
    assert offer.options[dhcpv4.SUBNET_MASK] == mask(16)
    assert offer.options[dhcpv4.ROUTER] == ROUTER
    assert offer.options[dhcpv4.INTERFACE_MTU] == (1476).to_bytes(2, "big")
    assert dhcpv4.RELAY_AGENT_INFORMATION not in offer.options


def test_the_rest_is_the_servers_word():
    bench = asked()
    hear(bench, reply(dhcpv4.OFFER))
    _, offer = answer(bench)
    assert offer.options[dhcpv4.LEASE_TIME] == (600).to_bytes(4, "big")
    assert offer.options[dhcpv4.DOMAIN_NAME] == b"example.org"
    assert dhcpv4.DNS not in offer.options


def test_a_client_that_cannot_take_unicast_yet_is_answered_to_the_broadcast_address():
    bench = asked(flags=0x8000)
    hear(bench, reply(dhcpv4.OFFER, flags=0x8000))
    assert answer(bench)[0] == BROADCAST


def test_an_acknowledgement_is_a_lease():
    bench = asked(dhcpv4.REQUEST, ciaddr=HOME)
    hear(bench, reply(dhcpv4.ACK, ciaddr=HOME))
    frame, lease = bench.take()
    assert isinstance(frame, SendFrame) and lease == Leased(bench.binding)
    assert "configured" in bench.binding.stages


def test_the_answer_to_an_inform_is_none():
    bench = asked(dhcpv4.INFORM, ciaddr=HOME)
    hear(bench, reply(dhcpv4.ACK, ciaddr=HOME, yiaddr=bytes(4)))
    taken = bench.take()
    assert [type(action) for action in taken] == [SendFrame]


def test_a_refusal_is_passed_on():
    bench = asked(dhcpv4.REQUEST, ciaddr=HOME)
    hear(bench, reply(dhcpv4.NAK, yiaddr=bytes(4)))
    receiver, nak = answer(bench)
    assert kind(nak) == dhcpv4.NAK and receiver == BROADCAST
    assert nak.options[dhcpv4.ROUTER] == WRONG, "nothing is added"


def test_an_address_that_the_anchor_did_not_assign_is_dropped_and_logged_once():
    for message_type in (dhcpv4.OFFER, dhcpv4.ACK):
        for address in (WRONG, bytes(4)):
            bench = asked()
            for _ in range(3):
                hear(bench, reply(message_type, yiaddr=address))
            line, = bench.take()
            assert line.level == "error" and line.mac == PHONE
            assert "192.0.2.67" in line.text and "dropped" in line.text
            assert bench.count("dhcp.relay_wrong_address") == 3


def test_only_the_server_is_heard():
    for source in (STRANGER, HOME, ROUTER):
        bench = asked()
        hear(bench, reply(dhcpv4.OFFER), source)
        assert bench.take() == [] and bench.count("dhcp.relay_dropped") == 1


def test_only_answers_to_what_a_client_of_ours_has_asked_are_passed_on():
    for message_type, fields in (
            (dhcpv4.OFFER, {"op": dhcpv4.BOOTREQUEST}), (dhcpv4.OFFER, {"xid": 0x4321}),
            (dhcpv4.OFFER, {"chaddr": b"\2\0\0\0\0\x99"}), (dhcpv4.OFFER, {"chaddr": b""}),
            (dhcpv4.OFFER, {"giaddr": WRONG}), (dhcpv4.OFFER, {"giaddr": bytes(4)}),
            (dhcpv4.DISCOVER, {}), (dhcpv4.INFORM, {}), (0, {}), (13, {})):
        bench = asked()
        hear(bench, reply(message_type, **fields))
        assert bench.take() == [], (message_type, fields)
        assert bench.count("dhcp.relay_dropped") == 1
    bench = relaying()
    hear(bench, reply(dhcpv4.OFFER))
    assert bench.take() == [], "nothing was asked"


def test_an_answer_that_comes_after_the_session_has_ended_is_dropped():
    bench = asked()
    bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
    bench.take()
    hear(bench, reply(dhcpv4.OFFER))
    assert bench.take() == []


def test_an_answer_for_one_who_is_served_here_by_now_is_dropped():
    bench = asked()
    bench.attach()
    bench.answer(bench.sent()[-1], change=(SERVE,))
    bench.take()
    hear(bench, reply(dhcpv4.OFFER))
    assert bench.take() == []


def test_garbage_of_a_server_is_counted_and_dropped():
    bench = asked()
    whole = reply(dhcpv4.OFFER)
    cut = [whole[:length] for length in range(240)]
    for data in cut + [bytes(300), whole[:240] + b"\x35", whole[:240] + b"\x35\xff\x02"]:
        hear(bench, data)
    assert bench.take() == []
    assert bench.count("dhcp.relay_malformed") == 243


def test_no_octet_of_an_answer_can_do_harm():
    whole = reply(dhcpv4.OFFER)
    bench = asked()
    for place in range(len(whole)):
        for value in (0, 1, 0x7F, 0xFF):
            hear(bench, whole[:place] + bytes((value,)) + whole[place + 1:])
            for action in bench.take(SendFrame):
                assert action.frame[:6] == PHONE and action.interface == LINK


def test_a_restart_keeps_who_is_relayed():
    before = relaying()
    record = journal_record.record(before.binding)
    after = Bench()
    after.gateway.configuration.anchors[0].dhcp_server = SERVER
    after.gateway.restore(
        journal_record.binding(record, after.gateway.configuration), after.now)
    after.frame(request(dhcpv4.REQUEST, ciaddr=HOME))
    assert relayed(after).ciaddr == HOME


def test_a_record_of_one_who_is_served_is_as_ever_and_says_so():
    bench = Bench()
    record = journal_record.record(bench.activate())
    assert "relayed" not in record
    assert journal_record.binding(record, bench.gateway.configuration).relayed is False
