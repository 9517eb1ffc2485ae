# SPDX-License-Identifier: GPL-2.0-or-later
"""What a roam cost, and which part of it: as Wi-Fi, signalling and the kernel's notices show."""

from collections import namedtuple

Roam = namedtuple("Roam", "begin authorised acknowledged programmed name eap")
Roam.__doc__ = """Moments of one roam (monotonic ms): the phone turns to the new access point, which
authorises it (AP-STA-CONNECTED), gets the PBA, and has programmed its kernel (the last
notification).  `eap`: whether EAP ran, rather than a cached key."""

Cost = namedtuple("Cost", "gap lost wifi signalling kernel rest")
Cost.__doc__ = """Of a traffic gap (ms, and packets lost): Wi-Fi up to the authorisation, signalling
up to the PBA, programming the kernel, and the rest until the first packet arrived."""

_SETTLE_MS = 500


def roam_of(watch, phone, ap, begin: float) -> Roam:
    """The moments of the roam of `phone` to `ap` that began at `begin`; TimeoutError if one lacks.

    The kernel's notices count until half a second after the PBA.
    """
    authorised = watch.expect(
        20, actor=ap.name, kind="AP-STA-CONNECTED", text=phone.mac, since=begin
    )
    # A gateway may have noticed the station before hostapd's word reached our listener.
    requested = watch.expect(10, actor=ap.name, kind="PBU", text=phone.identity, since=begin)
    acknowledged = watch.expect(10, actor=ap.name, kind="PBA", since=requested.time)
    watch.rest(_SETTLE_MS / 1000)
    return Roam(
        begin,
        authorised.time,
        acknowledged.time,
        _programmed(watch, ap, acknowledged.time),
        ap.name,
        bool(watch.find(actor=ap.name, kind="CTRL-EVENT-EAP-SUCCESS", since=begin)),
    )


def _programmed(watch, ap, acknowledged):
    changes = [
        event.time
        for kind in ("route", "neigh", "nft", "rule", "link")
        for event in watch.all(
            actor=ap.name, kind=kind, since=acknowledged, until=acknowledged + _SETTLE_MS
        )
    ]
    return max(changes, default=acknowledged)


def cost_of(roam: Roam, arrivals) -> Cost:
    """What the roam cost the packets of one direction (an Arrivals of the probe)."""
    gap = arrivals.gap(roam.begin, roam.programmed + _SETTLE_MS)
    return Cost(
        gap.end - gap.start,
        gap.lost,
        roam.authorised - gap.start,
        roam.acknowledged - roam.authorised,
        roam.programmed - roam.acknowledged,
        gap.end - roam.programmed,
    )
