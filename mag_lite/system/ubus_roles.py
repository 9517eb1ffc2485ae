# SPDX-License-Identifier: GPL-2.0-or-later
"""What a client of ubus is to others: the owner of an object, a listener, a subscriber.

Each has an object at ubusd: `description()` is what ubusd is told of it, `added(ubus, number)`
is called when ubusd has confirmed it, `called(request)` with what is sent to it.
"""

from mag_lite.system import blobmsg
from mag_lite.system import ubus_message as message
from mag_lite.system.blobmsg import attribute, attribute_text, attribute_u32, u32

_OBJECT_ADDED = "ubus.object.add"
_OBJECT_REMOVED = "ubus.object.remove"
_KINDS = {blobmsg.STRING: str, blobmsg.INT32: int, blobmsg.TABLE: dict, blobmsg.ARRAY: list}


def matches(pattern: str, name: str) -> bool:
    """Whether `name` is `pattern`, whose last character may be a `*` for any rest."""
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern


class Published:
    """An object with a name; see Ubus.publish."""

    def __init__(self, name: str, methods: dict, handler):
        self.name = name
        self._methods = methods
        self._handler = handler

    def description(self) -> bytes:
        return attribute_text(message.A_OBJECT_PATH, self.name) + attribute(
            message.A_SIGNATURE, blobmsg.encode(self._methods))

    def added(self, ubus, number: int) -> None:
        pass

    def called(self, request) -> None:
        declared = self._methods.get(request.method)
        if declared is None:
            request.end(message.METHOD_NOT_FOUND)
        elif not _fit(request.arguments, declared):
            request.end(message.INVALID_ARGUMENT)
        else:
            self._handle(request)

    def _handle(self, request):
        broken = True
        try:
            self._handler(request)
            broken = False
        finally:
            if broken:
                request.end(message.UNKNOWN_ERROR)  # the caller need not wait


class Listener:
    """Hears events, and looks for the objects of `watchers` when it hears of them."""

    name = None

    def __init__(self):
        self.wanted = []  # (pattern, callback)
        self.watchers = []
        self._ubus = None

    def description(self) -> bytes:
        return b""

    def added(self, ubus, number: int) -> None:
        self._ubus = ubus
        patterns = {pattern for pattern, _ in self.wanted}
        if self.watchers:
            patterns |= {_OBJECT_ADDED, _OBJECT_REMOVED}
        signed = number - (1 << 32) if number >> 31 else number  # must go as 32 bits
        for pattern in sorted(patterns):
            ubus.call_events("register", {"object": signed, "pattern": pattern})
        # After that: what comes meanwhile is heard of.
        for watcher in self.watchers:
            watcher.look(ubus)

    def called(self, request) -> None:
        if request.peer:
            return  # only ubusd tells events
        for pattern, callback in self.wanted:
            if matches(pattern, request.method):
                callback(request.method, request.arguments)
        if request.method in (_OBJECT_ADDED, _OBJECT_REMOVED):
            self._object_event(request.method == _OBJECT_ADDED, request.arguments)

    def _object_event(self, present, values):
        name, number = values.get("path"), values.get("id")
        if isinstance(name, str) and isinstance(number, int):
            for watcher in self.watchers:
                watcher.changed(self._ubus, name, number & 0xFFFFFFFF, present)


class Watcher:
    """Follows objects; see Ubus.watch."""

    name = None

    def __init__(self, pattern: str, on_presence, on_notification):
        self._pattern = pattern
        self._on_presence = on_presence
        self._on_notification = on_notification
        self._number = None
        self._known = set()

    def description(self) -> bytes:
        return b""

    def added(self, ubus, number: int) -> None:
        self._number = number

    def look(self, ubus) -> None:
        """Find the objects that are there, of a ubusd that is new to us."""
        self._known = set()

        def found(attributes):
            name = blobmsg.text(attributes.get(message.A_OBJECT_PATH))
            self.changed(ubus, name, u32(attributes.get(message.A_OBJECT)), True)

        ubus.ask(message.LOOKUP, attribute_text(message.A_OBJECT_PATH, self._pattern), found)

    def changed(self, ubus, name: str, number: int, present: bool) -> None:
        """An object is there, or is not any more."""
        if not matches(self._pattern, name) or (number in self._known) == present:
            return
        if present:
            self._known.add(number)
            if self._on_notification:
                ubus.ask(message.SUBSCRIBE, attribute_u32(message.A_OBJECT, self._number)
                         + attribute_u32(message.A_TARGET, number))
        else:
            self._known.discard(number)
        if self._on_presence:
            self._on_presence(name, present)

    def called(self, request) -> None:
        request.end(message.OK)
        if self._on_notification and request.peer:
            self._on_notification(request.method, request.arguments)


def _fit(arguments, declared):
    """Whether the arguments have the types that their method has declared."""
    for name, kind in declared.items():
        value = arguments.get(name)
        if value is None:
            continue
        is_boolean = value is True or value is False
        if is_boolean != (kind == blobmsg.BOOLEAN):
            return False
        if not is_boolean and not isinstance(value, _KINDS[kind]):
            return False
    return True
