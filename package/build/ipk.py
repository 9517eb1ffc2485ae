# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages for opkg (OpenWrt up to 24.10), and their index.

An .ipk is a compressed tar archive of three files: debian-binary, control.tar.gz, data.tar.gz.
"""

import hashlib

import compress
import contents
import metadata
from archive import tar_gz
from contents import File

# OpenWrt's own functions enable and start the service, and run what is in the -pkg scripts.
_POSTINST = """#!/bin/sh
[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0
[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
default_postinst $0 $@
"""
_PRERM = """#!/bin/sh
[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
default_prerm $0 $@
"""


def file_name(package) -> str:
    """What the package's file is called."""
    return f"{package.name}_{metadata.version()}_all.ipk"


def build(package) -> bytes:
    """The package."""
    time = metadata.build_time()
    files = contents.files(package.source)
    parts = {
        "/debian-binary": File(0o644, b"2.0\n"),
        "/control.tar.gz": File(0o644, tar_gz(_control_files(package, files), time)),
        "/data.tar.gz": File(0o644, tar_gz(files, time)),
    }
    return tar_gz(parts, time)


def index(built: dict) -> str:
    """The text of `Packages`, from {package: its file's content}."""
    entries = []
    for package in sorted(built):
        data = built[package]
        size = sum(len(file.content) for file in contents.files(package.source).values())
        entries.append(control(package, size) + "".join((
            f"Filename: {file_name(package)}\n",
            f"Size: {len(data)}\n",
            f"SHA256sum: {hashlib.sha256(data).hexdigest()}\n",
        )))
    return "\n".join(entries)


def feed(built: dict) -> dict:
    """{name: content} of what opkg wants beside the packages."""
    text = index(built).encode()
    return {"Packages": text, "Packages.gz": compress.gzip(text)}


def control(package, installed_size: int) -> str:
    """The package's description for opkg; the size is in octets."""
    fields = [
        ("Package", package.name),
        ("Version", metadata.version()),
        ("Depends", ", ".join(package.depends)),
        ("Suggests", ", ".join(package.suggests)),
        ("Provides", package.provides),
        ("Conflicts", package.provides),
        ("Section", "net"),
        ("License", metadata.LICENCE),
        ("Maintainer", metadata.MAINTAINER),
        ("Architecture", "all"),
        ("Installed-Size", str(installed_size)),
        ("Description", package.title),
    ]
    return "".join(f"{name}: {value}\n" for name, value in fields if value)


def _control_files(package, files):
    size = sum(len(file.content) for file in files.values())
    edited = contents.configuration_files(package.source)
    texts = {
        "control": (0o644, control(package, size)),
        "conffiles": (0o644, "".join(path + "\n" for path in edited)),
        "postinst": (0o755, _POSTINST),
        "prerm": (0o755, _PRERM),
        "postinst-pkg": (0o755, metadata.script(package.source, "postinst")),
        "prerm-pkg": (0o755, metadata.script(package.source, "prerm")),
        "postrm": (0o755, "#!/bin/sh\n" + metadata.script(package.source, "postrm")),
    }
    return {"/" + name: File(mode, text.encode()) for name, (mode, text) in texts.items()}
