# SPDX-License-Identifier: GPL-2.0-or-later
"""Every status with which an update is refused (RFC 5213 5.3.1, RFC 5844 3.1.2.1, RFC 5149)."""

from lma_room import (
    AP1,
    AP1_6,
    AP2,
    FIRST,
    INTERNET,
    LMA6,
    MAC,
    MAC2,
    STRANGER,
    UNCHANGED,
    Room,
    address,
    node,
)

from lma_lite.policy import Pool
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_options import Option

PREFIX_REQUEST = Option(options.HOME_NETWORK_PREFIX, prefix=bytes(16), prefix_length=0)
PREFIX = Option(
    options.HOME_NETWORK_PREFIX, prefix=address("2001:db8:100::"), prefix_length=64)
SECOND_REQUEST = Option(options.IPV4_HOME_ADDRESS_REQUEST, address=bytes(4), prefix_length=0)


def refused(code, room=None, **update):
    """Send an update, expect it to be refused with `code` and to leave no trace."""
    room = room or Room()
    before = len(room.anchor.cache)
    room.did = []
    answer = room.update(**update)
    assert answer.kind == header.BINDING_ACKNOWLEDGEMENT
    assert answer.status == code, "status %d, not %d" % (answer.status, code)
    assert answer.flags == header.BA_PROXY
    assert answer.sequence == room.sequence
    assert len(room.anchor.cache) == before
    assert room.count(status.BINDING_STATUS[code]) == 1
    assert room.names() == ["Send"]
    return answer


def test_missing_mn_identifier():
    answer = refused(
        status.MISSING_MN_IDENTIFIER_OPTION, without=(options.MN_IDENTIFIER,))
    assert answer.option(options.MN_IDENTIFIER).identifier == b""


def test_gateway_that_is_not_listed():
    refused(status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG, mag=STRANGER)


def test_proxy_care_of_address_of_somebody_else():
    other = Option(options.ALTERNATE_CARE_OF_ADDRESS, address=address("2001:db8:a::2"))
    refused(status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG, mag=AP1_6, local=LMA6, more=(other,))


def test_proxy_care_of_address_that_is_another_of_the_gateway():
    mags = {AP1_6: "ap1", address("2001:db8:a::2"): "ap1"}
    other = Option(options.ALTERNATE_CARE_OF_ADDRESS, address=address("2001:db8:a::2"))
    room = Room(mags)
    assert room.update(AP1_6, local=LMA6, more=(other,)).status == status.ACCEPTED
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == other.address
    assert room.sent[-1].destination == AP1_6, "the answer goes to the source"


def test_nameless_mobile_node():
    refused(status.NOT_LMA_FOR_THIS_MOBILE_NODE, node=b"")


def test_mobile_node_for_which_there_is_no_pool():
    room = Room(pools=[Pool("corporate", b"corp", *INTERNET[2:])])
    refused(status.NOT_LMA_FOR_THIS_MOBILE_NODE, room)


def test_mobile_node_that_may_not_roam():
    room = Room(nodes=[node(b"*@example.net", allow=False)])
    refused(status.PROXY_REG_NOT_ENABLED, room)


def test_service_that_nobody_offers():
    service = Option(options.SERVICE_SELECTION, identifier=b"ims")
    refused(status.SERVICE_AUTHORIZATION_FAILED, more=(service,))


def test_neither_prefix_nor_address_asked_for():
    answer = refused(status.MISSING_HOME_NETWORK_PREFIX_OPTION, home=None)
    assert answer.all(options.HOME_NETWORK_PREFIX) == [PREFIX_REQUEST]
    assert answer.option(options.IPV4_HOME_ADDRESS_REPLY) is None


def test_missing_handoff_indicator():
    answer = refused(
        status.MISSING_HANDOFF_INDICATOR_OPTION, without=(options.HANDOFF_INDICATOR,))
    assert answer.option(options.HANDOFF_INDICATOR).indicator == 0


def test_missing_access_technology_type():
    answer = refused(
        status.MISSING_ACCESS_TECH_TYPE_OPTION, without=(options.ACCESS_TECHNOLOGY_TYPE,))
    assert answer.option(options.ACCESS_TECHNOLOGY_TYPE).technology == 0


def test_two_ipv4_addresses():
    refused(
        status.MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED, more=(SECOND_REQUEST,))


def test_prefix_without_ipv6_service():
    for home in (None, bytes(4)):
        answer = refused(
            status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE, home=home, more=(PREFIX_REQUEST,))
        assert answer.all(options.HOME_NETWORK_PREFIX) == [PREFIX_REQUEST]


