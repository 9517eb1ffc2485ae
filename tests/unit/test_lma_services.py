# SPDX-License-Identifier: GPL-2.0-or-later
"""An interface that goes from one service to another (RFC 5149) gets the other's addresses."""

from lma_room import AP1, AP2, FIRST, INTERNET, MAC2, UNCHANGED, UNKNOWN, Room, address

from lma_lite.policy import Pool
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_options import Option

STAFF = Pool("staff", b"staff", address("10.30.0.0"), 24, address("10.30.0.1"), None)
STAFF_ADDRESS = address("10.30.0.2")
SELECTION = Option(options.SERVICE_SELECTION, identifier=b"staff")


def domain():
    """An anchor with two services, where the node has a session of the default one at AP1."""
    room = Room(pools=(INTERNET, STAFF))
    assert home(room.update()) == FIRST
    return room


def home(answer):
    return answer.option(options.IPV4_HOME_ADDRESS_REPLY).address


def addresses(room):
    return [binding.ipv4_home_address for binding in room.anchor.cache]


def test_another_service_at_another_gateway_is_another_session():
    room = domain()
    assert home(room.update(mag=AP2, indicator=UNKNOWN, more=(SELECTION,))) == STAFF_ADDRESS
    assert addresses(room) == [STAFF_ADDRESS]


def test_the_gateway_of_the_former_service_hears_of_it():
    room = domain()
    room.update(mag=AP2, indicator=UNKNOWN, more=(SELECTION,))
    room.wait(1000)
    assert room.revocation()[0] == AP1


def test_who_left_the_former_service_has_nothing_of_it_in_the_other():
    room = domain()
    room.update(lifetime=0, home=FIRST, indicator=UNKNOWN)
    assert home(room.update(indicator=UNKNOWN, more=(SELECTION,))) == STAFF_ADDRESS
    room.wait(1000)
    assert addresses(room) == [STAFF_ADDRESS] and room.revocation() is None


def test_the_gateway_that_changes_the_service_is_not_revoked():
    room = domain()
    assert home(room.update(indicator=UNKNOWN, more=(SELECTION,))) == STAFF_ADDRESS
    room.wait(1000)
    assert addresses(room) == [STAFF_ADDRESS] and room.revocation() is None


def test_the_same_service_keeps_the_address():
    room = domain()
    room.update(mag=AP2, indicator=UNKNOWN, more=(SELECTION,))
    assert home(room.update(indicator=UNKNOWN, more=(SELECTION,))) == STAFF_ADDRESS


def test_who_names_its_address_keeps_it():
    room = domain()
    answer = room.update(home=FIRST, indicator=UNCHANGED, more=(SELECTION,))
    assert answer.status == status.ACCEPTED and home(answer) == FIRST


def test_another_interface_has_a_service_of_its_own():
    room = domain()
    assert home(room.update(mac=MAC2, more=(SELECTION,))) == STAFF_ADDRESS
    assert sorted(addresses(room)) == [FIRST, STAFF_ADDRESS]


def test_of_a_pool_with_a_dhcp_server_gateways_are_told_to_relay():
    for relay, flags in ((False, options.DHCP_SERVER), (True, 0)):
        room = Room(pools=[Pool("internet", b"", *INTERNET[2:6], relay)])
        answer = room.update()
        assert answer.option(options.IPV4_DHCP_SUPPORT_MODE).flags == flags
