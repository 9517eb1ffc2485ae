# SPDX-License-Identifier: GPL-2.0-or-later
"""Stateless DHCPv6: who asks for DNS servers hears of them, and of nothing else."""

import struct

from mag import DNS6, PHONE, Bench, SendFrame

from mag_lite.wire import dhcpv6, ethernet
from mag_lite.wire.address import parse_address
from mag_lite.wire.checksum import internet_checksum, pseudo_header
from mag_lite.wire.dhcpv6 import Dhcp6
from mag_lite.wire.error import DecodeError
from mag_lite.wire.ip import decode_ipv6, encode_ipv6

from raises import raises

ROUTER = parse_address("fe80::200:5eff:fe00:5213")
OWN = parse_address("fe80::ff:fe00:101")
GLOBAL = parse_address("2001:db8:100:5::1234")
SERVERS = parse_address("ff02::1:2")
SERVER = b"\0\3\0\1\0\0\x5e\0\x52\x13"
CLIENT = b"\0\3\0\1" + PHONE


def active():
    bench = Bench(ip_versions=(4, 6))
    bench.activate()
    return bench


def frame(kind=dhcpv6.INFORMATION_REQUEST, source=OWN, port=547, payload=None, **options):
    carried = {dhcpv6.CLIENT_IDENTIFIER: CLIENT, 6: b"\0\x17", 8: b"\0\0"}
    carried.update(options.get("options", {}))
    payload = dhcpv6.encode(Dhcp6(kind, b"abc", carried)) if payload is None else payload
    datagram = struct.pack("!HHHH", 546, port, 8 + len(payload), 0) + payload
    return ethernet.frame(b"\x33\x33\0\1\0\2", PHONE, ethernet.IPV6,
                          encode_ipv6(source, SERVERS, 17, datagram, 1))


def answer(bench):
    """(destination, message) of the one answer, or None; all checksums are right."""
    frames = [action.frame for action in bench.take(SendFrame)]
    if not frames:
        return None
    sent, = frames
    assert sent[:6] == PHONE
    source, destination, protocol, _, start, end = decode_ipv6(sent[14:])
    datagram = sent[14 + start:14 + end]
    assert (source, protocol) == (ROUTER, 17)
    assert struct.unpack("!HHH", datagram[:6]) == (547, 546, len(datagram))
    assert internet_checksum(
        pseudo_header(source, destination, len(datagram), 17) + datagram) == 0
    return destination, dhcpv6.decode(datagram[8:])


def test_an_information_request_is_answered_with_the_dns_servers():
    bench = active()
    bench.frame(frame())
    destination, reply = answer(bench)
    assert destination == OWN
    assert (reply.kind, reply.transaction) == (dhcpv6.REPLY, b"abc")
    assert reply.options == {
        dhcpv6.CLIENT_IDENTIFIER: CLIENT, dhcpv6.SERVER_IDENTIFIER: SERVER,
        dhcpv6.DNS_SERVERS: DNS6}
    bench.frame(frame(options={dhcpv6.SERVER_IDENTIFIER: SERVER}))
    assert answer(bench), "it names this server"


def test_whatever_else_is_asked_for_is_not_answered():
    bench = active()
    for wrong in (frame(kind=1), frame(port=53), frame(source=GLOBAL),
                  frame(options={dhcpv6.IA_NA: bytes(12)}),
                  frame(options={dhcpv6.SERVER_IDENTIFIER: CLIENT})):
        bench.frame(wrong)
        assert answer(bench) is None
    assert bench.count("dhcpv6.dropped") == 5


def test_clients_without_prefixes_hear_nothing():
    bench = Bench()
    bench.activate()
    bench.frame(frame())
    assert answer(bench) is None


def test_garbage_is_counted_and_dropped():
    bench = active()
    whole = frame()
    for cut in range(55, len(whole)):
        bench.frame(whole[:cut])
    bench.frame(frame(payload=b"\x0babc\0\1\0"))
    bench.frame(frame(payload=b"\x0babc\0\1\xff\xff"))
    assert answer(bench) is None
    assert bench.count("dhcpv6.malformed") == len(whole) - 55 + 2
    with raises(DecodeError):
        dhcpv6.decode(b"\x0bab")
