# SPDX-License-Identifier: GPL-2.0-or-later
"""What the access link's filter lets through, judged by the kernel that runs it.

A datagram socket in memory runs the same filter program over the same bytes, without root.
"""

import socket
import struct

from mag_lite.system import sockets
from mag_lite.system.access_link import FILTER, AccessLink
from mag_lite.system.loop import Loop

from own import socket_name
from raises import raises

NAME = socket_name("access-link")


def accepted(frame, program=FILTER):
    here = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    here.bind(sockets.unix_address(NAME))
    here.setblocking(False)
    sockets.attach_filter(here, program)
    there = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    there.sendto(frame, sockets.unix_address(NAME))
    received = sockets.receive(here, 4096)
    there.close()
    here.close()
    assert received is None or received == frame[: len(received)]
    return received is not None


def ethernet(ethertype, payload):
    return b"\xff" * 6 + b"\x02\0\0\0\0\1" + struct.pack("!H", ethertype) + payload


def ipv4(protocol, payload, options=b"", fragment=0):
    length = 20 + len(options)
    head = bytes((0x40 | length // 4, 0)) + struct.pack("!HHH", length + len(payload), 1, fragment)
    head += bytes((64, protocol, 0, 0)) + bytes(4) + b"\xff" * 4 + options
    return ethernet(0x0800, head + payload)


def udp(destination_port, source_port=68):
    return struct.pack("!HHHH", source_port, destination_port, 308, 0) + bytes(300)


def icmpv6(kind):
    head = b"\x60\0\0\0" + struct.pack("!HBB", 24, 58, 255) + bytes(32)
    return ethernet(0x86DD, head + bytes((kind, 0)) + bytes(22))


def test_arp_is_heard():
    assert accepted(ethernet(0x0806, bytes(28)))
    assert accepted(ethernet(0x0806, bytes(46)))


def test_dhcp_requests_are_heard():
    assert accepted(ipv4(17, udp(67)))
    assert accepted(ipv4(17, udp(67), fragment=0x4000))
    assert accepted(ipv4(17, udp(67), fragment=0x2000)), "a first fragment"


def test_dhcp_requests_are_heard_behind_ip_options():
    for words in range(1, 11):
        assert accepted(ipv4(17, udp(67), options=b"\x01\x01\x01\x00" * words))
        assert not accepted(ipv4(17, udp(53), options=b"\x01\x01\x01\x00" * words))


def test_requests_to_dhcpv6_servers_are_heard():
    head = b"\x60\0\0\0" + struct.pack("!HBB", 308, 17, 1) + bytes(32)
    assert accepted(ethernet(0x86DD, head + udp(547, 546)))
    assert not accepted(ethernet(0x86DD, head + udp(546, 547))), "what a server says"
    assert not accepted(ethernet(0x86DD, head + udp(53)))


def test_clients_data_is_not_heard():
    assert not accepted(ipv4(6, struct.pack("!HH", 67, 67) + bytes(40)))
    assert not accepted(ipv4(1, bytes(60)))
    assert not accepted(ipv4(17, udp(53)))
    assert not accepted(ipv4(17, udp(68, source_port=67))), "what a DHCP server says"
    assert not accepted(ipv4(17, udp(67), fragment=0x2001)), "a later fragment"
    assert not accepted(ethernet(0x888E, bytes(60))), "EAPOL is the authenticator's"
    assert not accepted(ethernet(0x86DD, b"\x60\0\0\0\0\x24\x11\xff" + bytes(100)))


def test_only_neighbour_discovery_is_heard_of_icmpv6():
    heard = [kind for kind in range(256) if accepted(icmpv6(kind))]
    assert heard == [133, 134, 135, 136], heard


def test_truncated_frames_are_dropped_by_the_kernel():
    for frame in (ipv4(17, udp(67))[:37], icmpv6(135)[:54], ethernet(0x0800, b"")):
        for length in range(0, len(frame) + 1):
            assert not accepted(frame[:length]), length


def test_an_interface_that_is_not_there_is_an_error():
    with raises(OSError):
        AccessLink(Loop(), "nosuch0", None)
