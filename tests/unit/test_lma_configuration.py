# SPDX-License-Identifier: GPL-2.0-or-later
"""The anchor's configuration file: what it may say, and what it is told otherwise."""

from lma_room import address

from lma_lite.configuration import interpret, load
from lma_lite.policy import Node, Pool
from mag_lite.system import uci

LMA = "config lma 'lma'\n list address '198.51.100.1'\n"
MAG = "config mag 'ap1'\n option address '192.0.2.10'\n"
POOL = "config pool 'internet'\n option network '10.20.0.0/16'\n option router '10.20.0.1'\n"


def read(text):
    configuration, problems, enabled = interpret(uci.parse(text), "file")
    return configuration, [level + ": " + problem for level, problem in problems], enabled


def accepted(text):
    configuration, problems, _ = read(text)
    assert problems == [], problems
    return configuration


def complaint(text):
    """The one problem of a configuration."""
    _, problems, _ = read(text)
    assert len(problems) == 1, problems
    return problems[0]


def test_the_smallest_configuration_has_the_defaults_of_the_rfcs():
    found = accepted(LMA + MAG + POOL)
    assert found.addresses == [address("198.51.100.1")]
    assert (found.lifetime, found.timestamp_window, found.delete_delay, found.assign_delay) == (
        3600, 300, 10000, 1500)
    assert found.mags == {address("192.0.2.10"): "ap1"}
    assert found.pools == [
        Pool("internet", b"", address("10.20.0.0"), 16, address("10.20.0.1"), None)]
    assert found.nodes == []


def test_udp_encapsulation_is_off_unless_it_is_allowed():
    assert not accepted(LMA + MAG + POOL).udp
    assert accepted(LMA + " option udp '1'\n" + MAG + POOL).udp


def test_stamps_of_mobile_nodes_have_no_window():
    assert accepted(LMA + " option node_timestamps '0'\n" + MAG + POOL).timestamp_window == 300
    assert accepted(LMA + " option node_timestamps '1'\n" + MAG + POOL).timestamp_window is None


def test_a_gateway_may_have_several_addresses():
    found = accepted(
        LMA + " list address '2001:db8::1'\n" + POOL
        + "config mag 'ap1'\n list address '192.0.2.10'\n list address '2001:db8:a::1'\n")
    assert found.mags == {address("192.0.2.10"): "ap1", address("2001:db8:a::1"): "ap1"}


def test_an_mtu_is_for_all_addresses_of_one_gateway():
    both = "config mag 'ap2'\n list address '192.0.2.11'\n list address '2001:db8:a::2'\n"
    found = accepted(LMA + " list address '2001:db8::1'\n" + MAG + both + POOL)
    assert found.mtus == {}
    found = accepted(LMA + " list address '2001:db8::1'\n" + MAG + both + " option mtu '1442'\n"
                     + POOL)
    assert found.mtus == {address("192.0.2.11"): 1442, address("2001:db8:a::2"): 1442}
    assert len(found.mags) == 3
    for wrong in ("575", "9001", "wide"):
        assert complaint(LMA + MAG + " option mtu '%s'\n" % wrong + POOL) == (
            "error: file: mag 'ap1': option mtu: '%s' is not "
            "a whole number from 576 to 9000 (octets)" % wrong)


def test_profiles():
    text = LMA + MAG + POOL + """
config pool 'staff'
	option service 'staff'
	option network '10.30.0.0/24'
	option router '10.30.0.254'
config node
	option match 'boss@example.org'
	option address '10.30.0.1'
config node
	option match '*@bad.example'
	option allow '0'
config node
	option match '*@staff.example'
	option pool 'staff'
"""
    assert accepted(text).nodes == [
        Node(b"boss@example.org", True, "staff", address("10.30.0.1"), ()),
        Node(b"*@bad.example", False, None, None, ()),
        Node(b"*@staff.example", True, "staff", None, ()),
    ]


