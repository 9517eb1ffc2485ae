# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip -a mac80211_hwsim.radios=5
"""Registrations are refreshed in time, and end when a phone or an access point has vanished.

mn1 is at ap1, with the default lifetime of an hour; mn2 at ap2, which asks for a minute.  A phone
vanishes by roaming to an access point that is none of ours.
"""

import re

from bed.access_point import AccessPoint
from bed.attachment import Arp
from bed.network import ANCHOR
from bed.scenario import Scenario
from bed.watch import now

HOUR, MINUTE = 3600, 60
INACTIVITY = 300        # hostapd's ap_max_inactivity
BEACONS = "beacon_int=1000"     # an hour of usual ones takes long


class Lifetimes(Scenario):
    """Two hours of the life of two phones."""

    def __init__(self):
        super().__init__(phones=2)
        (self.phone, self.short), (self.ap, self.short_ap) = self.phones, self.aps
        self.elsewhere = AccessPoint("elsewhere", 4, "02:00:00:00:a3:00", channel=11)
        for ap in (*self.aps, self.elsewhere):
            with open(ap.hostapd._configuration, "a") as file:
                file.write(BEACONS + "\n")
        self.elsewhere.hostapd.start()
        self.short_ap.mag.configure(*self.short_ap.sections(
            ANCHOR[4], timestamp="on", lifetime=str(MINUTE)))

    def begin(self):
        for phone, ap in zip(self.phones, self.aps, strict=True):
            self.watch.add(Arp(phone))
            self.attach(phone, ap)
        for phone, lifetime in ((self.phone, HOUR), (self.short, MINUTE)):
            lease = int(phone.lease().seconds)
            self.check(f"{phone.name}'s lease of {lease} s does not outlive its registration",
                       lifetime - 5 <= lease <= lifetime, lease)
        self.address = self.short.address
        self.registered = self.watch.find(actor="ap1", kind="PBU").time

    def go_away(self, phone):
        """The phone is gone, and its access point hears nothing of it."""
        phone.supplicant.scan(self.elsewhere.hostapd.frequency)
        self.watch.expect(
            10, actor=phone.name, kind="CTRL-EVENT-SCAN-RESULTS", since=now())
        since = now()
        phone.supplicant.roam(self.elsewhere.bssid)
        self.watch.expect(20, actor=phone.name, kind="CTRL-EVENT-CONNECTED", since=since)

    def come_back(self, phone, ap):
        """Associate again, and be served."""
        phone.supplicant.disconnect()
        self.network.join(phone, ap, 60)
        self.watch.until(lambda: self.reachable(phone), 20, f"{phone.name} is back")

    def binding(self, phone):
        """What the anchor knows of the phone, or None."""
        found = [each for each in self.lma.tell("bindings")["bindings"]
                 if each["node"] == phone.identity]
        return found[0] if found else None

    def refreshes(self):
        """A registration for a minute is refreshed every 40 s, after a look at the phone."""
        since = self.watch.find(actor="ap2", kind="PBU").time
        self.watch.rest(130)
        updates = self.watch.all(actor="ap2", kind="PBU", text="HI 5", since=since)
        at = [round((update.time - since) / 1000, 1) for update in updates]
        self.check(f"refreshed after {at} s", len(at) == 3 and all(
            abs(time - wanted) < 1 for time, wanted in zip(at, (40, 80, 120), strict=True)), at)
        for update in updates:
            asked = self.watch.all(actor="mn2", kind="ARP request", text=self.short.address,
                                   since=update.time - 500, until=update.time)
            self.check("before it, the phone was asked by ARP whether it is there", asked)
        polled = self.watch.all(actor="ap2", kind="AP-STA-POLL-OK", since=since)
        self.check("and by hostapd's poll", len(polled) >= 3, polled)
        answered = self.watch.all(actor="ap2", kind="PBA", text="status 0", since=since)
        self.check("each was granted", len(answered) == 4, len(answered))
        self.check("and the phone is served all the time", self.reachable(self.short))
        log = self.short_ap.mag.log()
        self.check("nothing of it is in the log", "expired" not in log and "ends" not in log, log)

    def vanish(self):
        """mn2 roams out of sight: it is de-registered when its refresh is due."""
        last = self.watch.all(actor="ap2", kind="PBU")[-1].time
        self.go_away(self.short)
        gone = self.watch.expect(
            60, actor="ap2", kind="PBU", text="de-registration", since=last + 1)
        after = (gone.time - last) / 1000
        self.check(f"a phone that vanished is de-registered at refresh time, after {after:.1f} s",
                   40 <= after <= 45, after)
        told = self.watch.expect(5, actor="ap2", kind="AP-STA-DISCONNECTED", since=last)
        self.check("hostapd forgets it, too", told)
        log = self.short_ap.mag.log()
        self.check("the log says why", re.search(
            rf"{self.short.mac} {self.short.identity} {self.address}: session ends: the "
            "station does not answer any more", log), log)
        self.delayed_delete(gone)
        self.come_back(self.short, self.short_ap)

    def delayed_delete(self, gone):
        """The anchor keeps a session that was ended for 10 s more, and drops its packets."""
        address = self.address
        black = self.watch.expect(
            5, actor="anchor", kind="route", text=f"added: {address}/32 blackhole",
            since=gone.time)
        kept = self.binding(self.short)
        self.check("the anchor keeps the session",
                   kept and kept["state"] == "deregistered" and kept["address"] == address, kept)
        free = self.watch.expect(
            15, actor="anchor", kind="route", text=f"removed: {address}/32", since=black.time)
        delay = (free.time - black.time) / 1000
        self.check(f"and deletes it after {delay:.1f} s", 9.9 <= delay <= 11, delay)
        self.check("then it knows nothing of it", self.binding(self.short) is None)

    def access_point_dies(self):
        """ap2's gateway is gone for good: the anchor lets the registration run out."""
        last = self.watch.all(actor="anchor", kind="PBA", text="mn2")[-1]
        self.short_ap.mag.kill()
        free = self.watch.expect(
            80, actor="anchor", kind="route", text=f"removed: {self.address}/32",
            since=last.time)
        after = (free.time - last.time) / 1000
        self.check(f"without an access point it expires at the anchor after {after:.1f} s",
                   MINUTE - 1 <= after <= MINUTE + 2, after)
        self.check("the anchor says so", f"expire {self.short.identity}" in self.lma.log(),
                   self.lma.log())
        self.check("and counts it", self.lma.tell("stats")["counters"]["expirations"] == 1)
        self.short_ap.mag.start()
        self.network.wait_for(self.short_ap.mag)
        self.watch.until(lambda: self.reachable(self.short), 30, "mn2 is served again")
        log = self.short_ap.mag.log()
        self.check("a new gateway does not take up what has expired, and says so",
                   f"'{self.short.mac}' is not taken up: it has expired" in log, log)

    def default_lifetime(self):
        """An hour's registration is refreshed 40 s before its end."""
        self.check("the hour has not passed yet", not self.watch.find(
            actor="ap1", kind="PBU", since=self.registered + 1))
        self.watch.rest((self.registered - now()) / 1000 + HOUR - 45)
        refresh = self.watch.expect(10, actor="ap1", kind="PBU", since=self.registered + 1)
        after = (refresh.time - self.registered) / 1000
        self.check(f"an hour's registration is refreshed after {after:.1f} s",
                   "HI 5" in refresh.text and HOUR - 41 <= after <= HOUR - 38, refresh.text)
        asked = self.watch.find(actor="mn1", kind="ARP request", text=self.phone.address,
                                since=refresh.time - 500)
        self.check("after a look at the phone", asked and asked.time < refresh.time)
        self.watch.rest(60)
        self.check("mn1 is served all the time", self.reachable(self.phone))
        self.check("mn2, refreshed again and again, too", self.reachable(self.short))
        for daemon in self.network.daemons:
            self.check(f"{daemon.program} of {daemon.machine.name} has written no traceback",
                       daemon.running and "Traceback" not in daemon.log())

    def inactive(self):
        """hostapd's own inactivity timeout finds a phone that vanished long before its refresh."""
        since = now()
        self.go_away(self.phone)
        gone = self.watch.expect(
            2 * INACTIVITY, actor="ap1", kind="PBU", text="de-registration", since=since)
        after = (gone.time - since) / 1000
        self.check(f"a phone that vanished is de-registered on hostapd's word after {after:.0f} s",
                   INACTIVITY - 10 <= after <= INACTIVITY + 90, after)
        self.watch.rest(12)
        self.check("the anchor has forgotten it", self.binding(self.phone) is None)


def main():
    """Run it."""
    with Lifetimes() as bed:
        bed.begin()
        bed.refreshes()
        bed.vanish()
        bed.access_point_dies()
        bed.default_lifetime()
        bed.inactive()


if __name__ == "__main__":
    main()
