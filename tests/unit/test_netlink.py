# SPDX-License-Identifier: GPL-2.0-or-later
import random
import struct

from mag_lite.system import netlink, nftables, packet_filter, rtnetlink, tunnel
from mag_lite.system.netlink import NetlinkError, Request
from mag_lite.system.path_mtu import quoted_destination4, quoted_destination6
from mag_lite.system.rtnetlink import Neighbour, Route, Rule
from mag_lite.wire.address import parse_address, parse_prefix

from raises import raises

CLIENT = bytes((10, 20, 0, 5))
PREFIX = parse_prefix("2001:db8:100:5::/64")
NEXT_HOP = parse_address("fe80::2001:db8:100:5")
MAC = bytes((2, 0, 0, 0, 0, 0x11))
LOCAL4, REMOTE4 = bytes((192, 0, 2, 10)), bytes((198, 51, 100, 1))
LOCAL6, REMOTE6 = bytes(15) + b"\1", bytes(15) + b"\2"


def body(request):
    found = list(netlink.messages(netlink.encode(request, 1)))
    assert len(found) == 1
    return found[0][3]


def test_attributes_are_padded_and_read_back():
    data = netlink.attribute(1, b"abcde") + netlink.attribute_u32(2, 0x01020304)
    data += netlink.nested(3, netlink.attribute_text(4, "wlan0"))
    assert len(data) % 4 == 0
    found = netlink.attributes(data)
    assert found[1] == b"abcde"
    assert netlink.u32(found[2]) == 0x01020304
    assert netlink.text(netlink.attributes(found[3])[4]) == "wlan0"


def test_an_attribute_of_impossible_length_is_refused():
    for length in (0, 3, 9, 0xFFFF):
        with raises(NetlinkError):
            netlink.attributes(struct.pack("HH", length, 1) + bytes(4))


def test_a_message_longer_than_its_datagram_is_refused():
    data = netlink.encode(Request("x", 20, 0, bytes(20)), 7)
    for end in range(16, len(data)):
        with raises(NetlinkError):
            list(netlink.messages(data[:end]))


def test_a_datagram_of_several_messages():
    data = netlink.encode(Request("x", 20, 0, b"abc"), 1, netlink.NLM_F_ACK)
    data += netlink.encode(Request("y", 21, netlink.NLM_F_CREATE, b""), 2)
    assert list(netlink.messages(data)) == [
        (20, netlink.NLM_F_REQUEST | netlink.NLM_F_ACK, 1, b"abc"),
        (21, netlink.NLM_F_REQUEST | netlink.NLM_F_CREATE, 2, b""),
    ]


def test_an_acknowledgement_tells_the_error_and_why():
    assert netlink.acknowledgement(struct.pack("i", 0) + bytes(16), 0) == (0, "")
    assert netlink.acknowledgement(struct.pack("i", -17) + bytes(16), 0) == (17, "")
    why = netlink.attribute_text(1, "no such table")
    flags = netlink.NLM_F_ACK_TLVS
    capped = struct.pack("i", -2) + struct.pack("I", 60) + bytes(12) + why
    assert netlink.acknowledgement(capped, flags | netlink.NLM_F_CAPPED) == (2, "no such table")
    whole = struct.pack("i", -2) + struct.pack("I", 30) + bytes(12 + 14 + 2) + why
    assert netlink.acknowledgement(whole, flags) == (2, "no such table")


def test_an_error_names_the_request_and_the_reason():
    error = NetlinkError("route 10.20.0.5/32", 19, "device is down")
    assert str(error) == "route 10.20.0.5/32: ENODEV (device is down)"
    assert error.errno == 19
    assert str(NetlinkError("x", 9999)) == "x: errno 9999"


def test_a_route_is_read_as_it_was_written():
    for route in (
        Route((CLIENT, 32), 7, 52131, 213, b""),
        Route((bytes(4), 0), 7, 52130, 213, b""),
        Route((CLIENT, 32), None, 254, 214, b""),
        Route((PREFIX[0], 64), 7, 52131, 213, NEXT_HOP),
        Route((PREFIX[0], 64), None, 254, 214, b""),
        Route((bytes(15) + b"\1", 128), 9, 254, 214, b""),
    ):
        assert rtnetlink.parse_route(body(rtnetlink.replace_route(route))) == route


def test_a_route_to_delete_may_lead_anywhere():
    request = rtnetlink.delete_route(Route((CLIENT, 32), None, 254, 214, b""))
    header = body(request)[:8]
    assert header[6] == rtnetlink.RT_SCOPE_NOWHERE and header[7] == rtnetlink.RTN_UNSPEC
    assert rtnetlink.RTA_OIF not in netlink.attributes(body(request), 12)


def test_a_rule_is_read_as_it_was_written():
    for rule in (
        Rule(521, "lo", 0x52130000, 0xFFFFFFFF, 52131, 213),
        Rule(523, "pmip0", 0, 0, None, 213),
        Rule(524, "", 0x52130001, 0xFFFF7FFF, 52132, 213),
    ):
        assert rtnetlink.parse_rule(body(rtnetlink.new_rule(2, rule))) == rule


