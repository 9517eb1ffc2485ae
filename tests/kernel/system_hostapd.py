# SPDX-License-Identifier: GPL-2.0-or-later
"""The real hostapd on simulated radios, and what we make of it."""

import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)) + "/support"]
sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

from system_bed import Checks, Probe  # noqa: E402

from bed.hostapd import Hostapd  # noqa: E402
from bed.namespace import Namespace  # noqa: E402
from bed.radio import take_radio  # noqa: E402
from bed.supplicant import Supplicant  # noqa: E402

ONE, TWO, STRANGER = "020000000101", "020000000102", "020000000199"
NAMES = {ONE: b"mn1@example.org".hex(), TWO: b"mn2@example.org".hex()}

check = Checks()
ap, mn1, mn2 = Namespace("ap"), Namespace("mn1"), Namespace("mn2")
for radio, (machine, address) in enumerate(
    ((ap, "02:00:00:00:a1:00"), (mn1, "02:00:00:00:01:01"), (mn2, "02:00:00:00:01:02"))
):
    take_radio(machine, radio, address)
hostapd = Hostapd(ap, channel=1)
phones = (
    Supplicant(mn1, "mn1@example.org", "secret1"),
    Supplicant(mn2, "mn2@example.org", "secret2"),
)
for phone in phones:
    phone.start()
    phone.connect()


def join(phone):
    phone.select(hostapd.frequency)


def join_anew(phone):
    """Whatever became of the phone's association meanwhile."""
    phone.disconnect()
    join(phone)


def associated(mac):
    colons = ":".join(mac[i : i + 2] for i in range(0, 12, 2))
    return "[AUTHORIZED]" in control.command("STA " + colons)


for python in ("cpython", "micropython"):
    probe = Probe(ap, python, "hostapd", hostapd.directory, "wlan0")
    down = probe.until("down")
    check("%s: told that there is no hostapd yet" % python, down and "no such file" in down[1])
    probe.forget()
    hostapd.start()
    control = hostapd.connect()
    check("%s: up without any notification" % python, probe.until("up"), probe.seen)

    join(phones[0])
    told = probe.until("authorized", ONE, seconds=20)
    check("%s: a station is told with its name" % python, told and told[2] == NAMES[ONE],
          probe.seen)
    check("%s: and without delay" % python, told and told[3] < 100, told)
    probe.forget()

    check("%s: a poll is taken" % python, probe.ask("poll", mac=ONE))
    check("%s: and answered by the station" % python, probe.until("seen", ONE), probe.seen)
    check("%s: a stranger is polled" % python, probe.ask("poll", mac=STRANGER))
    check("%s: and is gone" % python, probe.until("gone", STRANGER), probe.seen)
    probe.forget()
    probe.ask("query", mac=STRANGER)
    probe.ask("query", mac=ONE)
    told = probe.until("authorized", ONE)
    check("%s: a query finds the station" % python, told and told[2] == NAMES[ONE], probe.seen)
    check("%s: but no stranger" % python, len(probe.seen) == 1, probe.seen)

    join(phones[1])
    check("%s: a second station" % python, probe.until("authorized", TWO, NAMES[TWO], seconds=20),
          probe.seen)
    probe.kill()
    os.remove(probe.control)
    probe = Probe(ap, python, "hostapd", hostapd.directory, "wlan0")
    for mac in (ONE, TWO):
        told = probe.until("authorized", mac, NAMES[mac])
        check("%s: after a restart of ours %s is still there" % (python, mac), told, probe.seen)
    check("%s: hostapd is up before them" % python, probe.seen[0] == ["up"], probe.seen)
    probe.forget()

    probe.ask("remove", mac=TWO)
    check("%s: a removed station is gone" % python, probe.until("gone", TWO), probe.seen)
    check("%s: from hostapd as well" % python, not associated(TWO))
    status = phones[1].control.command("STATUS")
    check("%s: without a word to it" % python, "wpa_state=COMPLETED" in status, status)
    phones[1].disconnect()

    phones[0].disconnect()
    check("%s: a station that leaves is gone" % python, probe.until("gone", ONE), probe.seen)
    phones[0].control.order("RECONNECT")
    told = probe.until("authorized", ONE, "", seconds=20)
    check("%s: and back with a cached key, nameless" % python, told, probe.seen)
    probe.ask("reauthenticate", mac=ONE)
    told = probe.until("authorized", ONE, NAMES[ONE], seconds=20)
    check("%s: until it has authenticated again" % python, told, probe.seen)
    probe.forget()

    control.order("DISABLE")
    check("%s: a disabled access point is down" % python, probe.until("down"), probe.seen)
    probe.forget()
    control.order("ENABLE")
    check("%s: and up again when enabled" % python, probe.until("up"), probe.seen)
    join_anew(phones[0])
    told = probe.until("authorized", ONE, NAMES[ONE], seconds=30)
    check("%s: where the station comes back" % python, told, probe.seen)
    probe.forget()

    hostapd.kill()
    hostapd.start()
    control = hostapd.connect()
    probe.ask("link_changed")
    down = probe.until("down")
    check("%s: killed" % python, down and "connection refused" in down[1], probe.seen)
    check("%s: and restarted" % python, probe.until("up"), probe.seen)
    phones[0].forget_keys()
    join_anew(phones[0])
    told = probe.until("authorized", ONE, NAMES[ONE], seconds=30)
    check("%s: stations of the new hostapd are told" % python, told, probe.seen)
    probe.forget()

    hostapd.stop()
    check("%s: ended properly" % python, probe.until("down"), probe.seen)
    for phone in phones:
        phone.disconnect()
    check("%s: down was told once" % python, [e[0] for e in probe.seen].count("down") == 1,
          probe.seen)
    complaints = probe.stop()
    check("%s: no complaint" % python, complaints == "", complaints)

check.done()
