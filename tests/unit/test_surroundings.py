# SPDX-License-Identifier: GPL-2.0-or-later
"""What pmip check finds in the rest of an OpenWrt machine's configuration."""

from mag_lite import surroundings
from mag_lite.surroundings import FAIL, PASS, WARN
from mag_lite.system import packet_filter, uci

from own import Directory, write

FIREWALL = """
config defaults
	option forward REJECT
config zone
	option name pmip
	option device pmip+
config rule
	option src '*'
	option dest '*'
	option mark 0x52130000/0xffff0000
	option target ACCEPT
config rule
	option proto udp
	option dest_port 5436
	option target ACCEPT
config rule
	option proto 135
	option target ACCEPT
config rule
	list proto 47
	option target ACCEPT
"""
NETWORK = """
config interface lan
	option device br-lan
config device
	option name br-lan
	list ports lan1
	list ports phy1-ap0
config interface pmip
	option proto none
config interface vlan
	option device eth0.5
"""
WIRELESS = """
config wifi-device radio0
config wifi-iface
	option device radio0
	option network lan
	option disabled 1
config wifi-iface
	option device radio0
	option network pmip
config wifi-iface
	option device radio0
	option network lan
config wifi-iface
	option device radio0
	option network vlan
config wifi-iface
	option device radio1
	option ifname guests
	option network 'lan pmip'
"""
DHCP = """
config dnsmasq
config dhcp lan
	option interface lan
	option ra server
	option dhcpv6 disabled
config dhcp pmip
	option interface pmip
	option ignore 1
"""


def findings(firewall=FIREWALL, devices=(), dhcp=DHCP, ipv6=True, ipv4=True, udp=False):
    texts = {"firewall": firewall, "network": NETWORK, "wireless": WIRELESS, "dhcp": dhcp}
    return surroundings.findings(
        {name: uci.parse(text) for name, text in texts.items()}, devices, ipv6, ipv4, udp)


def firewall_without(line):
    """Level and text of what is found without a line."""
    assert line in FIREWALL
    found = findings(FIREWALL.replace(line, ""))
    assert len(found) == 1 and found[0][2], found
    return found[0][:2]


def test_a_firewall_as_we_set_it_up_is_right():
    assert findings() == [(PASS, "the firewall lets anchors in and clients through", None)]


def test_the_firewall_is_to_look_for_the_mark_that_the_packet_filter_gives():
    mark = "0x%08x/0x%08x" % (packet_filter.MARK, packet_filter._MARK_FAMILY)
    assert mark in FIREWALL and mark == surroundings._MARK
    with open("files/etc/uci-defaults/90-pmip") as file:
        assert "mark=" + mark in file.read()


def test_each_missing_rule_is_found_with_a_remedy():
    assert firewall_without("option mark 0x52130000/0xffff0000") == (
        FAIL, "the firewall does not forward clients' packets")
    assert firewall_without("option device pmip+") == (
        WARN, "no zone of the firewall has the tunnels")
    assert firewall_without("option dest_port 5436") == (
        WARN, "no rule of the firewall lets in what anchors say over IPv4")
    assert firewall_without("option proto 135") == (
        WARN, "no rule of the firewall lets in what anchors say over IPv6")
    assert firewall_without("list proto 47") == (
        WARN, "no rule of the firewall lets in tunnelled packets")


def test_a_rule_that_is_off_or_drops_is_none():
    for change in (("ACCEPT", "DROP"), ("option target", "option enabled 0\n\toption target")):
        assert [level for level, _, _ in findings(FIREWALL.replace(*change))] == [
            FAIL, WARN, WARN, WARN]


def test_only_the_anchors_that_there_are_need_a_rule():
    assert findings(FIREWALL.replace("dest_port 5436", "name x"), ipv4=False)[0][0] == PASS
    assert findings(FIREWALL.replace("proto 135", "name x"), ipv6=False)[0][0] == PASS


def test_udp_encapsulation_needs_a_rule_for_its_port():
    rule = "config rule\n\toption target ACCEPT\n\toption proto udp\n\toption dest_port 5437\n"
    level, text, remedy = findings(udp=True)[0]
    assert level == WARN and "packets in UDP" in text and "dest_port 5437" in remedy
    assert findings(FIREWALL + rule, udp=True)[0][0] == PASS


def test_offloading_and_dropping_are_mentioned():
    text = FIREWALL.replace("forward REJECT", "flow_offloading 1\n\toption drop_invalid on")
    assert [(level, text.split(":")[0]) for level, text, _ in findings(text)[1:]] == [
        (PASS, "flow offloading is on"), (PASS, "the firewall drops invalid packets")]


def test_the_networks_of_a_device():
    files = {"network": uci.parse(NETWORK), "wireless": uci.parse(WIRELESS)}
    for device, networks in (("br-lan", ["lan"]), ("lan1", ["lan"]), ("phy1-ap0", ["lan"]),
                             ("phy0-ap0", ["pmip"]), ("phy0-ap1", ["lan"]), ("eth0.5", ["vlan"]),
                             ("phy0-ap2", ["vlan"]), ("guests", ["lan", "pmip"]), ("phy0-ap3", [])):
        assert surroundings.networks(files, device) == networks, device


def test_other_servers_on_the_access_network_are_failures():
    assert findings(devices=["phy0-ap0"])[1:] == []
    found = findings(devices=["phy0-ap1"])[1:]
    where = "server is configured on network 'lan', which phy0-ap1 belongs to"
    assert found == [
        (FAIL, "another DHCP " + where, "uci set dhcp.lan.ignore=1"),
        (FAIL, "another router advertisement " + where, "uci set dhcp.lan.ra=disabled")]
    assert findings(devices=["phy0-ap1"], dhcp=DHCP.replace("ra server", "ignore 1"))[1:] == []


def test_what_is_not_there_or_makes_no_sense_is_left_out():
    with Directory() as path:
        write(path + "/network", "config interface 'lan'\n")
        write(path + "/dhcp", "conf\n")
        files = surroundings.load(path)
        assert sorted(files) == ["network"]
        assert surroundings.findings(files, ["wlan0"], True, True) == []


def test_interfaces_of_single_clients_are_refused():
    text = "config wifi-iface ap\n\toption device radio0\n\toption ifname wlan0\n"
    for line, levels in (("", []), ("\toption per_sta_vif 1\n", [FAIL])):
        found = surroundings.findings({"wireless": uci.parse(text + line)}, ["wlan0"], True, True)
        assert [level for level, _, _ in found] == levels
        assert not found or "uci delete wireless.ap.per_sta_vif" in found[0][2]
