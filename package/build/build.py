# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the packages without OpenWrt's SDK.

build.py ipk|apk DIRECTORY        packages of one kind
build.py feed DIRECTORY           both kinds, with indexes and checksums, in DIRECTORY/ipk and /apk
build.py pot                      the template of translations, from the texts of LuCI's pages
build.py tree PROGRAM DIRECTORY   the files of pmip-mag or pmip-lma, as they are installed
"""

import hashlib
import os
import sys

import apk
import contents
import ipk
import luci
import metadata

KINDS = {"ipk": ipk, "apk": apk}


def build(kind: str, directory: str) -> dict:
    """Build all packages of a kind; return {package: its file's content}."""
    built = {package: KINDS[kind].build(package) for package in metadata.packages()}
    for package, content in built.items():
        _write(directory, KINDS[kind].file_name(package), content)
    return built


def feed(kind: str, directory: str) -> None:
    """Build all packages of a kind, their index, and the checksums of all."""
    built = build(kind, directory)
    files = {KINDS[kind].file_name(package): content for package, content in built.items()}
    for name, content in KINDS[kind].feed(built).items():
        files[name] = content
        _write(directory, name, content)
    sums = [f"{hashlib.sha256(files[name]).hexdigest()} *{name}\n" for name in sorted(files)]
    _write(directory, "sha256sums", "".join(sums).encode())


def tree(program: str, directory: str) -> None:
    """Write the files of a program's package below a directory."""
    for path, file in contents.files(program).items():
        target = directory + path
        _write(os.path.dirname(target), os.path.basename(target), file.content)
        os.chmod(target, file.mode)
        os.utime(target, 2 * (metadata.build_time(),))


def _write(directory, name, content):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, name), "wb") as file:
        file.write(content)


def main(arguments) -> int:
    """Run the command line; return the exit status."""
    kind, rest = arguments[:1], arguments[1:]
    if kind == ["tree"] and len(rest) == 2 and rest[0] in contents.PROGRAMS:
        tree(*rest)
    elif arguments == ["pot"]:
        _write(os.path.join(luci.APPLICATION, "po/templates"), "pmip.pot", luci.template().encode())
    elif kind == ["feed"] and len(rest) == 1:
        for each in KINDS:
            feed(each, os.path.join(rest[0], each))
    elif kind and kind[0] in KINDS and len(rest) == 1:
        for package, content in build(kind[0], rest[0]).items():
            print(f"{KINDS[kind[0]].file_name(package)}: {len(content)} octets")
    else:
        sys.stderr.write(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
