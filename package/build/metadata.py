# SPDX-License-Identifier: GPL-2.0-or-later
"""What the packages are called, what they need, and what they do when they come and go.

Each program is packaged twice, with the same files: for MicroPython, which is the default, and
for CPython.  The Makefiles for OpenWrt's SDK say the same; a test compares them.
"""

import os
import re
import subprocess
from collections import namedtuple

import luci
from contents import REPOSITORY

RELEASE = "r1"
LICENCE = "GPL-2.0-or-later"
MAINTAINER = "pmip-mag maintainers <pmip-mag@localhost>"

#: `source` is the program whose files and scripts it carries; `provides` is also in its way.
Package = namedtuple("Package", ("name", "source", "title", "depends", "suggests", "provides"))

_TUNNELS = ("kmod-gre", "kmod-gre6", "kmod-sit", "kmod-ip6-tunnel")
_NEEDS = {
    "pmip-mag": (*_TUNNELS, "kmod-nft-core", "kmod-nft-netdev", "nftables"),
    "pmip-lma": (*_TUNNELS, "kmod-nft-core", "kmod-nft-fib", "nftables"),
}
_SUGGESTS = {"pmip-mag": ("wpad-mbedtls",), "pmip-lma": ()}
_TITLES = {
    "pmip-mag": "Proxy Mobile IPv6 gateway: clients keep their address when they roam",
    "pmip-lma": "Proxy Mobile IPv6 anchor: gives roaming clients addresses that stay theirs",
}


def packages() -> list:
    """All packages."""
    return [_package(program, interpreter) for program in ("pmip-mag", "pmip-lma")
            for interpreter in ("micropython", "python3-light")] + [
        Package(source, source, _luci_title(source),
                ("luci-base" if source == luci.NAME else luci.NAME,), (), None)
        for source in luci.sources()]


def _luci_title(source):
    language = luci.LANGUAGES.get(source[len(luci.TRANSLATION):])
    return f"LuCI support for Proxy Mobile IPv6{': ' + language if language else ''}"


def _package(program, interpreter):
    default = interpreter == "micropython"
    return Package(
        program if default else program + "-python3", program, _TITLES[program],
        (*_NEEDS[program], interpreter), _SUGGESTS[program], None if default else program)


def version() -> str:
    """The version of what is built here, with the package's release."""
    with open(os.path.join(REPOSITORY, "mag_lite/__init__.py")) as file:
        return re.search('^VERSION = "(.*)"$', file.read(), re.MULTILINE)[1] + "-" + RELEASE


def build_time() -> int:
    """The time that all files bear: the last commit's (s since 1970), or SOURCE_DATE_EPOCH."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    return int(subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    ).stdout)


def script(program: str, name: str) -> str:
    """The shell commands of package/PROGRAM/NAME: postinst, prerm, postrm."""
    if program in luci.sources():
        return luci.script(name)
    with open(os.path.join(REPOSITORY, "package", program, name)) as file:
        return "".join(line for line in file if not line.startswith("#!"))
