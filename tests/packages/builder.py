# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds packages for the tests, once, and unpacks them."""

import functools
import io
import os
import subprocess
import sys
import tarfile
import tempfile

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPOSITORY, "package", "build"))
NAMES = ("pmip-mag", "pmip-mag-python3", "pmip-lma", "pmip-lma-python3")
EVERY = (*NAMES, "luci-app-pmip", "luci-i18n-pmip-de", "luci-i18n-pmip-es")


def run(repository, *arguments, **environment):
    """Run the builder of a work tree."""
    script = os.path.join(repository, "package", "build", "build.py")
    subprocess.run([sys.executable, script, *arguments], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000", **environment})


def contents(directory):
    """{relative path: content} of a directory."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, directory)] = file.read()
    return found


@functools.cache
def feed():
    """{path: content} of a feed of both kinds."""
    with tempfile.TemporaryDirectory() as directory:
        run(REPOSITORY, "feed", directory)
        return contents(directory)


def package(kind, name):
    """The content of one package's file."""
    separator = "_" if kind == "ipk" else "-"
    (found,) = [path for path in feed() if path.startswith(f"{kind}/{name}{separator}0")]
    return feed()[found]


def untar(data):
    """{name: (TarInfo, content)} of a compressed archive, in its order."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        return {entry.name: (entry, entry.isfile() and archive.extractfile(entry).read())
                for entry in archive}


@functools.cache
def root():
    """A directory into which both programs' packages are unpacked; for as long as we run."""
    directory = tempfile.TemporaryDirectory()
    for name in ("pmip-mag", "pmip-lma"):
        data = untar(package("ipk", name))["./data.tar.gz"][1]
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            archive.extractall(directory.name)
    return directory
