# SPDX-License-Identifier: GPL-2.0-or-later
"""Heartbeats (RFC 5847): the anchors' are answered and listened to for a restart; ours ask whether
an anchor is there and talks to us."""

from mag_lite.core.actions import Log, SendMessage
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import format_address
from mag_lite.wire.mobility_header import Message, encode
from mag_lite.wire.mobility_options import Option

# Sequence numbers of what we ask are those from here on.
_FIRST_SEQUENCE = 1 << 31


class Heartbeat:
    """`restart_counter` is ours (32 bits), another whenever sessions were lost.

    `lost(anchor, now)` is called when an anchor shows that it has lost its sessions.
    """

    def __init__(self, restart_counter: int, lost, actions, counters):
        self.restart_counter = restart_counter
        self.lost = lost
        self.actions = actions
        self.counters = counters
        self._known = {}
        self._sequence = 0
        #: {index of an anchor: (sequence number, when it was last asked, ms until it answered or
        #: None)}
        self.asked = {}

    def ask(self, anchor, now: int):
        """Ask an anchor to show that it is there, which changes nothing there (section 3.1)."""
        self._sequence = (self._sequence + 1) % _FIRST_SEQUENCE
        sequence = _FIRST_SEQUENCE + self._sequence
        self.asked[anchor.index] = (sequence, now, None)
        self.counters.count("heartbeat.asked")
        self.actions.append(SendMessage(
            anchor, encode(Message(header.HEARTBEAT, [], sequence=sequence))))

    def receive(self, anchor, message: Message, now: int):
        """Take a Heartbeat message that came from `anchor`.

        Another counter than before tells of a restart (section 3.2), and so does a first one
        that nobody asked for.
        """
        if not message.flags & header.HEARTBEAT_RESPONSE:
            self._answer(anchor, message)
            return
        sequence, when, _ = self.asked.get(anchor.index, (None, None, None))
        if message.sequence == sequence:
            self.asked[anchor.index] = (None, when, now - when)
        option = message.option(options.RESTART_COUNTER)
        if option is None:
            return
        known = self._known.get(anchor.index)
        self._known[anchor.index] = option.counter
        unsolicited = message.flags & header.HEARTBEAT_UNSOLICITED
        if known != option.counter and (known is not None or unsolicited):
            self.counters.count("heartbeat.restarted")
            self.actions.append(Log("warning", "anchor %s has restarted: its sessions are renewed"
                                    % format_address(anchor.address), None))
            self.lost(anchor, now)

    def _answer(self, anchor, request):
        """A request must always be answered (section 3.1)."""
        self.counters.count("heartbeat.answered")
        counter = Option(options.RESTART_COUNTER, counter=self.restart_counter)
        response = Message(header.HEARTBEAT, [counter], flags=header.HEARTBEAT_RESPONSE,
                           sequence=request.sequence)
        self.actions.append(SendMessage(anchor, encode(response)))
