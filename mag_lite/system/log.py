# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon says: one line each to standard error or to the system's log."""

import io
import sys

# Control characters; line separators and direction marks; half characters; byte order mark.
_UNPRINTABLE = (
    (0x00, 0x1F),
    (0x7F, 0x9F),
    (0x2028, 0x202E),
    (0x2066, 0x2069),
    (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF),
)


def printable(text: str) -> str:
    """`text` on one line: characters that end lines, steer terminals or turn the reading
    direction are escaped, so that a hostile name cannot forge what the log says."""
    return "".join([_escape(character) for character in text])


def _escape(character: str) -> str:
    number = ord(character)
    for first, last in _UNPRINTABLE:
        if first <= number <= last:
            return ("\\x%02x" if number < 0x100 else "\\u%04x") % number
    return character


class Log:
    """Writes lines "name: text" to standard error, or to a SystemLog while that takes them;
    `debug` only when `verbose`."""

    def __init__(self, name: str, verbose: bool = False, system_log=None):
        self.name = name
        self.verbose = verbose
        self._system_log = system_log

    def error(self, text: str) -> None:
        self._write("error", text)

    def warning(self, text: str) -> None:
        self._write("warning", text)

    def info(self, text: str) -> None:
        self._write("info", text)

    def debug(self, text: str) -> None:
        if self.verbose:
            self._write("debug", text)

    def at(self, level: str, text: str) -> None:
        """One line at "error", "warning", "info" or "debug"."""
        getattr(self, level)(text)

    def exception(self, error) -> None:
        """An unforeseen error, with where it happened."""
        for line in _traceback(error).rstrip().split("\n"):
            self.error(line)

    def _write(self, level: str, text: str) -> None:
        text = printable(text)
        if self._system_log and self._system_log.write(level, text):
            return
        prefix = "" if level == "info" else level + ": "
        try:
            sys.stderr.write("%s: %s%s\n" % (self.name, prefix, text))
        except OSError:
            pass  # whoever read the log is gone; that is no reason to stop forwarding


def _traceback(error) -> str:
    if hasattr(sys, "print_exception"):
        text = io.StringIO()
        sys.print_exception(error, text)
        return text.getvalue()
    import traceback

    return "".join(traceback.format_exception(error))
