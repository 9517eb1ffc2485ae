# SPDX-License-Identifier: GPL-2.0-or-later
"""What both daemons have: clocks of their own, a timer, actions to carry out, and an end that may
come between any two of these.
"""

from world import CLOCK, Violation

#: Monotonic time (ms) when a machine has just started.
UPTIME = 5000
#: Within a second, there may be so many deadlines, and so many for each client: four probes, and
#: two others.
FEW_DEADLINES = 20
DEADLINES_OF_ONE = 6


class Node:
    """A daemon and its machine.  `core` is None while the daemon is dead.

    The clock of the day is off by `error` ms.
    """

    def __init__(self, world, name, drift):
        self.world = world
        self.name = name
        self.core = None
        #: No trouble of its own, or on its way to the others, since then (ms).
        self.fair_since = 0
        self.started_at = 0
        self.error = 0
        #: How many more actions are carried out before it is killed; None: it is not.
        self.fuse = None
        self._second = self._deadlines = self._most_sessions = 0
        self._drift = drift  # millionths that its monotonic clock is too fast
        self._booted_at = world.now
        self._wake = None

    def monotonic(self):
        """Its own monotonic time in ms."""
        passed = self.world.now - self._booted_at
        return UPTIME + passed + passed * self._drift // 1000000

    def true_time(self, monotonic):
        """When its clock will say so."""
        passed = monotonic - UPTIME
        return self._booted_at + passed - passed * self._drift // (1000000 + self._drift)

    def time_of_day(self):
        """Its idea of the time of day, in 1/65536 s."""
        return CLOCK + (self.world.now + self.error) * 65536 // 1000

    def crash(self, reboot=False):
        """The daemon is killed; its kernel and journal stay, unless the machine starts anew."""
        if self.core is not None:
            self.world.note(self.name, "rebooted" if reboot else "killed")
        self.core = None
        self.fuse = self._wake = None
        self.fair_since = self.world.now
        if reboot:
            self._booted_at = self.world.now
            self.lose_everything()

    def trouble(self):
        """Something is wrong with it from now on, or was until now."""
        self.fair_since = self.world.now

    def settle(self):
        """Carry out the actions of the core, and see to it that it is woken in time."""
        core = self.core
        pending, how = core.actions, self.how
        while pending:
            for action in self.take(pending):
                if self.fuse is not None and self._burnt():
                    return
                how[type(action)](self, action)
        when = core.next_timeout()
        if when is not None:
            when = max(self.true_time(when), self.world.now)
            if self._wake is None or when < self._wake:
                self._wake = when
                self.world.at(when, self._woken, core, when)

    def _count_deadline(self):
        """Deadlines that come faster than its sessions give cause for burn its processor."""
        second = self.world.now // 1000
        if second != self._second:
            self._second, self._deadlines, self._most_sessions = second, 0, 0
        self._deadlines += 1
        self._most_sessions = max(self._most_sessions, self.sessions())
        if self._deadlines > FEW_DEADLINES + DEADLINES_OF_ONE * self._most_sessions:
            raise Violation("%s had %d deadlines in a second, for %d clients" % (
                self.name, self._deadlines, self._most_sessions))

    def _burnt(self):
        self.fuse -= 1
        if self.fuse < 0:
            self.crash()
        return self.core is None

    def _woken(self, core, when):
        if core is not self.core or when != self._wake:
            return
        self._wake = None
        due = core.next_timeout()
        if due is not None and due <= self.monotonic():
            self._count_deadline()
            self.expire()
        elif due is not None:
            self._wake = max(self.true_time(due), self.world.now + 1)
            self.world.at(self._wake, self._woken, core, self._wake)
