# SPDX-License-Identifier: GPL-2.0-or-later
"""Which links are home links, and what becomes of them; the kernel is played."""

from lma_room import FIRST, INTERNET, MAC2, SECOND, Room, address

from lma_lite import home_link, home_links
from lma_lite.home_links import SCOUTED, SETTLING_TIME, HomeLinks
from lma_lite.policy import Pool
from mag_lite.system import rtnetlink
from mag_lite.system.own_addresses import OwnAddress
from mag_lite.system.rtnetlink import Link
from mag_lite.wire.address import format_address, parse_mac, parse_prefix

UP, LOOPBACK, NO_ARP = 0x41, 0x8, 0x80
OURS = parse_mac("02:00:00:00:00:01")
DUAL = Pool("internet", b"", *INTERNET[2:5], parse_prefix("2001:db8:100::/56"))
PREFIX = parse_prefix("2001:db8:100:1::/64")
LINK_LOCAL = "fe80::1/64"


class Machine:
    """In place of the kernel, the loop, the monitors, the log and the links' sockets."""

    def __init__(self):
        self.time = 0
        self.timers = {}
        self.devices = {}
        self.own = []
        self.proxies_there = set()
        self.quick = set()
        self.opened = {}
        self.changed = None
        self.changed_link = None

    # The kernel

    def add(self, name, *addresses, flags=UP):
        index = len(self.devices) + 1
        self.devices[name] = Link(index, name, flags, 1500, OURS, "", "", {})
        for text in addresses:
            found, length = text.split("/")
            self.own.append(OwnAddress(address(found), int(length), index))

    def set_flags(self, name, flags):
        self.devices[name] = Link(self.devices[name].index, name, flags, 1500, OURS, "", "", {})
        self.changed_link(name)

    def links_and_addresses(self):
        return dict(self.devices), list(self.own)

    def answer_at_once(self, devices):
        self.quick = set(devices)

    def proxies(self):
        return set(self.proxies_there)

    def add_proxy(self, device, home):
        self.proxies_there.add((device, home))

    def remove_proxy(self, device, home):
        self.proxies_there.discard((device, home))

    # The loop and the log

    def now(self):
        return self.time

    def at(self, when, callback):
        self.timers[when] = callback
        return when

    def cancel(self, timer):
        del self.timers[timer]

    def settle(self):
        self.time += SETTLING_TIME
        for when in list(self.timers):
            self.timers.pop(when)()

    def info(self, text):
        pass

    warning = error = info


class OpenedLink:
    """In place of a HomeLink: remembers what it was told."""

    def __init__(self, machine, device, subnets, source, on_use):
        self.machine, self.device, self.subnets, self.source = machine, device, subnets, source
        self.on_use = on_use
        self.attached = set()
        self.announced = []
        self.scouted = []
        machine.opened[device.name] = self

    def is_same(self, device, subnets, source):
        return (device.index, subnets, source) == (self.device.index, self.subnets, self.source)

    def attach(self, home, announced):
        self.attached.add(home)
        if not announced:
            self.announced.append(home)

    def detach(self, home):
        self.attached.discard(home)

    def scout(self, home):
        self.scouted.append(home)

    def close(self):
        del self.machine.opened[self.device.name]


def monitor(attribute):
    def make(machine, on_change):
        setattr(machine, attribute, on_change)
        return machine
    return make


def played(test):
    """While the test runs there are neither monitors nor sockets."""
    def run():
        former = home_links.AddressMonitor, rtnetlink.LinkMonitor, home_link.HomeLink
        home_links.AddressMonitor = monitor("changed")
        rtnetlink.LinkMonitor = monitor("changed_link")
        home_link.HomeLink = OpenedLink
        try:
            test()
        finally:
            home_links.AddressMonitor, rtnetlink.LinkMonitor, home_link.HomeLink = former

    return run


def started(machine, on_use=None, room=None):
    """HomeLinks, as a daemon starts them."""
    room = room or Room(pools=[DUAL])
    links = HomeLinks(machine, machine, room.anchor, machine, on_use)
    links.survey()
    links.serve()
    return links


