# SPDX-License-Identifier: GPL-2.0-or-later
"""What must always be true, looked at from outside the cores.

After each event only what it touched is looked at; an audit looks at everything.

* The anchor accepts updates in the order in which they were sent, and tells a gateway when a client
  has moved away from it.
* The anchor routes a client to, and so accepts it from, exactly the gateway of its newest accepted
  registration; nobody else has its address.
* A gateway forwards for nobody who is not there for longer than PATIENCE after the anchor or
  hostapd said so or after its own restart, and never beyond the lifetime.
* It renews no registration of a station that left more than STALE ago.
* It takes a session for over no later than the anchor does.
* Deadlines come no faster than the clients of a node give cause for.
* A router advertisement reaches its client alone and tells it of its own prefixes; nobody is
  told that an address of its own is taken.
* An attached client is served within SOON if nothing was wrong since it came, and within the
  lifetime and LATER if nothing has been wrong for so long.
* When all is quiet for as long, gateways, anchors and clients agree; when all have gone, nothing
  is left.
"""

from access_point import LINKS
from anchor_node import BLACKHOLE
from audit import audit_anchor, audit_gateway
from network import FAIR
from octets import homes_of, options_of, prefixes_of, version_of
from order import Order
from world import Violation

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER
from mag_lite.core.binding_update_list import DENIED

#: Milliseconds: a presence check, a revocation's answer and the way of a message.
PATIENCE = 4000
STALE = 1700
#: The same after hostapd has restarted, for the stations are given time to come again.
RESTORED = 10000
SOON = 5000
#: A refused client is tried again after 60 s, a message repeated after at most 32 s, and a client
#: that was forgotten hears of it when it next speaks.
LATER = 135000
#: How far time of day may be off while nothing is wrong (ms).
SMALL_ERROR = 150


