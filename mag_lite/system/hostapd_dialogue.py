# SPDX-License-Identifier: GPL-2.0-or-later
"""Talking with hostapd over one connection to its control socket.

hostapd may run as another user and must be able to answer us: our end has an abstract name, which
has no permissions.  It is connected, so that nobody else can send to it.
"""

import socket

from mag_lite.system import sockets
from mag_lite.system.hostapd_text import parse_event

_LONGEST_MESSAGE = 4608  # hostapd's own limit is 4096
_PATIENCE = 5000  # ms for an answer
_MOST_AT_ONCE = 32
_BUSY = 100  # ms until a full socket is tried again


class Dialogue:
    """Asks one question at a time, since an answer does not say to what; hears events meanwhile.

    `on_event(event)` gets each event, `on_end(reason)` at most one call: hostapd is gone or does
    not answer, and the dialogue is closed.  OSError when nobody is at `path`.
    """

    def __init__(self, loop, path: str, on_event, on_end):
        self._loop = loop
        self._on_event = on_event
        self._on_end = on_end
        self._questions = []
        self._waiting = False
        self._timer = None
        self._socket = _connected(path)
        loop.add(self._socket.fileno(), self._receive)

    def pending(self) -> int:
        """How many questions wait for an answer."""
        return len(self._questions)

    def asks(self, question: str) -> bool:
        """Whether this very question waits for its answer."""
        return any(asked == question for asked, _ in self._questions)

    def ask(self, question: str, callback) -> None:
        """`callback(answer)` gets the answer, bytes, unless hostapd ends before."""
        self._questions.append((question, callback))
        self._send()

    def close(self) -> None:
        """Say no more; harmless when it is closed."""
        self._cancel_timer()
        self._questions = []
        if self._socket:
            self._loop.remove(self._socket.fileno())
            _take_leave(self._socket)
            self._socket.close()
            self._socket = None

    def _send(self) -> None:
        if self._waiting or not self._questions:
            return
        try:
            self._socket.send(self._questions[0][0].encode())
        except OSError as error:
            if error.errno == sockets.EAGAIN:
                self._set_timer(_BUSY, self._send)
            else:
                self._end(sockets.reason(error))
            return
        self._waiting = True
        self._set_timer(_PATIENCE, self._unanswered)

    def _unanswered(self) -> None:
        self._end("no answer")

    def _receive(self) -> None:
        # All that is there: an arrival is told by several messages, and the last one matters.
        for _ in range(_MOST_AT_ONCE):
            if not self._socket:
                return
            try:
                message = sockets.receive(self._socket, _LONGEST_MESSAGE)
            except OSError as error:
                self._end(sockets.reason(error))
                return
            if message is None:
                return
            self._understand(message)

    def _understand(self, message: bytes) -> None:
        event = parse_event(message)
        if event:
            self._on_event(event)
        elif self._waiting:
            self._waiting = False
            self._cancel_timer()
            callback = self._questions.pop(0)[1]
            callback(message)
            self._send()

    def _end(self, reason: str) -> None:
        self.close()
        self._on_end(reason)

    def _set_timer(self, delay: int, callback) -> None:
        self._cancel_timer()
        self._timer = self._loop.at(self._loop.now() + delay, callback)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._loop.cancel(self._timer)
            self._timer = None


def _connected(path: str):
    made = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
    try:
        made.bind(sockets.unix_address(""))  # the kernel chooses an abstract name
        made.connect(sockets.unix_address(path))
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made


def _take_leave(connected) -> None:
    # hostapd would else go on telling nobody, and complain about it in the system's log.
    try:
        connected.send(b"DETACH")
    except OSError:
        pass  # it is gone itself
