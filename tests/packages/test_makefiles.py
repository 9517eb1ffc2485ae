# SPDX-License-Identifier: GPL-2.0-or-later
"""The Makefiles for OpenWrt's SDK say the same as what we build without it."""

import os
import re
import subprocess

import builder
import contents
import metadata

#: As much of OpenWrt's make files as is needed to hear what ours say.
RULES = """
BuildPackage=$(info $(1)|$(strip $(call Package/$(1)/flat))|$(strip $(Package/$(1)/conffiles)))
INCLUDE_DIR:=$(TOPDIR)/include
"""


def read(path):
    with open(os.path.join(builder.REPOSITORY, path)) as file:
        return file.read()


def definition(text, name):
    return dict(re.findall(r"^  (\w+):=(.*)$", re.search(
        rf"^define Package/{name}$(.*?)^endef$", text, re.MULTILINE | re.DOTALL)[1], re.MULTILINE))


def test_the_version_is_the_programs():
    common = read("package/pmip.mk")
    version = re.search(r"^PKG_VERSION:=(.*)$", common, re.MULTILINE)[1]
    release = re.search(r"^PKG_RELEASE:=(.*)$", common, re.MULTILINE)[1]
    assert f"{version}-r{release}" == metadata.version()
    assert f"PKG_LICENSE:={metadata.LICENCE}\n" in common
    assert f"PKG_MAINTAINER:={metadata.MAINTAINER}\n" in common
    assert f'version = "{version}"' in read("pyproject.toml")


def test_packages_need_and_provide_the_same():
    common = re.search(r"^PMIP_DEPENDS:=(.*)$", read("package/pmip.mk"), re.MULTILINE)[1]
    for package in metadata.packages():
        if package.source not in contents.PROGRAMS:
            continue  # see test_luci
        told = definition(read(f"package/{package.source}/Makefile"), package.name)
        depends = told["DEPENDS"].replace("$(PMIP_DEPENDS)", common).replace("+", "").split()
        assert sorted(depends) == sorted(package.depends), package.name
        assert told["TITLE"] == package.title
        assert told.get("PROVIDES") == told.get("CONFLICTS") == package.provides


def test_conffiles_are_the_same():
    for program in contents.PROGRAMS:
        text = read(f"package/{program}/Makefile")
        listed = re.search(rf"^define Package/{program}/conffiles$\n(.*?)^endef$", text,
                           re.MULTILINE | re.DOTALL)[1]
        assert listed.split() == contents.configuration_files(program)


def test_make_understands_them(tmp_path):
    (tmp_path / "include").mkdir()
    (tmp_path / "include/package.mk").write_text("")
    (tmp_path / "rules.mk").write_text(RULES)
    python = tmp_path / "feeds/packages/lang/python"
    python.mkdir(parents=True)
    (python / "python3-package.mk").write_text("")
    for program in contents.PROGRAMS:
        said = subprocess.run(
            ["make", "-s", "-C", os.path.join(builder.REPOSITORY, "package", program),
             f"TOPDIR={tmp_path}", "-f", "Makefile", "-p", "-n", "--no-print-directory"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
        assert f"{program}||{contents.configuration_files(program)[0]}" in said, said[:2000]
        assert f"{program}-python3||{contents.configuration_files(program)[0]}" in said
        assert "missing separator" not in said
