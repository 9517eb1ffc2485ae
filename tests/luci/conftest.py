# SPDX-License-Identifier: GPL-2.0-or-later
"""An access point for the browser: a daemon, who comes and goes, a web server, a browser."""

import json
import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [REPOSITORY, os.path.join(REPOSITORY, "tests/unit"),
                os.path.join(REPOSITORY, "package/build"), HERE]

from anchor import AnchorMachine  # noqa: E402
from browser import Browser  # noqa: E402
from machine import Machine  # noqa: E402

DEVICE = "phy0-ap0"
WIRELESS = {"radio0": {"interfaces": [
    {"section": "campus", "ifname": DEVICE,
     "config": {"mode": "ap", "ssid": "<b>Campus</b>", "encryption": "wpa2"}},
    {"section": "home", "ifname": "phy0-ap1",
     "config": {"mode": "ap", "ssid": "Home", "encryption": "sae"}},
    {"section": "uplink", "ifname": "phy0-sta0", "config": {"mode": "sta", "ssid": "Uplink"}}]}}
FILES = {
    "firewall": "config defaults\n\toption input 'REJECT'\n",
    "network": "config interface 'lan'\n\toption proto 'static'\n",
    "wireless": "config wifi-iface 'campus'\n\toption network 'lan'\n"
                "config wifi-iface 'home'\n\toption network 'lan'\n",
}
CONFIGURED = ("config mag 'mag'\n\toption lma '127.0.0.2'\n\toption timestamp 'off'\n"
              f"config access 'wlan'\n\toption device '{DEVICE}'\n\toption hostapd '%s'\n")


class AccessPoint(Machine):
    """A gateway's; `site` tells who comes and goes."""

    PROGRAM, CONFIGURATION, PACKAGE = f"{HERE}/kernelless.py", "pmip", "mag_lite"
    RIGHTS, CHECK, START = "luci-app-pmip", "/usr/bin/pmip -j check", "/etc/init.d/pmip start"
    FILES, OBJECTS = FILES, {("luci-rpc", "getWirelessDevices"): WIRELESS}

    def __init__(self, directory):
        super().__init__(directory)
        self.hostapd = f"{directory}/hostapd"
        os.mkdir(self.hostapd)
        self.configured = CONFIGURED % self.hostapd
        self.site = self.start(f"{HERE}/site.py", DEVICE, self.hostapd,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.site.stdout.readline() == "ready\n"

    def start_service(self):
        self.tell("forget")
        return super().start_service()

    def serves(self):
        return (self.ask({"verb": "status"})["access"][0]["hostapd"]
                and "STA-FIRST" in self.tell("asked", "STA-FIRST"))

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
        self.site.stdin.close()
        self.site.stdout.close()
        self.site.kill()
        self.site.wait()
        super().close()


class Pages:
    """A browser at the pages of a machine."""

    def __init__(self, machine, browser):
        self.access_point = self.anchor = self.machine = machine
        self.browser = browser

    def show(self, view, session="root", language=""):
        """Load a page and wait until it is there."""
        self.browser.errors.clear()
        self.browser.open(f"{self.machine.web.url}/?view={view}&session={session}"
                          f"&language={language}")
        self.browser.wait("window.page && document.getElementById('view').children.length")

    def refresh(self):
        """What happens every five seconds."""
        self.browser.evaluate("window.poll()")

    def pretend(self, change):
        """Show what the daemon would tell if `change` were made to what it has told."""
        overview = self.browser.evaluate("window.page.overview")
        change(overview)
        self.browser.evaluate(f"window.page.show({json.dumps(overview)})")

    def cells(self, table):
        """What stands in the cells of a table with titles, row for row."""
        return self.browser.evaluate(
            f"[...document.querySelectorAll('{table} > tr')].slice(1).map(row =>"
            " [...row.querySelectorAll(':scope > td[data-title]')].map(cell => cell.textContent))")

    def rows(self):
        """The clients or sessions that are shown, as their cells."""
        return self.browser.evaluate(
            "[...document.querySelectorAll('[data-mac], [data-node]')].map(row =>"
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
def anchor(tmp_path_factory):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    made = AnchorMachine(str(tmp_path_factory.mktemp("anchor")))
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser():
    with Browser() as made:
        yield made


@pytest.fixture
def pages(access_point, browser):
    yield from _visit(access_point, browser)
    for mac in json.loads(access_point.tell("present")):
        access_point.tell("leave", mac)


@pytest.fixture
def anchor_pages(anchor, browser):
    yield from _visit(anchor, browser)


def _visit(machine, browser):
    machine.configure(machine.configured)
    yield Pages(machine, browser)
    browser.call("Page.navigate", url="about:blank")
    assert browser.errors == []
