# SPDX-License-Identifier: GPL-2.0-or-later
"""Which session an update is about: RFC 5213 section 5.4.1, case by case."""

from lma_room import AP1, AP2, LMA, MAC, MAC2, address

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER, Binding, BindingCache, Tunnel
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from lma_lite.session_lookup import IGNORE, NEW, REJECT, UPDATE, WAIT, find_session
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

MN1, MN2 = (1, b"mn1"), (1, b"mn2")
WLAN, LTE = 4, 8
HOME = address("10.20.0.2")
OTHER = address("10.20.0.9")
PREFIX = (address("2001:db8:100::"), 64)
PREFIX2 = (address("2001:db8:200::"), 64)


def cache(*bindings):
    result = BindingCache()
    for number, binding in enumerate(bindings):
        binding.number = number
        result.add(binding)
    return result


def session(node=MN1, mac=MAC, technology=WLAN, home=HOME, mag=AP1, prefixes=()):
    binding = Binding(0, node, technology, mac or NO_LINK_LAYER_IDENTIFIER)
    binding.ipv4_home_address = home
    binding.home_network_prefixes = list(prefixes)
    binding.tunnel = Tunnel(mag, LMA, "gre")
    return binding


def look(known, indicator=1, node=MN1, mac=MAC, technology=WLAN, home=bytes(4), mag=AP2,
         lifetime=75, prefixes=()):
    carried = [
        Option(options.MN_IDENTIFIER, subtype=node[0], identifier=node[1]),
        Option(options.HANDOFF_INDICATOR, indicator=indicator),
        Option(options.ACCESS_TECHNOLOGY_TYPE, technology=technology),
    ]
    if home is not None:
        carried.append(Option(options.IPV4_HOME_ADDRESS_REQUEST, address=home))
    for prefix, length in prefixes:
        carried.append(
            Option(options.HOME_NETWORK_PREFIX, prefix=prefix, prefix_length=length))
    if mac is not None:
        carried.append(Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=mac))
    message = Message(header.BINDING_UPDATE, carried, lifetime=lifetime)
    return find_session(ProxyBindingUpdate(message, b"", mag, 5436, LMA, 0), known)


def is_update(found, binding):
    return found.verdict == UPDATE and found.binding is binding


# 5.4.1.1 and RFC 5844 3.1.2.7: an address is named


def test_address_that_no_session_has():
    assert look(cache(), home=HOME).verdict == NEW
    assert look(cache(session(node=MN2, home=OTHER)), home=HOME).verdict == NEW


def test_address_of_another_node():
    found = look(cache(session(node=MN2)), home=HOME)
    assert found.verdict == REJECT
    assert found.status == status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS


def test_address_of_this_interface():
    binding = session()
    for indicator in (1, 2, 3, 4, 5):
        assert is_update(look(cache(binding), indicator, home=HOME), binding), indicator


def test_address_of_another_interface():
    binding = session(mac=MAC2, technology=LTE)
    known = cache(binding)
    for indicator in (1, 3, 4, 5):
        assert look(known, indicator, home=HOME).verdict == NEW, indicator
    assert is_update(look(known, 2, home=HOME), binding), "handoff between interfaces"


def test_address_of_an_interface_that_nobody_names():
    binding = session(mac=None)
    known = cache(binding)
    assert is_update(look(known, 3, mac=None, home=HOME), binding)
    for indicator in (1, 4, 5):
        assert look(known, indicator, mac=None, home=HOME).verdict == NEW, indicator
    assert look(known, 3, mac=None, home=HOME, technology=LTE).verdict == NEW


def test_address_at_the_same_gateway_with_the_same_technology():
    binding = session(mac=MAC2)
    assert is_update(look(cache(binding), 4, home=HOME, mag=AP1), binding)
    assert look(cache(binding), 4, home=HOME, mag=AP1, technology=LTE).verdict == NEW


def test_other_address_than_the_interface_has():
    assert look(cache(session()), home=OTHER).verdict == NEW, "to be refused, if it has one"
    assert look(cache(session()), home=OTHER, lifetime=0).verdict == IGNORE


