# SPDX-License-Identifier: GPL-2.0-or-later
"""JavaScript without its comments, indentation and empty lines; statements stay on their lines."""

import re

#: Strings, comments, and regular expressions, which begin where no value has just ended.
_TOKEN = re.compile(
    r"""(?P<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<regex>(?<=[(,=:!&|?{};\[\n])[ ]?/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/)""",
    re.DOTALL)


def minify(source: str) -> str:
    """Return `source` shorter; its first line may be a licence, which is kept."""
    licence, _, rest = source.partition("\n")
    short = _TOKEN.sub(lambda found: "" if found["comment"] else found[0], rest)
    lines = [line.strip() for line in short.split("\n")]
    return "\n".join([licence] + [line for line in lines if line]) + "\n"
