# SPDX-License-Identifier: GPL-2.0-or-later
"""What a wrong configuration file is told, and what a right one gives."""

from lma_lite.kinds import PREFIX4, PREFIX6
from mag_lite.system import settings
from mag_lite.system.settings import (
    ADDRESS,
    ADDRESS4,
    ANY,
    ERROR,
    FLAG,
    INTERFACE,
    ONCE,
    PATH,
    PATTERN,
    REQUIRED,
    TEXT,
    WARNING,
    SectionSchema,
    choice,
    integer,
    list_of,
)
from mag_lite.system.uci import parse

SCHEMA = (
    SectionSchema(
        "mag",
        ONCE,
        (
            ("lma", ADDRESS, REQUIRED),
            ("lifetime", integer(4, 262140, "s"), "3600"),
            ("timestamp", choice("auto", "on", "off"), "auto"),
            ("dns", list_of(ADDRESS4), None),
        ),
    ),
    SectionSchema(
        "access",
        ANY,
        (
            ("device", INTERFACE, REQUIRED),
            ("hostapd", PATH, "/var/run/hostapd"),
        ),
    ),
    SectionSchema(
        "profile",
        ANY,
        (
            ("match", PATTERN, "*"),
            ("service", TEXT, None),
            ("allow", FLAG, "1"),
            ("network", PREFIX4, None),
        ),
    ),
)


def read(text):
    return settings.read(parse(text), SCHEMA, "/etc/config/pmip")


def problems(text):
    return read("config mag\noption lma 192.0.2.1\n" + text)[1]


def complaint(text):
    """The one problem's text, without the file's name; it must be an error."""
    found = problems(text)
    assert len(found) == 1 and found[0][0] == ERROR, found
    prefix = "/etc/config/pmip: "
    assert found[0][1].startswith(prefix)
    return found[0][1][len(prefix) :]


def test_a_right_file_gives_plain_values():
    got, found = read(
        """
config mag 'mag'
    option lma '2001:db8::1'
    option timestamp on
    list dns 192.0.2.53
    list dns 192.0.2.54
config access 'wlan'
    option device wlan0
config profile
    option match '*@example.org'
    option allow off
    option network 10.20.0.0/16
"""
    )
    assert found == []
    assert got.mag.lma == b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01"
    assert (got.mag.name, got.mag.lifetime, got.mag.timestamp) == ("mag", 3600, "on")
    assert got.mag.dns == [b"\xc0\x00\x02\x35", b"\xc0\x00\x02\x36"]
    (access,) = got.access
    assert (access.name, access.device, access.hostapd) == ("wlan", "wlan0", "/var/run/hostapd")
    (profile,) = got.profile
    assert (profile.name, profile.match, profile.service) == (None, "*@example.org", None)
    assert (profile.allow, profile.network) == (False, (b"\x0a\x14\x00\x00", 16))


def test_the_message_names_file_section_option_value_and_what_is_allowed():
    assert complaint("config access wlan\noption device 'wlan 0'") == (
        "access 'wlan': option device: 'wlan 0' is not an interface name "
        "(1-15 characters, no space or slash)"
    )


def test_an_anonymous_section_is_named_as_uci_names_it():
    text = complaint("config access\noption device wlan0\nconfig access\noption device a/b")
    assert text.startswith("@access[1]: option device: 'a/b' is not an interface name")


def test_a_required_option_must_be_there():
    assert complaint("config access wlan") == (
        "access 'wlan': option device: is missing; it must be an interface name "
        "(1-15 characters, no space or slash)"
    )


def test_a_required_section_must_be_there():
    got, found = read("")
    assert found == [
        (ERROR, "/etc/config/pmip: there is no section 'mag', which must give lma")
    ]
    assert (got.mag.lma, got.mag.lifetime, got.mag.dns, got.access) == (None, 3600, [], [])


def test_a_section_of_which_there_can_be_one_may_not_occur_twice():
    got, found = read("config mag a\noption lma 192.0.2.1\nconfig mag\noption lma 192.0.2.2")
    assert found == [
        (ERROR, "/etc/config/pmip: there are 2 'mag' sections; only the first counts")
    ]
    assert got.mag.lma == b"\xc0\x00\x02\x01"


def test_unknown_options_and_sections_only_warn():
    found = problems("config access w\noption device wlan0\noption devise x\nconfig acces x")
    assert found == [
        (
            WARNING,
            "/etc/config/pmip: access 'w': unknown option 'devise' (known: device, hostapd)",
        ),
        (
            WARNING,
            "/etc/config/pmip: unknown section type 'acces' (known: mag, access, profile)",
        ),
    ]


def test_a_wrong_value_leaves_the_default():
    got, found = read("config mag\noption lma x\noption lifetime 1\nlist dns x\nlist dns 192.0.2.1")
    assert len(found) == 3
    assert (got.mag.lma, got.mag.lifetime) == (None, 3600)
    assert got.mag.dns == [b"\xc0\x00\x02\x01"]


def test_numbers_have_a_range_and_a_unit():
    for wrong in ("3", "262141", "-4", "4s", "4.0", "", "0x10", "1e3", "٤", "99999999999999999999"):
        found = read("config mag\noption lma 192.0.2.1\nlist lifetime '%s'" % wrong)[1]
        assert len(found) == 1, wrong
    text = read("config mag\noption lma 192.0.2.1\noption lifetime 3")[1][0][1]
    assert text.endswith("option lifetime: '3' is not a whole number from 4 to 262140 (s)")
    kind = integer(-5, 5)
    assert (kind.parse("-5"), kind.parse("5"), kind.what) == (-5, 5, "a whole number from -5 to 5")


def test_a_list_where_one_value_is_meant_is_an_error():
    text = complaint("config access w\nlist device wlan0\nlist device wlan1")
    assert text == "access 'w': option device: is a list; it must be one value"


def test_one_value_where_a_list_is_meant_is_a_list_of_one():
    assert read("config mag\noption lma 192.0.2.1\noption dns 192.0.2.1")[0].mag.dns == [
        b"\xc0\x00\x02\x01"
    ]


def test_flags_are_those_of_config_get_bool():
    for text in ("1", "on", "true", "yes", "enabled"):
        assert FLAG.parse(text) is True
    for text in ("0", "off", "false", "no", "disabled"):
        assert FLAG.parse(text) is False
    assert "'maybe' is not 1 or 0" in complaint("config profile\noption allow maybe")


def test_what_each_kind_refuses():
    for kind, wrong in (
        (ADDRESS, ("192.0.2", "2001:db8::g", "host.example", "192.0.2.1/24")),
        (ADDRESS4, ("2001:db8::1", "192.0.2.256")),
        (PREFIX4, ("10.20.0.0", "10.20.0.1/16", "10.0.0.0/33", "2001:db8::/32")),
        (PREFIX6, ("2001:db8::", "2001:db8::1/64", "2001:db8::/129", "10.20.0.0/16")),
        (TEXT, ("a\nb", "a\x7f", "x" * 254)),
        (PATH, ("run/hostapd", "/" + "x" * 100)),
        (INTERFACE, ("x" * 16, "a b", "a/b", ".", "..", "a\tb")),
        (PATTERN, ("a\0b",)),
        (choice("a", "b"), ("c", "A")),
    ):
        for text in wrong:
            section = SectionSchema("t", ANY, (("x", kind, None),))
            found = settings.read(parse("config t\noption x '%s'" % text), (section,))[1]
            assert len(found) == 1 and found[0][1].endswith(kind.what), (kind.what, text, found)
