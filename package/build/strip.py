# SPDX-License-Identifier: GPL-2.0-or-later
"""Python source as an access point gets it: without comments, docstrings, annotations, empty lines
and spaces beside operators, and with one space a level.

They are a third of the text, and an access point would read them at every start.
"""

import ast
import io
import tokenize

_LICENCE = "# SPDX-License-Identifier: "


def strip(source: str) -> str:
    """Return `source` with comments (but for the licence), docstrings and annotations gone."""
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(_LICENCE):
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    tree = ast.parse(source)
    for row, begin, end in sorted(_annotations(tree, lines), reverse=True):
        lines[row - 1] = lines[row - 1][:begin] + lines[row - 1][end:]
    for text in docstrings(tree):
        for number in range(text.lineno, text.end_lineno + 1):
            lines[number - 1] = ""
    for row, depth in _depths(source).items():
        line = lines[row - 1].lstrip(" ")
        lines[row - 1] = " " * depth + line if line else ""
    return _without_spaces(_without_empty_lines("\n".join(lines)))


def _without_empty_lines(source: str) -> str:
    """Return `source` without the empty lines, but for those of texts."""
    inside = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        inside.update(range(token.start[0] + 1, token.end[0] + 1))
    return "".join(line + "\n" for number, line in enumerate(source.split("\n"), 1)
                   if line.strip() or number in inside)


def _without_spaces(source: str) -> str:
    """Return `source` without the spaces beside operators and brackets."""
    lines, before, spare = source.split("\n"), None, []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if before and before.end[0] == token.start[0] and before.end[1] < token.start[1] and (
                tokenize.OP in (before.type, token.type)):
            spare.append((token.start[0], before.end[1], token.start[1]))
        before = token if token.string.strip() else None
    for row, begin, end in reversed(spare):
        lines[row - 1] = lines[row - 1][:begin] + lines[row - 1][end:]
    return "\n".join(lines)


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


def _annotations(tree, lines) -> list:
    """[(number of the line, first column, column behind it) of each annotation of a function]"""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    arguments = [argument for function in functions for argument in ast.walk(function.args)
                 if isinstance(argument, ast.arg) and argument.annotation]
    returns = [function.returns for function in functions if function.returns]
    return [(each.lineno, each.col_offset + len(each.arg), each.annotation.end_col_offset)
            for each in arguments] + [
        (each.lineno, lines[each.lineno - 1].rindex(")", 0, each.col_offset) + 1,
         each.end_col_offset) for each in returns]


def docstrings(tree) -> list:
    """The statements of a syntax tree that are docstrings and not all of a body."""
    return [node.body[0] for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and len(node.body) > 1 and _is_text(node.body[0])]


def _is_text(statement) -> bool:
    return (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str))
