# SPDX-License-Identifier: GPL-2.0-or-later
"""Which stations are on the air, as hostapd says at its control socket."""

from mag_lite.system import sockets
from mag_lite.system.hostapd_dialogue import Dialogue
from mag_lite.system.hostapd_text import parse_key_management, parse_state, parse_station
from mag_lite.wire.address import format_mac

_FIRST_RETRY = 250  # ms; doubles up to the last
_LAST_RETRY = 5000
_AUTHENTICATED = (b"CTRL-EVENT-EAP-SUCCESS", b"CTRL-EVENT-EAP-SUCCESS2")
_MOST_QUESTIONS = 256


class Hostapd:
    """Tells `listener` who comes and goes at `interface`, whose socket is in `directory`.

    listener.hostapd_up(interface), listener.hostapd_down(interface, reason)
        in turn; the first of them soon after the start.  After hostapd_up the stations that are
        there already are told with station_authorized.
    listener.station_authorized(interface, mac, identity, since, transition)
        may send and receive, since that time (monotonic ms); identity is what it called itself
        in EAP (bytes): empty if hostapd does not know any more, as when the station returns with
        a cached key, and None if there was no EAP.  transition: whether it has just come from
        another access point by a key of 802.11r; None if it may have, but hostapd does not say.
        Told again when it is authorized again.
    listener.station_returned(interface, mac, since)
        is authorized again by a key of an earlier EAP; returns whether it is known who that was.
        If it is not, hostapd is asked and station_authorized told.
    listener.station_gone(interface, mac, reason)
    listener.station_seen(interface, mac)
        it answered a poll().

    With `isolate` hostapd is told to relay nothing between stations, each time that it comes up.

    While hostapd is there, nothing is asked without cause; while it is not, it is looked for
    every 0.25 s to 5 s, and upon link_changed().
    """

    def __init__(self, loop, directory: str, interface: str, listener, isolate: bool = False):
        self._loop = loop
        self._path = directory + "/" + interface
        self._interface = interface
        self._listener = listener
        self._dialogue = None
        self._isolate = isolate
        self._up = None  # nothing is known yet
        self._retry = _FIRST_RETRY
        self._describes = True  # builds without MIB do not know STA
        self._only_eap = False
        self._has_transitions = True
        self._arrivals = {}
        self._early = {}
        self._visited = []
        self._reauthenticating = set()
        self._timer = loop.at(loop.now(), self._look)

    def link_changed(self) -> None:
        """The interface went up or down or came anew: see whether hostapd is still the same."""
        if self._dialogue:
            if not self._dialogue.asks("PING"):
                self._dialogue.ask("PING", _ignore)
        else:
            self._retry = _FIRST_RETRY
            self._look_in(0)

    def query(self, mac: bytes) -> bool:
        """Have station_authorized told if this station is; whether hostapd can be asked."""
        if self._describes:
            return self._ask("STA " + format_mac(mac), self._described)

        def known(answer):
            # A frame of a station that is not authorized would not have come through.
            if answer.startswith(b"OK"):
                self._tell(mac, None, 0)

        return self._ask("POLL_STA " + format_mac(mac), known)

    def poll(self, mac: bytes) -> bool:
        """Have station_seen told if this station is in reach, or station_gone if hostapd does
        not know it; whether hostapd can be asked."""

        def polled(answer):
            if answer.startswith(b"FAIL"):
                self._listener.station_gone(self._interface, mac, "not associated")

        return self._ask("POLL_STA " + format_mac(mac), polled)

    def reauthenticate(self, mac: bytes) -> bool:
        """Have a station run EAP again, after which station_authorized is told; whether hostapd
        can be asked."""
        if len(self._reauthenticating) >= _MOST_QUESTIONS:
            self._reauthenticating = set()
        self._reauthenticating.add(mac)
        return self._ask("EAPOL_REAUTH " + format_mac(mac), _ignore)

    def remove(self, mac: bytes, tell: bool = False) -> bool:
        """Drop a station; whether hostapd can be asked.

        One that has roamed away is not told: it would take it for the new access point's word.
        """
        order = "DEAUTHENTICATE %s reason=3" % format_mac(mac)
        return self._ask(order if tell else order + " tx=0", _ignore)

    @property
    def connected(self) -> bool:
        """Whether hostapd is there, with its access point on the air."""
        return bool(self._up)

    def close(self) -> None:
        """Leave hostapd alone; once."""
        self._cancel_timer()
        self._leave()

    def _ask(self, question: str, callback) -> bool:
        if not self._up or self._dialogue.pending() >= _MOST_QUESTIONS:
            return False
        if not self._dialogue.asks(question):
            self._dialogue.ask(question, callback)
        return bool(self._up)

    # Coming and going of hostapd

    def _look(self) -> None:
        self._timer = None
        if self._dialogue:
            self._dialogue.ask("STATUS", self._judge)
            return
        try:
            self._dialogue = Dialogue(self._loop, self._path, self._happened, self._lost)
        except OSError as error:
            self._lost(sockets.reason(error))
            return
        self._dialogue.ask("ATTACH", self._attached)

    def _look_in(self, delay: int) -> None:
        self._cancel_timer()
        self._timer = self._loop.at(self._loop.now() + delay, self._look)

    def _look_later(self) -> None:
        self._look_in(self._retry)
        self._retry = min(2 * self._retry, _LAST_RETRY)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._loop.cancel(self._timer)
            self._timer = None

    def _attached(self, answer: bytes) -> None:
        if answer.startswith(b"OK"):
            self._dialogue.ask("STATUS", self._judge)
        else:
            self._lost("it does not let us listen")

    def _judge(self, answer: bytes) -> None:
        state = parse_state(answer)
        if state in ("", "ENABLED"):
            self._come_up()
        else:
            self._disabled("the access point's state is " + state)

    def _come_up(self) -> None:
        self._cancel_timer()
        self._retry = _FIRST_RETRY
        if not self._up:
            self._up = True
            self._listener.hostapd_up(self._interface)
            if self._up:
                self._keep_apart()
                self._dialogue.ask("GET_CONFIG", self._configured)
                self._dialogue.ask("STA-FIRST", self._first_described)

    def _keep_apart(self) -> None:
        """Let no station send to another by the radio, however hostapd was configured.

        hostapd tells the driver when it next updates the beacon.
        """
        if self._isolate:
            self._dialogue.ask("SET ap_isolate 1", _ignore)
            self._dialogue.ask("UPDATE_BEACON", _ignore)

    def _configured(self, answer: bytes) -> None:
        self._only_eap, self._has_transitions = parse_key_management(answer)

    def _disabled(self, reason: str) -> None:
        """hostapd may be about to end, or will enable the access point again."""
        self._go_down(reason)
        self._look_later()

    def _lost(self, reason: str) -> None:
        self._leave()
        self._go_down("no hostapd at %s: %s" % (self._path, reason))
        self._look_later()

    def _go_down(self, reason: str) -> None:
        if self._up is not False:
            self._up = False
            self._arrivals = {}
            self._early = {}
            self._visited = []
            self._reauthenticating = set()
            self._listener.hostapd_down(self._interface, reason)

    def _leave(self) -> None:
        if self._dialogue:
            self._dialogue.close()
            self._dialogue = None

    # Coming and going of stations

    def _happened(self, event) -> None:
        if event.name == b"CTRL-EVENT-TERMINATING":
            self._lost("it ended")
        elif event.name == b"AP-DISABLED":
            self._disabled("the access point is disabled")
        elif event.name == b"AP-ENABLED":
            self._look_in(0)
        elif self._up and event.mac:
            self._station_happened(event.name, event.mac, event.algorithm)

    def _station_happened(self, name: bytes, mac: bytes, algorithm: bytes) -> None:
        if name == b"AP-STA-CONNECTED":
            self._arrived(mac, self._transition(algorithm))
        elif name == b"AP-STA-DISCONNECTED":
            self._arrivals.pop(mac, None)
            self._early.pop(mac, None)
            self._listener.station_gone(self._interface, mac, "disconnected")
        elif name == b"AP-STA-POLL-OK":
            self._listener.station_seen(self._interface, mac)
        elif name in _AUTHENTICATED and mac in self._reauthenticating:
            self._reauthenticating.discard(mac)
            self.query(mac)
        elif name in _AUTHENTICATED:
            self._authenticated(mac)

    def _authenticated(self, mac: bytes) -> None:
        """Ask who it is while its keys are being agreed on: then nothing waits for the answer."""
        if len(self._early) >= _MOST_QUESTIONS:
            self._early = {}
        self._early[mac] = None

        def described(answer):
            if not self._complete(mac, answer) and mac in self._early:
                self._early[mac] = (_identity(answer),)

        self._dialogue.ask("STA " + format_mac(mac), described)

    def _complete(self, mac: bytes, answer: bytes) -> bool:
        """Tell of an arrival, now that it is known whose; False if there is none (any more)."""
        since, transition = self._arrivals.pop(mac, (None, None))
        if since is None:
            return False
        self._listener.station_authorized(
            self._interface, mac, _identity(answer), since, transition)
        return True

    def _transition(self, algorithm: bytes):
        if algorithm or not self._has_transitions:
            return algorithm == b"ft"
        return None

    def _arrived(self, mac: bytes, transition) -> None:
        """It is authorized; unless it has just authenticated, who it is must be asked for.

        Whoever has a key of ours is who authenticated here, but not who has one of 802.11r.
        """
        known = self._early.pop(mac, ())
        now = self._loop.now()
        if known:
            self._listener.station_authorized(
                self._interface, mac, known[0], now, transition)
            return
        if (known == () and self._only_eap and transition is False
                and self._listener.station_returned(self._interface, mac, now)):
            return
        self._arrivals[mac] = now, transition
        if known is None:
            return  # it has been asked for
        self._dialogue.ask("STA " + format_mac(mac), lambda answer: self._complete(mac, answer))

    def _described(self, answer: bytes) -> None:
        station = parse_station(answer)
        if station and station.authorized:  # for less than so many whole seconds and one more
            self._tell(station.mac, station.identity, station.connected + 1)

    def _first_described(self, answer: bytes) -> None:
        self._describes = not answer.startswith(b"UNKNOWN COMMAND")
        self._next_described(answer)

    def _next_described(self, answer: bytes) -> None:
        """Walk hostapd's list; where a station vanished meanwhile, go on from the one before."""
        station = parse_station(answer)
        if station and station.mac not in self._visited:
            self._visited.append(station.mac)
            self._described(answer)
        elif answer.startswith(b"FAIL") and self._visited:
            self._visited.pop()
        else:
            return
        if self._visited:
            question = "STA-NEXT " + format_mac(self._visited[-1])
            self._dialogue.ask(question, self._next_described)

    def _tell(self, mac: bytes, identity, connected: int) -> None:
        since = self._loop.now() - 1000 * connected
        self._listener.station_authorized(self._interface, mac, identity, since, False)


def _identity(answer: bytes):
    station = parse_station(answer)
    return station.identity if station else None


def _ignore(answer: bytes) -> None:
    pass
