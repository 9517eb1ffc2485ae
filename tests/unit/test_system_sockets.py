# SPDX-License-Identifier: GPL-2.0-or-later
"""Both Pythons' sockets behave as one, on a real kernel."""

import socket

from mag_lite.system import sockets

from own import LOOPBACK, PORT, socket_name
from raises import raises

LOOPBACK6 = bytes(15) + b"\x01"


def datagram_socket(family=sockets.AF_INET, address=None):
    made = socket.socket(family, sockets.SOCK_DGRAM, 0)
    if address is not None:
        made.bind(address)
    made.setblocking(False)
    return made


def test_internet_addresses_go_out_and_come_back():
    for host in (LOOPBACK, LOOPBACK6):
        family = sockets.AF_INET if len(host) == 4 else sockets.AF_INET6
        here = datagram_socket(family, sockets.internet_address(host, PORT))
        there = datagram_socket(family, sockets.internet_address(host, PORT + 1))
        there.sendto(b"hello", sockets.internet_address(host, PORT))
        data, sender = sockets.receive_from(here, 100)
        assert data == b"hello"
        assert sockets.internet_peer(sender) == (host, PORT + 1)
        here.close()
        there.close()


def test_receiving_when_there_is_nothing_gives_none():
    here = datagram_socket(address=sockets.internet_address(LOOPBACK, PORT))
    assert sockets.receive(here, 100) is None
    assert sockets.receive_from(here, 100) is None
    here.close()


def test_an_abstract_unix_name_needs_no_file():
    here = datagram_socket(sockets.AF_UNIX, sockets.unix_address(socket_name("sockets")))
    there = datagram_socket(sockets.AF_UNIX)
    there.connect(sockets.unix_address(socket_name("sockets")))
    there.send(b"hello")
    assert sockets.receive(here, 100) == b"hello"
    here.close()
    there.close()


def test_errors_are_known_by_number_and_in_words():
    with raises(OSError) as caught:
        datagram_socket(address=sockets.internet_address(b"\xc0\x00\x02\x01", 0))
    assert caught.error.errno == sockets.EADDRNOTAVAIL
    assert sockets.reason(caught.error) == "not an address of this machine"
    assert sockets.reason(OSError(87, "")) == "error 87"


def test_an_interface_is_known_by_number():
    assert sockets.interface_index("lo") >= 1
    with raises(OSError) as caught:
        sockets.interface_index("nosuch0")
    assert caught.error.errno == sockets.ENODEV


def test_the_kernel_runs_the_attached_filter():
    accept_a = (  # what an AF_UNIX socket's filter sees begins with the data
        (0x30, 0, 0, 0),
        (0x15, 0, 1, ord("a")),
        (0x06, 0, 0, 3),
        (0x06, 0, 0, 0),
    )
    here = datagram_socket(sockets.AF_UNIX, sockets.unix_address(socket_name("filter")))
    sockets.attach_filter(here, accept_a)
    there = datagram_socket(sockets.AF_UNIX)
    there.connect(sockets.unix_address(socket_name("filter")))
    there.send(b"b")
    there.send(b"abcde")
    assert sockets.receive(here, 100) == b"abc"
    assert sockets.receive(here, 100) is None
    here.close()
    there.close()
