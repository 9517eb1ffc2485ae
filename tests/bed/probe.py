# SPDX-License-Identifier: GPL-2.0-or-later
"""The probe: small UDP packets both ways, one a millisecond, to see what a roam costs."""

import os
import signal
import socket
import struct
import time
from collections import namedtuple

from bed.unread import leave_unread, read_all

Gap = namedtuple("Gap", "start end lost")
Gap.__doc__ = """No packet arrived between start and end (monotonic ms); `lost` never arrived."""

INTERVAL = 1    # ms
_SIZE = 100
_SO_RCVBUFFORCE = 33
_BUFFER = 64 << 20


def _end(machine, address):
    """A socket that keeps what it receives, with the kernel's time stamps, until it is read."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    end = machine.socket(family, socket.SOCK_DGRAM)
    end.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    end.bind((address, 0))
    return leave_unread(end)


def _send(directions, interval):
    """Send one packet to each (socket, address) every `interval` ms, until SIGTERM.

    Few system calls: they are what costs time in User-Mode Linux.
    """
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    wanted = {signal.SIGALRM, signal.SIGTERM}
    signal.setitimer(signal.ITIMER_REAL, interval / 1000, interval / 1000)
    sequence = 0
    while signal.sigwait(wanted) == signal.SIGALRM:
        packet = struct.pack("!Q", sequence).ljust(_SIZE, b"\0")
        for sender, destination in directions:
            try:
                sender.sendto(packet, destination)
            except OSError:
                pass    # no carrier, no route: the packet counts as lost
        sequence += 1


def _arrivals(end):
    return Arrivals([(struct.unpack_from("!Q", data)[0], when) for when, data in read_all(end)])


class Probe:
    """Runs between `phone` (machine, address) and `correspondent` (machine, address); `interval`
    in ms."""

    def __init__(self, phone, phone_address: str, correspondent, correspondent_address: str,
                 ways=("up", "down"), interval=INTERVAL):
        self._phone = _end(phone, phone_address)
        self._correspondent = _end(correspondent, correspondent_address)
        both = {
            "up": (self._phone, self._correspondent.getsockname()),
            "down": (self._correspondent, self._phone.getsockname()),
        }
        directions = [both[way] for way in ways]
        blocked = signal.pthread_sigmask(
            signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGTERM]
        )
        self._pid = os.fork()
        if self._pid == 0:
            try:
                _send(directions, interval)
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def stop(self, linger=0.2):
        """End the probe; afterwards `up` and `down` are the Arrivals."""
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        time.sleep(linger)
        self.up = _arrivals(self._correspondent)
        self.down = _arrivals(self._phone)


class Arrivals:
    """What arrived in one direction: `.packets` are (sequence, monotonic ms)."""

    def __init__(self, packets):
        self.packets = packets

    @property
    def lost(self) -> int:
        """How many packets never arrived, of those before the last that did."""
        sequences = {sequence for sequence, _ in self.packets}
        return max(sequences) + 1 - len(sequences) if sequences else 0

    def gap(self, since: float, until: float) -> Gap:
        """The longest silence that overlaps the time since..until (monotonic ms)."""
        best = Gap(since, since, 0)
        for (before, start), (after, end) in zip(self.packets, self.packets[1:], strict=False):
            if end >= since and start <= until and end - start > best.end - best.start:
                best = Gap(start, end, after - before - 1)
        return best
