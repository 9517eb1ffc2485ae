# SPDX-License-Identifier: GPL-2.0-or-later
"""Text for people at a terminal."""


def table(rows) -> list:
    """The rows (of texts, the heading first) as lines with aligned columns."""
    widths = [max([len(row[column]) for row in rows]) for column in range(len(rows[0]))]
    return ["  ".join([cell + " " * (width - len(cell)) for cell, width in zip(row, widths)]
                      ).rstrip() for row in rows]


def duration(seconds: int) -> str:
    """A time span as people write it: 45s, 12m05s, 3h20m, 4d07h."""
    if seconds < 60:
        return "%ds" % seconds
    if seconds < 3600:
        return "%dm%02ds" % (seconds // 60, seconds % 60)
    if seconds < 86400:
        return "%dh%02dm" % (seconds // 3600, seconds // 60 % 60)
    return "%dd%02dh" % (seconds // 86400, seconds // 3600 % 24)
