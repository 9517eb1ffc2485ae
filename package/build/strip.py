# SPDX-License-Identifier: GPL-2.0-or-later
"""Python source as an access point gets it: without comments and docstrings, on the same lines,
and with one space a level.

They are a third of the text, and an access point would read them at every start.  Line numbers
stay, so that a traceback in its log fits the source.
"""

import ast
import io
import tokenize

_LICENCE = "# SPDX-License-Identifier: "


def strip(source: str) -> str:
    """Return `source` with its comments (but for the licence) and docstrings gone."""
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(_LICENCE):
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for text in docstrings(ast.parse(source)):
        for number in range(text.lineno, text.end_lineno + 1):
            lines[number - 1] = ""
    for row, depth in _depths(source).items():
        line = lines[row - 1].lstrip(" ")
        lines[row - 1] = " " * depth + line if line else ""
    return "\n".join(lines).rstrip() + "\n"


def _depths(source) -> dict:
    """{number of a line: how many blocks it is in}, but for lines that begin inside a text."""
    depths, depth = {}, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if token.type not in (tokenize.INDENT, tokenize.DEDENT):
            depths.setdefault(token.start[0], depth)
        for row in range(token.start[0] + 1, token.end[0] + 1):
            depths.setdefault(row, None)
    return {row: depth for row, depth in depths.items() if depth is not None}


def docstrings(tree) -> list:
    """The statements of a syntax tree that are docstrings and not all of a body."""
    return [node.body[0] for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and len(node.body) > 1 and _is_text(node.body[0])]


def _is_text(statement) -> bool:
    return (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str))
