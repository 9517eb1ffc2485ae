# SPDX-License-Identifier: GPL-2.0-or-later
"""OpenWrt's configuration files, read as libuci reads them.

A line is a command and its arguments; `;` separates commands on one line and `#` starts a comment.
Arguments may be quoted with ' (everything is literal, line ends too) or " (a backslash makes the
next character literal); a backslash at the end of a line continues it.
"""

from mag_lite.system.files import exists

CONFIGURATIONS = "/etc/config"
CHANGES = "/tmp/.uci"

_BLANKS = b" \t\r\v\f"
NAME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


class UciError(ValueError):
    """The file breaks the grammar; the text names the line."""


class Section:
    """One `config` section: `options` is {name: text, or a list of texts}.

    `name` is None when the section is anonymous.
    """

    def __init__(self, kind: str, name):
        self.type = kind
        self.name = name
        self.options = {}


def load(path: str, changes: str = CHANGES) -> list:
    """The sections of a file; OSError when it cannot be read, UciError when it makes no sense.

    Of a file in CONFIGURATIONS, with what the directory `changes` has for it: `uci show` counts
    what is not committed yet, and so do we.
    """
    with open(path, "rb") as file:
        sections = parse(file.read())
    directory, _, name = path.rpartition("/")
    if directory != CONFIGURATIONS or not exists(changes + "/" + name):
        return sections
    with open(changes + "/" + name, "rb") as file:
        text = file.read()
    if not text:
        return sections
    from mag_lite.system.uci_delta import apply

    return apply(sections, text, name)


def parse(text) -> list:
    """The sections of a configuration (text or bytes), in their order; or UciError.

    As in libuci a section that is opened again by name goes on, an option set again is replaced,
    a list goes on, and an option without a value says nothing.
    """
    reader = Reader(text.encode() if isinstance(text, str) else text)
    sections = []
    section = None
    command = reader.command()
    while command:
        if command in ("config", "c"):
            section = _open(sections, reader)
        elif command in ("package", "p"):
            reader.name(NAME + b"-")
        elif command not in ("option", "o", "list", "l"):
            reader.fail("'%s' is not config, option or list" % command)
        elif section is None:
            reader.fail("an option before the first section")
        elif command in ("option", "o"):
            _set(section.options, reader)
        else:
            _add(section.options, reader)
        reader.end_of_command()
        command = reader.command()
    return sections


def _open(sections: list, reader: "Reader") -> Section:
    kind = reader.argument()
    if not kind or not all(33 <= character <= 126 for character in kind.encode()):
        reader.fail("a section needs a type")
    name = reader.name(NAME, required=False)
    for section in sections:
        if name and section.name == name:
            if section.type != kind:
                reader.fail("section '%s' was a '%s' before" % (name, section.type))
            return section
    sections.append(Section(kind, name))
    return sections[-1]


def _set(options: dict, reader: "Reader") -> None:
    name = reader.name(NAME)
    value = reader.argument()
    if value:
        options[name] = value


def _add(options: dict, reader: "Reader") -> None:
    name = reader.name(NAME)
    items = options.get(name, [])
    options[name] = ([items] if isinstance(items, str) else items) + [reader.argument()]


class Reader:
    """Cuts the text into commands and arguments."""

    def __init__(self, text: bytes):
        self._text = text
        self._position = 0

    def fail(self, what: str):
        """Raise a UciError about the line that is being read."""
        raise UciError("line %d: %s" % (self._text[: self._position].count(b"\n") + 1, what))

    def command(self) -> str:
        """The next command's first word, wherever it is; "" at the end of the text."""
        while True:
            self._skip_blanks()
            if self._here() == b"#":
                self._skip_comment()
            if self._here() != b"\n":
                break
            self._position += 1
        start = self._position
        while self._here() not in (b"", b"\n", b" ", b"\t"):
            self._position += 1
        return self._decoded(self._text[start : self._position])

    def argument(self) -> str:
        """The next argument; "" when the command has no more."""
        self._skip_blanks()
        value = bytearray()
        while self._here() not in (b"", b"\n", b";") and self._here() not in _BLANKS:
            self._take(value)
        return self._decoded(bytes(value))

    def at_end(self) -> bool:
        """Whether nothing is left of the text."""
        return not self._here()

    def skip_line(self) -> None:
        """Go on behind the next line end."""
        self._skip_comment()
        self._position += 1

    def name(self, allowed: bytes, required: bool = True):
        """An argument of allowed characters; None when there is none and none is required."""
        name = self.argument()
        if not name:
            return self.fail("a name is missing") if required else None
        if not all(character in allowed for character in name.encode()):
            self.fail("'%s' is not a name (letters, digits and _)" % name)
        return name

    def end_of_command(self) -> None:
        """Nothing may follow."""
        rest = self.argument()
        if rest:
            self.fail("'%s' is one argument too many" % rest)
        if self._here() == b";":
            self._position += 1

    def _here(self) -> bytes:
        return self._text[self._position : self._position + 1]

    def _skip_blanks(self) -> None:
        while self._here() and self._here() in _BLANKS:
            self._position += 1

    def _skip_comment(self) -> None:
        while self._here() not in (b"", b"\n"):
            self._position += 1

    def _take(self, value: bytearray) -> None:
        """Append what stands here, a piece of an argument, to `value`."""
        here = self._here()
        if here == b"#":
            self._skip_comment()
        elif here in (b"'", b'"'):
            self._take_quoted(value, here)
        elif here == b"\\":
            self._take_escaped(value)
        else:
            value.extend(here)
            self._position += 1

    def _take_quoted(self, value: bytearray, quote: bytes) -> None:
        opened = self._position
        self._position += 1
        while self._here() != quote:
            if not self._here():
                self._position = opened
                self.fail("the quote %s is not closed" % quote.decode())
            if quote == b'"' and self._here() == b"\\":
                self._take_escaped(value)
            else:
                value.extend(self._here())
                self._position += 1
        self._position += 1

    def _take_escaped(self, value: bytearray) -> None:
        self._position += 1
        if self._text[self._position : self._position + 2] == b"\r\n":
            self._position += 1
        if self._here() != b"\n":
            value.extend(self._here())
        self._position += 1

    def _decoded(self, text: bytes) -> str:
        try:
            return text.decode()
        except UnicodeError:
            self.fail("not UTF-8 text")
