# SPDX-License-Identifier: GPL-2.0-or-later
"""What may stand in a configuration file, as a table, and what a file that says otherwise is told.

A schema is a tuple of `SectionSchema`; each lists its options as (name, kind, default).
A default is written as in the file, or is REQUIRED, or None: the setting is then None.
What options mean is told by the README and the shipped files.
"""

from collections import namedtuple

from mag_lite.wire.address import parse_address

ERROR = "error"
WARNING = "warning"

REQUIRED = object()

# How often a section may occur.
ONCE = "once"  # always there: what the file does not say is default
ANY = "any"  # any number of times, each a setting of its own

SectionSchema = namedtuple("SectionSchema", ("type", "occurs", "options"))

# `parse(text)` gives the value or raises ValueError; `what` completes "'x' is not ...".
Kind = namedtuple("Kind", ("what", "parse", "many"))


class Settings:
    """What a section says: an attribute for each option, and `name` (None if anonymous)."""


def _one_of(values: dict, what: str) -> Kind:
    def parse(text):
        if text not in values:
            raise ValueError(text)
        return values[text]

    return Kind(what, parse, False)


def _flag() -> Kind:
    values = {}
    for text in ("1", "on", "true", "yes", "enabled"):
        values[text] = True
    for text in ("0", "off", "false", "no", "disabled"):
        values[text] = False
    return _one_of(values, "1 or 0 (on, off, true, false, yes, no, enabled, disabled)")


def choice(*texts) -> Kind:
    """One of these words."""
    return _one_of({text: text for text in texts}, " or ".join(texts))


def integer(lowest: int, highest: int, unit: str = "") -> Kind:
    """A decimal number from `lowest` to `highest`."""

    def parse(text):
        digits = text[1:] if text[:1] == "-" else text
        if not _consists_of(digits, "0123456789") or not lowest <= int(text) <= highest:
            raise ValueError(text)
        return int(text)

    what = "a whole number from %d to %d" % (lowest, highest)
    return Kind(what + (" (%s)" % unit if unit else ""), parse, False)


def list_of(kind: Kind) -> Kind:
    """Any number of these, one `list` line each."""
    return Kind(kind.what, kind.parse, True)


def _consists_of(text: str, characters: str) -> bool:
    return bool(text) and all(character in characters for character in text)


def _plain(text: str, longest: int) -> str:
    if len(text.encode()) > longest or not all(" " <= character != "\x7f" for character in text):
        raise ValueError(text)
    return text


def _text(text: str) -> str:
    return _plain(text, 253)


def _path(text: str) -> str:
    if text[0] != "/":
        raise ValueError(text)
    return _plain(text, 100)


def _interface(text: str) -> str:
    if " " in text or "/" in text or text in (".", ".."):
        raise ValueError(text)
    return _plain(text, 15)


def _address4(text: str) -> bytes:
    address = parse_address(text)
    if len(address) != 4:
        raise ValueError(text)
    return address


FLAG = _flag()
#: What tells security associations for one purpose from others: by hand, up to 16383.
REQUEST_ID = integer(1, 16383)
ADDRESS = Kind("an IPv4 or IPv6 address", parse_address, False)
ADDRESS4 = Kind("an IPv4 address", _address4, False)
TEXT = Kind("a text of 1-253 characters", _text, False)
PATH = Kind("an absolute path of at most 100 characters", _path, False)
INTERFACE = Kind("an interface name (1-15 characters, no space or slash)", _interface, False)
PATTERN = Kind("an identity of 1-253 characters; * stands for any text", _text, False)


def read(sections: list, schema, source: str = ""):
    """(settings, problems) of `sections`, which `uci.parse` gave.

    `settings` has an attribute for each section type: one `Settings` where it occurs ONCE, a
    list of them otherwise.  A wrong value leaves the default, or None.  Problems are
    (ERROR or WARNING, text); `source` names the file in them.
    """
    reader = _Reader(source)
    settings = Settings()
    for section_schema in schema:
        setattr(settings, section_schema.type, reader.read(sections, section_schema))
    known = [section_schema.type for section_schema in schema]
    for section in sections:
        if section.type not in known:
            reader.warn("unknown section type '%s' (known: %s)" % (section.type, ", ".join(known)))
    return settings, reader.problems


class _Reader:
    """Collects problems while it turns sections into settings."""

    def __init__(self, source: str):
        self._prefix = source + ": " if source else ""
        self.problems = []

    def complain(self, text: str) -> None:
        self.problems.append((ERROR, self._prefix + text))

    def warn(self, text: str) -> None:
        self.problems.append((WARNING, self._prefix + text))

    def read(self, sections: list, schema: SectionSchema):
        found = [section for section in sections if section.type == schema.type]
        if schema.occurs == ANY:
            made = []
            for index, section in enumerate(found):
                made.append(self._section(section, _label(section, index), schema))
            return made
        if len(found) > 1:
            text = "there are %d '%s' sections; only the first counts"
            self.complain(text % (len(found), schema.type))
        if found:
            return self._section(found[0], _label(found[0], 0), schema)
        return self._absent(schema)

    def _absent(self, schema: SectionSchema) -> Settings:
        required = [option[0] for option in schema.options if option[2] is REQUIRED]
        if required:
            text = "there is no section '%s', which must give %s"
            self.complain(text % (schema.type, ", ".join(required)))
        settings = Settings()
        settings.name = None
        for name, kind, default in schema.options:
            setattr(settings, name, _default(kind, default))
        return settings

    def _section(self, section, label: str, schema: SectionSchema) -> Settings:
        settings = Settings()
        settings.name = section.name
        for name, kind, default in schema.options:
            where = "%s: option %s: " % (label, name)
            value = section.options.get(name)
            if value is None and default is REQUIRED:
                self.complain(where + "is missing; it must be %s" % kind.what)
            parsed = None if value is None else self._value(kind, value, where)
            setattr(settings, name, _default(kind, default) if parsed is None else parsed)
        self._warn_unknown(section, label, [option[0] for option in schema.options])
        return settings

    def _value(self, kind: Kind, value, where: str):
        """The value, or None when it is wrong."""
        if kind.many:
            items = [value] if isinstance(value, str) else value
            parsed = [self._item(kind, item, where) for item in items]
            return [item for item in parsed if item is not None]
        if isinstance(value, str):
            return self._item(kind, value, where)
        self.complain(where + "is a list; it must be one value")
        return None

    def _item(self, kind: Kind, text: str, where: str):
        try:
            if text:
                return kind.parse(text)
        except ValueError:
            pass
        self.complain("%s'%s' is not %s" % (where, text, kind.what))
        return None

    def _warn_unknown(self, section, label: str, known: list) -> None:
        for name in sorted(section.options):
            if name not in known:
                text = "%s: unknown option '%s' (known: %s)"
                self.warn(text % (label, name, ", ".join(known)))


def _default(kind: Kind, default):
    if default is REQUIRED or default is None:
        return [] if kind.many else None
    return kind.parse(default)


def _label(section, index: int) -> str:
    if section.name is None:
        return "@%s[%d]" % (section.type, index)
    return "%s '%s'" % (section.type, section.name)
