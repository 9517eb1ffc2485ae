# SPDX-License-Identifier: GPL-2.0-or-later
"""Every status with which an anchor can refuse: each is provoked once.

RFC 5213 section 8.9, RFC 5844 sections 3.3.2 and 3.3.5, RFC 5846 section 5.2.
"""

from lma_room import AP1, FIRST, INTERNET, MAC2, STRANGER, UNCHANGED, Room, address, node

from lma_lite.policy import Pool
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_prefix
from mag_lite.wire.mobility_options import Option

LARGE = parse_prefix("2001:db8:100::/40")
ONE, TWO = [parse_prefix("2001:db8:100:%d::/64" % number) for number in range(2)]
DUAL = Pool("internet", b"", *INTERNET[2:5], LARGE)
IPV6_ONLY = Pool("internet", b"", None, 0, None, LARGE)
TINY = Pool("internet", b"", address("10.20.0.0"), 30, address("10.20.0.1"), None)
SERVICE = Pool("intranet", b"intranet", *INTERNET[2:])
REQUEST = Option(options.IPV4_HOME_ADDRESS_REQUEST)
NAME = Option(options.MN_IDENTIFIER, subtype=1, identifier=b"mn1@example.net")


def asks(*prefixes):
    return [Option(options.HOME_NETWORK_PREFIX, prefix=prefix, prefix_length=length)
            for prefix, length in prefixes or [(bytes(16), 0)]]


def registered(**settings):
    room = Room(**settings)
    assert room.update().status == status.ACCEPTED
    return room


def administratively_prohibited():
    room = registered()
    room.anchor.revoke((1, b"mn1@example.net"), room.now)
    room.drain()
    return room.update(indicator=UNCHANGED)


def sequence_out_of_window():
    room = Room()
    room.update(timestamp=None, sequence=7)
    return room.update(timestamp=None, sequence=7, indicator=UNCHANGED)


def mismatch():
    room = Room()
    return room.update(timestamp=room.time_of_day() + (1 << 16))


def lower():
    room = Room()
    early = room.time_of_day()
    room.update()
    return room.update(timestamp=early, indicator=UNCHANGED)


def sets_differ():
    room = Room(pools=[DUAL])
    room.update(home=None, more=asks(ONE, TWO))
    return room.update(home=None, indicator=UNCHANGED, more=asks(ONE))


def without(*numbers):
    return lambda: Room().update(without=numbers)


#: status: what provokes it
UPDATES = {
    status.INSUFFICIENT_RESOURCES: lambda: registered(pools=[TINY]).update(
        node=b"mn2", mac=MAC2),
    status.ADMINISTRATIVELY_PROHIBITED: administratively_prohibited,
    status.SEQUENCE_OUT_OF_WINDOW: sequence_out_of_window,
    status.SERVICE_AUTHORIZATION_FAILED: lambda: Room().update(
        more=[Option(options.SERVICE_SELECTION, identifier=b"nowhere")]),
    status.PROXY_REG_NOT_ENABLED: lambda: Room(nodes=[node(b"mn1@*", allow=False)]).update(),
    status.NOT_LMA_FOR_THIS_MOBILE_NODE: lambda: Room(pools=[SERVICE]).update(),
    status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG: lambda: Room().update(STRANGER),
    status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX: lambda: Room(pools=[DUAL]).update(
        more=asks(parse_prefix("2001:db8:999::/64"))),
    status.TIMESTAMP_MISMATCH: mismatch,
    status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED: lower,
    status.MISSING_HOME_NETWORK_PREFIX_OPTION: without(options.IPV4_HOME_ADDRESS_REQUEST),
    status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH: sets_differ,
    status.MISSING_MN_IDENTIFIER_OPTION: without(options.MN_IDENTIFIER),
    status.MISSING_HANDOFF_INDICATOR_OPTION: without(options.HANDOFF_INDICATOR),
    status.MISSING_ACCESS_TECH_TYPE_OPTION: without(options.ACCESS_TECHNOLOGY_TYPE),
    status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE: lambda: Room(pools=[IPV6_ONLY]).update(),
    status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS: lambda: Room().update(
        home=address("192.0.2.1")),
    status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE: lambda: Room().update(more=asks()),
    status.MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED: lambda: Room().update(
        more=[REQUEST]),
}

#: Refusals of which IPv4 Home Address Reply says more (RFC 5844 section 3.3.2); 128 for others.
REPLIES = {
    status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS: 129,
    status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE: 129,
}

PROXY = header.BR_PROXY
GLOBAL = header.BR_PROXY | header.BR_GLOBAL
ONLY_IPV4 = header.BR_PROXY | header.BR_IPV4_ONLY

#: status: (trigger, flags, options) of a gateway's revocation.  132 and 135 are not an anchor's
#: to say: it has no mobile node attached, and does support revocations of proxy bindings.
REVOCATIONS = {
    status.BINDING_DOES_NOT_EXIST: (6, PROXY, (
        Option(options.MN_IDENTIFIER, subtype=1, identifier=b"nobody"),)),
    status.IPV4_HOME_ADDRESS_OPTION_REQUIRED: (6, ONLY_IPV4, (NAME,)),
    status.GLOBAL_REVOCATION_NOT_AUTHORIZED: (128, GLOBAL, ()),
    status.REVOKED_MOBILE_NODES_IDENTITY_REQUIRED: (6, PROXY, ()),
    status.REVOCATION_TRIGGER_NOT_SUPPORTED: (129, GLOBAL, (NAME,)),
    status.REVOCATION_FUNCTION_NOT_SUPPORTED: (6, 0, (NAME,)),
}


def test_every_refusal_of_an_update_can_be_provoked():
    for code, provoke in UPDATES.items():
        answer = provoke()
        assert answer.kind == header.BINDING_ACKNOWLEDGEMENT
        assert answer.status == code, (status.BINDING_STATUS[code], answer.status)
        assert answer.flags & header.BA_PROXY


def test_those_of_rfc_5213_and_rfc_5844_are_all_there():
    named = list(range(152, 163)) + list(range(170, 174)) + [129, 130]
    assert not set(named) - set(UPDATES)


def test_the_option_for_ipv4_says_what_is_wrong_with_the_address():
    for code, provoke in UPDATES.items():
        answer = provoke()
        reply = answer.option(options.IPV4_HOME_ADDRESS_REPLY)
        if reply is not None:
            assert reply.status == REPLIES.get(code, 128), status.BINDING_STATUS[code]
        assert answer.option(options.IPV4_DEFAULT_ROUTER_ADDRESS) is None
    assert UPDATES[status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS]().option(
        options.IPV4_HOME_ADDRESS_REPLY).address == address("192.0.2.1")


def test_every_refusal_of_a_revocation_can_be_provoked():
    for code, (trigger, flags, carried) in REVOCATIONS.items():
        room = registered()
        answer = room.tell(
            header.BINDING_REVOCATION_INDICATION, AP1, carried, trigger=trigger, flags=flags,
            sequence=9)
        assert answer.status == code, status.REVOCATION_STATUS[code]
        assert room.anchor.cache.of_address(FIRST) is not None
    assert set(REVOCATIONS) == set(range(128, 136)) - {132, 135}