def test_a_neighbour_is_read_as_it_was_written():
    neighbour = Neighbour(7, CLIENT, MAC, 213)
    data = body(rtnetlink.replace_neighbour(neighbour))
    assert rtnetlink.parse_neighbour(data) == neighbour
    reachable = data[:8] + struct.pack("H", 2) + data[10:]
    assert rtnetlink.parse_neighbour(reachable) is None


def link_of(kind, data, mtu=1476):
    info = netlink.attribute_text(rtnetlink.IFLA_INFO_KIND, kind)
    info += netlink.nested(rtnetlink.IFLA_INFO_DATA, data)
    message = struct.pack("BBHiII", 0, 0, 0, 5, rtnetlink.IFF_UP, 0)
    message += netlink.attribute_text(rtnetlink.IFLA_IFNAME, "pmip0")
    message += netlink.attribute_u32(rtnetlink.IFLA_MTU, mtu)
    return rtnetlink.parse_link(message + netlink.nested(rtnetlink.IFLA_LINKINFO, info))


def test_a_tunnel_fits_itself_and_no_other():
    ends = [("gre", LOCAL4, REMOTE4), ("gre", LOCAL6, REMOTE6)]
    ends += [("gre-key", LOCAL4, REMOTE4), ("gre-key", LOCAL6, REMOTE6)]
    ends += [("ip", LOCAL4, REMOTE4), ("ip", LOCAL6, REMOTE6), ("gre", LOCAL4, LOCAL4)]
    for made in ends:
        link = link_of(tunnel.kind(*made[:2]), tunnel.encode(*made))
        assert tunnel.ends(link) == made
        for wanted in ends:
            assert tunnel.fits(link, *wanted) == (wanted == made), (made, wanted)


def test_a_tunnel_that_differs_in_one_thing_does_not_fit():
    good = tunnel.attributes("gre", LOCAL4, REMOTE4)
    for number in good:
        data = dict(good)
        data[number] = bytes(len(good[number]) - 1) + b"\7"
        encoded = b"".join([netlink.attribute(n, value) for n, value in data.items()])
        assert not tunnel.fits(link_of("gre", encoded), "gre", LOCAL4, REMOTE4), number
    keyed = tunnel.encode("gre", LOCAL4, REMOTE4) + netlink.attribute(2, b"\x20\0")
    assert not tunnel.fits(link_of("gre", keyed), "gre", LOCAL4, REMOTE4)


def test_ip_in_ip_is_never_narrower_than_ipv6_allows_but_fragments_outside():
    pmtudisc, ends = 10, ("ip", LOCAL4, REMOTE4)
    for mtu, width, discovers in ((1480, 1480, b"\1"), (1280, 1280, b"\1"), (980, 1280, b"\0")):
        made = netlink.attributes(tunnel.make("pmip0", *ends, mtu, "pmip-mag")[0].body, 16)
        info = netlink.attributes(made[rtnetlink.IFLA_LINKINFO])
        assert netlink.u32(made[rtnetlink.IFLA_MTU]) == width
        data = info[rtnetlink.IFLA_INFO_DATA]
        assert netlink.attributes(data)[pmtudisc] == discovers
        link = link_of("sit", data, width)
        assert tunnel.fits(link, *ends) and tunnel.adapt(link, *ends, mtu) == []
        changes = [request.kind for request in tunnel.adapt(link, *ends, 1400)]
        kinds = [rtnetlink.RTM_SETLINK, rtnetlink.RTM_NEWLINK]
        assert changes == kinds[: 1 + (mtu == 980)]


def test_ip_in_ip_over_ipv4_may_change_over_to_udp_and_back():
    for made, wanted in (("ip", "udp"), ("udp", "ip")):
        link = link_of("sit", tunnel.encode(made, LOCAL4, REMOTE4), 1472)
        assert tunnel.ends(link) == (made, LOCAL4, REMOTE4)
        assert tunnel.fits(link, wanted, LOCAL4, REMOTE4)
        assert tunnel.adapt(link, made, LOCAL4, REMOTE4, 1472) == []
        change, = tunnel.adapt(link, wanted, LOCAL4, REMOTE4, 1472)
        info = netlink.attributes(netlink.attributes(change.body, 16)[rtnetlink.IFLA_LINKINFO])
        changed = link_of("sit", info[rtnetlink.IFLA_INFO_DATA], 1472)
        assert tunnel.ends(changed) == (wanted, LOCAL4, REMOTE4)
        assert tunnel.udp_ends([link, changed]) == {LOCAL4}
    assert tunnel.udp_ends([link_of("sit", tunnel.encode("ip", LOCAL4, REMOTE4))]) == set()


def test_a_device_of_another_kind_has_no_ends():
    assert tunnel.ends(link_of("ipip", b"")) == (None, None, None)


