# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon answers on its control socket; each verb is one method."""

from lma_lite.history import MOST_EVENTS
from lma_lite.names import show_homes, show_interface, show_mn_identifier
from lma_lite.sessions import LIFETIME_UNIT
from mag_lite import VERSION
from mag_lite.wire.address import format_address, format_home, format_prefix

#: How much an overview tells, the latest first; ubus carries no more than 1 MiB.
_MOST_BINDINGS = 100
_MOST_EVENTS = 40

_DIGITS = set("0123456789abcdef.:/")  # of addresses


class ControlVerbs:
    """Answers requests {"verb": ..., arguments}; ValueError tells the user what is wrong."""

    def __init__(self, daemon):
        self._daemon = daemon

    def answer(self, request: dict) -> dict:
        """Return the answer to `request`, spans in s; ValueError for what cannot be done."""
        verb = request.get("verb")
        handler = _VERBS.get(verb) if isinstance(verb, str) else None
        if handler is None:
            raise ValueError("unknown verb; known: %s" % ", ".join(sorted(_VERBS)))
        return handler(self, request)

    def _status(self, request):
        daemon = self._daemon
        anchor = daemon.anchor
        return {
            "version": VERSION,
            "uptime": (daemon.loop.now() - daemon.started_at) // 1000,
            "restart_counter": anchor.restart_counter,
            "bindings": len(anchor.cache),
            "addresses": [
                {"address": format_address(address), "listening": daemon.listeners.is_open(address)}
                for address in anchor.configuration.addresses],
            "mags": self._mags(),
            "pools": [self._pool(pool) for pool in anchor.configuration.pools],
            "home_links": daemon.home_links.names(),
        }

    def _overview(self, request):
        """All that a page shows that is asked for every few seconds, in one answer."""
        matching = self._matching(request.get("text"))
        latest = matching[-_MOST_BINDINGS:]
        overview = {
            "status": self._status({}),
            "matching": len(matching),
            "bindings": [self._binding(binding) for binding in reversed(latest)],
            "history": self._events(_MOST_EVENTS, None),
        }
        if request.get("node") is not None:
            overview["events"] = self._events(_MOST_EVENTS, request["node"])
        return overview

    def _matching(self, text) -> list:
        """The bindings with `text` in what a person sees of them, or all."""
        wanted = _argument(text or "", "text").lower()
        bindings = list(self._daemon.anchor.cache)
        if not wanted:
            return bindings
        places = {}  # of many sessions each: whether they match
        for binding in bindings:
            place = binding.proxy_care_of_address, binding.service
            if place not in places:
                places[place] = wanted in self._visible(*place)
        numeric = set(wanted) <= _DIGITS  # else no need to write numbers out
        return [
            binding for binding in bindings
            if places[binding.proxy_care_of_address, binding.service]
            or wanted in show_mn_identifier(binding.mn_identifier).lower()
            or numeric and (wanted in show_interface(binding.link_layer_identifier)
                            or wanted in show_homes(binding.home_addresses()))]

    def _visible(self, mag, service):
        return "%s %s %s" % (
            format_address(mag), service.name.lower(),
            self._daemon.anchor.configuration.mags.get(mag, "").lower())

    def _mags(self):
        """The gateways, with their tunnels and the number of their sessions."""
        anchor = self._daemon.anchor
        sessions = {}
        for binding in anchor.cache:
            mag = binding.proxy_care_of_address
            sessions[mag] = sessions.get(mag, 0) + (0 if binding.deregistered else 1)
        now, devices = self._daemon.loop.now(), self._daemon.devices()
        names = anchor.configuration.mags
        return [
            {
                "name": names[mag],
                "address": format_address(mag),
                "heard": (now - anchor.heard[mag]) // 1000 if mag in anchor.heard else None,
                "sessions": sessions.get(mag, 0),
                "tunnels": sorted([
                    devices[tunnel] for tunnel in devices if tunnel.mag == mag]),
            }
            for mag in sorted(names, key=lambda mag: (names[mag], len(mag), mag))
        ]

    def _pool(self, pool):
        service = self._daemon.anchor.policy.services[pool.name]
        shown = {"name": pool.name, "service": pool.selection.decode()}
        if pool.network:
            shown["network"] = format_prefix((pool.network, pool.prefix_length))
            shown["router"] = format_address(pool.router)
            shown["used"] = service.addresses.used
            shown["capacity"] = service.addresses.capacity
        if pool.prefix:
            shown["prefix"] = format_prefix(pool.prefix)
            shown["prefixes_used"] = service.prefixes.used
            shown["prefixes_capacity"] = service.prefixes.capacity
        return shown

    def _bindings(self, request):
        return {"bindings": [self._binding(binding) for binding in self._selected(request)]}

    def _selected(self, request) -> list:
        """The bindings of the mobile node that the request names, or all."""
        wanted = request.get("node")
        return [binding for binding in self._daemon.anchor.cache
                if wanted in (None, show_mn_identifier(binding.mn_identifier))]

    def _binding(self, binding):
        now = self._daemon.loop.now()
        return {
            "node": show_mn_identifier(binding.mn_identifier),
            "interface": show_interface(binding.link_layer_identifier),
            "technology": binding.access_technology,
            "address": _text(binding.ipv4_home_address),
            "prefixes": [format_prefix(prefix) for prefix in binding.home_network_prefixes],
            "pool": binding.service.name,
            "mag": format_address(binding.proxy_care_of_address),
            "local": format_address(binding.tunnel.local),
            "encapsulation": binding.tunnel.encapsulation,
            "gre_keys": list(binding.keys) if binding.keys else None,
            "device": self._daemon.devices().get(binding.tunnel),
            "state": "deregistered" if binding.deregistered else "registered",
            "since": (now - binding.since) // 1000,
            "lifetime": binding.lifetime * LIFETIME_UNIT // 1000,
            "remaining": max(binding.expires - now, 0) // 1000,
        }

    def _history(self, request):
        return {"events": self._events(MOST_EVENTS, request.get("node"))}

    def _events(self, most, node):
        now = self._daemon.loop.now()
        return [
            {
                "age": (now - each.when) // 1000,
                "event": each.event,
                "node": show_mn_identifier(each.mn_identifier),
                "interface": show_interface(each.link_layer_identifier),
                "homes": [format_home(home) for home in each.homes],
                "mag": format_address(each.mag),
                "former": _text(each.former),
                "reason": each.reason,
            }
            for each in self._daemon.anchor.history.latest(most, node)
        ]

    def _check(self, request):
        return {"problems": [
            {"level": level, "text": text} for level, text in self._daemon.check()]}

    def _stats(self, request):
        return {"counters": {name: count for name, count in self._daemon.anchor.counters.items()}}

    def _revoke(self, request):
        _argument(request.get("node"), "node")
        found = {binding.mn_identifier for binding in self._selected(request)}
        if not found:
            raise ValueError("there is no binding of %s" % request["node"])
        return {"sessions": sum([self._daemon.revoke(node) for node in found])}

    def _reload(self, request):
        return {"problems": self._daemon.reload()}

    def _stop(self, request):
        self._daemon.stop()
        return {}

    def _flush(self, request):
        self._daemon.flush()
        return {}


def _argument(value, name):
    if not isinstance(value, str):
        raise ValueError("%s must be text" % name)
    return value


def _text(address):
    return None if address is None else format_address(address)


_VERBS = {
    "status": ControlVerbs._status,
    "overview": ControlVerbs._overview,
    "history": ControlVerbs._history,
    "check": ControlVerbs._check,
    "bindings": ControlVerbs._bindings,
    "stats": ControlVerbs._stats,
    "revoke": ControlVerbs._revoke,
    "reload": ControlVerbs._reload,
    "stop": ControlVerbs._stop,
    "flush": ControlVerbs._flush,
}
