# SPDX-License-Identifier: GPL-2.0-or-later
# uml-run: -T skip
# run: cpython
# run: micropython
"""A wired access link without hostapd: `pmip attach` and `detach` say who is served.

external.py [cpython|micropython]
"""

import os
import sys

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.dirname(_TESTS), _TESTS, _TESTS + "/kernel/support"]

from forwarding_bed import Checks, within  # noqa: E402

from bed.daemon import Daemon  # noqa: E402
from bed.namespace import Namespace, cable  # noqa: E402
from bed.udhcpc import Udhcpc  # noqa: E402

PYTHON = sys.argv[1] if len(sys.argv) == 2 else "cpython"
AP, LMA, SERVER = "198.51.100.11", "198.51.100.1", "203.0.113.80"
PHONE = "02:00:00:00:01:01"
IDENTITY = "mn1@example.org"
#: s; so long it takes at most to notice that a client has gone.
LIFETIME = 8


def until(condition, seconds=3 * LIFETIME):
    return within(condition, seconds)


def start(daemon):
    daemon.start("-v")
    check(f"{daemon.program} serves", until(lambda: daemon.serving), daemon.log())


def attach(mac=PHONE, identity=IDENTITY, **arguments):
    """What is wrong with it; None if nothing is."""
    return mag.ask("attach", mac=mac, identity=identity, **arguments).get("error")


def pings(seconds=1):
    """Whether the server answers the phone."""
    try:
        phone.run("ping", "-c", "1", "-W", str(seconds), SERVER)
    except RuntimeError:
        return False
    return True


def bindings():
    return [each["interface"] for each in lma.ask("bindings")["bindings"] if each["remaining"]]


def clients():
    return [each["address"] for each in mag.ask("clients")["clients"]]


check = Checks()
phone, ap, anchor = Namespace("phone"), Namespace("ap"), Namespace("anchor")
cable(phone, "lan0", ap, "lan0")
cable(ap, "eth0", anchor, "eth0")
phone.up("lan0", address=PHONE)
ap.add_address("eth0", AP + "/24")
anchor.add_address("eth0", LMA + "/24")
anchor.add_address("lo", SERVER + "/32")
mag = Daemon(
    ap, "pmip-mag",
    ("mag", "mag", {"lma": LMA, "timestamp": "on", "ip": "4", "lifetime": LIFETIME}),
    ("access", "lan", {"device": "lan0", "identity": "external"}),
    ("profile", "strangers", {"match": "*@example.com", "allow": "0"}), python=PYTHON)
lma = Daemon(
    anchor, "pmip-lma", ("lma", "lma", {"address": [LMA], "delete_delay": "1000"}),
    ("mag", "ap", {"address": [AP]}),
    ("pool", "internet", {"network": "10.20.0.0/16", "router": "10.20.0.1"}), python=PYTHON)
start(lma)
start(mag)
client = Udhcpc(phone, "lan0")
client.start()

check("nothing of it is missing on the machine", not [
    text for text in mag.findings() if "hostapd" in text], mag.findings())
check("a station that nobody vouches for is not served", not within(client.leases, 3))
for wrong, word in (
        ({"mac": "01:00:5e:00:00:01"}, "no station's address"), ({"mac": 5}, "mac must be"),
        ({"identity": ""}, "identity must be"), ({"identity": None}, "identity must be"),
        ({"identity": "x" * 255}, "longer than 254"), ({"device": "eth0"}, "device must be"),
        ({"device": ["lan0"]}, "device must be"),
        ({"identity": "mn9@example.com"}, "profile 'strangers' does not allow it")):
    told = attach(**wrong)
    check(f"it is refused: {word}", told and word in told, (wrong, told))
check("and has no session", not clients() and not bindings())

mag.tell("attach", PHONE, IDENTITY)
check("once it is attached it gets an address", until(client.leases), mag.log())
check("and is connected", until(pings), mag.log())
check("the anchor knows it by what was told", [
    each["node"] for each in lma.ask("bindings")["bindings"]] == [IDENTITY])
address = clients()
check("attaching it again does no harm", attach() is None and clients() == address and pings())
check("its registration is renewed as long as it is there",
      not within(lambda: not bindings(), 3 * LIFETIME) and pings(), mag.log())

mag.kill()
start(mag)
check("a restart does not interrupt it", pings() and clients() == address, mag.log())
phone.down("lan0")
check("when it falls silent its session ends", until(lambda: not bindings()), mag.log())
phone.up("lan0")
phone.run("ip", "route", "replace", "default", "via", "10.20.0.1")
check("when it speaks again it is back without being told of", until(pings), mag.log())
check("with its address", clients() == address)

mag.tell("detach", PHONE)
check("when it is detached its session ends", until(lambda: not bindings()), mag.log())
check("and it may speak as it likes", not until(pings, 5) and not clients(), mag.log())
check("until it is attached again", attach(device="lan0") is None and until(pings), mag.log())
check("no traceback", "Traceback" not in mag.log() + lma.log())
for daemon in (mag, lma):
    daemon.stop()
check.done()
