# SPDX-License-Identifier: GPL-2.0-or-later
"""Would an anchor take registrations from this gateway?  An update that asks without making one.

It ends a session (lifetime 0) of a node that does not exist, and lacks what any update must have:
by RFC 5213 section 5.3.1 the anchor looks first whether it knows the gateway (rule 6) and the node
(rules 7 and 8), then at the time stamp (rule 9), and misses the prefix at last (rule 10).
"""

from mag_lite.core.actions import SendMessage
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire.mobility_header import Message, encode
from mag_lite.wire.mobility_options import Option
from mag_lite.wire.status import NAI

_NOBODY = Option(options.MN_IDENTIFIER, subtype=NAI, identifier=b"trial@pmip.invalid")


class TrialRegistration:
    """One trial at each anchor that is asked."""

    def __init__(self, registration):
        self._registration = registration
        self._asked = {}
        #: {index of an anchor: the status that it answered}
        self.answers = {}

    def ask(self, anchor, now: int):
        """Send the update; its number is the time, as no others order those of this node."""
        self._asked[anchor.index] = now
        carried = [_NOBODY]
        timestamp = self._registration.sender.timestamp(now)
        if timestamp is not None:
            carried.append(Option(options.TIMESTAMP, time=timestamp))
        self._registration.actions.append(SendMessage(anchor, encode(Message(
            header.BINDING_UPDATE, carried, sequence=now & 0xFFFF,
            flags=header.BU_ACKNOWLEDGE | header.BU_PROXY))))

    def take(self, anchor, message: Message, now: int) -> bool:
        """Take a Proxy Binding Acknowledgement from `anchor`; False if it is not about this."""
        if message.option(options.MN_IDENTIFIER) != _NOBODY:
            return False
        when = self._asked.get(anchor.index)
        if when is not None and message.sequence == when & 0xFFFF:
            self.answers[anchor.index] = message.status
            self._registration.last_answers[anchor.index] = now, now - when
        return True
