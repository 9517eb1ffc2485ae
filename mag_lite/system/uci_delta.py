# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes to a configuration that are not committed yet, as libuci keeps and applies them.

Each line is a change: a sign that says which, PACKAGE.SECTION or PACKAGE.SECTION.OPTION, and
mostly ='VALUE'.  A line that makes no sense, or no longer does, changes nothing.  Sections
without a name are called by one that libuci makes of their place and type.
"""

from mag_lite.system.uci import NAME, Reader, Section, UciError


def apply(sections: list, changes, package: str) -> list:
    """The sections as they will be once the `changes` (text or bytes) to `package` are committed.

    What is the same in both may be shared.
    """
    target = _Package(sections)
    reader = Reader(changes.encode() if isinstance(changes, str) else changes)
    while not reader.at_end():
        change = _read(reader)
        if change is not None:
            target.change(change, package)
    return [section for _, section in target.sections]


def _read(reader: Reader):
    """The one argument of a line, or None if there is another number of them."""
    try:
        change = reader.argument()
        if reader.argument():
            change = None
    except UciError:
        change = None
    reader.skip_line()
    return change


def _invented_name(place: int, kind: str) -> str:
    """How libuci calls the section without a name that is the `place`th of its file."""
    digest = 5381
    for octet in kind.encode():
        digest = (digest * 33 + octet) & 0xFFFFFFFF
    return "cfg%02x%04x" % (place, digest & 0xFFFF)


def _number(text: str) -> int:
    """The digits that a text begins with, or 0."""
    digits = 0
    while text[digits : digits + 1] in tuple("0123456789"):
        digits += 1
    return int(text[:digits] or "0")


def _is_name(text: str) -> bool:
    return bool(text) and all(character in NAME for character in text.encode())


def _is_text(text: str) -> bool:
    return all(character >= " " or character in "\t\n\r" for character in text)


class _Package:
    """`sections` is a list of [name or invented name, Section]."""

    def __init__(self, sections: list):
        self.sections = []
        for place, section in enumerate(sections, 1):
            name = section.name or _invented_name(place, section.type)
            self.sections.append([name, _copy(section)])

    def change(self, change: str, package: str) -> None:
        """Make one change, if it is one to this package and possible."""
        sign = change[:1] if change[:1] in "-@+|~^" else ""
        place, assignment, value = change[len(sign) :].partition("=")
        words = place.split(".")
        if words[0] != package or not 2 <= len(words) <= 3 or not _is_text(value):
            return
        if not all([_is_name(word) for word in words[1:]]) or (sign != "-" and not assignment):
            return
        option = words[2] if len(words) == 3 else None
        entry = self._entry(words[1])
        if entry is None:
            if option is None and value and sign in ("", "+"):
                self._add(words[1], value, sign == "+")
        elif option is None:
            self._change_section(entry, sign, value)
        else:
            _change_option(entry[1].options, sign, option, value)

    def _entry(self, name: str):
        for entry in self.sections:
            if entry[0] == name:
                return entry
        return None

    def _add(self, name: str, kind: str, anonymous: bool) -> None:
        if all([33 <= character <= 126 for character in kind.encode()]):
            self.sections.append([name, Section(kind, None if anonymous else name)])

    def _change_section(self, entry, sign: str, value: str) -> None:
        if sign == "-" or (sign in ("", "+") and not value):
            self.sections.remove(entry)
        elif sign == "@" and _is_name(value):
            entry[0] = entry[1].name = value
        elif sign == "^" and value:
            self.sections.remove(entry)
            self.sections.insert(_number(value), entry)
        elif sign in ("", "+") and all([33 <= octet <= 126 for octet in value.encode()]):
            entry[1].type = value
            if sign == "+":
                entry[1].name = None


def _change_option(options: dict, sign: str, option: str, value: str) -> None:
    before = options.get(option)
    if sign == "|":
        items = [before] if isinstance(before, str) else before or []
        options[option] = items + [value]
    elif sign in ("", "+") and value:
        options[option] = value
    elif before is None:
        return
    elif sign == "~":
        if isinstance(before, list):
            options[option] = [item for item in before if item != value]
    elif sign == "@":
        if _is_name(value):
            options[value] = options.pop(option)
    elif sign == "-" and value and isinstance(before, list):
        options[option] = before[: _number(value)] + before[_number(value) + 1 :]
    elif sign != "^":
        del options[option]


def _copy(section: Section) -> Section:
    copy = Section(section.type, section.name)
    copy.options = dict(section.options)
    return copy
