# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in the packages of LuCI's pages and of their translations; as LuCI's luci.mk does it."""

import json
import os
import re

import lmo
from minify import minify

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = "luci-app-pmip"
APPLICATION = os.path.join(REPOSITORY, NAME)
#: The languages, as LuCI names them.
LANGUAGES = {"de": "Deutsch (German)", "es": "Español (Spanish)"}
TRANSLATION = "luci-i18n-pmip-"
#: Where the parts of the application go.
_PLACES = {"htdocs": "/www", "root": ""}
_POSTINST = """rm -f /tmp/luci-indexcache.*
rm -rf /tmp/luci-modulecache/
/etc/init.d/rpcd reload 2> /dev/null
exit 0
"""
_CALL = re.compile(r"""\b(?P<plural>N?)_\((?:[\w.]+, )?(?P<text>'(?:\\.|[^'\\])*'|"[^"]*")"""
                   r"""(?:, (?P<many>'(?:\\.|[^'\\])*'))?""")


def sources() -> list:
    """The names under which there is anything here."""
    return [NAME] + [TRANSLATION + language for language in sorted(LANGUAGES)]


def files(source: str) -> dict:
    """{absolute path: content} of one of them."""
    return application() if source == NAME else _translation(source[len(TRANSLATION):])


def script(name: str) -> str:
    """The shell commands of postinst, prerm, postrm."""
    return _POSTINST if name == "postinst" else ""


def application() -> dict:
    """{absolute path: content} of the pages."""
    found = {}
    for part, place in _PLACES.items():
        top = os.path.join(APPLICATION, part)
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                content = _read(path)
                short = minify(content) if name.endswith(".js") else content
                found[place + path[len(top):]] = short.encode()
    return found


def _translation(language):
    return {
        f"/usr/lib/lua/luci/i18n/pmip.{language}.lmo": lmo.compile_po(po(language)),
        f"/etc/uci-defaults/{TRANSLATION}{language}":
            f"uci set luci.languages.{language}='{LANGUAGES[language]}'; uci commit luci\n"
            .encode(),
    }


def po(language: str) -> str:
    """The text of a translation."""
    return _read(os.path.join(APPLICATION, "po", language, "pmip.po"))


def translations(path: str) -> dict:
    """{original: translation} of a file."""
    return lmo.translations(_read(path))


def originals() -> list:
    """What is to be translated: (text, its plural or None), in the order of the sources."""
    found = {}
    for path in sorted(application()):
        content = application()[path].decode()
        if path.endswith(".js"):
            for call in _CALL.finditer(content):
                found[_plain(call["text"])] = _plain(call["many"]) if call["plural"] else None
        elif "/menu.d/" in path:
            found.update({entry["title"]: None for entry in json.loads(content).values()})
    return list(found.items())


def template() -> str:
    """The text of po/templates/pmip.pot."""
    blocks = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n']
    for text, many in originals():
        if many:
            blocks.append(f'msgid {_quoted(text)}\nmsgid_plural {_quoted(many)}\n'
                          'msgstr[0] ""\nmsgstr[1] ""\n')
        else:
            blocks.append(f'msgid {_quoted(text)}\nmsgstr ""\n')
    return "\n".join(blocks)


def _plain(literal):
    return literal and re.sub(r"\\(.)", r"\1", literal[1:-1])


def _quoted(text):
    return json.dumps(text, ensure_ascii=False)


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
