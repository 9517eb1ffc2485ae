# SPDX-License-Identifier: GPL-2.0-or-later
"""Binding Revocation Indications sent and awaited (RFC 5846 sections 6 and 8.1)."""

from lma_lite.acknowledgement import encode_between
from lma_lite.actions import Send
from lma_lite.binding_cache import Binding, Tunnel
from mag_lite.timers import Timers
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

# Section 11, in milliseconds
INITIAL_DELAY = 1000
LONGEST_DELAY = 2000
MOST_RETRIES = 1

#: The gateway that a node has left hears of it this much later (ms): first comes the one that the
#: node waits for, and a node that goes to and fro is left in peace.
HANDOVER_DELAY = 100

#: How many sessions are revoked at a time.
MOST_OUTSTANDING = 1024

#: The kind of timer that repeats an indication; its key is (REVOCATION, sequence number).
REVOCATION = "revocation"


class Revocation:
    """One indication on its way: to the gateway at the end of `tunnel`, about `binding`."""

    def __init__(self, binding: Binding, tunnel: Tunnel, port: int, trigger: int, sequence: int):
        self.binding = binding
        self.tunnel = tunnel
        self.port = port
        self.trigger = trigger
        self.sequence = sequence
        self.delay = INITIAL_DELAY
        self.retries = 0
        self.data = None  # until it is sent

    @property
    def sent(self) -> bool:
        """Whether the gateway can know of it."""
        return self.data is not None

    @property
    def key(self):
        """What there is one Revocation of at a time: a session at a gateway."""
        return self.binding.number, self.tunnel.mag


class Revocations:
    """All outstanding indications: at most one about each session to each gateway."""

    def __init__(self, timers: Timers, actions: list):
        self._timers = timers
        self._actions = actions
        self._by_sequence = {}
        self._by_key = {}
        self._last_sequence = 0
        self._deaf = set()

    def __len__(self):
        return len(self._by_sequence)

    def forget_deaf(self):
        """Try again with gateways that did not know what a revocation is."""
        self._deaf.clear()

    def start(self, binding: Binding, tunnel: Tunnel, port: int, trigger: int, now: int,
              after: int = 0):
        """Revoke `binding` at the gateway at the end of `tunnel`, in `after` ms.

        Return the Revocation, or None if it is no use: the gateway does not support it, or too
        many are outstanding.
        """
        self.cancel(binding, tunnel.mag)
        if tunnel.mag in self._deaf or len(self) >= MOST_OUTSTANDING:
            return None
        revocation = Revocation(binding, tunnel, port, trigger, self._next_sequence())
        self._by_sequence[revocation.sequence] = revocation
        self._by_key[revocation.key] = revocation
        if after:
            self._timers.set((REVOCATION, revocation.sequence), now + after)
        else:
            self._send(revocation, now)
        return revocation

    def global_indication(self) -> Message:
        """Build what revokes all sessions of a gateway; nobody waits for the answer."""
        return Message(
            header.BINDING_REVOCATION_INDICATION, trigger=status.PER_PEER_POLICY,
            sequence=self._next_sequence(), flags=header.BR_PROXY | header.BR_GLOBAL)

    def find(self, binding: Binding, mag: bytes):
        """Return the Revocation of `binding` at `mag` that is outstanding, or None."""
        return self._by_key.get((binding.number, mag))

    def cancel(self, binding: Binding, mag: bytes):
        """End the Revocation of `binding` at `mag`; return it, or None."""
        revocation = self._by_key.get((binding.number, mag))
        if revocation:
            self._end(revocation)
        return revocation

    def acknowledge(self, message: Message, source: bytes):
        """End and return the Revocation that a gateway acknowledges, or None."""
        revocation = self._by_sequence.get(message.sequence)
        if revocation is None or not revocation.sent or revocation.tunnel.mag != source:
            return None
        self._end(revocation)
        return revocation

    def refuse_all(self, mag: bytes) -> list:
        """The gateway does not know a message of ours: end and return the revocations sent to it.

        Only if there are such, that message was one, and it gets no more.
        """
        ended = [each for each in self._by_sequence.values()
                 if each.sent and each.tunnel.mag == mag]
        for revocation in ended:
            self._deaf.add(mag)
            self._end(revocation)
        return ended

    def expire(self, sequence: int, now: int):
        """Send or repeat the indication; end and return the Revocation when that was the last."""
        revocation = self._by_sequence[sequence]
        if not revocation.sent:
            self._send(revocation, now)
            return None
        if revocation.retries == MOST_RETRIES:
            self._end(revocation)
            return revocation
        revocation.retries += 1
        revocation.delay = min(revocation.delay * 2, LONGEST_DELAY)
        self._send(revocation, now)
        return None

    def _send(self, revocation: Revocation, now: int):
        tunnel = revocation.tunnel
        if not revocation.sent:
            revocation.data = encode_between(
                _indication(revocation), tunnel.local, tunnel.mag)
        self._actions.append(Send(tunnel.local, tunnel.mag, revocation.port, revocation.data))
        self._timers.set((REVOCATION, revocation.sequence), now + revocation.delay)

    def _end(self, revocation: Revocation):
        self._timers.cancel((REVOCATION, revocation.sequence))
        del self._by_sequence[revocation.sequence]
        del self._by_key[revocation.key]

    def _next_sequence(self) -> int:
        sequence = (self._last_sequence + 1) % 65536
        while sequence in self._by_sequence:
            sequence = (sequence + 1) % 65536
        self._last_sequence = sequence
        return sequence


def _indication(revocation: Revocation) -> Message:
    """Build the indication; the session is named by its prefixes, else by its IPv4 address."""
    binding = revocation.binding
    subtype, identifier = binding.mn_identifier
    carried = [Option(options.MN_IDENTIFIER, subtype=subtype, identifier=identifier)]
    flags = header.BR_PROXY
    if binding.home_network_prefixes:
        for prefix, length in binding.home_network_prefixes:
            carried.append(
                Option(options.HOME_NETWORK_PREFIX, prefix_length=length, prefix=prefix))
    else:
        flags |= header.BR_IPV4_ONLY
        carried.append(Option(
            options.IPV4_HOME_ADDRESS_REQUEST, address=binding.ipv4_home_address,
            prefix_length=binding.service.addresses.prefix_length))
    return Message(
        header.BINDING_REVOCATION_INDICATION, carried, trigger=revocation.trigger,
        sequence=revocation.sequence, flags=flags)
