# SPDX-License-Identifier: GPL-2.0-or-later
"""An access point for the browser: a daemon, who comes and goes, a web server, a browser."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
APPLICATION = os.path.join(REPOSITORY, "luci-app-pmip")
sys.path[:0] = [REPOSITORY, os.path.join(REPOSITORY, "tests/unit"),
                os.path.join(REPOSITORY, "package/build"), HERE]

import luci  # noqa: E402
from browser import Browser  # noqa: E402
from web import Configurations, Rights, Web  # noqa: E402

from mag_lite.system.control import NoAnswer, ask  # noqa: E402

DEVICE = "phy0-ap0"
WIRELESS = {"radio0": {"interfaces": [
    {"section": "campus", "ifname": DEVICE,
     "config": {"mode": "ap", "ssid": "<b>Campus</b>", "encryption": "wpa2"}},
    {"section": "home", "ifname": "phy0-ap1",
     "config": {"mode": "ap", "ssid": "Home", "encryption": "sae"}},
    {"section": "uplink", "ifname": "phy0-sta0", "config": {"mode": "sta", "ssid": "Uplink"}}]}}
FILES = {
    "network": "config interface 'lan'\n\toption proto 'static'\n",
    "wireless": "config wifi-iface 'campus'\n\toption network 'lan'\n"
                "config wifi-iface 'home'\n\toption network 'lan'\n",
}
CONFIGURED = ("config mag 'mag'\n\toption lma '127.0.0.2'\n\toption timestamp 'off'\n"
              f"config access 'wlan'\n\toption device '{DEVICE}'\n\toption hostapd '%s'\n")


class AccessPoint:
    """All of it; `restart` begins anew with other configuration files."""

    def __init__(self, directory):
        self.directory = directory
        self.bus = f"{directory}/ubus.sock"
        self.daemon = None
        self.rights = Rights(f"{APPLICATION}/root/usr/share/rpcd/acl.d/luci-app-pmip.json")
        self.hostapd = f"{directory}/hostapd"
        os.mkdir(self.hostapd)
        self.configured = CONFIGURED % self.hostapd
        for name, content in luci.application().items():
            if name.startswith("/www/"):
                target = directory + name
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(content)
        self.broker = self.start(f"{REPOSITORY}/tests/unit/ubus_broker.py", self.bus)
        self.site = self.start(f"{HERE}/site.py", DEVICE, self.hostapd,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.site.stdout.readline() == "ready\n"
        self.web = Web(
            {"/standin/": f"{HERE}/standin/", "/luci-static/": f"{directory}/www/luci-static/"},
            self.rights, self.bus, None,
            {"/usr/bin/pmip -j check": self.check, "/etc/init.d/pmip start": self.start_daemon},
            {("luci-rpc", "getWirelessDevices"): WIRELESS}, self.catalogue)
        threading.Thread(target=self.web.server.serve_forever, daemon=True).start()

    def start(self, *command, **options):
        environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY}/tests/unit",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen([sys.executable, *command], env=environment, text=True, **options)

    def catalogue(self, language):
        return luci.translations(f"{APPLICATION}/po/{language}/pmip.po")

    def configure(self, text, running=True):
        """A new life with this /etc/config/pmip."""
        self.stop_daemon()
        shutil.rmtree(f"{self.directory}/config", ignore_errors=True)
        shutil.rmtree(f"{self.directory}/run", ignore_errors=True)
        os.mkdir(f"{self.directory}/config")
        for name, content in {**FILES, "pmip": text}.items():
            with open(f"{self.directory}/config/{name}", "w") as file:
                file.write(content)
        self.web.configurations = Configurations(f"{self.directory}/config", self.applied)
        if running:
            self.start_daemon()

    def start_daemon(self):
        self.tell("forget")
        self.daemon = self.start(
            f"{HERE}/kernelless.py", "-c", f"{self.directory}/config/pmip",
            "-r", f"{self.directory}/run", "-u", self.bus)
        self.until(lambda: self.ask({"verb": "status"})["access"][0]["hostapd"]
                   and "STA-FIRST" in self.tell("asked", "STA-FIRST"))
        return 0, ""

    def stop_daemon(self):
        if self.daemon:
            self.daemon.kill()
            self.daemon.wait()
        self.daemon = None

    def applied(self):
        """What the service does when LuCI applies changes."""
        if self.daemon:
            self.ask({"verb": "reload"})
        else:
            self.start_daemon()

    def ask(self, request):
        """What the daemon answers on its control socket, which it makes anew upon a reload."""
        answers = []
        self.until(lambda: answers.append(ask(f"{self.directory}/run/control", request)) or True)
        return answers[0]

    def until(self, condition):
        end = time.monotonic() + 30
        while True:
            try:
                if condition():
                    return
            except (NoAnswer, OSError):
                pass
            assert time.monotonic() < end, "it does not happen"
            time.sleep(0.05)

    def check(self):
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from mag_lite.cli import main; main(sys.argv)",
             "-j", "check", "-c", f"{self.directory}/config/pmip", "-r", f"{self.directory}/run"],
            cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    def tell(self, *words):
        """Let it happen at the site; what is answered."""
        self.site.stdin.write(" ".join(words) + "\n")
        self.site.stdin.flush()
        return self.site.stdout.readline().strip()

    def attach(self, mac, identity, name=b""):
        self.tell("attach", mac, identity.hex() or "-", name.hex() or "-")
        self.until(lambda: [client for client in self.ask({"verb": "clients"})["clients"]
                            if client["mac"] == mac and client["state"] == "active"
                            and bool(client["host_name"]) == name.isalnum()])

    def close(self):
        self.stop_daemon()
        self.web.server.shutdown()
        self.web.server.server_close()
        self.site.stdin.close()
        self.site.stdout.close()
        for process in (self.site, self.broker):
            process.kill()
            process.wait()


class Pages:
    """A browser at the pages of an access point."""

    def __init__(self, access_point, browser):
        self.access_point, self.browser = access_point, browser

    def show(self, view, session="root", language=""):
        """Load a page and wait until it is there."""
        self.browser.errors.clear()
        self.browser.open(f"{self.access_point.web.url}/?view={view}&session={session}"
                          f"&language={language}")
        self.browser.wait("window.page && document.getElementById('view').children.length")

    def refresh(self):
        """What happens every five seconds."""
        self.browser.evaluate("window.poll()")

    def rows(self):
        """The clients that are shown, as their cells."""
        return self.browser.evaluate(
            "[...document.querySelectorAll('[data-mac]')].map(row =>"
            " [...row.querySelectorAll('td[data-title]')].map(cell => cell.textContent))")


@pytest.fixture(scope="session")
def access_point(tmp_path_factory):
    for command in ("link set lo up", f"link add {DEVICE} type veth peer name {DEVICE}x",
                    f"link set {DEVICE} up", f"link set {DEVICE}x up"):
        subprocess.run(["ip", *command.split()], check=True)
    made = AccessPoint(str(tmp_path_factory.mktemp("ap")))
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser():
    with Browser() as made:
        yield made


@pytest.fixture
def pages(access_point, browser):
    access_point.configure(access_point.configured)
    yield Pages(access_point, browser)
    browser.call("Page.navigate", url="about:blank")
    assert browser.errors == []
    for mac in json.loads(access_point.tell("present")):
        access_point.tell("leave", mac)
