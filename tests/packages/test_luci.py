# SPDX-License-Identifier: GPL-2.0-or-later
"""What LuCI's pages are made of: the packages, shorter scripts, translations."""

import json
import os
import re

import builder
import luci
import metadata
from lmo import compile_po, read, superfast_hash
from minify import minify


def text(path):
    with open(os.path.join(luci.APPLICATION, path)) as file:
        return file.read()


def test_the_makefile_says_what_the_packages_say():
    makefile = text("Makefile")
    assert f"PKG_VERSION:={metadata.version().split('-r')[0]}\n" in makefile
    assert f"PKG_NAME:={luci.NAME}\n" in makefile
    (package,) = [each for each in metadata.packages() if each.name == luci.NAME]
    depends = re.search("^LUCI_DEPENDS:=(.*)$", makefile, re.MULTILINE)[1]
    assert tuple(depends.replace("+", "").split()) == package.depends
    assert makefile.endswith("# call BuildPackage - OpenWrt buildroot signature\n")


def test_the_packages_put_everything_in_its_place():
    package = builder.untar(builder.package("ipk", luci.NAME))
    found = builder.untar(package["./data.tar.gz"][1])
    for path in ("www/luci-static/resources/view/pmip/status.js",
                 "www/luci-static/resources/view/pmip-lma/settings.js",
                 "usr/share/luci/menu.d/luci-app-pmip.json",
                 "usr/share/rpcd/acl.d/luci-app-pmip.json"):
        assert found["./" + path][0].mode == 0o644
    german = builder.untar(builder.package("ipk", "luci-i18n-pmip-de"))
    assert "./usr/lib/lua/luci/i18n/pmip.de.lmo" in builder.untar(german["./data.tar.gz"][1])


def test_the_menus_lead_to_pages_that_there_are_and_to_the_rights_they_need():
    """Each is there where the configuration file of its daemon is."""
    files = luci.application()
    for name, daemon in (("luci-app-pmip", "pmip"), ("luci-app-pmip-lma", "pmip-lma")):
        menu = json.loads(files[f"/usr/share/luci/menu.d/{name}.json"])
        rights = json.loads(files[f"/usr/share/rpcd/acl.d/{name}.json"])
        for entry in menu.values():
            if entry["action"]["type"] == "view":
                assert f"/www/luci-static/resources/view/{entry['action']['path']}.js" in files
        assert menu[f"admin/services/{daemon}"]["depends"] == {
            "acl": list(rights), "uci": {daemon: True}}


def test_scripts_become_shorter_and_stay_the_same():
    assert minify("// licence\n'use strict';\n\n\t// why\n\tf('// no', \"/*\"); /* x\n\ty */ "
                  "g(/[/*]'/);\n\t\treturn a / b / c; // '\n") == (
        "// licence\n'use strict';\nf('// no', \"/*\");  g(/[/*]'/);\nreturn a / b / c;\n")
    for path, content in luci.application().items():
        if path.endswith(".js"):
            assert content.startswith(b"// SPDX-License-Identifier: GPL-2.0-or-later\n'use strict'")


def test_every_text_is_translated_into_every_language():
    originals = luci.originals()
    assert text("po/templates/pmip.pot") == luci.template(), "build.py pot"
    for language in luci.LANGUAGES:
        entries = {entry["msgid"]: entry for entry in read(luci.po(language)) if entry["msgid"]}
        assert sorted(entries) == sorted(original for original, _ in originals), language
        for original, many in originals:
            entry = entries[original]
            for form in ("msgstr[0]", "msgstr[1]") if many else ("msgstr",):
                assert re.findall("%.", entry[form]) == re.findall("%.", original), entry


def test_hashes_are_those_of_luci():
    assert [superfast_hash(each.encode()) for each in ("a", "Status", "Größe")] == [
        0x115EA782, 0x663359C9, 0xF057B2CF]  # as LuCI's own program computes them


def test_translations_are_found_by_their_hash():
    compiled = compile_po('msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
                          'msgid "Look"\nmsgstr "Nachsehen"\n\nmsgid "same"\nmsgstr "same"\n')
    begin = int.from_bytes(compiled[-4:], "big")
    index = [[int.from_bytes(compiled[at + 4 * i:at + 4 * i + 4], "big") for i in range(4)]
             for at in range(begin, len(compiled) - 4, 16)]
    texts = {key: compiled[offset:offset + length].decode() for key, _, offset, length in index}
    assert texts == {0: "nplurals=2; plural=(n != 1);", superfast_hash(b"Look"): "Nachsehen"}
