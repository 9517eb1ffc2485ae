# SPDX-License-Identifier: GPL-2.0-or-later
"""What a configuration names in vain is told."""

from mag_lite import configuration
from mag_lite.absent import absentees
from mag_lite.system import uci

ACCESS = "config access\n\toption device '%s'\n"


def absent(text):
    chosen, problems, _ = configuration.interpret(uci.parse(text), "pmip")
    assert problems == []
    return absentees(chosen)


def mag(lma, local):
    return "config mag\n\toption lma '%s'\n\toption local '%s'\n" % (lma, local)


def test_interfaces_that_are_not_there_are_named_once():
    found = absent(mag("127.0.0.9", "127.0.0.1") + ACCESS % "nowhere0" + ACCESS % "lo"
                   + "\tlist bss 'lo'\n\tlist bss 'nowhere1'\n")
    assert sorted(found) == ["access: there is no interface 'nowhere%d' (yet)" % n for n in (0, 1)]


def test_an_address_of_ours_that_is_not_is_named():
    for lma, local in (("198.51.100.1", "192.0.2.77"), ("2001:db8::1", "2001:db8::77")):
        text, = absent(mag(lma, local) + ACCESS % "lo")
        assert text == "anchor 'lma': option local: %s is not an address of this machine (yet)" % (
            local)


def test_nothing_is_said_of_what_is_there():
    assert absent(mag("127.0.0.9", "127.0.0.1") + ACCESS % "lo") == []
    assert absent("config mag\n\toption lma '198.51.100.1'\n" + ACCESS % "lo") == []
