# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages have the form that opkg and apk accept, and come out the same each time."""

import hashlib
import os
import shutil

import adb_reader
import builder

CONFIGURATION = {"pmip-mag": "/etc/config/pmip", "pmip-lma": "/etc/config/pmip-lma"}


def program(name):
    return name.removesuffix("-python3")


def fields(text):
    return dict(line.split(": ", 1) for line in text.decode().strip().split("\n"))


def test_the_same_sources_give_the_same_feed_anywhere_and_at_any_time(tmp_path):
    copy = tmp_path / "elsewhere"
    for part in ("package", "files", "luci-app-pmip", "mag_lite", "lma_lite"):
        shutil.copytree(os.path.join(builder.REPOSITORY, part), copy / part,
                        copy_function=shutil.copyfile)  # other times, other modes
    (copy / "files/etc/config/pmip").chmod(0o777)
    builder.run(copy, "feed", tmp_path / "feed", TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    assert builder.contents(tmp_path / "feed") == builder.feed()


def test_the_time_in_the_packages_is_the_last_commits_or_as_asked(monkeypatch):
    import metadata

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    assert metadata.build_time() == 1234567890
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert metadata.build_time() > 1700000000


def test_checksums_are_right():
    for kind in ("ipk", "apk"):
        lines = builder.feed()[f"{kind}/sha256sums"].decode().splitlines()
        assert len(lines) == len([path for path in builder.feed() if path.startswith(kind)]) - 1
        for line in lines:
            digest, name = line.split(" *")
            assert hashlib.sha256(builder.feed()[f"{kind}/{name}"]).hexdigest() == digest


def test_an_ipk_is_three_files_in_an_archive():
    for name in builder.NAMES:
        members = builder.untar(builder.package("ipk", name))
        assert list(members) == [".", "./control.tar.gz", "./data.tar.gz", "./debian-binary"]
        assert members["./debian-binary"][1] == b"2.0\n"


def test_all_of_an_ipk_is_roots_and_in_directories_that_come_first():
    for name in builder.NAMES:
        members = builder.untar(builder.package("ipk", name))
        seen = set()
        for entry, _ in builder.untar(members["./data.tar.gz"][1]).values():
            assert (entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, "root", "root")
            assert entry.mtime == 1790000000
            assert entry.name == "." or os.path.dirname(entry.name) in seen, entry.name
            seen.add(entry.name)


def test_what_opkg_is_told():
    for name in builder.NAMES:
        control = builder.untar(builder.untar(builder.package("ipk", name))["./control.tar.gz"][1])
        told = fields(control["./control"][1])
        assert told["Package"] == name and told["Architecture"] == "all"
        assert told["License"] == "GPL-2.0-or-later" and "@" in told["Maintainer"]
        python = "python3-light" if name.endswith("-python3") else "micropython"
        assert python in told["Depends"].split(", ") and "kmod-gre" in told["Depends"].split(", ")
        if name != program(name):
            assert told["Provides"] == told["Conflicts"] == program(name)
        for script in ("postinst", "prerm", "postinst-pkg", "prerm-pkg", "postrm"):
            entry, text = control["./" + script]
            assert entry.mode == 0o755 and (text.startswith(b"#!/bin/sh\n") or "-pkg" in script)


def test_configuration_files_are_conffiles_that_only_root_reads():
    for name in builder.NAMES:
        members = builder.untar(builder.package("ipk", name))
        path = CONFIGURATION[program(name)]
        control = builder.untar(members["./control.tar.gz"][1])
        assert control["./conffiles"][1].decode() == path + "\n"
        assert builder.untar(members["./data.tar.gz"][1])["." + path][0].mode == 0o600


def test_opkgs_index_lists_every_package():
    entries = builder.feed()["ipk/Packages"].decode().strip().split("\n\n")
    assert sorted(fields(entry.encode())["Package"] for entry in entries) == sorted(builder.EVERY)
    for entry in entries:
        told = fields(entry.encode())
        data = builder.feed()["ipk/" + told["Filename"]]
        assert int(told["Size"]) == len(data)
        assert told["SHA256sum"] == hashlib.sha256(data).hexdigest()


def apk_files(paths):
    """{path: (mode, size, digest)} in the order of the data blocks, by their numbers."""
    found = {}
    for number, (directory, _, *files) in enumerate(paths, 1):
        for place, (name, access, size, _, digest) in enumerate(files[0] if files else (), 1):
            path = "/".join(["", *[part.decode() for part in (directory, name) if part]])
            found[number, place] = path, access[0], size, digest
    return found


def test_an_apk_holds_what_its_database_says_and_what_the_ipk_holds():
    for name in builder.NAMES:
        schema, database, pieces = adb_reader.read(builder.package("apk", name))
        assert schema == b"pckg"
        listed = apk_files(adb_reader.root(database)[1])
        for directory, place, content in pieces:
            path, _, size, digest = listed[directory, place]
            assert (size, digest) == (len(content), hashlib.sha256(content).digest()), path
        members = builder.untar(builder.package("ipk", name))
        in_ipk = {entry.name[1:]: entry.mode
                  for entry, _ in builder.untar(members["./data.tar.gz"][1]).values()
                  if entry.isfile()}
        own = f"/lib/apk/packages/{name}."
        assert {path: mode for path, mode, _, _ in listed.values()
                if not path.startswith(own)} == in_ipk
        lists = {path[len(own):] for path, *_ in listed.values() if path.startswith(own)}
        assert lists == {"list", "conffiles", "conffiles_static"}


def test_apks_names_are_in_order():
    for name in builder.NAMES:
        paths = adb_reader.root(adb_reader.read(builder.package("apk", name))[1])[1]
        directories = [directory or b"" for directory, *_ in paths]
        assert directories == sorted(directories) and directories[0] == b""
        for _, _, *files in paths:
            names = [file[0] for file in files[0]] if files else []
            assert names == sorted(names)


def test_what_apk_is_told():
    for name in builder.NAMES:
        _, database, _ = adb_reader.read(builder.package("apk", name))
        row, _, scripts = adb_reader.root(database)
        told = adb_reader.info(row)
        assert told["name"] == name.encode() and told["arch"] == b"noarch"
        # The identity is the digest of the database with zeros in its place.
        blank = bytes(database).replace(told["hashes"], bytes(20))
        assert told["hashes"] == hashlib.sha256(blank).digest()[:20]
        depends = [dependency[0].decode() for dependency in told["depends"]]
        assert depends == sorted(depends)
        if name != program(name):
            assert told["provides"] == [[program(name).encode(), told["version"]]]
        install, remove, removed, upgrade = scripts[2], scripts[3], scripts[4], scripts[6]
        assert all(script.startswith(b"#!/bin/sh\n") for script in scripts if script)
        assert f"rm -rf /usr/lib/{program(name)}".encode() in removed
        assert b"default_postinst" in install and b"default_prerm" in remove
        assert b"export PKG_UPGRADE=1" in upgrade and f'pkgname="{name}"'.encode() in upgrade


def test_apks_index_knows_every_package_by_its_databases_digest():
    schema, database, _ = adb_reader.read(builder.feed()["apk/packages.adb"])
    assert schema == b"indx"
    entries = [adb_reader.info(row) for row in adb_reader.root(database)[1]]
    assert [entry["name"].decode() for entry in entries] == sorted(builder.EVERY)
    for entry in entries:
        name = f"{entry['name'].decode()}-{entry['version'].decode()}.apk"
        data = builder.feed()["apk/" + name]
        assert entry["file-size"] == len(data)
        assert entry["hashes"] == hashlib.sha256(adb_reader.read(data)[1]).digest()


def test_the_gateways_package_is_small_enough_for_a_device_of_16_MB():
    assert len(builder.package("ipk", "pmip-mag")) <= 120_000
    assert len(builder.package("apk", "pmip-mag")) <= 120_000
