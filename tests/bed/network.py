# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole network of the tests.

    mn1 )))  ap1 --- router --- anchor --- correspondent
    mn2 )))  ap2 ---/     10 ms each way

Each access point has an IPv4 and an IPv6 subnet of its own; routes are static, and nobody but the
anchor knows the way to the phones' addresses.
"""

from bed.access_point import AccessPoint
from bed.daemon import Daemon
from bed.namespace import Namespace, cable
from bed.phone import Phone
from bed.sources import Control, Filter, Kernel, Signalling
from bed.watch import Watch, now

ANCHOR = {4: "198.51.100.1", 6: "2001:db8:a::1"}
CORRESPONDENT, CORRESPONDENT6 = "203.0.113.80", "2001:db8:f::80"
POOL, POOL_ROUTER, POOL6 = "10.20.0.0/16", "10.20.0.1", "2001:db8:100::/40"
DNS6 = "2001:db8:f::53"
DELAY_MS = 10


class Network:
    """Everything, wired but with no program running.  `family` (4 or 6) is the transport's, `ip`
    what the phones get: "4", "6" or "dual".

    `.aps`, `.router`, `.anchor`, `.correspondent`, `.phones` are the machines, `.lma` the anchor's
    daemon, `.watch` sees what happens once the radios are started; unless `watched`, no more than
    who controls them does until `watch_machines`.
    """

    def __init__(self, family=4, python="cpython", phones=1, delay=DELAY_MS, watched=True, ip="4"):
        self.family, self.ip = family, ip
        self._watched = watched
        self.router = Namespace("router", forwarding=True)
        self.anchor = Namespace("anchor", forwarding=True)
        self.correspondent = Namespace("correspondent")
        self.aps = [
            AccessPoint("ap1", 0, "02:00:00:00:a1:00", channel=1),
            AccessPoint("ap2", 1, "02:00:00:00:a2:00", channel=6),
        ]
        self.phones = [
            Phone(f"mn{n}", 1 + n, f"02:00:00:00:01:0{n}") for n in range(1, phones + 1)
        ]
        if ip == "4":
            for phone in self.phones:       # nobody would answer
                phone.sysctl("net/ipv6/conf/wlan0/router_solicitations", 0)
        self._wire(delay)
        for ap in self.aps:
            ap.gateway(ANCHOR[family], python=python, dns=["192.0.2.53", DNS6], timestamp="on",
                       ip=ip)
        self.lma = Daemon(self.anchor, "pmip-lma", *self.lma_sections(), python=python)
        self.watch = Watch()

    def _wire(self, delay):
        for number, ap in enumerate(self.aps, 1):
            cable(self.router, f"eth{number}", ap, "eth0")
            self.router.add_address(
                f"eth{number}", f"10.1.{number}.1/24", f"2001:db8:{number}::1/64"
            )
            ap.add_address("eth0", f"10.1.{number}.2/24", f"2001:db8:{number}::2/64")
            ap.route("default", f"10.1.{number}.1")
            ap.route("default", f"2001:db8:{number}::1")
            self.router.delay(f"eth{number}", delay)
        cable(self.router, "eth0", self.anchor, "eth0")
        self.router.add_address("eth0", "198.51.100.254/24", "2001:db8:a::fe/64")
        self.router.delay("eth0", delay)
        self.anchor.add_address("eth0", ANCHOR[4] + "/24", ANCHOR[6] + "/64")
        self.anchor.route("default", "198.51.100.254")
        self.anchor.route("default", "2001:db8:a::fe")
        cable(self.anchor, "eth1", self.correspondent, "eth0")
        self.anchor.add_address("eth1", "203.0.113.1/24", "2001:db8:f::1/64")
        self.correspondent.add_address("eth0", CORRESPONDENT + "/24", CORRESPONDENT6 + "/64")
        self.correspondent.route("default", "203.0.113.1")
        self.correspondent.route("default", "2001:db8:f::1")

    def lma_sections(self):
        """The anchor's configuration, as `Daemon.configure` wants it."""
        addresses = {4: "10.1.{}.2", 6: "2001:db8:{}::2"}[self.family]
        return [
            ("lma", "lma", {"address": [ANCHOR[self.family]]}),
            *(
                ("mag", ap.name, {"address": addresses.format(number)})
                for number, ap in enumerate(self.aps, 1)
            ),
            ("pool", "internet", self._pool()),
        ]

    def _pool(self):
        options = {} if self.ip == "6" else {"network": POOL, "router": POOL_ROUTER}
        return options if self.ip == "4" else {**options, "prefix": POOL6}

    @property
    def machines(self) -> list:
        """The machines whose kernels our daemons program."""
        return [*self.aps, self.anchor]

    @property
    def daemons(self) -> list:
        """The anchor's daemon and the access points'."""
        return [self.lma, *(ap.mag for ap in self.aps)]

    def start_radios(self):
        """Start hostapd and wpa_supplicant everywhere, and watch them and the machines."""
        for ap in self.aps:
            ap.hostapd.start()
        for phone in self.phones:
            phone.supplicant.start()
        if self._watched:
            self.watch_machines()
        for ap in self.aps:
            self.watch.add(Control(ap.name, ap.hostapd.connect()))
        for phone in self.phones:
            phone.supplicant.connect()
            self.watch.add(Control(phone.name, phone.supplicant.connect()))

    def watch_machines(self):
        """Watch the signalling and the kernels; each look costs the machines a tenth of a ms."""
        for machine in self.machines:
            for source in (Signalling(machine, "eth0"), Kernel(machine), Filter(machine)):
                self.watch.add(source)

    def start_daemons(self):
        """Start pmip-lma and every pmip-mag, and wait until they serve."""
        for daemon in self.daemons:
            daemon.start()
        for daemon in self.daemons:
            self.wait_for(daemon)

    def wait_for(self, daemon: Daemon, seconds=20):
        """Wait until `daemon` answers on its control socket."""
        def ready():
            if not daemon.running:
                raise RuntimeError(
                    f"{daemon.program} on {daemon.machine.name} ended:\n{daemon.log()}"
                )
            return daemon.serving

        self.watch.until(ready, seconds, f"{daemon.program} on {daemon.machine.name} serves")

    def join(self, phone: Phone, ap: AccessPoint, seconds=20):
        """Let `phone` associate to `ap` by EAP, and learn who else is on the air."""
        since = now()
        phone.supplicant.select(ap.hostapd.frequency)
        self.watch.expect(
            seconds, actor=phone.name, kind="CTRL-EVENT-CONNECTED", text=ap.bssid, since=since
        )

    def look_around(self, phone: Phone):
        """Scan, so that the phone knows both access points and can roam without scanning."""
        since = now()
        phone.supplicant.scan(*(ap.hostapd.frequency for ap in self.aps))
        self.watch.expect(
            10, actor=phone.name, kind="CTRL-EVENT-SCAN-RESULTS", since=since
        )
