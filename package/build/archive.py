# SPDX-License-Identifier: GPL-2.0-or-later
"""Archives that come out the same whenever and wherever they are made."""

import io
import tarfile

import compress


def tar_gz(files: dict, time: int) -> bytes:
    """A compressed tar archive of {path: File}; paths begin with "./" and directories come first,
    as opkg wants it.  Everything belongs to root and bears the `time`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in directories(files):
            archive.addfile(_entry("." + path + "/", tarfile.DIRTYPE, 0o755, 0, time))
        for path in sorted(files):
            file = files[path]
            entry = _entry("." + path, tarfile.REGTYPE, file.mode, len(file.content), time)
            archive.addfile(entry, io.BytesIO(file.content))
    return compress.gzip(buffer.getvalue())


def directories(files: dict) -> list:
    """The directories of `files`, from the root, which is "", down."""
    found = {""}
    for path in files:
        parts = path.split("/")[1:-1]
        found.update("".join("/" + part for part in parts[:depth + 1])
                     for depth in range(len(parts)))
    return sorted(found)


def _entry(name, kind, mode, size, time):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, size, time
    entry.uname = entry.gname = "root"
    return entry
