# SPDX-License-Identifier: GPL-2.0-or-later
"""Options and words of a command line, as getopt(3) reads them; and output that nobody reads."""

import sys

from mag_lite.system import sockets


class UsageError(ValueError):
    """The command line is not understood; the text says what is wrong with it."""


class CommandLine:
    """`options` is a dict by letter (True, or the option's value), `words` what remains.

    `flags` are the letters of options without a value, `values` of those with one.  Options may
    stand before, between and after the words; `--` ends them.
    """

    def __init__(self, arguments, flags: str, values: str):
        self.options = {}
        self.words = []
        rest = list(arguments)
        while rest:
            argument = rest.pop(0)
            if argument == "--":
                self.words += rest
                return
            if argument in ("-h", "--help") and "h" in flags:
                self.options["h"] = True
            elif len(argument) > 1 and argument[0] == "-":
                self._take(argument, rest, flags, values)
            else:
                self.words.append(argument)

    def _take(self, argument, rest, flags, values):
        letter = argument[1]
        if letter in flags:
            self.options[letter] = True
            if len(argument) > 2:
                rest.insert(0, "-" + argument[2:])
        elif letter not in values:
            raise UsageError("unknown option %s" % argument)
        elif len(argument) > 2:
            self.options[letter] = argument[2:]
        elif rest:
            self.options[letter] = rest.pop(0)
        else:
            raise UsageError("option %s wants a value" % argument)


def while_read(run, argv) -> int:
    """Return run(argv), or 1 as soon as nobody reads what it prints, as with `| head`."""
    buffered = not sockets.MICROPYTHON
    try:
        status = run(argv)
        if buffered:
            sys.stdout.flush()
        return status
    except OSError as error:
        if error.errno != sockets.EPIPE:
            raise
        if buffered:
            sys.stdout = None  # or it tries once more in the end
        return 1
