# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in each package: {path: (mode, content)}, found by rule and not by list.

A package carries every module that its programs can reach by imports, and of files/ whatever is
named after the anchor (pmip-lma) or, for the gateway's package, whatever is not.
"""

import ast
import functools
import os
from collections import namedtuple

import luci
from strip import strip

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARY = "/usr/lib"

#: The modules that a package's programs begin with.
PROGRAMS = {
    "pmip-mag": ("mag_lite.main", "mag_lite.cli"),
    "pmip-lma": ("lma_lite.cli",),
}
_EXECUTABLE = ("bin", "sbin", "init.d", "libexec")

File = namedtuple("File", ("mode", "content"))


@functools.cache
def files(package: str) -> dict:
    """{absolute path: File} of a package."""
    if package in luci.sources():
        return {path: File(_mode(path), content) for path, content in luci.files(package).items()}
    found = {}
    for module in sorted(reachable(PROGRAMS[package])):
        path = _source(module)
        with open(os.path.join(REPOSITORY, path), encoding="utf-8") as file:
            content = strip(file.read()).encode()
        found[f"{LIBRARY}/{package}/{path}"] = File(0o644, content)
    for path in _shipped(package):
        with open(os.path.join(REPOSITORY, "files", path[1:]), "rb") as file:
            found[path] = File(_mode(path), file.read())
    return found


def configuration_files(package: str) -> list:
    """The paths of what people edit."""
    return [path for path in sorted(files(package)) if path.startswith("/etc/config/")]


def reachable(modules) -> set:
    """The names of these modules and of all of ours that they import, at once or later."""
    found, waiting = set(), list(modules)
    while waiting:
        module = waiting.pop()
        if module in found or _source(module) is None:
            continue
        found.add(module)
        waiting += _imports(_source(module))
        if "." in module:
            waiting.append(module.rpartition(".")[0])
    return found


def _imports(path: str):
    """The names that a file imports; of `from x import y` both x and x.y, whichever is a module."""
    with open(os.path.join(REPOSITORY, path), "rb") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            places = path.split("/")[: -node.level] if node.level else []
            name = ".".join(places + ([node.module] if node.module else []))
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def _source(module: str):
    """The path of a module of ours, or None."""
    path = module.replace(".", "/")
    for name in (path + ".py", path + "/__init__.py"):
        if os.path.isfile(os.path.join(REPOSITORY, name)):
            return name
    return None


def _shipped(package: str) -> list:
    top = os.path.join(REPOSITORY, "files")
    found = []
    for folder, _, names in os.walk(top):
        for name in names:
            of_anchor = "pmip-lma" in name
            if of_anchor == (package == "pmip-lma"):
                found.append(os.path.join(folder, name)[len(top):])
    return sorted(found)


def _mode(path: str) -> int:
    # By place, not by what the work tree's file system says.
    if path.startswith("/etc/config/"):
        return 0o600
    return 0o755 if os.path.basename(os.path.dirname(path)) in _EXECUTABLE else 0o644
