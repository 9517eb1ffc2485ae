# SPDX-License-Identifier: GPL-2.0-or-later
"""What the machines of these tests have in common: a daemon, a broker, a web server."""

import os
import shutil
import subprocess
import sys
import threading
import time

import luci
from web import Configurations, Rights, Web

from mag_lite.system.control import NoAnswer, ask

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))


class Machine:
    """`configure` begins a new life with other configuration files.

    Of each kind there are: PROGRAM, which stands in for the daemon; CONFIGURATION, its file's
    name; RIGHTS, the file that grants rights to its pages; CHECK and START, commands that these
    may execute; FILES, {name: text} of other configuration files; OBJECTS on ubus besides.
    """

    FILES, OBJECTS = {}, {}

    def __init__(self, directory):
        self.directory = directory
        self.bus = f"{directory}/ubus.sock"
        self.daemon = None
        self.rights = Rights(f"{luci.APPLICATION}/root/usr/share/rpcd/acl.d/{self.RIGHTS}.json")
        for name, content in luci.application().items():
            if name.startswith("/www/"):
                target = directory + name
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(content)
        self.broker = self.start(f"{REPOSITORY}/tests/unit/ubus_broker.py", self.bus)
        self.web = Web(
            {"/standin/": f"{HERE}/standin/", "/luci-static/": f"{directory}/www/luci-static/"},
            self.rights, self.bus, None, {self.CHECK: self.check, self.START: self.start_service},
            self.OBJECTS, self.catalogue)
        threading.Thread(target=self.web.server.serve_forever, daemon=True).start()

    def start(self, *command, **options):
        environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY}/tests/unit",
                       "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen([sys.executable, *command], env=environment, text=True, **options)

    def catalogue(self, language):
        return luci.translations(f"{luci.APPLICATION}/po/{language}/pmip.po")

    @property
    def configuration(self):
        return f"{self.directory}/config/{self.CONFIGURATION}"

    def configure(self, text, running=True):
        """A new life with this configuration."""
        self.stop_daemon()
        shutil.rmtree(f"{self.directory}/config", ignore_errors=True)
        shutil.rmtree(f"{self.directory}/run", ignore_errors=True)
        os.mkdir(f"{self.directory}/config")
        for name, content in {**self.FILES, self.CONFIGURATION: text}.items():
            with open(f"{self.directory}/config/{name}", "w") as file:
                file.write(content)
        self.web.configurations = Configurations(f"{self.directory}/config", self.applied)
        if running:
            self.start_daemon()

    def start_service(self):
        """It is there before its daemon is."""
        self.daemon = self.start(self.PROGRAM, "-c", self.configuration,
                                 "-r", f"{self.directory}/run", "-u", self.bus)
        return 0, ""

    def start_daemon(self):
        self.start_service()
        self.until(self.serves)

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
            self.start_service()

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
        """What the command that looks for what is wrong says."""
        program = f"import sys; from {self.PACKAGE}.cli import main; sys.exit(main(sys.argv))"
        done = subprocess.run(
            [sys.executable, "-c", program, "-j", "check", "-c", self.configuration,
             "-r", f"{self.directory}/run"],
            cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    def close(self):
        self.stop_daemon()
        self.web.server.shutdown()
        self.web.server.server_close()
        self.broker.kill()
        self.broker.wait()
