# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong: weather, crashes, clocks, administrators."""

from network import BAD, FAIR

from mag_lite.wire import mobility_header as header
from mag_lite.wire.mobility_header import Message


class Trouble:
    """Strikes one node after the other, each again and again, until `end`."""

    def __init__(self, world, judge, settings):
        self.world = world
        self.judge = judge
        self.settings = settings
        self._episode = 0
        #: What is to be put right again, by node.
        self._remedies = {}

    def begin(self):
        """From now on."""
        self._episode += 1
        for node in self.judge.access_points + self.judge.anchors:
            self._strike_again(node)
        if "both" in self.settings.kinds:
            delay = self.world.about(self.settings.fair_for)
            self.world.after(delay, self._reload_all, self._episode)

    def end(self):
        """All is put right."""
        self._episode += 1
        for node in self.judge.access_points + self.judge.anchors:
            self._recover(node, self._remedies.get(node))
            node.fuse = None
            node.refuses_routes = 0
            if node.core is None:
                node.start()
        for anchor in self.judge.anchors:
            self._unblock(anchor)

    def _strike_again(self, node):
        delay = self.world.about(self.settings.fair_for)
        self.world.after(delay, self._strike, node, self._episode)

    def _strike(self, node, episode):
        if episode != self._episode:
            return
        self._strike_again(node)
        if node.core is None or node in self._remedies:
            return
        kinds = _AT_ANCHORS if node in self.judge.anchors else _AT_GATEWAYS
        remedy = self.world.choose(kinds)(self, node)
        if remedy:
            self._remedies[node] = remedy
            delay = self.world.about(self.settings.bad_for)
            self.world.after(delay, self._recover, node, remedy)

    def _recover(self, node, remedy):
        if remedy and self._remedies.get(node) is remedy:
            del self._remedies[node]
            remedy()

    def _reload_all(self, episode):
        """Operators give clients another IP version, or take one away, all over the domain."""
        if episode == self._episode:
            both = self.world.choose(((4, 6), (4,), (6,)))
            for node in self.judge.access_points:
                node.reload(both)

    # At both

    def _kill(self, node):
        """At once, or in the middle of whatever it does next."""
        if self.world.chance() < 0.5:
            node.fuse = self.world.between(0, 6)
        else:
            node.crash()
        return lambda: self._restart(node)

    def _reboot(self, node):
        node.crash(reboot=True)
        return lambda: self._restart(node)

    @staticmethod
    def _restart(node):
        node.fuse = None
        if node.core is None:
            node.start()

    def _step_clock(self, node):
        former = node.error
        node.error = self.world.choose((-1, 1)) * self.world.between(200, 100000)
        self.world.note(node.name, "clock", (node.error, "ms"))
        node.trouble()

        def set_right():
            node.error = former
            self.world.note(node.name, "clock", (node.error, "ms"))
            node.trouble()

        return set_right

    def _refuse_route(self, node):
        node.refuses_routes += 1

    # At gateways

    def _change_weather(self, node):
        node.weather = self.world.choose(BAD)
        self.world.note(node.name, "weather", (node.weather.name,))
        node.trouble()
        return lambda: self._clear_up(node)

    def _clear_up(self, node):
        lost = not node.weather.up
        node.weather = FAIR
        self.world.note(node.name, "weather", ("fair",))
        node.trouble()
        if lost and node.core and self.world.chance() < 0.5:
            for anchor in node.configuration.anchors:
                if node.core:
                    node.tell("reachable", node.core.anchor_reachable, anchor)

    def _wander(self, node):
        node.error = self.world.between(-self.settings.skew, self.settings.skew)

    def _lose_time(self, node):
        """NTP has no server: the clock may not stamp anything."""
        if not node.synchronised:
            return None
        node.synchronised = False
        node.trouble()

        def synchronise():
            node.synchronised = True
            node.trouble()

        return synchronise

    def _restart_hostapd(self, node):
        node.authenticator.forget_all()
        node.trouble()
        for link in node.configuration.access:
            if node.core:
                node.tell("restored", node.core.link_restored, link)

    def _detach(self, node):
        """An administrator sends a station away."""
        bindings = list(node.core.bindings)
        if bindings:
            binding = self.world.choose(bindings)
            self.judge.disturb(binding.mac)
            node.authenticator.remove(binding.interface, binding.mac, True)
            node.tell("gone", node.core.station_gone, binding.interface, binding.mac, "detached")

    def _leave(self, node):
        node.tell("flush", node.core.leave)
        node.trouble()
        if node.core:
            node.crash(reboot=True)
        return lambda: self._restart(node)

    def _heartbeat(self, node):
        request = header.encode(Message(header.HEARTBEAT, sequence=7))
        for peer in getattr(node, "anchors", ()):
            if node.core:
                node.receive(peer, request)
        for peer in getattr(node, "gateways", {}).values():
            if node.core:
                node.receive(peer, request)

    # At anchors

    def _revoke(self, anchor):
        entries = list(anchor.core.cache)
        if entries:
            identity = self.world.choose(entries).mn_identifier
            self._disturb(identity[1])
            anchor.tell("revoke", anchor.core.revoke, identity)

    def _disturb(self, identity):
        """Who is refused or revoked is not served for a while."""
        for phone in self.judge.phones:
            if phone.identity.strip(b"+") == identity.strip(b"+"):
                phone.settled_since = phone.revoked_at = self.world.now

    def _block(self, anchor):
        """One client is not to be served any more; then it is again, when it next comes."""
        phone = self.world.choose(self.judge.phones)
        if self.judge.anchor_of(phone.identity) is not anchor:
            return None
        anchor.blocked = [phone.identity]
        self._disturb(phone.identity)
        for other in self.judge.phones:
            other.blocked = other.blocked or other.identity == phone.identity
        anchor.tell("configure", anchor.core.reconfigure, anchor.configuration())
        return lambda: self._unblock(anchor)

    @staticmethod
    def _unblock(anchor):
        if anchor.blocked:
            anchor.blocked = []
            if anchor.core:
                anchor.tell("configure", anchor.core.reconfigure, anchor.configuration())


#: As often as it stands there.
_AT_GATEWAYS = (
    [Trouble._change_weather] * 14 + [Trouble._kill] * 5 + [Trouble._reboot]
    + [Trouble._step_clock] * 2 + [Trouble._wander] * 2 + [Trouble._lose_time]
    + [Trouble._restart_hostapd] + [Trouble._detach] * 2 + [Trouble._leave]
    + [Trouble._heartbeat] + [Trouble._refuse_route])
_AT_ANCHORS = (
    [Trouble._kill] * 10 + [Trouble._reboot] * 2 + [Trouble._step_clock] + [Trouble._revoke] * 4
    + [Trouble._block] * 2 + [Trouble._heartbeat] + [Trouble._refuse_route] * 2)
