# SPDX-License-Identifier: GPL-2.0-or-later
"""UCI configuration text from Python values."""


def _quoted(value):
    return "'%s'" % str(value).replace("'", "'\\''")


def uci(*sections) -> str:
    """Text of the sections, each (type, name or None, {option: value or list of values})."""
    lines = []
    for kind, name, options in sections:
        lines.append(f"config {kind}" + (f" {_quoted(name)}" if name else ""))
        for option, value in options.items():
            if isinstance(value, list):
                lines += [f"\tlist {option} {_quoted(item)}" for item in value]
            else:
                lines.append(f"\toption {option} {_quoted(value)}")
        lines.append("")
    return "\n".join(lines)
