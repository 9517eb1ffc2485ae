# SPDX-License-Identifier: GPL-2.0-or-later
"""Headless Chromium, steered over a pipe by its DevTools protocol."""

import base64
import json
import os
import select
import subprocess
import tempfile
import time

PROGRAM = "chromium"
PATIENCE = 30  # s
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--remote-debugging-pipe", "--lang=en")


class PageError(Exception):
    """A script of the page, or what was asked of the page, failed."""


class Browser:
    """`with Browser() as browser:` one page; `errors` are what went wrong in it."""

    def __init__(self, *prefix):
        self._prefix = prefix
        self._buffer = b""
        self._number = 0
        self.errors = []
        self.requests = []

    def __enter__(self):
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs, self._out = os.pipe()
        self._in, others = os.pipe()
        self._process = subprocess.Popen(
            # Its pipes are file descriptors 3 and 4.
            [*self._prefix, "bash", "-c", f'exec "$@" 3<&{theirs} 4>&{others}', "bash", PROGRAM,
             *_OPTIONS, "--user-data-dir=" + self._home.name, "about:blank"],
            pass_fds=(theirs, others), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(others)
        targets = self._call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self._session = self._call(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        return self

    def __exit__(self, kind, error, traceback):
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._home.cleanup()

    def call(self, method, **parameters):
        """A command of the protocol to the page."""
        return self._call(method, self._session, **parameters)

    def open(self, url):
        """Load a page, anew even if it is there."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=url)

    def evaluate(self, script):
        """The value of an expression in the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise PageError(_reason(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def wait(self, script, patience=PATIENCE):
        """Wait until an expression is true."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                if self.evaluate(f"!!({script})"):
                    return
            except PageError as error:
                if "Cannot find context" not in str(error):
                    raise
            time.sleep(0.05)
        raise PageError(f"never true: {script}; errors: {self.errors}; the page: "
                        + str(self.evaluate("document.body && document.body.innerText"))[:2000])

    def text(self, selector="body"):
        """What is to be read there."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def click(self, selector, text=None):
        """Click the first such element, with this text if given, once it is there."""
        find = (f"[...document.querySelectorAll({json.dumps(selector)})].find(node => "
                f"{json.dumps(text)} === null || node.innerText.trim() === {json.dumps(text)})")
        self.wait(find)
        self.evaluate(f"({find}).click()")

    def enter(self, selector, value):
        """Put a value into a field, as if typed."""
        self.evaluate(
            f"(field => {{ field.value = {json.dumps(value)};"
            "['input', 'change', 'keyup', 'blur'].forEach(name =>"
            " field.dispatchEvent(new Event(name, {bubbles: true}))); })"
            f"(document.querySelector({json.dumps(selector)}))")

    def screenshot(self, path, width=1200, height=900):
        """A picture of the whole page (PNG), as on a screen of this width."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 700)
        time.sleep(0.3)
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def _call(self, method, session=None, **parameters):
        self._number += 1
        number = self._number
        command = {"id": number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            message = self._next(end)
            if message.get("id") == number:
                if "error" in message:
                    raise PageError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._happened(message)

    def _next(self, end):
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], max(end - time.monotonic(), 0))[0]:
                raise PageError("the browser does not answer")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise PageError("the browser has ended")
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _happened(self, message):
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(_reason(parameters["exceptionDetails"]))
        elif message.get("method") == "Network.requestWillBeSent":
            self.requests.append(parameters["request"])


def _reason(details):
    return details.get("exception", {}).get("description") or details["text"]
