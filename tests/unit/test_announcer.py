# SPDX-License-Identifier: GPL-2.0-or-later
"""What ubus and LuCI are told of clients and anchors."""

from mag import HOME, LIFETIME, LINK, PHONE, Bench
from test_dhcp_server import request
from test_revocation import indication

from mag_lite.announcer import Announcer
from mag_lite.executor import Executor
from mag_lite.history import History
from mag_lite.wire import dhcpv4

CLIENT = {"mac": "02:00:00:00:01:01", "identity": "mn1@example.org", "interface": LINK,
          "address": "10.20.0.5", "anchor": "198.51.100.1"}
LEASE = {"mac": "02:00:00:00:01:01", "ip": "10.20.0.5", "ipv4": "10.20.0.5", "interface": LINK}


class Willing:
    """Transport, links, forwarding, journal and log that do all that is asked."""

    def __init__(self):
        self.written = []

    def _yes(self, *arguments):
        return True

    send = info = error = warning = add_client = remove_client = remove = at = query = poll = _yes
    reauthenticate = now = _yes

    def access_point(self, interface):
        return self

    def write(self, key, record):
        self.written.append(record)


class Told:
    """The client of ubus, and the lease file."""

    connected = True

    def __init__(self):
        self.events = []
        self.changes = 0

    def send_event(self, name, values):
        self.events.append((name, values))

    def changed(self):
        self.changes += 1


class Gateway(Bench):
    """A gateway whose actions are carried out."""

    def __init__(self):
        super().__init__()
        self.told, self.willing = Told(), Willing()
        self.history = History()
        self.announcer = Announcer(
            self.told, self.told, self.history, lambda: self.now)
        self.executor = Executor(*[self.willing, self.willing, self.gateway] + 5 * [self.willing]
                                 + [self.announcer])

    def activate(self):
        self.attach()
        update = self.sent()[-1]
        self.answer(update)
        return self.news()

    def news(self):
        """What has been told since."""
        self.executor.run()
        news, self.told.events = self.told.events, []
        return news

    def lease(self, name=None):
        options = {dhcpv4.REQUESTED_ADDRESS: HOME}
        if name is not None:
            options[dhcpv4.HOST_NAME] = name
        self.frame(request(dhcpv4.REQUEST, options=options))
        return self.news()


def test_an_attach_is_told_with_how_long_it_took():
    gateway = Gateway()
    (name, values), = gateway.activate()
    assert name == "pmip.attach" and isinstance(values.pop("milliseconds"), int)
    assert values == CLIENT


def refresh(gateway):
    """The registration nears its end, and the station is there."""
    gateway.wait(LIFETIME - 40000)
    gateway.gateway.station_seen(LINK, PHONE, gateway.now)
    gateway.answer(gateway.sent()[-1])


def test_the_lease_file_follows_what_begins_is_extended_named_and_ends():
    gateway = Gateway()
    gateway.activate()
    for happens in (refresh, lambda gateway: gateway.lease(b"phone"),
                    lambda gateway: gateway.gateway.leave(gateway.now)):
        before = gateway.told.changes
        assert before > 0
        happens(gateway)
        gateway.news()
        assert gateway.told.changes == before + 1


def test_a_lease_is_told_as_odhcpd_tells_it():
    gateway = Gateway()
    gateway.activate()
    assert gateway.lease() == [("dhcp.lease4", LEASE)]
    named = dict(LEASE)
    named.update({"name": "phone", "hostname": "phone"})
    assert gateway.lease(b"phone") == [("dhcp.lease4", named)]
    assert gateway.lease() == [("dhcp.lease4", named)]


def test_a_hostile_name_is_told_to_nobody():
    for name in (b"<img src=x>", b"a\nb", b"$(reboot)", b"\xff"):
        gateway = Gateway()
        gateway.activate()
        assert gateway.lease(name) == [("dhcp.lease4", LEASE)], name


def test_a_name_is_kept_in_the_journal_once():
    gateway = Gateway()
    gateway.activate()
    before = len(gateway.willing.written)
    for _ in range(3):
        gateway.lease(b"phone")
    assert [each["host_name"] for each in gateway.willing.written[before:]] == ["70686f6e65"]


def test_a_departure_is_told_with_its_reason():
    gateway = Gateway()
    gateway.activate()
    gateway.gateway.station_gone(LINK, PHONE, "it said\ngood-bye", gateway.now)
    (name, values), released = gateway.news()
    assert name == "pmip.detach" and values.pop("reason") == "it said\\x0agood-bye"
    assert values == CLIENT
    assert released == ("dhcp.release4", LEASE)


def test_a_session_that_goes_on_elsewhere_is_told_of():
    gateway = Gateway()
    gateway.activate()
    gateway.receive(indication())
    gateway.wait(700)
    news = gateway.news()
    assert [name for name, _ in news] == ["pmip.handover", "pmip.detach", "dhcp.release4"]
    assert news[0][1] == CLIENT


def test_a_release_by_the_client_is_told():
    gateway = Gateway()
    gateway.activate()
    gateway.frame(request(dhcpv4.RELEASE, source=HOME, ciaddr=HOME))
    assert [name for name, _ in gateway.news()] == ["pmip.detach", "dhcp.release4"]


def test_nothing_is_put_together_while_nobody_is_there_to_be_told():
    gateway = Gateway()
    gateway.told.connected = False
    assert gateway.activate() == [] and gateway.lease() == []


def test_anchors_are_told_of_when_their_reach_changes():
    gateway = Gateway()
    anchors = gateway.gateway.configuration.anchors
    for reachable in ([], anchors, anchors, []):
        gateway.announcer.anchors(anchors, reachable)
    known = {"name": "lma", "address": "198.51.100.1"}
    assert gateway.news() == [
        ("pmip.anchor", dict(known, reachable=True)),
        ("pmip.anchor", dict(known, reachable=False))]
