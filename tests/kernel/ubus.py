# SPDX-License-Identifier: GPL-2.0-or-later
"""Gateway and anchor on ubus: asked, listened to, abused; the broker restarts; the system's log.

ubus.py [micropython]
"""
# run:
# run: micropython

import json
import os
import signal
import socket
import subprocess
import sys
import time

from bed import paths
from bed.daemon import ENVIRONMENT
from bed.scenario import Scenario

sys.path.insert(0, os.path.join(paths.REPOSITORY, "tests/unit"))

from ubus_broker import Caller  # noqa: E402

from mag_lite.system import blobmsg  # noqa: E402

INVALID_ARGUMENT = 2
NAME = "phone-1"
EXPECTED = ("AP-STA-CONNECTED", "Proxy Binding Update", "Proxy Binding Acknowledgement",
            "DHCPDISCOVER", "DHCPACK")
CHANGING = ("age", "answered", "attached", "remaining", "since", "signal", "octets_up",
            "octets_down", "round_trip", "sent", "received", "probed")
PMIP = os.path.join(paths.REPOSITORY, "files/usr/bin/pmip")
LOG = "/dev/log"


class LogDaemon:
    """Takes what daemons send to the system's log."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(LOG)
        self.socket.setblocking(False)
        self.text = ""

    def read(self):
        """All that has come."""
        while True:
            try:
                self.text += self.socket.recv(4096).decode() + "\n"
            except BlockingIOError:
                return self.text

    def end(self):
        self.socket.close()
        os.unlink(LOG)


class Ubus(Scenario):
    """One phone; the gateway of its access point has a broker."""

    def begin(self):
        self.mag = self.aps[0].mag
        self.path = os.path.join(self.aps[0].directory, "ubus.sock")
        self.log = LogDaemon()
        self.network.start_radios()
        self.start_broker()
        self.lma = self.network.lma
        self.lma.start("-u", self.path)
        self.mag.start("-u", self.path, "-s", "-v")
        self.network.wait_for(self.lma)
        self.network.wait_for(self.mag)
        self.check("gateway and anchor publish their objects", self.published(5))

    def start_broker(self):
        self.broker = subprocess.Popen(
            [sys.executable, os.path.join(paths.REPOSITORY, "tests/unit/ubus_broker.py"),
             self.path], env={**os.environ, "PYTHONPATH": paths.REPOSITORY})

    def broker_answers(self):
        try:
            Caller(self.path).close()
        except OSError:
            return False
        return True

    def published(self, seconds):
        """Whether both objects are there in time; from now on there is a caller."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.caller = Caller(self.path)
                if self.caller.find("pmip") and self.caller.find("pmip-lma"):
                    return True
                self.caller.close()
            except OSError:
                pass
            time.sleep(0.05)
        return False

    def told(self, listener, name, seconds=10):
        """The values of the next event of this name, None if it does not come."""
        listener.socket.settimeout(seconds)
        while True:
            try:
                found = listener.event()
            except OSError:
                return None
            if found[0] == name:
                return found[1]

    def listen(self):
        """A client that hears all events about clients."""
        listener = Caller(self.path)
        for pattern in ("pmip.*", "dhcp.*"):
            listener.listen(pattern)
        return listener

    def ask(self):
        """What the control socket answers, ubus answers."""
        for verb in ("anchors", "clients"):
            status, answer = self.caller.call("pmip", verb, {"ubus_rpc_session": "0" * 32})
            self.check(f"ubus answers {verb} as the control socket does",
                       status == 0 and without_times(answer) == without_times(self.mag.ask(verb)),
                       answer)
        status = self.caller.call("pmip", "status")
        self.check("ubus tells the status", status[0] == 0 and "uptime" in status[1], status)
        for verb in ("bindings", "history"):
            status, answer = self.caller.call("pmip-lma", verb, {"ubus_rpc_session": "0" * 32})
            self.check(f"ubus answers {verb} of the anchor as its control socket does",
                       status == 0 and without_times(answer) == without_times(self.lma.ask(verb)),
                       answer)

    def probe(self):
        """The anchor is asked whether it is there, and answers over the network's 20 ms."""
        answer = self.caller.call("pmip", "probe")
        self.check("the anchor can be asked", answer == (0, {}), answer)
        self.watch.until(self.heartbeat, 20, "the anchor answers a heartbeat")
        self.check("that takes as long as it should", 15 <= self.heartbeat() < 5000)
        self.watch.until(lambda: self.mag.ask("anchors")["anchors"][0]["trial"], 20,
                         "the anchor answers a trial registration")
        self.check("it knows the gateway, and makes no session",
                   self.mag.ask("anchors")["anchors"][0]["trial"] == 158
                   and not self.lma.ask("bindings")["bindings"], self.lma.ask("bindings"))

    def heartbeat(self):
        """After how many ms the anchor has answered, or None."""
        return self.mag.ask("anchors")["anchors"][0]["heartbeat"]

    def trace(self):
        """Somebody wants to see what will happen to the phone: live, as a capture, and by ubus."""
        mac, ap = self.phones[0].mac, self.aps[0]
        self.capture = os.path.join(ap.directory, "trace.pcap")
        command = [*self.mag.python, PMIP, "trace", "-c", self.mag.configuration, "-r",
                   self.mag.directory, mac]
        before = self.packet_sockets()
        self.traces = [
            ap.start(*command, *options, log=log, environment=ENVIRONMENT)
            for log, options in (("trace.log", ["-j"]), ("capture.log", ["-w", self.capture]))]
        self.watch.until(lambda: self.packet_sockets() >= before + 4, 20, "both listen")
        self.tracer = Caller(self.path)
        self.tracer.socket.settimeout(30)
        self.tracer.begin("pmip", "trace", {"mac": mac, "seconds": 10})
        self.watch.until(lambda: self.packet_sockets() >= before + 6, 20, "the gateway records")
        refused = self.caller.call("pmip", "trace", {"mac": mac})
        self.check("a second trace is refused in words", refused[0] == INVALID_ARGUMENT
                   and "another trace runs" in refused[1]["error"], refused)

    def packet_sockets(self):
        """How many there are on the access point."""
        return len(self.aps[0].run("cat", "/proc/net/packet").split("\n"))

    def traced(self):
        """They have seen it, and are gone when nobody wants to see more."""
        self.watch.until(lambda: "DHCPACK" in self.aps[0].log("trace.log"), 10, "it is shown")
        for process in self.traces:
            process.send_signal(signal.SIGINT)
        self.check("the traces end well", [process.wait(20) for process in self.traces] == [0, 0],
                   self.aps[0].log("trace.log") + self.aps[0].log("capture.log"))
        shown = [json.loads(line) for line in self.aps[0].log("trace.log").split("\n")[:-1]]
        for what in EXPECTED:
            self.check(f"a trace shows {what} once or more",
                       [event for event in shown if what in event["text"]], shown)
        read = subprocess.run(["tshark", "-r", self.capture], capture_output=True, text=True)
        for what in ("Binding Update", "Binding Acknowledgement", "DHCP ACK"):
            self.check(f"tshark finds {what} in the capture", what in read.stdout,
                       read.stdout + read.stderr)

    def recorded(self):
        """So has the gateway."""
        status, values = self.tracer.answered()
        text = " ".join([event[2] for event in values["events"]])
        self.check("ubus answers with the same", status == 0 and all(
            what in text for what in EXPECTED) and "attached on wlan0" in text, text)
        ages = [event[0] for event in values["events"]]
        self.check("in order", ages == sorted(ages) and 0 < ages[-1] < 10000, ages)
        self.tracer.close()

    def serve(self):
        """A client comes: events, lease file, log."""
        listener, phone = self.listen(), self.phones[0]
        self.network.join(phone, self.aps[0])
        phone.dhcp.start("-x", "hostname:" + NAME)
        attached = self.told(listener, "pmip.attach")
        leased = self.told(listener, "dhcp.lease4")
        self.watch.until(lambda: phone.address, 10, "the phone has an address")
        mac = attached and attached["mac"]
        self.check("an attach is told", attached and attached["address"] == phone.address
                   and attached["identity"].startswith("mn1@"), attached)
        self.check("a lease is told", leased == {
            "mac": mac, "ip": phone.address, "ipv4": phone.address, "interface": "wlan0",
            "name": NAME, "hostname": NAME}, leased)
        self.watch.rest(1.2)
        with open(os.path.join(self.mag.directory, "leases")) as file:
            words = file.read().split()
        self.check("it is in the lease file", words[1:] == [
            mac, phone.address, NAME, "01:" + mac] and int(words[0]) > time.time(), words)
        log = self.log.read()
        client, = self.mag.ask("clients", mac=mac)["clients"]
        self.check("the radio's word on it is passed on", -100 < client["signal"] < 0
                   and client["octets_up"] > 500 and client["octets_down"] > 500, client)
        self.check("so is what it has been through", client["counters"]["attaches"] == 1
                   and "attached on" in str(client["events"]) and client["gap"] > 0, client)
        self.check("the log has levels", [
            line for line in log.split("\n") if line.startswith("<30>") and "attached on" in line])
        listener.close()
        return mac

    def abuse(self, mac):
        """Nonsense is refused, and nothing stops."""
        for arguments in ({"mac": "nonsense"}, {"mac": ""}, {"mac": "<b>\n'\""}, {}):
            status, values = self.caller.call("pmip", "detach", arguments)
            self.check(f"detach {arguments} is refused in words", status == INVALID_ARGUMENT
                       and isinstance(values["error"], str), (status, values))
        for arguments in ({"node": "nobody"}, {"node": "<b>\n'\""}, {}):
            status, values = self.caller.call("pmip-lma", "revoke", arguments)
            self.check(f"revoke {arguments} is refused in words", status == INVALID_ARGUMENT
                       and isinstance(values["error"], str), (status, values))
        for arguments in ({"mac": "<b>"}, {"mac": mac, "seconds": 11}, {"seconds": 5}):
            status, values = self.caller.call("pmip", "trace", arguments)
            self.check(f"trace {arguments} is refused in words", status == INVALID_ARGUMENT
                       and isinstance(values["error"], str), (status, values))
        for arguments in ({"mac": 5}, {"mac": [mac]}, {"mac": {"a": mac}}, {"mac": True}):
            answer = self.caller.call("pmip", "detach", arguments)
            self.check(f"detach {arguments} is refused", answer == (INVALID_ARGUMENT, None), answer)
        deep = b""
        for _ in range(10000):
            deep = blobmsg.attribute(blobmsg.TABLE, b"\0\1t\0" + deep, 0x80)
        for octets in (b"x", b"\xff" * 1000, deep, bytes(900000)):
            for name, verb in (("pmip", "clients"), ("pmip-lma", "bindings")):
                answer = self.caller.call(name, verb, octets=octets)
                self.check(f"{name} refuses {len(octets)} octets of rubbish",
                           answer == (INVALID_ARGUMENT, None), answer)
        self.ask()

    def restart(self):
        """The broker is killed; the gateway is back with it, and the client notices nothing."""
        phone = self.phones[0]
        self.broker.kill()
        self.broker.wait()
        gone = time.monotonic()
        self.check("without a broker the client is served", self.reachable(phone))
        self.check("and the gateway answers", self.mag.serving)
        self.start_broker()
        self.watch.until(self.broker_answers, 20, "a new broker")
        begun = time.monotonic()
        self.check("gateway and anchor find the new broker", self.published(30))
        # They look less and less often: after an absence it takes about as long again.
        absent, took = begun - gone, time.monotonic() - begun
        self.check(f"{took:.1f} s after an absence of {absent:.1f} s", took < absent + 3)
        self.ask()

    def detach(self, mac):
        """A session is ended by ubus, which tells of it; there is no log daemon any more."""
        status, overview = self.caller.call("pmip-lma", "overview", {"text": mac.upper()})
        self.check("the anchor shows the session", status == 0 and overview["matching"] == 1
                   and overview["bindings"][0]["state"] == "registered"
                   and overview["history"][0]["event"] == "register", overview)
        self.log.end()
        listener = self.listen()
        answer = self.caller.call("pmip", "detach", {"mac": mac})
        self.check("a client is sent away by ubus", answer == (0, {}), answer)
        gone = self.told(listener, "pmip.detach")
        self.check("its departure is told", gone and gone["mac"] == mac
                   and "administrator" in gone["reason"], gone)
        released = self.told(listener, "dhcp.release4")
        self.check("and the end of its lease", released and released["mac"] == mac, released)

    def end(self):
        """The gateway ends, with all that it has written."""
        self.caller.call("pmip", "flush")
        self.watch.until(lambda: not self.mag.running, 10, "the gateway ends")
        self.check("the lease file is gone",
                   not os.path.exists(os.path.join(self.mag.directory, "leases")))
        said = self.log.text + self.mag.log() + self.lma.log()
        self.check("there was no traceback", "Traceback" not in said)
        self.check("without a log daemon the log is standard error",
                   "session ends" in self.mag.log(), self.mag.log())


def without_times(answer):
    """An answer without what time and traffic change between two questions."""
    return [{key: value for key, value in each.items() if key not in CHANGING}
            for rows in answer.values() for each in rows]


def main(arguments):
    """Run it."""
    with Ubus(phones=1, running=False, python=arguments[0] if arguments else "cpython") as bed:
        bed.begin()
        bed.ask()
        bed.probe()
        bed.trace()
        mac = bed.serve()
        bed.traced()
        bed.abuse(mac)
        bed.recorded()
        bed.restart()
        bed.detach(mac)
        bed.end()


if __name__ == "__main__":
    main(sys.argv[1:])