class Judge:
    """Raises Violation."""

    def __init__(self, world, settings):
        self.world = world
        self.settings = settings
        self.access_points = []
        self.anchors = []
        self.phones = []
        #: What has happened, by name, for the summary.
        self.counts = {}
        self.order = Order(world, settings)
        self._by_mac = {}
        self._newest = {}  # anchor -> {(identity, MAC): (gateway's address or None, home address)}
        self._touched = {}  # anchor -> what it has just accepted
        self._holders = {}  # (anchor's index, address) -> (access point, interface, MAC)

    def introduce(self, access_points, anchors, phones):
        """Whom it watches."""
        self.access_points = access_points
        self.anchors = anchors
        self.phones = phones
        self._by_mac = {phone.mac: phone for phone in phones}
        self._newest = {anchor: {} for anchor in anchors}
        self._touched = {anchor: [] for anchor in anchors}

    def count(self, what):
        """Keep count."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def disturb(self, mac):
        """Something keeps this client from service: count from now."""
        phone = self._by_mac.get(mac)
        if phone:
            phone.settled_since = phone.revoked_at = self.world.now

    def anchor_of(self, identity):
        """The anchor of whoever has this identity."""
        return self.anchors[self._index_of(identity)]

    def _index_of(self, identity):
        return int(identity[identity.index(b"@a") + 2:identity.index(b".")])

    # The anchor's word

    def acknowledged(self, anchor, gateway, data):
        """An anchor answers an update."""
        if data[6] >= 128:
            self.count("refused %d" % data[6])
            return
        found = options_of(data)
        key = found[8][1:], found.get(25, bytes(2) + NO_LINK_LAYER_IDENTIFIER)[2:]
        self.order.accepted(anchor, gateway, key, data)
        if data[10] or data[11]:
            self._newest[anchor][key] = gateway, homes_of(data)
            phone = self._by_mac.get(key[1])
            if phone and (not phone.place or phone.place[0].address != gateway):
                phone.settled_since = self.world.now
                self.count("registered where it is not")
        elif key[1] in self._by_mac and len(self._by_mac[key[1]].ip_versions) > 1:
            self._newest[anchor].pop(key, None)  # perhaps of one IP version alone
            return
        else:
            self._newest[anchor][key] = None, homes_of(data)
        self._touched[anchor].append(key)

    def anchor_acted(self, anchor):
        """An event is over: does the anchor's kernel do what was accepted?"""
        for key in self._touched[anchor]:
            if key in self._newest[anchor]:
                self._check_route(anchor, key)
        self._touched[anchor].clear()

    def _check_route(self, anchor, key):
        gateway, homes = self._newest[anchor][key]
        for home in homes:
            self._check_home(anchor, key, gateway, home)

    @staticmethod
    def _check_home(anchor, key, gateway, address):
        route = anchor.routes.get(address)
        if gateway is None:
            if route not in (None, BLACKHOLE) and _key(anchor, address) == key:
                raise Violation("%s routes %s, whose session has ended" % (anchor.name, key))
            return
        if route in (None, BLACKHOLE) or route.mag != gateway:
            raise Violation("%s does not route %s to the gateway of its newest registration" % (
                anchor.name, key))
        if _key(anchor, address) != key:
            raise Violation("%s gave the address of %s to another client" % (anchor.name, key))

    def anchor_restarted(self, anchor):
        """What its journal says is what was accepted."""
        self.order.forget(anchor)
        self._touched[anchor].clear()
        newest = self._newest[anchor]
        newest.clear()
        for binding in anchor.core.cache:
            key = binding.mn_identifier[1], binding.link_layer_identifier
            gateway = None if binding.deregistered else binding.tunnel.mag
            newest[key] = gateway, binding.home_addresses()

    # The gateways' deeds

    def update_sent(self, access_point, data):
        """Only who is there may be registered."""
        found = options_of(data)
        self.order.sent(access_point, (found[8][1:], found[25][2:]), data)
        if not data[10] and not data[11]:
            return
        phone = self._by_mac[found[25][2:]]
        if phone.place and phone.place[0] is access_point and not phone.asleep:
            return
        left = phone.left.get(access_point)
        if left is None or self.world.now - left > STALE:
            raise Violation("%s registers %s, which left it %s ms ago" % (
                access_point.name, phone.name, left and self.world.now - left))

    def revocation_arrives(self, access_point, data):
        """A gateway is told that a station has moved on: soon it no longer forwards."""
        if data[6] != 1 or self.settings.hostile or len(data) != (data[1] + 1) * 8:
            return
        found = options_of(data)
        home = found[36][2:6] if 36 in found else (found[22][2:], found[22][1])
        for interface in LINKS:
            mac = access_point.kernel.neighbours.get((interface, home))
            binding = access_point.core.bindings.get(interface, mac)
            if not binding or binding.mn_identifier != found[8][1:]:
                continue  # an anchor that lost the session has given its address to another
            if not self._is_there(self._by_mac[mac], access_point):
                self._expect_gone(access_point, interface, mac, home, PATIENCE)

    @staticmethod
    def _is_there(phone, access_point):
        return phone.place and phone.place[0] is access_point

    def left(self, phone, access_point, interface, told=False):
        """A station has left: hostapd says so, or finds it missing, or the lifetime ends."""
        stations = access_point.authenticator.stations
        if access_point.core is None or (interface, phone.mac) in stations:
            delay = self.settings.lifetime * 1000 + PATIENCE
        else:
            delay = 0 if told else RESTORED + 20 * len(access_point.kernel.elements)
        for address in self._forwarded(access_point, interface, phone.mac):
            self._expect_gone(access_point, interface, phone.mac, address, delay)

    def restarted(self, access_point):
        """A gateway finds out whom of its journal's it still has."""
        kernel = access_point.kernel
        delay = PATIENCE + 20 * len(kernel.elements)
        for interface, mac, address in list(kernel.elements):
            self._expect_gone(access_point, interface, mac, address, delay)

    @staticmethod
    def reloaded(access_point, before):
        """What clients had `before` of IP versions that they still are to have goes on."""
        for interface, mac, home in before:
            binding = access_point.core.bindings.get(interface, mac)
            if (binding and binding.forwarded is not None
                    and version_of(home) in access_point.wanted(binding.mn_identifier)
                    and (interface, mac, home) not in access_point.kernel.elements):
                raise Violation("%s: a reload ends %s" % (access_point.name, binding))

    @staticmethod
    def _forwarded(access_point, interface, mac):
        return [address for device, station, address in access_point.kernel.elements
                if station == mac and device == interface]

    def _expect_gone(self, access_point, interface, mac, address, delay):
        self.world.after(delay, self._check_gone, access_point, (interface, mac, address),
                         self.world.now)

    def _check_gone(self, access_point, client, since):
        phone = self._by_mac[client[1]]
        if client not in access_point.kernel.elements or self._is_there(phone, access_point):
            return
        if not access_point.core or access_point.started_at > since:
            return  # the next start will see to it
        if phone.left.get(access_point, -1) > since:
            return  # it has been there again
        if access_point.authenticator.restarted_at > since:
            self._expect_gone(access_point, *client, RESTORED + 20 * len(
                access_point.kernel.elements))
            return
        raise Violation("%s still forwards for %s, which has left" % (
            access_point.name, phone.name))

    def forwards(self, access_point, binding):
        """A gateway begins to forward: nobody else has this address."""
        for home in binding.forwarded:
            self._check_holder(access_point, binding, home)

    def _check_holder(self, access_point, binding, home):
        slot = binding.anchor.index, home
        holder = self._holders.get(slot)
        self._holders[slot] = access_point, binding.interface, binding.mac
        if holder is None or holder[2] == binding.mac:
            return
        other, interface, mac = holder
        if (interface, mac, home) not in other.kernel.elements:
            return
        if self._may_overlap(
                other, access_point.anchors[binding.anchor.index], interface, mac):
            self.count("address of a session that was lost")
            return
        raise Violation("%s has the address of %s at %s" % (
            binding, self._by_mac[mac].name, other.name))

    def _may_overlap(self, other, anchor, interface, mac):
        """The anchor lost, moved or revoked a session, and nobody could tell the gateway yet."""
        since = self.world.now - self.settings.lifetime * 1000 - LATER
        if (self.settings.hostile or not other.core or other.started_at > since
                or anchor.lost_at > since or self._by_mac[mac].revoked_at > since):
            return True
        former = other.core.bindings.get(interface, mac)
        return former and self.order.may_have_missed(other, former.mn_identifier) > since

    def session_kept(self, access_point, binding):
        """A gateway has taken over a lifetime: it must not be longer than the anchor's."""
        anchor = access_point.anchors[binding.anchor.index]
        if not anchor.core or self.settings.hostile:
            return
        entry = anchor.core.cache.of_address(binding.homes[0])
        if (entry is None or entry.deregistered or entry.tunnel.mag != access_point.address
                or entry.link_layer_identifier != binding.mac):
            return
        ours = access_point.true_time(binding.expires_at)
        slack = 20 + self.settings.lifetime * 1000 // 2000
        if ours > anchor.true_time(entry.expires) + slack:
            raise Violation("%s keeps %s for %d ms longer than the anchor" % (
                access_point.name, binding, ours - anchor.true_time(entry.expires)))

    def leased(self, access_point, binding):
        """DHCP tells a client an address: packets must already flow."""
        if binding.state == DENIED:
            return  # the kernel has just refused it
        if not access_point.kernel.serves(
                binding.interface, binding.mac, binding.home_address, binding.anchor.index):
            raise Violation("%s is told an address that is not forwarded" % binding)

    def advertised(self, access_point, interface, frame):
        """A router advertisement names the prefixes of the client that it goes to alone."""
        mac = frame[:6]
        binding = access_point.core.bindings.get(interface, mac)
        if binding and binding.state == DENIED:
            return  # the kernel has just refused it
        for prefix, length, lifetime in prefixes_of(frame):
            index = access_point.kernel.elements.get((interface, mac, (prefix, length)))
            if lifetime and index is None:
                raise Violation("%s tells %s a prefix that it has not" % (
                    access_point.name, self._by_mac[mac].name))

    # Service

    def attached(self, phone):
        """A client has come."""
        self.world.after(SOON, self._check_soon, phone, self.world.now)

    def _check_soon(self, phone, since):
        revoked = phone.revoked_at > since - PATIENCE  # perhaps not finished when it came
        if phone.answers == 1 and not revoked and self._should_serve(phone, since):
            self._must_be_served(phone, "since it came, %d ms ago" % SOON)

    def _should_serve(self, phone, since):
        if not phone.place or phone.asleep or phone.settled_since > since or phone.blocked:
            return False
        return not self.settings.scarce and not self.settings.hostile and self._is_fair(
            phone.place[0], since) and self._is_fair(self.anchor_of(phone.identity), since)

    @staticmethod
    def _is_fair(node, since):
        return (node.core and node.fair_since < since and abs(node.error) <= SMALL_ERROR
                and getattr(node, "weather", FAIR) is FAIR)

    def _must_be_served(self, phone, when):
        problem = self._problem(phone)
        if problem:
            raise Violation("%s at %s is not served though nothing was wrong %s: %s" % (
                phone.name, phone.place[0].name, when, problem))

    def _problem(self, phone):
        """Why a client is not served, or None."""
        access_point, interface = phone.place
        binding = access_point.core.bindings.get(interface, phone.mac)
        if binding is None or binding.forwarded is None:
            return "the gateway has %s" % (binding.state if binding else "no binding")
        if tuple([version_of(home) for home in binding.forwarded]) != (
                access_point.wanted(phone.identity)):
            return "it has not the IP versions that it is to have"
        for home in binding.forwarded:
            problem = self._problem_of_home(phone, access_point, interface, binding, home)
            if problem:
                return problem
        return None

    @staticmethod
    def _problem_of_home(phone, access_point, interface, binding, home):
        if not access_point.kernel.serves(interface, phone.mac, home, binding.anchor.index):
            return "its kernel does not forward"
        anchor = access_point.anchors[binding.anchor.index]
        entry = anchor.core.cache.of_address(home)
        if entry is None:
            return "the anchor has no session"
        if entry.mn_identifier[1] != phone.identity:
            return "its address is another's"
        route = anchor.routes.get(home)
        if route in (None, BLACKHOLE) or route.mag != access_point.address:
            return "the anchor routes elsewhere"
        if route.encapsulation != binding.anchor.encapsulation:
            return "gateway and anchor use other encapsulations"
        if (binding.keys or ())[::-1] != anchor.keys.get(home, ()):
            return "gateway and anchor use other GRE keys"
        return None

    # Audits

    def audit(self):
        """Look at everything."""
        for access_point in self.access_points:
            if access_point.core:
                audit_gateway(access_point)
        for anchor in self.anchors:
            if anchor.core:
                audit_anchor(anchor)
                for key in self._newest[anchor]:
                    self._audit_session(anchor, key)
        since = self.world.now - self.settings.lifetime * 1000 - LATER
        for phone in self.phones:
            if phone.answers == 1 and self._should_serve(phone, since):
                self._must_be_served(phone, "for long")

    def _audit_session(self, anchor, key):
        gateway, homes = self._newest[anchor][key]
        for home in homes:
            route = anchor.routes.get(home)
            if route in (None, BLACKHOLE) or route.mag == gateway:
                continue
            if _key(anchor, home) == key:
                raise Violation("%s routes %s to another gateway than that of its newest "
                                "registration" % (anchor.name, key))

    def agreement(self, disputed):
        """All has been quiet: of what was `disputed` a moment ago, when stations that hardly answer
        may just have come or gone, both sides hold the same."""
        self.audit()
        still = disputed & self.disagreements()
        if still:
            raise Violation("gateways and anchors disagree: %s" % still)
        self._check_ways_back()
        for phone in self.phones:
            if phone.ipv6 and phone.place and phone.answers == 1 and not phone.blocked:
                self._check_prefixes(phone)

    def _check_ways_back(self):
        """No NAT has forgotten an anchor whose packets are for clients behind it."""
        for node in self.access_points:
            for binding in node.core.bindings if node.nat else ():
                if binding.forwarded and not node.nat.is_open(node.anchors[binding.anchor.index]):
                    raise Violation("%s: the NAT is closed to packets for %s" % (
                        node.name, binding))

    def disagreements(self) -> set:
        """What either a gateway or its anchor holds: (gateway, MAC, address)."""
        found = set()
        for index, anchor in enumerate(self.anchors):
            theirs = {(entry.tunnel.mag, entry.link_layer_identifier, home)
                      for entry in anchor.core.cache if not entry.deregistered
                      for home in entry.home_addresses()}
            ours = {(node.address, mac, address) for node in self.access_points
                    for _, mac, address, number in node.kernel.clients() if number == index}
            found |= ours ^ theirs
        return found

    def _check_prefixes(self, phone):
        access_point, interface = phone.place
        binding = access_point.core.bindings.get(interface, phone.mac)
        homes = binding.forwarded if binding else ()
        wanted = {home for home in homes or () if isinstance(home, tuple)}
        if phone.ipv6.current_prefixes() != wanted:
            raise Violation("%s uses %s, not %s" % (
                phone.name, phone.ipv6.current_prefixes(), wanted))

    def emptiness(self):
        """All have gone: nobody holds anything."""
        for node in self.access_points:
            left = node.core.bindings, node.core.timers, node.journal, node.kernel.elements
            if any(len(each) for each in left):
                raise Violation("%s is left with %s, %s" % (
                    node.name, [(str(each), each.state) for each in node.core.bindings],
                    list(node.core.timers._live)))
        for anchor in self.anchors:
            left = anchor.core.cache, anchor.routes, anchor.journal, anchor.devices
            if any(len(each) for each in left) or anchor.core.next_timeout():
                raise Violation("%s is left with %s, %s" % (
                    anchor.name, list(anchor.routes), list(anchor.journal)))


def _key(anchor, home):
    """(identity, MAC) of the client that has this home at the anchor."""
    binding = anchor.core.cache.of_address(home)
    return binding.mn_identifier[1], binding.link_layer_identifier
