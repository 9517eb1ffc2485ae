# SPDX-License-Identifier: GPL-2.0-or-later
"""Homes to give away, each to one mobility session: IPv4 addresses or IPv6 prefixes."""

_NOBODY = (None, None)


class HomePool:
    """Homes that are numbered from 0 to `size` - 1; what a number stands for, a subclass knows.

    An owner is a pair (MN-Identifier, link-layer identifier): one interface of a mobile node.
    It gets the home back that it had before, as long as the pool has others to give; homes
    never used are given first, then those given back longest ago.  Every operation takes
    constant time and a home costs memory only once it has been used.
    """

    def __init__(self, size: int):
        self._size = size
        self._reserved = {}  # number -> MN-Identifier it is kept for
        self._static = {}  # MN-Identifier -> numbers
        self._held = {}  # number -> owner
        self._last = {}  # owner -> number it has or had last
        self._former = {}  # number given back -> (turn, owner)
        self._queue = {}  # turn -> number given back
        self._first_turn = self._next_turn = 0
        self._fresh = 0

    @property
    def used(self) -> int:
        """How many homes are in use."""
        return len(self._held)

    def reserve(self, home, mn_identifier):
        """Keep `home` for one mobile node, whose interfaces get no other while it is free; None
        keeps it from all."""
        number = self._number(home)
        self._reserved[number] = mn_identifier
        self._static.setdefault(mn_identifier, []).append(number)

    def contains(self, home) -> bool:
        """Return True if `home` is one that a mobile node may have."""
        return self._may_be_given(self._number(home))

    def allocate_all(self, owner) -> list:
        """Give all free homes to `owner` that are kept for its mobile node, else one; none when
        all are in use."""
        kept = [number for number in self._static.get(owner[0], ())
                if self._may_take(owner, number)]
        if kept:
            return [self._take(owner, number) for number in kept]
        home = self.allocate(owner)
        return [home] if home else []

    def allocate(self, owner):
        """Give a home to `owner`; None when all are in use."""
        for number in list(self._static.get(owner[0], ())) + [self._last.get(owner)]:
            if number is not None and self._may_take(owner, number):
                return self._take(owner, number)
        number = self._next_fresh()
        if number is None:
            number = self._next_former()
        return None if number is None else self._take(owner, number)

    def claim(self, owner, home) -> bool:
        """Give this very home to `owner`; False if it is not for this owner to have."""
        number = self._number(home)
        if not self._may_be_given(number) or not self._may_take(owner, number):
            return False
        self._take(owner, number)
        return True

    def occupy(self, owner, home):
        """Keep a home that is in use from everybody else, whoever it is meant for."""
        self._take(owner, self._number(home))

    def release(self, home):
        """Take the home back, and remember whose it was."""
        number = self._number(home)
        owner = self._held.pop(number, None)
        if owner is None:
            return
        if number in self._reserved:
            self._last.pop(owner, None)
            return
        self._former[number] = (self._next_turn, owner)
        self._queue[self._next_turn] = number
        self._next_turn += 1

    def is_reserved(self, home) -> bool:
        """Return True if `home` is kept for one mobile node, or from all."""
        return self._number(home) in self._reserved

    def avoid(self, home):
        """Give a home that is not in use to nobody while there is another."""
        number = self._number(home)
        if number not in self._held:
            self._take(_NOBODY, number)
            self.release(home)

    def upcoming(self, count: int) -> list:
        """The homes never used that are given next, up to `count`."""
        found, number = [], self._fresh
        while number < self._size and len(found) < count:
            if self._is_fresh(number):
                found.append(self._home(number))
            number += 1
        return found

    def inherit(self, older: "HomePool"):
        """Remember of `older` who had which home, as far as it is ours to give."""
        for turn in sorted(older._queue):
            home = older._home(older._queue[turn])
            owner = older._former[older._queue[turn]][1]
            if self.claim(owner, home):
                self.release(home)

    def _may_take(self, owner, number: int) -> bool:
        """A home is for whom it is kept, else for who had it last, else for anybody."""
        if number in self._held:
            return False
        if number in self._reserved:
            return self._reserved[number] == owner[0]
        return number not in self._former or self._former[number][1][0] == owner[0]

    def _take(self, owner, number: int):
        self._forget_former(number)
        self._held[number] = owner
        self._last[owner] = number
        return self._home(number)

    def _forget_former(self, number: int):
        if number in self._former:
            turn, owner = self._former.pop(number)
            del self._queue[turn]
            if self._last.get(owner) == number:
                del self._last[owner]

    def _next_fresh(self):
        """A home that nobody has had yet, or None."""
        while self._fresh < self._size:
            number = self._fresh
            self._fresh += 1
            if self._is_fresh(number):
                return number
        return None

    def _is_fresh(self, number: int) -> bool:
        used = number in self._held or number in self._former or number in self._reserved
        return self._may_be_given(number) and not used

    def _next_former(self):
        """The home given back longest ago, or None."""
        while self._first_turn < self._next_turn:
            if self._first_turn in self._queue:
                return self._queue[self._first_turn]
            self._first_turn += 1
        return None
