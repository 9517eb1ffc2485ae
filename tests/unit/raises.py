# SPDX-License-Identifier: GPL-2.0-or-later
"""`with raises(ValueError) as caught: ...` for tests that run on CPython and MicroPython."""


class raises:  # noqa: N801 - reads as a statement
    """Expect `error` (an exception class) from the block; keep it as `.error`."""

    def __init__(self, error):
        self.expected = error
        self.error = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        assert kind is not None, "%s was not raised" % self.expected.__name__
        if not issubclass(kind, self.expected):
            return False
        self.error = error
        return True
