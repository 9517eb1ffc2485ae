# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv4 home addresses to give away, each to one mobility session (RFC 5844 section 3.1.2.2)."""


class AddressPool:
    """The host addresses of one home network.

    An owner is a pair (MN-Identifier, link-layer identifier): one interface of a mobile node.
    It gets the address back that it had before, as long as the network has others to give;
    addresses never used are given first, then those given back longest ago.  Every operation
    takes constant time and an address costs memory only once it has been used.
    """

    def __init__(self, network: bytes, prefix_length: int, router: bytes):
        self.prefix_length = prefix_length
        self.router = router
        self._base = int.from_bytes(network, "big")
        self._size = 1 << (32 - prefix_length)
        self._router = self._offset(router)
        self._reserved = {}  # offset -> MN-Identifier it is kept for
        self._static = {}  # MN-Identifier -> offset
        self._held = {}  # offset -> owner
        self._last = {}  # owner -> offset it has or had last
        self._former = {}  # offset given back -> (turn, owner)
        self._queue = {}  # turn -> offset given back
        self._first_turn = self._next_turn = 0
        self._fresh = 1

    @property
    def used(self) -> int:
        """The number of addresses in use."""
        return len(self._held)

    @property
    def capacity(self) -> int:
        """The number of addresses there are to give."""
        return self._size - 3

    def reserve(self, address: bytes, mn_identifier):
        """Keep `address` for one mobile node, whose interfaces get no other while it is free."""
        offset = self._offset(address)
        self._reserved[offset] = mn_identifier
        self._static[mn_identifier] = offset

    def contains(self, address: bytes) -> bool:
        """Return True if `address` is one that a mobile node may have."""
        return self._is_host(self._offset(address))

    def allocate(self, owner):
        """Give an address to `owner`; None when all are in use."""
        for offset in (self._static.get(owner[0]), self._last.get(owner)):
            if offset is not None and self._may_take(owner, offset):
                return self._take(owner, offset)
        offset = self._next_fresh()
        if offset is None:
            offset = self._next_former()
        return None if offset is None else self._take(owner, offset)

    def claim(self, owner, address: bytes) -> bool:
        """Give this very address to `owner`; False if it is not for this owner to have."""
        offset = self._offset(address)
        if not self._is_host(offset) or not self._may_take(owner, offset):
            return False
        self._take(owner, offset)
        return True

    def occupy(self, owner, address: bytes):
        """Keep an address that is in use from everybody else, whoever it is meant for."""
        self._take(owner, self._offset(address))

    def release(self, address: bytes):
        """Take the address back, and remember whose it was."""
        offset = self._offset(address)
        owner = self._held.pop(offset, None)
        if owner is None:
            return
        if offset in self._reserved:
            self._last.pop(owner, None)
            return
        self._former[offset] = (self._next_turn, owner)
        self._queue[self._next_turn] = offset
        self._next_turn += 1

    def inherit(self, older: "AddressPool"):
        """Remember of `older` who had which address, as far as it is ours to give."""
        for turn in sorted(older._queue):
            address = older._address(older._queue[turn])
            owner = older._former[older._queue[turn]][1]
            if self.claim(owner, address):
                self.release(address)

    def _offset(self, address: bytes) -> int:
        return int.from_bytes(address, "big") - self._base

    def _address(self, offset: int) -> bytes:
        return (self._base + offset).to_bytes(4, "big")

    def _is_host(self, offset: int) -> bool:
        return 0 < offset < self._size - 1 and offset != self._router

    def _may_take(self, owner, offset: int) -> bool:
        """An address is for whom it is kept, else for who had it last, else for anybody."""
        if offset in self._held:
            return False
        if offset in self._reserved:
            return self._reserved[offset] == owner[0]
        return offset not in self._former or self._former[offset][1][0] == owner[0]

    def _take(self, owner, offset: int) -> bytes:
        self._forget_former(offset)
        self._held[offset] = owner
        self._last[owner] = offset
        return self._address(offset)

    def _forget_former(self, offset: int):
        if offset in self._former:
            turn, owner = self._former.pop(offset)
            del self._queue[turn]
            if self._last.get(owner) == offset:
                del self._last[owner]

    def _next_fresh(self):
        """An address that nobody has had yet, or None."""
        while self._fresh < self._size - 1:
            offset = self._fresh
            self._fresh += 1
            used = offset in self._held or offset in self._former or offset in self._reserved
            if offset != self._router and not used:
                return offset
        return None

    def _next_former(self):
        """The address given back longest ago, or None."""
        while self._first_turn < self._next_turn:
            if self._first_turn in self._queue:
                return self._queue[self._first_turn]
            self._first_turn += 1
        return None
