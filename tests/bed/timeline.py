# SPDX-License-Identifier: GPL-2.0-or-later
"""The live time line: who did what, and when."""

import os

_COLOURS = {
    "mn1": "33", "mn2": "33", "ap1": "36", "ap2": "35", "anchor": "32", "demo": "1",
    "good": "32", "bad": "31", "dim": "2", "title": "1",
}
# hostapd's and wpa_supplicant's events that tell the story, in plain words.
_WORDS = {
    "SME:": None,
    "CTRL-EVENT-CONNECTED": "associated; keys are in place",
    "CTRL-EVENT-EAP-STARTED": "EAP begins",
    "CTRL-EVENT-EAP-SUCCESS": "EAP succeeded",
    "CTRL-EVENT-EAP-FAILURE": "EAP failed",
    "CTRL-EVENT-DISCONNECTED": "disconnected",
    "AP-STA-CONNECTED": "station authorised",
    "AP-STA-DISCONNECTED": "station gone",
}
_PHONES_ONLY = ("SME:", "CTRL-EVENT-CONNECTED", "CTRL-EVENT-DISCONNECTED")
_SIGNALLING = ("PBU", "PBA", "BRI", "BRA", "Binding Error", "UPN", "UPA", "Heartbeat")
_KERNEL = ("route", "neigh", "rule", "link", "nft")
_KERNEL_OWN = (" fe80:", " ff00:", " ff02:", " 0.0.0.0 ", "dev eth", "at None", " DOWN")
_LINK_NEWS = ("added: pmip0", "added: lma", "removed: pmip", "removed: lma")
_AIR = ("ARP request", "ARP reply")


class Timeline:
    """Prints events as lines "t+ms  who  what"; t counts from construction or `mark()`."""

    def __init__(self, bssids: dict, started: float):
        self.bssids = bssids    # {BSSID: name of the access point}
        self.zero = started
        self.colour = os.environ.get("PMIP_COLOUR") == "1"
        self._last = None

    def paint(self, style: str, text: str) -> str:
        """`text` in the colour of `style`, when colours are wanted."""
        if not self.colour or style not in _COLOURS:
            return text
        return f"\033[{_COLOURS[style]}m{text}\033[0m"

    def title(self, text: str):
        """A heading."""
        print("\n" + self.paint("title", text), flush=True)

    def line(self, time: float, actor: str, text: str):
        """One line of the time line; `time` is monotonic ms."""
        if (actor, text) == self._last:
            return
        self._last = actor, text
        stamp = self.paint("dim", f"{time - self.zero:10.1f} ms")
        print(f"{stamp}  {self.paint(actor, f'{actor:<6}')}  {text}", flush=True)

    def event(self, event):
        """Print a Watch's event when it belongs to the story."""
        text = self._words(event)
        if text:
            self.line(event.time, event.actor, text)

    def _words(self, event):
        if event.kind in _SIGNALLING:
            return self._signalling(event)
        if event.kind in _KERNEL:
            return self._kernel(event)
        if event.kind.startswith("DHCP") or event.kind in _AIR or event.kind == "say":
            return event.text
        if event.kind not in _WORDS or (event.kind in _PHONES_ONLY) != event.actor.startswith("mn"):
            return None
        if event.kind == "SME:":
            return self._name(event.text, "turns to {}")
        return self._name(event.text, _WORDS[event.kind])

    def _name(self, text, words):
        for bssid, name in self.bssids.items():
            if bssid in text:
                return words.format(name) if "{}" in words else f"{words} ({name})"
        return words

    @staticmethod
    def _signalling(event):
        if event.actor == "anchor":
            return None     # the access point shows the same message, 10 ms apart
        outgoing = event.kind in ("PBU", "BRA", "UPA")
        return ("--> " if outgoing else "<-- ") + event.text

    @staticmethod
    def _kernel(event):
        if event.kind == "link" and not any(part in event.text for part in _LINK_NEWS):
            return None
        if any(part in event.text for part in _KERNEL_OWN):
            return None
        return "kernel: " + event.text
