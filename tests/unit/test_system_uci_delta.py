# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes that are not committed yet, written as `uci` writes them."""

import os

from mag_lite.system import uci
from mag_lite.system.uci_delta import apply

from own import Directory, write

TEXT = """
config mag 'mag'
	option lma '198.51.100.1'
	list dns '192.0.2.53'

config access
	option device 'wlan0'

config access
	option device 'wlan1'
"""
# What libuci calls the two sections without a name: the second and third, of type access.
FIRST, SECOND = "cfg02ea17", "cfg03ea17"


def changed(*lines):
    """(type, name, options) of the sections after these changes."""
    sections = apply(uci.parse(TEXT), "\n".join(lines) + "\n", "pmip")
    return [(section.type, section.name, section.options) for section in sections]


UNCHANGED = changed()
MAG, ONE, OTHER = UNCHANGED


def mag(*lines):
    """Options of section mag after these changes."""
    return changed(*lines)[0][2]


def test_options_are_set_and_deleted():
    assert mag("pmip.mag.lma='203.0.113.1'")["lma"] == "203.0.113.1"
    assert mag("pmip.mag.mtu='1400'")["mtu"] == "1400"
    assert "lma" not in mag("-pmip.mag.lma") and "lma" not in mag("pmip.mag.lma=''")
    assert mag("pmip.mag.dns='192.0.2.1'")["dns"] == "192.0.2.1"


def test_lists_grow_and_shrink():
    assert mag("|pmip.mag.dns='192.0.2.54'")["dns"] == ["192.0.2.53", "192.0.2.54"]
    assert mag("|pmip.mag.lma='::1'")["lma"] == ["198.51.100.1", "::1"]
    assert mag("|pmip.mag.new='1'")["new"] == ["1"]
    assert mag("|pmip.mag.dns='192.0.2.54'", "~pmip.mag.dns='192.0.2.53'")["dns"] == ["192.0.2.54"]
    assert mag("|pmip.mag.dns='192.0.2.54'", "-pmip.mag.dns='0'")["dns"] == ["192.0.2.54"]


def test_sections_come_go_and_change():
    assert changed("+pmip.cfg048888='access'", "pmip.cfg048888.device='wlan2'") == UNCHANGED + [
        ("access", None, {"device": "wlan2"})]
    assert changed("pmip.guests='profile'", "pmip.guests.match='*'") == UNCHANGED + [
        ("profile", "guests", {"match": "*"})]
    assert changed("-pmip.%s" % FIRST) == [MAG, OTHER]
    assert changed("pmip.%s.device='wlan9'" % SECOND) == [
        MAG, ONE, ("access", None, {"device": "wlan9"})]
    assert changed("@pmip.%s='hall'" % FIRST, "pmip.hall.identity='mac'")[1] == (
        "access", "hall", {"device": "wlan0", "identity": "mac"})
    assert changed("@pmip.mag.lma='anchor'")[0][2]["anchor"] == "198.51.100.1"
    assert changed("^pmip.%s='0'" % SECOND) == [OTHER, MAG, ONE]
    assert changed("^pmip.mag='9'") == [ONE, OTHER, MAG]
    assert changed("pmip.mag='other'")[0][0] == "other"


def test_values_may_hold_anything():
    assert mag("pmip.mag.x='it'\\''s = \"a\" # b; c'")["x"] == "it's = \"a\" # b; c"
    assert mag("pmip.mag.x='two\nlines'", "pmip.mag.y='1'") == {
        "lma": "198.51.100.1", "dns": ["192.0.2.53"], "x": "two\nlines", "y": "1"}


def test_what_makes_no_sense_changes_nothing():
    for line in ("", "=", "pmip", "pmip.mag", "pmip.mag.lma", "other.mag.lma='1'",
                 "pmip.mag.a.b='1'", "pmip.@access[0].device='x'", "-pmip.absent",
                 "-pmip.mag.absent", "-pmip", "pmip.absent.lma='1'", "|pmip.mag='x'",
                 "~pmip.mag.lma='198.51.100.1'",
                 "^pmip.mag.lma='0'", "^pmip.absent='0'", "@pmip.mag='a b'", "@pmip.mag.lma=''",
                 "pmip.mag.lma='1' more", "pmip.mag.x='\x01'", "+pmip.new=''", "pmip.mag='\x7f'",
                 "-pmip.mag.dns='7'", "!pmip.mag.lma='1'", "|pmip.absent.x='1'"):
        assert changed(line) == UNCHANGED, line


def test_a_line_that_makes_no_sense_hides_no_other():
    assert mag("pmip.mag.mtu", "'", "'", "pmip.mag.mtu='1400'")["mtu"] == "1400"
    assert mag("pmip.mag.mtu='1400'", "pmip.mag.lma='open") == {
        "lma": "198.51.100.1", "dns": ["192.0.2.53"], "mtu": "1400"}


def test_what_was_read_stays_as_it_is():
    sections = uci.parse(TEXT)
    apply(sections, "pmip.mag.lma='::1'\n|pmip.mag.dns='::2'\n-pmip.%s\n" % FIRST, "pmip")
    assert [(section.type, section.name, section.options) for section in sections] == UNCHANGED


def test_only_configurations_in_their_place_have_changes():
    with Directory() as path:
        write(path + "/pmip", "config mag 'mag'\n")
        os.mkdir(path + "/changes")
        write(path + "/changes/pmip", "pmip.mag.lma='::1'\n")
        assert uci.load(path + "/pmip", path + "/changes")[0].options == {}
        uci.CONFIGURATIONS, before = path, uci.CONFIGURATIONS
        try:
            assert uci.load(path + "/pmip", path + "/none")[0].options == {}
            assert uci.load(path + "/pmip", path + "/changes")[0].options == {"lma": "::1"}
        finally:
            uci.CONFIGURATIONS = before
