# SPDX-License-Identifier: GPL-2.0-or-later
"""Who hears of what a machine's kernel is told, and when.

pyroute2's monitor is what people use, and decodes each message before it tells of it; the bare
listener notes the time and decodes later, so that more of what it shows is the gateway's.
"""

import json
import os
import socket
import time

import pyroute2
from pyroute2.netlink.nfnetlink import nftsocket
from reference import fork, milliseconds

from bed.sources import Filter, Kernel
from bed.watch import Watch

_PRIORITY = 20
_PATIENCE = 5           # s
_NFTABLES_GROUP = 1 << 6
_NFTABLES = nftsocket.NFNL_SUBSYS_NFTABLES << 8
_FILTER_CHANGES = {
    _NFTABLES | nftsocket.NFT_MSG_NEWSETELEM: "element added",
    _NFTABLES | nftsocket.NFT_MSG_DELSETELEM: "element removed",
}
_KINDS = ("route", "neigh", "nft")
_ROUTE_CHANGES = ("RTM_NEWNEIGH", "RTM_NEWROUTE")


class _Listener:
    """Keeps what was heard: [(ms, what)]; subclasses add to `_heard` in `_take`."""

    def __init__(self):
        self._heard = []

    def forget(self):
        """Only what is heard from now on counts."""
        self._take()
        self._heard = []

    def last(self) -> float:
        """When the last notice of a client's programming was heard (ms)."""
        self.wait_for("element added")
        return max(when for when, _ in self._heard)

    def wait_for(self, what: str):
        """Wait until `what` was heard; TimeoutError if it is not."""
        end = milliseconds() + _PATIENCE * 1000
        while what not in [heard for _, heard in self._heard]:
            if milliseconds() > end:
                raise TimeoutError(what)
            time.sleep(0.001)
            self._take()


class BareListener(_Listener):
    """A process of its own reads the sockets and notes when (`.watch`)."""

    def __init__(self, machine):
        super().__init__()
        self.watch = Watch()
        for source in (Kernel(machine), Filter(machine)):
            self.watch.add(source)

    def _take(self):
        self.watch.catch_up()
        self._heard += [(event.time, event.text.removeprefix("nft "))
                        for event in self.watch.events if event.kind in _KINDS]
        self.watch.events.clear()


class Pyroute2Monitor(_Listener):
    """One process for routes and neighbours and one for the packet filter."""

    def __init__(self, machine):
        super().__init__()
        self._reports, report = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for listen in (_routes, _filter):
            fork(lambda listen=listen: _listen(machine, listen, report))
            self._reports.recv(16)
        report.close()

    def _take(self):
        self._reports.setblocking(False)
        try:
            while True:
                self._heard.append(json.loads(self._reports.recv(256)))
        except BlockingIOError:
            pass


def _listen(machine, listen, report):
    with machine:
        source = listen()
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    report.send(b"ready")
    while True:
        for message in source.get():
            when = milliseconds()
            what = _what(message)
            if what:
                report.send(json.dumps([when, what]).encode())


def _routes():
    source = pyroute2.IPRoute()
    source.bind()
    return source


def _filter():
    source = pyroute2.NFTSocket()
    source.bind(groups=_NFTABLES_GROUP)
    return source


def _what(message):
    if message.get("event") in _ROUTE_CHANGES:
        return message["event"]
    return _FILTER_CHANGES.get(message["header"]["type"])
