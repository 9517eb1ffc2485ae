# SPDX-License-Identifier: GPL-2.0-or-later
"""What uhttpd and rpcd are to the pages: files, and calls by JSON-RPC as far as ACLs allow them.

The object `pmip` is that of the daemon, called over ubus; `uci` works on files; the commands that
may be executed are run.  Session "root" may do what the ACL's read and write grant, "viewer" what
read grants, others nothing.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ubus_broker import Caller

from mag_lite.system import uci

ALLOWED, PERMISSION_DENIED, NOT_FOUND = 0, 6, 4
DENIED = {"error": {"code": -32002, "message": "Access denied"}}
_TYPES = {".js": "text/javascript", ".html": "text/html", ".json": "application/json"}


class Rights:
    """An ACL file's only group, and what of it was made use of."""

    def __init__(self, path):
        with open(path) as file:
            ((self.name, self.group),) = json.load(file).items()
        self.used = set()

    def granted(self, mode):
        """{(scope, object, function)} of "read" or "write"."""
        found = set()
        for scope, objects in self.group[mode].items():
            for name in objects:
                functions = objects[name] if isinstance(objects, dict) else [mode]
                found |= {(scope, name, function) for function in functions}
        return found

    def allow(self, session, *right):
        self.used.add(right)
        allowed = {"root": ("read", "write"), "viewer": ("read",)}.get(session, ())
        return any(right in self.granted(mode) for mode in allowed)


class Configurations:
    """The files of a directory, as rpcd's object `uci` shows and changes them."""

    def __init__(self, directory, applied):
        self.directory = directory
        self.applied = applied
        self.sections = {}
        for name in os.listdir(directory):
            with open(os.path.join(directory, name)) as file:
                self.sections[name] = [self._shown(number, section) for number, section
                                       in enumerate(uci.parse(file.read()))]

    def _shown(self, number, section):
        return {".type": section.type, ".name": section.name or f"cfg{number:06x}",
                ".anonymous": section.name is None, **section.options}

    def get(self, values):
        return {"values": self.sections[values["config"]]}

    def add(self, values):
        self.sections[values["config"]].append({
            ".type": values["type"], ".name": values["name"],
            ".anonymous": values["name"].startswith("new")})

    def set(self, values):
        for section in self.sections[values["config"]]:
            if section[".name"] == values["section"]:
                section.update(values["values"])

    def order(self, values):
        self.sections[values["config"]].sort(
            key=lambda section: values["sections"].index(section[".name"]))

    def apply(self, values):
        for name, sections in self.sections.items():
            with open(os.path.join(self.directory, name), "w") as file:
                file.writelines(map(self._text, sections))
        self.applied()

    def _text(self, section):
        name = "" if section[".anonymous"] else f" '{section['.name']}'"
        lines = [f"config {section['.type']}{name}\n"]
        for option, value in section.items():
            if option[0] != "." and value not in ("", []):
                words = value if isinstance(value, list) else [value]
                kind = "list" if isinstance(value, list) else "option"
                quoted = [word.replace("'", "'\\''") for word in words]
                lines += [f"\t{kind} {option} '{word}'\n" for word in quoted]
        return "".join(lines)


class Server(ThreadingHTTPServer):
    """Does not mind that a browser leaves a page that is still being loaded."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Web:
    """`commands` are {command line: function that gives (status, output)}; `objects` further
    objects of ubus, {(object, method): answer}."""

    def __init__(self, roots, rights, bus, configurations, commands, objects, catalogue):
        self.roots, self.rights, self.bus = roots, rights, bus
        self.configurations, self.commands, self.objects = configurations, commands, objects
        self.catalogue = catalogue
        self.calls, self.values = [], None
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                web.get(self)

            def do_POST(self):
                web.post(self)

            def log_message(self, *arguments):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def get(self, handler):
        path = handler.path.split("?")[0]
        path = "/standin/index.html" if path == "/" else path
        if path.startswith("/catalogue/"):
            self.answer(handler, "application/json", json.dumps(
                self.catalogue(path.rpartition("/")[2])).encode())
            return
        for prefix, directory in self.roots.items():
            file = directory + path[len(prefix):]
            if path.startswith(prefix) and os.path.isfile(file):
                with open(file, "rb") as opened:
                    self.answer(handler, _TYPES[os.path.splitext(path)[1]], opened.read())
                return
        handler.send_error(404)

    def post(self, handler):
        asked = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        session, name, method, values = asked["params"]
        self.calls.append((name, method))
        self.values = values
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        answer.update(self.call(session, name, method, values))
        self.answer(handler, "application/json", json.dumps(answer).encode())

    def answer(self, handler, kind, content):
        handler.send_response(200)
        handler.send_header("Content-Type", kind + "; charset=utf-8")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def call(self, session, name, method, values):
        """The result or error of a call."""
        if (name, method) == ("session", "access"):
            granted = self.rights.allow(
                session, values["scope"], values["object"], values["function"])
            return {"result": [ALLOWED, {"access": granted}]}
        if name == "uci":
            return self.uci(session, method, values)
        if name == "file":
            return self.execute(session, values)
        if not self.rights.allow(session, "ubus", name, method):
            return DENIED
        if (name, method) in self.objects:
            return {"result": [ALLOWED, self.objects[name, method]]}
        return self.ubus(name, method, values)

    def uci(self, session, method, values):
        mode = "read" if method == "get" else "write"
        if "config" in values and not self.rights.allow(session, "uci", values["config"], mode):
            return {"result": [PERMISSION_DENIED]}
        if session not in ("root", "viewer") or method == "apply" and session != "root":
            return {"result": [PERMISSION_DENIED]}
        return {"result": [ALLOWED, getattr(self.configurations, method)(values)]}

    def execute(self, session, values):
        line = " ".join([values["command"], *values["params"]])
        if not self.rights.allow(session, "ubus", "file", "exec"):
            return DENIED
        if not self.rights.allow(session, "file", line, "exec"):
            return {"result": [PERMISSION_DENIED]}
        status, output = self.commands[line]()
        return {"result": [ALLOWED, {"code": status, "stdout": output}]}

    def ubus(self, name, method, values):
        caller = Caller(self.bus)
        caller.socket.settimeout(30)  # a trace takes ten seconds
        try:
            if caller.find(name) is None:
                return {"error": {"code": -32000, "message": "Object not found"}}
            # uhttpd adds the session to every call.
            status, answer = caller.call(name, method, {**values, "ubus_rpc_session": "0" * 32})
        finally:
            caller.close()
        return {"result": [status] if answer is None else [status, answer]}
