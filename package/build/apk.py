# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages for apk 3 (OpenWrt from 25.12), and their index.  They are not signed."""

import hashlib
import re

import adb
import contents
import metadata
from archive import directories
from contents import File

# As in OpenWrt's own packages: its functions enable and start the service, then come our commands.
_PREAMBLE = """#!/bin/sh
%s[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0
. ${IPKG_INSTROOT}/lib/functions.sh
export root="${IPKG_INSTROOT}"
export pkgname="%s"
"""
_INSTALL = _PREAMBLE + "add_group_and_user\ndefault_postinst\n"
_REMOVE = _PREAMBLE + "default_prerm\n"
_UNLESS_FORBIDDEN = '[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0\n'
_UPGRADE = "export PKG_UPGRADE=1\n"

_EQUAL, _LESS, _GREATER = 1, 2, 4
_DEPENDENCY = re.compile(r"([^<>=]+)([<>]?=?)(.*)")


def file_name(package) -> str:
    """What the package's file is called."""
    return f"{package.name}-{metadata.version()}.apk"


def build(package) -> bytes:
    """The package."""
    files = _with_lists(package)
    database, data = _database(package, files)
    return adb.file(adb.PACKAGE, database, data)


def feed(built: dict) -> dict:
    """{name: content} of what apk wants beside the packages, {package: its file's content}."""
    database = adb.Database()
    entries = []
    for package in sorted(built):
        package_database, _ = _database(package, _with_lists(package))
        identity = database.blob(hashlib.sha256(package_database.data).digest())
        size = database.integer(len(built[package]))
        entries.append(_info(database, package, identity, size))
    description = database.text("pmip-mag " + metadata.version())
    database.root(database.object(description, database.array(entries)))
    return {"packages.adb": adb.file(adb.INDEX, database)}


def _with_lists(package):
    """The files, and the lists from which OpenWrt's functions learn of services and of what
    people edit."""
    files = dict(contents.files(package.source))
    edited = contents.configuration_files(package.source)
    sums = [f"{path} {hashlib.sha256(files[path].content).hexdigest()}\n" for path in edited]
    lists = {
        ".conffiles": "".join(path + "\n" for path in edited),
        ".conffiles_static": "".join(sums),
        ".list": "".join(path + "\n" for path in sorted(files)),
    }
    for suffix, text in lists.items():
        files[f"/lib/apk/packages/{package.name}{suffix}"] = File(0o644, text.encode())
    return files


def _database(package, files):
    """(the package's database, the content of its files for the blocks that follow)"""
    database = adb.Database()
    # Its identity is a part of its own digest: written as zeros, then filled in.
    identity = database.blob(bytes(20))
    info = _info(database, package, identity, 0, _installed_size(files))
    paths, data = _paths(database, files)
    database.root(database.object(info, paths, _scripts(database, package)))
    database.replace(identity, hashlib.sha256(database.data).digest()[:20])
    return database, data


def _installed_size(files):
    return sum(len(file.content) for file in files.values())


def _info(database, package, identity, file_size, installed_size=None):
    if installed_size is None:
        installed_size = _installed_size(_with_lists(package))
    depends = sorted(package.depends)
    provides = [f"{package.provides}={metadata.version()}"] if package.provides else []
    return database.object(
        database.text(package.name), database.text(metadata.version()), identity,
        database.text(package.title), database.text("noarch"), database.text(metadata.LICENCE),
        database.text(package.source), database.text(metadata.MAINTAINER), 0, 0,
        database.integer(metadata.build_time()), database.integer(installed_size), file_size,
        0 if package.provides else database.integer(100),
        _dependencies(database, depends), _dependencies(database, provides))


def _dependencies(database, texts):
    return database.array([_dependency(database, text) for text in texts])


def _dependency(database, text):
    name, comparison, version = _DEPENDENCY.fullmatch(text).groups()
    if not version:
        return database.object(database.text(name))
    match = sum(value for sign, value in (("=", _EQUAL), ("<", _LESS), (">", _GREATER))
                if sign in comparison)
    return database.object(database.text(name), database.text(version),
                           0 if match == _EQUAL else database.integer(match))


def _paths(database, files):
    """(the array of directories, with their files; [(directory, file, content)])"""
    entries, data = [], []
    for number, directory in enumerate(directories(files), 1):
        inside = sorted(path for path in files if path.rpartition("/")[0] == directory)
        entries.append(database.object(
            database.text(directory[1:]), _access(database, 0o755),
            database.array([_file(database, path, files[path]) for path in inside])))
        data += [(number, place, files[path].content)
                 for place, path in enumerate(inside, 1) if files[path].content]
    return database.array(entries), data


def _file(database, path, file):
    return database.object(
        database.text(path.rpartition("/")[2]), _access(database, file.mode),
        database.integer(len(file.content)), database.integer(metadata.build_time()),
        database.blob(hashlib.sha256(file.content).digest()))


def _access(database, mode):
    return database.object(database.integer(mode), database.text("root"), database.text("root"))


def _scripts(database, package):
    install = metadata.script(package.source, "postinst")
    remove = metadata.script(package.source, "prerm")
    return database.object(
        0, 0, database.text(_INSTALL % (_UNLESS_FORBIDDEN, package.name) + install),
        database.text(_REMOVE % ("", package.name) + remove),
        database.text("#!/bin/sh\n" + metadata.script(package.source, "postrm")), 0,
        database.text(_INSTALL % (_UPGRADE + _UNLESS_FORBIDDEN, package.name) + install))
