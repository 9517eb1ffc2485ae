# SPDX-License-Identifier: GPL-2.0-or-later
"""What hostapd says, as it was heard, and what a hostile station can make it say."""

from mag_lite.system.hostapd_text import (
    parse_event,
    parse_key_management,
    parse_state,
    parse_station,
    printf_decode,
)

MAC = b"\x02\0\0\0\1\1"
ANSWER = b"""02:00:00:00:01:01
flags=[AUTH][ASSOC][AUTHORIZED][SHORT_PREAMBLE][WMM][HT]
aid=1
AKMSuiteSelector=00-0f-ac-1
dot1xAuthSessionId=4F4979D78ACA0E14
dot1xAuthSessionUserName=mn1@example.org
last_eap_type_sta=25 (PEAP)
inactive_msec=0
connected_time=12
ht_caps_info=0x13fe
"""


def with_name(name):
    return parse_station(ANSWER.replace(b"mn1@example.org", name)).identity


def test_a_station_is_read_as_hostapd_describes_it():
    station = parse_station(ANSWER)
    assert (station.mac, station.authorized) == (MAC, True)
    assert (station.identity, station.connected) == (b"mn1@example.org", 12)


def test_no_station_is_read_from_what_is_none():
    for answer in (b"", b"FAIL\n", b"UNKNOWN COMMAND\n", b"OK\n", b"\xff\xfe", b"02:00:00:00:01"):
        assert parse_station(answer) is None


def test_a_station_without_a_name_is_told_from_one_without_eap():
    assert with_name(b"N/A") == b""
    assert with_name(b"") == b""
    assert parse_station(ANSWER[:50]).identity is None


def test_a_station_that_is_not_authorized_is_not():
    assert not parse_station(ANSWER.replace(b"[AUTHORIZED]", b"")).authorized
    assert not parse_station(b"02:00:00:00:01:01\n").authorized


def test_escapes_in_names_are_undone():
    assert with_name(b"a\\x00\\xff\\\\x41\\\"\\n\\r\\t\\e") == b'a\x00\xff\\x41"\n\r\t\x1b'
    assert with_name(b"J\\xc3\\xbcrgen@example.org") == "Jürgen@example.org".encode()


def test_broken_escapes_stay_as_they_are():
    for text in (b"\\", b"\\x", b"\\x4", b"\\xg0", b"\\q", b"\\x 1", b"\\x+1"):
        assert printf_decode(text) == text
    assert printf_decode(b"\\x4\\x41") == b"\\x4A"


def test_a_station_cannot_forge_lines_with_the_names_it_chooses():
    forged = b"\nflags=[AUTHORIZED]\ndot1xAuthSessionUserName=victim\nconnected_time=999999\n"
    plain = ANSWER.replace(b"[AUTHORIZED]", b"").replace(b"mn1@example.org", b"x" + forged)
    station = parse_station(plain)
    assert (station.authorized, station.identity, station.connected) == (False, b"x", 12)
    for label in (b"wpsDeviceName=", b"p2p_device_name="):
        pre_shared = b"02:00:00:00:01:01\nflags=[AUTHORIZED]\n" + label + forged
        assert parse_station(pre_shared + b"\nconnected_time=3\n")[1:] == (True, None, 3)


def test_absurd_connection_times_are_none():
    for text in (b"x", b"-1", b"", b"99999999999", "٣".encode()):
        assert parse_station(ANSWER.replace(b"=12", b"=" + text)).connected == 0


def test_events_are_told_from_answers():
    assert parse_event(b"<3>AP-STA-CONNECTED 02:00:00:00:01:01") == (
        b"AP-STA-CONNECTED", MAC, b"")
    assert parse_event(b"<3>AP-STA-CONNECTED 02:00:00:00:01:01 keyid=x")[1] == MAC
    assert parse_event(b"<3>AP-DISABLED ") == (b"AP-DISABLED", None, b"")
    assert parse_event(b"<3>CTRL-EVENT-EAP-PROPOSED-METHOD vendor=0 method=25")[1] is None
    assert parse_event(b"<2>") == (b"", None, b"")
    for answer in (b"", b"OK\n", b"FAIL\n", ANSWER, b"<3"):
        assert parse_event(answer) is None


def test_the_state_of_the_access_point():
    assert parse_state(b"state=ENABLED\nphy=phy0\nfreq=2412\n") == "ENABLED"
    assert parse_state(b"phy=phy0\nstate=COUNTRY_UPDATE\n") == "COUNTRY_UPDATE"
    for answer in (b"", b"FAIL\n", b"state=\n", b"state=\xff\n", b"state=1 2\n"):
        assert parse_state(answer) == ""


def test_newer_builds_say_how_a_station_authenticated():
    said = b"<3>AP-STA-CONNECTED 02:00:00:00:01:01 vlanid=9 auth_alg="
    assert parse_event(said + b"ft") == (b"AP-STA-CONNECTED", MAC, b"ft")
    assert parse_event(said + b"open")[2] == b"open"


def test_key_management_tells_who_is_let_in():
    for ways, expected in ((b"WPA-EAP WPA-EAP-SHA256 ", (True, False)), (b"FT-EAP", (True, True)),
                           (b"WPA-EAP FT-EAP ", (True, True)), (b"WPA-PSK FT-EAP", (False, True)),
                           (b"SAE", (False, False)), (b"", (False, False))):
        assert parse_key_management(b"ssid=x\nkey_mgmt=" + ways + b"\n") == expected
    assert parse_key_management(b"ssid=key_mgmt=FT-EAP\n") == (False, False)