@played
def test_a_link_is_a_home_link_if_homes_of_a_pool_are_in_its_subnet():
    for addresses, flags, is_home in (
        (("10.20.0.5/16",), UP, True),
        (("10.20.0.5/24",), UP, True),
        (("10.1.0.5/8",), UP, True),
        (("2001:db8:100::5/56", LINK_LOCAL), UP, True),
        (("10.20.0.5/32",), UP, False),
        (("2001:db8:100::5/64", LINK_LOCAL), UP, False),
        (("192.0.2.5/24", "2001:db8:999::5/56", LINK_LOCAL, "169.254.0.5/16"), UP, False),
        (("10.20.0.5/16",), UP | LOOPBACK, False),
        (("10.20.0.5/16",), UP | NO_ARP, False),
        (("10.20.0.5/16",), 0x1, False),
        ((), UP, False),
    ):
        machine = Machine()
        machine.add("eth0", "198.51.100.1/24")
        machine.add("eth1", *addresses, flags=flags)
        links = started(machine)
        assert links.names() == (["eth1"] if is_home else []), (addresses, flags)


@played
def test_what_the_machine_has_itself_is_given_to_nobody():
    machine = Machine()
    machine.add("eth1", "10.20.0.2/16", "2001:db8:100::2/56", LINK_LOCAL)
    room = Room(pools=[DUAL])
    links = started(machine, room=room)
    assert room.home(room.update()) == SECOND
    assert machine.opened["eth1"].source == address("fe80::1")
    assert links.names() == ["eth1"] and machine.quick == {"eth1"}


@played
def test_homes_are_stood_in_for_on_their_link_and_nowhere_else():
    machine = Machine()
    machine.add("eth1", "10.20.1.1/24", "2001:db8:100::2/58", LINK_LOCAL)
    links = started(machine)
    here, elsewhere = address("10.20.1.7"), address("10.20.2.7")
    for home in (here, elsewhere, PREFIX, parse_prefix("2001:db8:100:80::/64")):
        links.attach(home)
        links.attach(home)
    link = machine.opened["eth1"]
    assert link.attached == {here, PREFIX} and link.announced == [here, PREFIX]
    assert machine.proxies_there == {(1, here)}, "the kernel cannot do so for a prefix"
    for home in (here, elsewhere, PREFIX):
        links.detach(home)
    assert not link.attached and not machine.proxies_there


@played
def test_after_a_start_the_kernel_has_what_the_sessions_want():
    room = Room(pools=[DUAL])
    room.update()
    room.update(mac=MAC2)
    machine = Machine()
    machine.add("eth1", "10.20.9.9/16")
    machine.proxies_there = {(1, FIRST), (1, address("10.20.0.77")), (5, SECOND)}
    started(machine, room=room)
    assert machine.proxies_there == {(1, FIRST), (1, SECOND)}
    assert machine.opened["eth1"].announced == [SECOND], "the other was announced long ago"


@played
def test_a_link_that_goes_and_comes_back():
    room = Room(pools=[DUAL])
    room.update()
    machine = Machine()
    machine.add("eth1", "10.20.9.9/16")
    links = started(machine, room=room)
    machine.set_flags("eth1", 0)
    machine.proxies_there.clear()       # as the kernel does
    machine.changed_link("eth7")
    machine.settle()
    assert links.names() == [] and not machine.opened
    links.attach(SECOND)
    machine.set_flags("eth1", UP)
    machine.settle()
    assert machine.proxies_there == {(1, FIRST)}
    assert machine.opened["eth1"].announced == [FIRST]
    machine.own.clear()
    machine.changed()
    machine.settle()
    assert not machine.opened and not machine.proxies_there and not machine.quick


@played
def test_addresses_are_asked_for_before_their_turn():
    room = Room(pools=[DUAL])
    machine = Machine()
    machine.add("eth1", "10.20.0.254/24")
    links = started(machine, room=room)
    link = machine.opened["eth1"]
    assert [format_address(home) for home in link.scouted] == [
        "10.20.0.%d" % number for number in range(2, 2 + SCOUTED)]
    room.update()
    links.attach(FIRST)
    assert format_address(link.scouted[-1]) == "10.20.0.%d" % (2 + SCOUTED)
    assert len(link.scouted) == SCOUTED + 1, "each once"


@played
def test_what_is_in_use_is_passed_on_and_the_next_is_asked_for():
    room = Room(pools=[DUAL])
    machine = Machine()
    machine.add("eth1", "10.20.0.254/24")
    links = started(machine, lambda home: room.anchor.address_in_use(home, room.now), room=room)
    link = machine.opened["eth1"]
    assert not link.on_use(FIRST, MAC2)
    assert len(link.scouted) == SCOUTED + 1 and room.home(room.update()) == SECOND
    assert links.names() == ["eth1"]
