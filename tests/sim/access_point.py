# SPDX-License-Identifier: GPL-2.0-or-later
"""An access point: the gateway's core, its kernel, its journal and its hostapd."""

from access_kernel import AccessKernel
from authenticator import Authenticator
from nat import Nat
from network import FAIR
from node import Node
from world import Violation

from mag_lite import journal_record
from mag_lite.core import actions
from mag_lite.core.configuration import Access, Anchor, Configuration, Profile
from mag_lite.core.gateway import Gateway
from mag_lite.wire import icmpv6

LINKS = ("wlan0", "wlan1")
MTU = 1476
_IPV6 = b"\x86\xdd"
#: The IP versions of clients, by a word in their identities.
KINDS = {"four": (4,), "six": (6,), "both": (4, 6)}


class AccessPoint(Node):
    """One of many; `gateway` is its core, None while the daemon is dead."""

    def __init__(self, world, name, address, anchors, settings, drift):
        super().__init__(world, name, drift)
        self.address = address
        self.anchors = anchors
        self.weather = FAIR
        self.network = self.judge = None
        self.kernel = AccessKernel()
        self.journal = {}
        self.authenticator = Authenticator(world, self)
        #: Whether NTP has set the clock, so that it may stamp registrations.
        self.synchronised = settings.timestamps
        self.refuses_routes = 0
        self._restarts = 0
        self._settings = settings
        self.hostile = settings.hostile
        self.nat = None
        self._own = address
        self._versions = KINDS
        self.configuration = self._configure()

    def move_behind_nat(self, own):
        """From now on `address` is the NAT's, which only the anchors see."""
        self.nat = Nat(self.world)
        self._own = own
        self.configuration = self._configure()

    def reload(self, both):
        """Clients of both IP versions are to have these from now on."""
        self._versions = {**KINDS, "both": both}
        self.configuration = self._configure()
        if self.core:
            before = list(self.kernel.elements)
            self.world.note(self.name, "reload", both)
            self.crash()
            self.start()
            self.judge.reloaded(self, before)

    def wanted(self, identity):
        """The IP versions that this client is to have here."""
        return [versions for kind, versions in self._versions.items()
                if kind.encode() in identity][0]

    def _configure(self):
        ours = [Anchor(index, anchor.name, anchor.address, self._own,
                       self._settings.encapsulation, None)
                for index, anchor in enumerate(self.anchors)]
        profiles = [Profile(anchor.name, "*%s*@%s" % (kind, anchor.name), None, anchor, b"", True,
                            ip_versions)
                    for anchor in ours for kind, ip_versions in self._versions.items()]
        access = {link: Access(link, (link,), "/run/hostapd", "authenticated", 4, True)
                  for link in LINKS}
        return Configuration(self._settings.lifetime * 1000, "on", [], [],
                             (4,), access, ours, profiles, False, None)

    @property
    def gateway(self):
        """The core."""
        return self.core

    # The daemon

    def sessions(self):
        """How many clients it knows."""
        return len(self.core.bindings)

    def start(self):
        """Take up the journal's sessions and put the kernel right, as mag_lite.recovery does."""
        self._restarts += 1
        self.core = Gateway(self.configuration, lambda binding: MTU, self._restarts)
        self.started_at = self.fair_since = self.world.now
        self.world.event(self.name, "start", (len(self.journal), "records"))
        now = self.monotonic()
        for key in sorted(self.journal):
            self._restore(key, now)
        self.kernel.repair([
            (binding.interface, binding.mac, home, binding.anchor.index, binding.keys)
            for binding in self.core.bindings for home in binding.forwarded or ()])
        self.settle()
        self.authenticator.list_stations()
        self.judge.restarted(self)

    def _restore(self, key, now):
        try:
            binding = journal_record.binding(self.journal[key], self.configuration)
            if not now < binding.expires_at <= now + binding.lifetime:
                raise ValueError("it has expired")
        except ValueError:
            del self.journal[key]
            return
        self.core.restore(binding, now)

    def lose_everything(self):
        """The machine starts anew."""
        self.kernel = AccessKernel()
        self.journal.clear()
        self.authenticator.forget_all()

    def tell(self, what, call, *arguments):
        """An event for the core; return what it says."""
        self.world.event(self.name, what, arguments)
        now = self.monotonic()
        self.core.sender.clock_offset = (
            self.time_of_day() - now * 65536 // 1000 if self.synchronised else None)
        result = call(*arguments, now)
        self.settle()
        return result

    def receive(self, anchor, data):
        """A datagram of an anchor has come through."""
        if self.core:
            if len(data) > 12 and data[2] == 16:
                self.judge.revocation_arrives(self, data)
            self.tell("datagram", self.core.message_received, anchor.address, data)

    def expire(self):
        """A deadline of the core's."""
        self.tell("timer", self.core.expire)

    # Actions

    @staticmethod
    def take(pending):
        """All at once, as mag_lite.executor does."""
        current = list(pending)
        del pending[:]
        return current

    def _send_message(self, action):
        if action.data[2] == 5:
            self.judge.update_sent(self, action.data)
        self.world.note(self.name, "sends", (action.data,))
        self.network.to_anchor(self, self.anchors[action.anchor.index], action.data)

    def _send_frame(self, action):
        frame = action.frame
        if frame[0] & 1:
            raise Violation("%s tells all stations what is for one" % self.name)
        if frame[12:14] == _IPV6 and frame[54] == icmpv6.ROUTER_ADVERTISEMENT:
            self.judge.advertised(self, action.interface, frame)
        entry = self.authenticator.stations.get((action.interface, frame[:6]))
        if entry:
            self.world.after(2, entry[0].hear, self, action.interface, frame)

    def _forward(self, action):
        binding = action.binding
        if binding.forwarded is None:
            raise Violation("%s is to forward for %s, whose session is over" % (
                self.name, binding))
        if self.refuses_routes:
            self.refuses_routes -= 1
            self.judge.disturb(binding.mac)
            self.core.registration.refuse(
                binding, self.monotonic(), "the kernel does not forward for it: full")
            return
        for home in binding.forwarded:
            self.kernel.add_client(
                binding.interface, binding.mac, home, binding.anchor.index, binding.keys)
        self.judge.forwards(self, binding)

    def _withdraw(self, action):
        self.kernel.remove_client(
            action.interface, action.mac, action.home, action.anchor.index)

    def _remember(self, action):
        binding = action.binding
        if binding.forwarded is not None:
            self.journal[journal_record.key(binding)] = journal_record.record(binding)
            self.judge.session_kept(self, binding)

    def _forget(self, action):
        self.journal.pop(journal_record.key(action.binding), None)

    def _leased(self, action):
        self.judge.leased(self, action.binding)

    def _query(self, action):
        self.authenticator.query(action.interface, action.mac)

    def _poll(self, action):
        self.authenticator.poll(action.interface, action.mac)

    def _reauthenticate(self, action):
        self.authenticator.reauthenticate(action.interface, action.mac)

    def _remove_station(self, action):
        self.authenticator.remove(action.interface, action.mac, action.tell)

    def _log(self, action):
        self.world.note(self.name, "log", (action.text,))

    def _nothing(self, action):
        pass

    how = {
        actions.SendMessage: _send_message,
        actions.SendFrame: _send_frame,
        actions.Forward: _forward,
        actions.Withdraw: _withdraw,
        actions.Attached: _nothing,
        actions.Remember: _remember,
        actions.Forget: _forget,
        actions.HandedOver: _nothing,
        actions.Leased: _leased,
        actions.QueryStation: _query,
        actions.PollStation: _poll,
        actions.Reauthenticate: _reauthenticate,
        actions.RemoveStation: _remove_station,
        actions.Log: _log,
    }
