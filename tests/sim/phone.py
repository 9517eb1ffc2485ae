# SPDX-License-Identifier: GPL-2.0-or-later
"""A client: it roams, sleeps, leaves with or without a word, comes back, and wants an address."""

import frames
from access_point import LINKS
from ipv6_host import Ipv6Host

from mag_lite.wire import arp, dhcpv4, ethernet
from mag_lite.wire.address import format_mac
from mag_lite.wire.udp4 import decode_udp4

#: A phone that says nothing else speaks this often (ms): so it hears that it is not known.
CHATTER = 25000
#: A DHCP client asks again after this long (ms).
ASK_AGAIN = 4000


class Phone:
    """`place` is (access point, interface) while it is associated, as far as it knows.

    `answers` is the probability that it answers a probe while it is awake.
    """

    def __init__(self, world, judge, number, identity, ip_versions, answers, busy):
        self.world = world
        self.judge = judge
        self.mac = b"\x02\x00\x00\x00" + number.to_bytes(2, "big")
        self.identity = identity
        self.ip_versions = ip_versions
        self.ipv6 = Ipv6Host(self, number % 40 == 39) if 6 in ip_versions else None
        self.answers = answers
        self.place = None
        self.asleep = False
        self.address = self.router = None
        #: It wants an address, so that an answer counts.
        self.asking = False
        #: Left alone, awake and associated since then (ms).
        self.settled_since = 0
        #: Where it has been: {access point: when it left (ms)}.
        self.left = {}
        self.forgotten = self.blocked = False
        self.revoked_at = -1 << 40
        self._busy = busy
        self._keys = {}  # place -> when it authenticated there (ms)
        self._attachment = 0
        self._gone = False
        self._frames = {}

    @property
    def name(self):
        """For people."""
        return "%s %s" % (self.identity.decode(), format_mac(self.mac))

    @property
    def authenticated_as(self):
        """What hostapd can tell of its identity."""
        return b"" if self.forgotten else self.identity

    def is_at(self, access_point, interface):
        """True if it is there and listens."""
        return self.place == (access_point, interface) and not self.asleep

    def is_attached(self, attachment):
        """True if it is still where it was when it came for the `attachment`th time."""
        return attachment == self._attachment and self.place is not None

    def hears_poll(self, access_point, interface):
        """True if it acknowledges a frame now."""
        return self.is_at(access_point, interface) and (
            self.answers == 1 or self.world.chance() < self.answers)

    # What it does

    def act(self, episode):
        """Do something, and again later, until the episode is over."""
        if episode != self.world.episode:
            return
        self.world.after(self.world.about(self._busy), self.act, episode)
        if self.asleep:
            return
        if self.place is None:
            self.come(*self._somewhere())
        else:
            _DEEDS[int(self.world.chance() * len(_DEEDS))](self)

    def _somewhere(self):
        return self.world.choose(self.judge.access_points), self.world.choose(LINKS)

    def come(self, access_point, interface):
        """Associate there; the access point that it leaves hears nothing of it."""
        world = self.world
        if self.place:
            self._leave_silently()
        self.place = access_point, interface
        self._attachment += 1
        self.settled_since = world.now
        self.blocked = self.identity in self.judge.anchor_of(self.identity).blocked
        world.note("phone", "comes", (self.mac, access_point.name, interface))
        cached = self._returns_with_key(access_point)
        self.forgotten = cached == "forgotten"
        self.judge.attached(self)
        access_point.authenticator.associate(self, interface, cached)
        world.after(world.between(1, 300), self._configure, self._attachment)
        world.after(world.between(5000, CHATTER), self._chatter, self._attachment)

    def _returns_with_key(self, access_point):
        """How it gets in: by EAP (None), or with a key whose owner hostapd still knows, or not.

        The daemon must have seen the authentication that the key is from: it remembers whose it
        is, and would be wrong if somebody else had logged in meanwhile.
        """
        since = self._keys.get(self.place)
        if (since is None or access_point.core is None or access_point.started_at > since
                or self.world.chance() < 0.6):
            self._keys[self.place] = self.world.now
            return None
        return self.world.choose(("known", "known", "forgotten"))

    def _leave_silently(self):
        access_point, interface = self.place
        self.world.note("phone", "leaves", (self.mac, access_point.name, interface))
        self._lose_place()
        access_point.authenticator.left_silently(self, interface)
        self.judge.left(self, access_point, interface)

    def _lose_place(self):
        self.left[self.place[0]] = self.world.now
        self.place = None

    def _say_goodbye(self):
        access_point, interface = self.place
        self.world.note("phone", "says goodbye", (self.mac, access_point.name, interface))
        self._lose_place()
        told = access_point.authenticator.disassociate(self, interface)
        self.judge.left(self, access_point, interface, told)

    def go(self):
        """Say good-bye for ever."""
        self.asleep, self._gone = False, True
        if self.place:
            self._say_goodbye()

    def _roam(self):
        place = self._somewhere()
        if self.world.chance() < 0.3:
            self._leave_silently()
            self.world.after(self.world.between(20, 1500), self._arrive, place)
        else:
            self.come(*place)

    def _arrive(self, place):
        if self.place is None and not self.asleep and not self._gone:
            self.come(*place)

    def _come_again(self):
        self.come(*self.place)

    def _change_link(self):
        access_point, interface = self.place
        self.come(access_point, LINKS[interface == LINKS[0]])

    def _sleep(self):
        self.asleep = True
        self.left[self.place[0]] = self.world.now
        self.world.note("phone", "sleeps", (self.mac,))
        self.world.after(self.world.about(20000), self.wake)

    def wake(self):
        """Go on where it was."""
        if self.asleep:
            self.asleep = False
            self.settled_since = self.world.now
            self.world.note("phone", "wakes", (self.mac,))
            if self.place:
                self._ask_router()

    def sent_away(self, access_point, interface):
        """A de-authentication frame: come again soon."""
        if self.is_at(access_point, interface):
            self.world.note("phone", "sent away", (self.mac, access_point.name))
            self._lose_place()
            self.settled_since = self.world.now
            self.judge.left(self, access_point, interface)
            self.world.after(
                self.world.between(50, 1000), self._arrive, (access_point, interface))

    def _become_another(self):
        """Somebody else logs in, at this access point first."""
        if b"+" in self.identity:
            self.identity = self.identity.replace(b"+", b"")
        else:
            self.identity = b"+" + self.identity
        self._keys.clear()
        self.address = None
        if self.ipv6:
            self.ipv6.forget()
        self.come(*self.place)

    # Speaking

    def say(self, frame):
        """Put a frame on the air, if there is anybody to hear it."""
        if self.place and not self.asleep:
            access_point, interface = self.place
            access_point.authenticator.frame(self, interface, frame)

    def _chatter(self, attachment):
        if self.is_attached(attachment):
            self.world.after(CHATTER, self._chatter, attachment)
            self._ask_router()

    def _configure(self, attachment):
        """It has an address, or wants one."""
        if not self.is_attached(attachment):
            return
        if self.ipv6:
            self.ipv6.configure(attachment)
        if 4 in self.ip_versions:
            self._configure_ipv4(attachment)

    def _configure_ipv4(self, attachment):
        if self.address is None:
            self._discover(attachment)
        elif self.world.chance() < 0.6:
            self._ask_router()
        else:
            self._reboot()

    def _discover(self, attachment):
        if self.is_attached(attachment) and self.address is None:
            self.world.after(ASK_AGAIN, self._discover, attachment)
            options = {dhcpv4.RAPID_COMMIT: b""} if self.mac[5] & 1 else {}
            self.asking = True
            self.say(self._frame(dhcpv4.DISCOVER, None, None, options))

    def _frame(self, kind, address, router, options=()):
        key = kind, address, router
        frame = self._frames.get(key)
        if frame is None:
            if len(self._frames) > 40:
                self._frames.clear()
            frame = self._frames[key] = frames.dhcp(
                self.mac, kind, self.mac[5], address, router, options)
        return frame

    def _request(self, address):
        self.say(frames.dhcp(self.mac, dhcpv4.REQUEST, self.mac[5], None, None,
                             {dhcpv4.REQUESTED_ADDRESS: address}))

    def _reboot(self):
        if self.address:
            self._request(self.address)

    def _renew(self):
        if self.address:
            self.say(self._frame(dhcpv4.REQUEST, self.address, self.router))

    def _inform(self):
        if self.address:
            self.say(self._frame(dhcpv4.INFORM, self.address, self.router))

    def _release(self):
        if self.address and self.world.chance() < 0.3:
            self.say(self._frame(dhcpv4.RELEASE, self.address, self.router))
            self._forget_address()
            self.settled_since = self.world.now
            self.world.after(3000, self._configure, self._attachment)

    def _decline(self):
        if self.address and self.world.chance() < 0.1:
            self.say(frames.dhcp(self.mac, dhcpv4.DECLINE, self.mac[5], None, None,
                                 {dhcpv4.REQUESTED_ADDRESS: self.address}))
            self._forget_address()
            self.settled_since = self.world.now
            self.world.after(10000, self._configure, self._attachment)

    def _forget_address(self):
        self.address, self.asking = None, False

    def _ask_router(self):
        if self.ipv6:
            self.ipv6.ask_router()
        if self.address:
            self.say(frames.arp_request(self.mac, self.address, self.router))
        elif 4 in self.ip_versions:
            self._discover(self._attachment)

    def _babble(self):
        frame = bytearray(frames.arp_request(self.mac, self.address or bytes(4), bytes(4)))
        for _ in range(3):
            frame[self.world.between(12, len(frame) - 1)] = self.world.between(0, 255)
        self.say(bytes(frame[:self.world.between(14, len(frame))]))

    # Hearing

    def hear(self, access_point, interface, frame):
        """A frame of the gateway."""
        if not self.is_at(access_point, interface):
            return
        kind = frame[12] << 8 | frame[13]
        if kind == ethernet.ARP:
            self._hear_arp(arp.decode(frame[14:]))
        elif kind == ethernet.IPV4:
            self._hear_dhcp(dhcpv4.decode(decode_udp4(frame[14:])[4]))
        elif kind == ethernet.IPV6 and self.ipv6:
            self.ipv6.hear(frame[14:])

    def _hear_arp(self, packet):
        if packet.operation == arp.REQUEST and packet.target_address == self.address:
            if self.answers == 1 or self.world.chance() < self.answers:
                self.world.after(self.world.between(1, 8), self.say, frames.arp_answer(
                    self.mac, self.address, packet.sender_address))

    def _hear_dhcp(self, message):
        kind = message.message_type()
        if not self.asking:
            return  # it has just given its address back
        if kind == dhcpv4.OFFER:
            self._request(message.yiaddr)
        elif kind == dhcpv4.ACK and message.yiaddr != bytes(4):
            self.address = message.yiaddr
            self.router = message.options[dhcpv4.ROUTER]
        elif kind == dhcpv4.NAK:
            self.address = None
            self._discover(self._attachment)


# As often as it stands there.
_DEEDS = (
    [Phone._roam] * 12 + [Phone._leave_silently] * 3 + [Phone._say_goodbye] * 3
    + [Phone._sleep] * 3 + [Phone._come_again] * 2 + [Phone._change_link] * 2
    + [Phone._renew] * 3 + [Phone._reboot] + [Phone._inform] + [Phone._release]
    + [Phone._decline] + [Phone._babble] + [Phone._become_another] + [Phone._ask_router] * 3)