# 5.4.1.1: prefixes are named


def test_prefix_that_no_session_has():
    assert look(cache(session(mac=MAC2)), home=None, prefixes=[PREFIX]).verdict == NEW


def test_other_prefix_than_the_interface_has():
    known = cache(session(prefixes=[PREFIX]))
    assert look(known, prefixes=[PREFIX2]).verdict == NEW
    assert look(known, prefixes=[PREFIX2], lifetime=0).verdict == IGNORE


def test_prefix_of_another_node():
    found = look(cache(session(node=MN2, prefixes=[PREFIX])), home=None, prefixes=[PREFIX])
    assert found.verdict == REJECT
    assert found.status == status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX


def test_prefix_sets_that_differ():
    known = cache(session(prefixes=[PREFIX, PREFIX2]))
    for wanted in ([PREFIX], [PREFIX, (PREFIX2[0], 63)], [PREFIX, PREFIX2, (bytes(16), 0)]):
        found = look(known, prefixes=wanted)
        assert found.verdict == REJECT
        assert found.status == status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH


def test_prefix_sets_that_are_equal():
    binding = session(prefixes=[PREFIX, PREFIX2])
    assert is_update(look(cache(binding), prefixes=[PREFIX2, PREFIX]), binding)


def test_prefixes_come_before_the_address():
    first, second = session(prefixes=[PREFIX]), session(node=MN2, home=OTHER)
    assert is_update(look(cache(first, second), prefixes=[PREFIX], home=OTHER), first)


# 5.4.1.2: only the interface is named


def test_interface_that_has_a_session():
    binding = session()
    known = cache(binding, session(mac=MAC2, home=OTHER))
    for indicator in (1, 2, 3, 4, 5):
        assert is_update(look(known, indicator), binding), indicator


def test_interface_without_session_beside_one_other():
    binding = session(mac=MAC2)
    known = cache(binding, session(node=MN2, home=OTHER))
    for indicator in (1, 3, 5):
        assert look(known, indicator).verdict == NEW, indicator
    assert is_update(look(known, 2), binding)
    found = look(known, 4)
    assert found.verdict == WAIT and found.binding is binding


def test_interface_without_session_beside_two_others():
    known = cache(session(mac=MAC2), session(mac=MAC2, technology=LTE, home=OTHER))
    for indicator in (1, 2, 3, 4, 5):
        assert look(known, indicator).verdict == NEW, indicator


def test_technology_is_part_of_the_interface():
    assert look(cache(session(technology=LTE)), 3).verdict == NEW


def test_no_need_to_wait_for_a_session_that_is_given_up():
    binding = session(mac=MAC2)
    binding.deregistered = True
    assert is_update(look(cache(binding), 4), binding)


# 5.4.1.3: nothing is named but the node


def test_node_with_one_session():
    binding = session()
    for mac in (None, bytes(2), bytes(6)):
        known = cache(binding)
        for indicator in (2, 3):
            assert is_update(look(known, indicator, mac=mac), binding), indicator
        for indicator in (1, 5):
            assert look(known, indicator, mac=mac).verdict == NEW, indicator
        assert look(known, 4, mac=mac).verdict == WAIT


def test_node_with_no_session_or_two():
    for known in (cache(), cache(session(), session(mac=MAC2, home=OTHER))):
        for indicator in (1, 2, 3, 4, 5):
            assert look(known, indicator, mac=None).verdict == NEW, indicator


# De-registrations


def test_de_registration_of_no_session_is_ignored():
    known = cache(session(mac=MAC2))
    assert look(known, 4, lifetime=0).verdict == IGNORE, "it does not wait either"
    assert look(known, 4, lifetime=0, mac=None).verdict == IGNORE
    assert look(known, 4, lifetime=0, home=OTHER).verdict == IGNORE
    assert look(known, 4, lifetime=0, home=None, prefixes=[PREFIX]).verdict == IGNORE


def test_de_registration_finds_its_session():
    binding = session()
    for home in (HOME, bytes(4)):
        assert is_update(look(cache(binding), 4, lifetime=0, home=home), binding)
