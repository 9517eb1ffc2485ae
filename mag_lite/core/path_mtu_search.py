# SPDX-License-Identifier: GPL-2.0-or-later
"""How wide a path is where no router says so (RFC 5213 section 6.9.5, RFC 4821): of probes of
several sizes some are answered, which bounds it from both sides."""

#: How often the widest is tried alone: a lost probe is no narrow path.
_TRIES = 3
_SIZES = 8


class PathMtuSearch:
    """Send a probe of each of `sizes` (octets), tell what was `answered`, and a while later go on
    with `next_round`, until `sizes` is empty.

    `found` is then what the path takes, between `least` and `widest` octets, or None if nothing
    was answered: who does not answer at all says nothing of the path.
    """

    def __init__(self, least: int, widest: int):
        self.sizes = [widest]
        self.found = None
        self._least = least
        self._widest = widest
        self._tries = _TRIES

    def answered(self, size: int) -> None:
        """A probe of so many octets arrived; what was not sent is not believed."""
        if size in self.sizes:
            self.found = max(self.found or 0, size)

    def next_round(self) -> None:
        """What was not answered by now is lost."""
        self._tries -= 1
        if self._tries > 0 and self.found is None:
            return
        lost = [size for size in self.sizes if size > (self.found or 0)]
        if self._tries < 0:
            self._widest = min(lost) - 1 if lost and self.found else self.found
        self.sizes = self._spread() if self.found != self._widest else []

    def _spread(self):
        """Sizes up to the widest, as far from each other; with the least of all if none is known
        to pass."""
        passes = self.found or self._least
        step = (self._widest - passes + _SIZES - 1) // _SIZES or 1
        sizes = list(range(self._widest, passes, -step))
        return sizes if self.found else sizes + [self._least]