def test_address_without_ipv4_service():
    room = Room()
    room.anchor.policy.services["internet"].addresses = None
    answer = refused(status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE, room)
    assert answer.option(options.IPV4_HOME_ADDRESS_REPLY).status == 129


def test_forced_udp_encapsulation():
    refused(status.ADMINISTRATIVELY_PROHIBITED, flags=header.BU_FORCE_UDP)


def test_address_that_is_not_ours():
    answer = refused(
        status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, home=address("192.168.1.5"))
    assert answer.option(options.HOME_NETWORK_PREFIX) is None, "it was about IPv4 only"
    reply = answer.option(options.IPV4_HOME_ADDRESS_REPLY)
    assert reply.status == 129 and reply.address == address("192.168.1.5")
    assert answer.option(options.IPV4_DEFAULT_ROUTER_ADDRESS) is None


def test_address_of_another_mobile_node():
    room = Room()
    room.update()
    refused(
        status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, room, node=b"mn2", mac=MAC2, home=FIRST,
        mag=AP2)


def test_address_of_another_interface_of_the_same_mobile_node():
    room = Room()
    room.update()
    refused(
        status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, room, mac=MAC2, home=FIRST, mag=AP2)


def test_address_kept_for_a_profile():
    room = Room(nodes=[node(b"boss", home=address("10.20.0.99"))])
    refused(
        status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, room, home=address("10.20.0.99"))
    assert room.home(room.update(node=b"boss", mac=MAC2)) == address("10.20.0.99")


def test_second_address_for_an_interface_that_has_one():
    room = Room()
    room.update()
    refused(
        status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS, room, home=address("10.20.7.7"), mag=AP2)


def test_no_address_left():
    room = Room(pools=[Pool("tiny", b"", address("10.20.0.0"), 30, address("10.20.0.1"), None)])
    assert room.update().status == status.ACCEPTED
    answer = refused(status.INSUFFICIENT_RESOURCES, room, node=b"mn2", mac=MAC2)
    assert answer.option(options.IPV4_HOME_ADDRESS_REPLY).status == 128


def test_the_first_rule_broken_decides():
    everything = (
        options.MN_IDENTIFIER, options.HANDOFF_INDICATOR, options.ACCESS_TECHNOLOGY_TYPE)
    order = (
        (status.MISSING_MN_IDENTIFIER_OPTION, {"without": everything, "mag": STRANGER}),
        (status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG, {"mag": STRANGER, "node": b"evil"}),
        (status.PROXY_REG_NOT_ENABLED, {"node": b"evil", "timestamp": 1}),
        (status.TIMESTAMP_MISMATCH, {"timestamp": 1, "home": None}),
        (status.MISSING_HOME_NETWORK_PREFIX_OPTION, {"home": None, "without": everything[1:]}),
        (status.MISSING_HANDOFF_INDICATOR_OPTION, {"without": everything[1:]}),
        (status.MISSING_ACCESS_TECH_TYPE_OPTION,
         {"without": everything[2:], "more": (SECOND_REQUEST,)}),
    )
    for code, update in order:
        refused(code, Room(nodes=[node(b"evil", allow=False)]), **update)


def test_a_refusal_repeats_what_the_gateway_said():
    answer = refused(status.SERVICE_AUTHORIZATION_FAILED, indicator=3, more=(
        Option(options.SERVICE_SELECTION, identifier=b"ims"),
        Option(options.LINK_LOCAL_ADDRESS, address=address("fe80::1"))))
    assert answer.option(options.MN_IDENTIFIER).identifier == b"mn1@example.net"
    assert answer.option(options.HANDOFF_INDICATOR).indicator == 3
    assert answer.option(options.ACCESS_TECHNOLOGY_TYPE).technology == 4
    assert answer.option(options.MN_LINK_LAYER_IDENTIFIER).identifier == MAC
    assert answer.option(options.LINK_LOCAL_ADDRESS).address == address("fe80::1")
    assert answer.option(options.TIMESTAMP).time


def test_a_refusal_is_worth_a_line_in_the_log():
    room = Room(nodes=[node(b"*", allow=False)])
    room.update()
    assert room.lines() == [
        "refuse mn1@example.net 02:00:5e:10:00:01 mag 192.0.2.10: PROXY_REG_NOT_ENABLED"]


def test_an_existing_session_survives_a_refused_refresh():
    room = Room()
    room.update()
    room.update(indicator=UNCHANGED, home=FIRST, timestamp=1)
    assert room.anchor.cache.of_address(FIRST).proxy_care_of_address == AP1