def test_a_sample_of_every_complaint():
    second = POOL.replace("internet", "second") + " option service 'second'\n"
    for text, expected in (
        (MAG + POOL,
         "error: file: there is no section 'lma', which must give address"),
        (LMA + MAG,
         "error: file: there is no section 'pool'; no mobile node can get an address"),
        (LMA + POOL,
         "warning: file: there is no section 'mag'; every registration will be refused"),
        (LMA + MAG + MAG.replace("ap1", "ap2") + POOL,
         "error: file: mag 'ap2': option address: 192.0.2.10 is the address of mag 'ap1'"),
        (LMA + MAG.replace("192.0.2.10", "10.20.3.4") + POOL,
         "error: file: mag 'ap1': option address: 10.20.3.4 lies in pool 'internet'"),
        (LMA + MAG.replace("192.0.2.10", "2001:db8::1") + POOL,
         "warning: file: mag 'ap1': option address: 2001:db8::1 cannot reach us: no address of "
         "section lma is of its IP version"),
        (LMA + MAG + POOL.replace("10.20.0.1", "10.21.0.1"),
         "error: file: pool 'internet': option router: 10.21.0.1 is not a host address of "
         "10.20.0.0/16"),
        (LMA + MAG + POOL.replace("10.20.0.1", "10.20.255.255"),
         "error: file: pool 'internet': option router: 10.20.255.255 is not a host address of "
         "10.20.0.0/16"),
        (LMA + MAG + POOL.replace("/16", "/31"),
         "error: file: pool 'internet': option network: 10.20.0.0/31 is too small: the longest "
         "prefix length is 30"),
        (LMA + MAG + POOL + second.replace("/16", "/24"),
         "error: file: pool 'second': option network: 10.20.0.0/24 overlaps pool 'internet'"),
        (LMA + MAG + POOL + POOL.replace("internet", "other").replace("10.20.", "10.30."),
         "error: file: pool 'other': option service: pool 'internet' has the same"),
        (LMA + MAG + POOL + "config node 'n'\n option match 'x'\n option pool 'y'\n",
         "error: file: node 'n': option pool: there is no pool 'y'"),
        (LMA + MAG + POOL + "config node 'n'\n option match 'x'\n option address '10.9.9.9'\n",
         "error: file: node 'n': option address: 10.9.9.9 is not one of any pool to give away"),
        (LMA + MAG + POOL + "config node 'n'\n option match 'x'\n option address '10.20.0.1'\n",
         "error: file: node 'n': option address: 10.20.0.1 is not one of any pool to give away"),
        (LMA + MAG + POOL + "config node 'n'\n option match '*x'\n option address '10.20.0.9'\n",
         "error: file: node 'n': option address: it is for one node, not for all that match "
         "'*x'"),
        (LMA + MAG + POOL + 2 * "config node\n option match 'x'\n",
         "error: file: @node[1]: option match: another node section has the same"),
        (LMA + MAG + POOL + "config node\n option match 'x'\n option address '10.20.0.9'\n"
         + "config node\n option match 'y'\n option address '10.20.0.9'\n",
         "error: file: @node[1]: option address: 10.20.0.9 is another node's"),
    ):
        assert complaint(text) == expected


def test_ipv6_only_and_dual_stack_pools():
    text = LMA + MAG + POOL + " option prefix '2001:db8:100::/40'\n" + """
config pool 'six'
	option service 'six'
	option prefix '2001:db8:200::/56'
config node
	option match 'boss@example.org'
	option prefix '2001:db8:200:7::/64'
"""
    found = accepted(text)
    assert found.pools == [
        Pool("internet", b"", address("10.20.0.0"), 16, address("10.20.0.1"),
             (address("2001:db8:100::"), 40)),
        Pool("six", b"six", None, 0, None, (address("2001:db8:200::"), 56))]
    assert found.nodes == [
        Node(b"boss@example.org", True, "six", None, ((address("2001:db8:200:7::"), 64),))]


def test_what_is_wrong_with_prefixes():
    six = LMA + MAG + "config pool 'six'\n option prefix '2001:db8:200::/56'\n"
    for text, expected in (
        (LMA + MAG + POOL.replace(" option router '10.20.0.1'\n", ""),
         "error: file: pool 'internet': options network and router need each other"),
        (six.replace("/56", "/65"),
         "error: file: pool 'six': option prefix: 2001:db8:200::/65 is too small: each mobile "
         "node gets a /64"),
        (six + POOL + " option service 's'\n option prefix '2001:db8::/32'\n",
         "error: file: pool 'internet': option prefix: 2001:db8::/32 overlaps pool 'six'"),
        (six + "config node\n option match 'x'\n option prefix '2001:db8:201::/64'\n",
         "error: file: @node[0]: option prefix: 2001:db8:201::/64 is not one of any pool to give "
         "away"),
        (six + "config node\n option match 'x'\n" + 2 * " list prefix '2001:db8:200::/64'\n",
         "error: file: @node[0]: option prefix: one is there twice"),
        (six + "config node\n option match 'x'\n" + "".join(
            [" list prefix '2001:db8:200:%d::/64'\n" % number for number in range(17)]),
         "error: file: @node[0]: option prefix: there are 17, and 16 are the most"),
        (six + "config node\n option match 'x'\n option prefix '2001:db8:200::/64'\n"
         "config node\n option match 'y'\n list prefix '2001:db8:200:1::/64'\n"
         " list prefix '2001:db8:200::/64'\n",
         "error: file: @node[1]: option prefix: 2001:db8:200::/64 is another node's"),
        (six + "config node\n option match 'x'\n option prefix '2001:db8:200::/63'\n",
         "error: file: @node[0]: option prefix: 2001:db8:200::/63 is not one of any pool to give "
         "away"),
    ):
        assert expected in read(text)[1], read(text)[1]


def test_with_an_error_there_is_no_configuration():
    assert read(LMA + MAG)[0] is None
    assert read(LMA + POOL)[0] is not None, "a warning is none"


def test_a_file_that_is_not_there():
    found, problems, enabled = load("/nonexistent/pmip-lma")
    assert found is None and enabled and len(problems) == 1
    assert problems[0][0] == "error" and problems[0][1].startswith("/nonexistent/pmip-lma: ")


def test_an_anchor_can_be_disabled():
    assert read(LMA + MAG + POOL)[2] is True
    assert read(LMA + " option enabled '0'\n" + MAG + POOL)[2] is False
