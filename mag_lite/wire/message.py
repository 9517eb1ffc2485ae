# SPDX-License-Identifier: GPL-2.0-or-later
"""What all messages with options have in common."""


class OptionMessage:
    """A message: `.kind`, `.options` and the fields of its kind as attributes.

    Subclasses have `layouts`, {kind: layout}. Omitted fields are zero; ValueError for a field that
    the kind does not have or a value that does not fit.
    """

    layouts = {}

    def __init__(self, kind: int, options=(), **fields):
        self._fill(kind, list(options), self.layouts[kind].values(fields))

    @classmethod
    def received(cls, kind, options, values):
        """The message of values that come from the wire and need no checking."""
        message = object.__new__(cls)
        message._fill(kind, options, values)
        return message

    def _fill(self, kind, options, values):
        self.kind = kind
        self.options = options
        for name, value in zip(self.layouts[kind].names, values):
            setattr(self, name, value)

    @property
    def layout(self):
        """How this kind of message looks on the wire."""
        return self.layouts[self.kind]

    @property
    def name(self) -> str:
        """What the RFCs call it."""
        return self.layout.name

    def values(self):
        """The fields in the order of the wire."""
        return tuple([getattr(self, name) for name in self.layout.names])

    def option(self, number: int):
        """The first option of that number, or None."""
        for option in self.options:
            if option.number == number:
                return option
        return None

    def all(self, number: int):
        """All options of that number, in order."""
        return [option for option in self.options if option.number == number]

    def __eq__(self, other):
        return (isinstance(other, OptionMessage) and self.layout is other.layout
                and self.values() == other.values() and self.options == other.options)

    def __repr__(self):
        head = "%s [%s]" % (self.name, self.layout.show(self.values()))
        return "; ".join([head] + [str(option) for option in self.options])

    __str__ = __repr__
