# SPDX-License-Identifier: GPL-2.0-or-later
"""What the gateway makes of /etc/config/pmip, right and wrong."""

from mag_lite.configuration import interpret
from mag_lite.system import uci
from mag_lite.system.settings import ERROR
from mag_lite.wire.address import parse_address

SMALLEST = """
config mag 'mag'
	option lma '198.51.100.1'
config access 'wlan'
	option device 'wlan0'
"""


def read(text):
    configuration, problems, _ = interpret(uci.parse(text), "pmip")
    return configuration, problems


def complaints(text):
    return [problem for level, problem in read(text)[1] if level == ERROR]


def complaint(text):
    found, = complaints(text)
    return found


def test_the_smallest_configuration_serves():
    configuration, problems = read(SMALLEST)
    assert problems == []
    anchor, = configuration.anchors
    assert (anchor.index, anchor.address) == (0, parse_address("198.51.100.1"))
    assert (anchor.local, anchor.encapsulation, anchor.mtu) == (None, "gre", None)
    assert configuration.lifetime == 3600000 and configuration.timestamp == "auto"
    access = configuration.access["wlan0"]
    assert (access.hostapd, access.identity, access.technology) == (
        "/var/run/hostapd", "authenticated", 4)
    assert configuration.local_routing is False


def test_an_empty_file_says_what_is_missing():
    configuration, _ = read("")
    assert configuration is None
    texts = complaints("")
    assert "option lma is missing" in texts[0] and "no section 'access'" in texts[1]


def test_wrong_values_name_section_option_value_and_what_is_allowed():
    text = complaint(SMALLEST.replace("config access", "\toption lifetime '3'\nconfig access"))
    for words in ("mag 'mag'", "lifetime", "'3'", "4 to 262140"):
        assert words in text, text
    text = complaint(SMALLEST.replace("198.51.100.1", "anchor.example.org") + """
config anchor 'x'
	option address '192.0.2.1'
""")
    assert "'anchor.example.org' is not an IPv4 or IPv6 address" in text


def test_clients_meet_here_if_that_is_said():
    for value, expected in (("1", True), ("0", False)):
        text = SMALLEST.replace(
            "config access", "\toption local_routing '%s'\nconfig access" % value)
        assert read(text)[0].local_routing is expected
    assert "1 or 0" in complaint(text.replace("'0'", "'perhaps'"))


def test_unknown_options_only_warn():
    configuration, problems = read(SMALLEST + "\toption colour 'red'\n")
    assert configuration is not None
    assert [level for level, _ in problems] == ["warning"]


def test_profiles_choose_anchors_by_name():
    configuration, problems = read(SMALLEST + """
config anchor 'staff'
	option address '2001:db8::1'
config profile
	option match '*@staff.example.org'
	option anchor 'staff'
	option service 'internal'
config profile
	option match '*@evil.example.org'
	option allow '0'
""")
    assert problems == []
    staff, evil = configuration.profiles
    assert staff.anchor is configuration.anchors[1] and staff.service == b"internal"
    assert staff.anchor.index == 1
    assert not evil.allow


def test_a_profile_with_an_unknown_anchor_is_an_error():
    assert "there is no anchor 'nowhere'" in complaint(SMALLEST + """
config profile 'p'
	option match '*'
	option anchor 'nowhere'
""")


def test_what_cannot_be_together_is_an_error():
    assert "occurs twice" in complaint(SMALLEST + "config access\n\toption device 'wlan0'\n")
    assert "another anchor has this address" in complaint(
        SMALLEST + "config anchor 'x'\n\toption address '198.51.100.1'\n")
    assert "IP version" in complaint(SMALLEST + """
config anchor 'x'
	option address '198.51.100.2'
	option local '2001:db8::1'
""")


def test_udp_encapsulation_is_for_ipv4_alone():
    text = SMALLEST.replace("config access", "\toption encapsulation 'udp'\nconfig access")
    configuration, problems = read(text)
    assert problems == [] and configuration.anchors[0].encapsulation == "udp"
    assert "'udp' is for anchors with IPv4 addresses" in complaint(SMALLEST + """
config anchor 'x'
	option address '2001:db8::1'
	option encapsulation 'udp'
""")


def test_a_bridge_names_the_wireless_interfaces_behind_it():
    bridge = SMALLEST + "\tlist bss 'phy0-ap1'\n\tlist bss 'phy1-ap1'\n\toption isolate '0'\n"
    for text, bss, isolate in ((SMALLEST, ("wlan0",), True),
                               (bridge, ("phy0-ap1", "phy1-ap1"), False)):
        access = read(text)[0].access["wlan0"]
        assert access.bss == bss and access.isolate == isolate


def test_a_profile_is_for_the_access_section_that_it_names():
    profile = "config profile 'p'\n\toption match '*'\n\toption access '%s'\n"
    configuration, problems = read(SMALLEST + profile % "wlan")
    assert problems == [] and configuration.profiles[0].access == "wlan0"
    assert "profile 'p': option access: there is no access section 'guests'" in complaint(
        SMALLEST + profile % "guests")
    assert read(SMALLEST + profile % "guests")[0].profiles == []
