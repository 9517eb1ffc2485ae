# SPDX-License-Identifier: GPL-2.0-or-later
"""A gateway's GRE keys: a set of them for each anchor, so that two anchors may give the same
addresses."""

from mag_lite.system import gre_keys
from mag_lite.system.nftables import NftablesError


class AnchorKeys:
    """The keys of all anchors whose tunnel has some; raises what GreKeys does.

    Names of nftables' tables are `tables` and the anchor's index.
    """

    def __init__(self, tables: str, ruleset_file: str, log):
        self._tables = tables
        self._ruleset_file = ruleset_file
        self._log = log
        self._keys = {}

    def prepare(self, anchors, existing) -> None:
        """Have keys with these anchors and no others; `existing` are tables of any process.

        Where there can be none, the anchor's encapsulation becomes "gre".
        """
        wanted = {anchor.index: anchor for anchor in anchors}
        for index in [index for index in self._keys if index not in wanted]:
            self._keys.pop(index).abandon()
        for table in existing:
            if table not in [self._tables + str(index) for index in wanted]:
                gre_keys.remove(table, self._ruleset_file)
        for anchor in anchors:
            self._prepare(anchor)

    def _prepare(self, anchor) -> None:
        table = self._tables + str(anchor.index)
        keys = self._keys.get(anchor.index) or gre_keys.GreKeys(
            table, gre_keys.DESTINATION, gre_keys.SOURCE, self._ruleset_file)
        try:
            keys.prepare()
        except NftablesError as error:
            self._log.warning("no GRE keys with anchor %s: %s" % (anchor.name, error))
            self._keys.pop(anchor.index, None)
            keys.abandon()
            anchor.encapsulation = "gre"
            return
        keys.use([(anchor.local, anchor.address)])
        self._keys[anchor.index] = keys

    def set(self, home, index: int, pair) -> None:
        """Let this home of an anchor have keys: (downlink, uplink)."""
        if index in self._keys:
            self._keys[index].set(home, *pair)

    def remove(self, home, index) -> None:
        """Let it have none; harmless when that is so already."""
        if index in self._keys:
            self._keys[index].remove(home)

    def keep(self, wanted) -> None:
        """Let exactly these homes have keys: {(home, anchor index): (downlink, uplink)}."""
        for index, keys in self._keys.items():
            for home in keys.homes():
                if (home, index) not in wanted:
                    keys.remove(home)
        for (home, index), pair in wanted.items():
            self.set(home, index, pair)

    def abandon(self) -> None:
        """Leave all of it to another process; once."""
        for keys in self._keys.values():
            keys.abandon()
