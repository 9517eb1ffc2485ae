# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace of some seconds for who asks by ubus, such as LuCI: one at a time, and bounded."""

import binascii

from mag_lite.core.binding_update_list import printable
from mag_lite.system import sockets
from mag_lite.system.clock import time_of_day
from mag_lite.trace import Trace, describe
from mag_lite.wire import pcap
from mag_lite.wire.address import parse_mac

#: Longest time (s), and what is kept of it: events, octets of frames, characters of text.
LONGEST = 10
MOST_EVENTS = 200
MOST_OCTETS = 32768
MOST_TEXT = 65536


class Recorder:
    """Records for `seconds`, then calls `answer(values)` once; OSError if we may not listen."""

    def __init__(self, daemon, mac: bytes, seconds: int, answer):
        self._daemon = daemon
        self._mac = mac
        self._answer = answer
        self._events = []
        self._octets = 0
        self._left_out = 0
        self._begun = daemon.loop.now()
        self._ends = self._begun + 1000 * seconds
        self._time_of_day = time_of_day() * 1000 >> 16
        identities = [printable(binding.mn_identifier) for binding in daemon.gateway.bindings
                      if binding.mac == mac]
        self._trace = Trace(daemon.loop, daemon.configuration.access, mac, identities, self._keep)
        self._timer = daemon.loop.at(self._ends, self.finish)

    @property
    def remaining(self) -> int:
        """For how many seconds it will go on, rounded up; 0 when it has answered."""
        return 0 if self._trace is None else (self._ends - self._daemon.loop.now()) // 1000 + 1

    def finish(self):
        """Answer with what there is; harmless when that has been done."""
        if self._trace is None:
            return
        self._trace.close()
        self._trace = None
        self._daemon.loop.cancel(self._timer)
        for when, text in self._daemon.history.since(self._mac, self._begun):
            self._keep(when, "gateway", None, text)
        self._events.sort()
        self._answer(self._result())

    def _keep(self, when, place, frame, text):
        self._octets += len(frame or "")
        if len(self._events) >= MOST_EVENTS or self._octets > MOST_OCTETS:
            self._left_out += 1
            return
        # Numbered, as not every Python leaves in their order what happened at one time.
        self._events.append((when, len(self._events), place, frame, text))

    def _result(self):
        events, room = [], MOST_TEXT
        capture = pcap.file_header(pcap.ETHERNET)
        for when, _, place, frame, text in self._events:
            after = max(when - self._begun, 0)
            text = (text or describe(frame))[:room]
            room -= len(text)
            events.append([after, place, text])
            if frame is not None:
                capture += pcap.packet_record(self._time_of_day + after, frame)
        return {"events": events, "left_out": self._left_out,
                "pcap": binascii.b2a_base64(capture).decode().strip()}


def start(daemon, running, arguments: dict, answer):
    """Return a new Recorder unless `running`, the last one or None, still is; ValueError."""
    text, seconds = arguments.get("mac"), arguments.get("seconds")
    if not isinstance(text, str):
        raise ValueError("mac must be a MAC address such as 02:00:00:00:01:01")
    mac = parse_mac(text)
    if seconds is None:
        seconds = LONGEST
    if not isinstance(seconds, int) or not 1 <= seconds <= LONGEST:
        raise ValueError("seconds must be a whole number from 1 to %d" % LONGEST)
    if running is not None and running.remaining:
        raise ValueError("another trace runs; it ends in %d s" % running.remaining)
    try:
        return Recorder(daemon, mac, seconds, answer)
    except OSError as error:
        raise ValueError("cannot listen: %s" % sockets.reason(error))