def test_a_path_has_the_learnt_mtu_and_its_end():
    message = struct.pack("BBBBBBBBI", 2, 32, 0, 0, 254, 0, 0, 1, 0)
    message += netlink.attribute(rtnetlink.RTA_PREFSRC, LOCAL4)
    message += netlink.attribute_u32(rtnetlink.RTA_OIF, 3)
    plain = rtnetlink.parse_path(message)
    assert plain == (LOCAL4, 3, 0, None)
    metrics = netlink.attribute_u32(rtnetlink.RTAX_MTU, 1400)
    message += netlink.nested(rtnetlink.RTA_METRICS, metrics)
    cache = struct.pack("IIiIIIII", 0, 0, 59000, 0, 0, 0, 0, 0)
    message += netlink.attribute(rtnetlink.RTA_CACHEINFO, cache)
    assert rtnetlink.parse_path(message) == (LOCAL4, 3, 1400, 590000)


def test_the_maps_key_is_padded_as_the_kernel_compares_it():
    key = packet_filter.key("wlan0", MAC, CLIENT)
    assert key == b"wlan0" + bytes(11) + MAC + bytes(2) + CLIENT
    assert packet_filter.parse_key(key) == ("wlan0", MAC, CLIENT)
    longest = "abcdefghijklmno"
    assert packet_filter.parse_key(packet_filter.key(longest, MAC, CLIENT))[0] == longest


def test_map_elements_are_read_as_they_were_written():
    key = packet_filter.key("wlan0", MAC, CLIENT)
    request = nftables.add_element(5, "pmip", "clients", key, struct.pack("I", 0x52130002))
    assert nftables.parse_elements(body(request)) == {key: struct.pack("I", 0x52130002)}


def test_the_ruleset_names_every_device_and_none_twice():
    tunnels = {"pmip0": (0x52130000, 1476), "pmip1": (0x52130001, 1400)}
    text = packet_filter.ruleset(["wlan0", "wlan1"], ["wlan0"], tunnels, ["access-old"])
    assert 'hook ingress device "wlan0"' in text
    assert 'hook ingress device "wlan1"' not in text
    assert "delete chain netdev pmip access-old" in text
    for size in (1436, 1360, 1416, 1340):  # for IPv4 and for IPv6
        assert text.count("maxseg size set %d" % size) == 1


def test_a_device_name_cannot_inject_rules():
    for name in ('w"; drop', "a\nb", "", "sixteen-letters-"):
        with raises(ValueError):
            packet_filter.ruleset([name], [name], {}, [])
    assert packet_filter.chain("wl.0") == "access-wl/2e0"


def test_whom_an_icmp_error_is_about():
    quoted = b"\x45" + bytes(8) + b"\x2f" + bytes(2) + LOCAL4 + REMOTE4
    error = b"\x45" + bytes(19) + b"\3\4" + bytes(6) + quoted
    assert quoted_destination4(error) == REMOTE4
    with_options = b"\x46" + bytes(23) + b"\3\4" + bytes(6) + quoted
    assert quoted_destination4(with_options) == REMOTE4
    error6 = b"\2" + bytes(7) + b"\x60" + bytes(7) + LOCAL6 + REMOTE6
    assert quoted_destination6(error6) == REMOTE6
    for end in range(len(error)):
        assert quoted_destination4(error[:end]) == b""
    for end in range(len(error6)):
        assert quoted_destination6(error6[:end]) == b""


def parsers():
    return (
        lambda data: list(netlink.messages(data)),
        netlink.attributes,
        lambda data: netlink.acknowledgement(data, netlink.NLM_F_ACK_TLVS),
        lambda data: netlink.acknowledgement(data, netlink.NLM_F_ACK_TLVS | netlink.NLM_F_CAPPED),
        rtnetlink.parse_link,
        rtnetlink.parse_neighbour,
        rtnetlink.parse_route,
        rtnetlink.parse_path,
        rtnetlink.parse_rule,
        rtnetlink.changed_links,
        nftables.parse_elements,
    )


def samples():
    key = packet_filter.key("wlan0", MAC, CLIENT)
    requests = [
        rtnetlink.replace_route(Route((CLIENT, 32), 7, 52131, 213, b"")),
        rtnetlink.new_rule(2, Rule(521, "lo", 1, 2, 3, 213)),
        rtnetlink.replace_neighbour(Neighbour(7, CLIENT, MAC, 213)),
        nftables.add_element(5, "pmip", "clients", key, bytes(4)),
    ]
    data = tunnel.encode("gre", LOCAL4, REMOTE4)
    requests += rtnetlink.new_link("pmip0", "gre", data, 1476, "pmip-mag")
    return [request.body for request in requests]


def test_garbage_raises_nothing_but_netlink_errors():
    random.seed(5213)
    bases = samples()
    refused = 0
    for turn in range(4000):
        data = bytearray(bases[turn % len(bases)])
        for _ in range(random.randrange(4)):
            data[random.randrange(len(data))] = random.randrange(256)
        data = bytes(data[: random.randrange(len(data) + 1)])
        for parse in parsers():
            try:
                parse(data)
            except NetlinkError:
                refused += 1
    assert refused > 4000
