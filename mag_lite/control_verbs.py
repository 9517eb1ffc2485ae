# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon answers on its control socket; each verb is one method."""

from mag_lite import VERSION
from mag_lite.core.binding_update_list import printable
from mag_lite.executor import stage_times
from mag_lite.lease_file import host_name
from mag_lite.system import forwarding
from mag_lite.wire.address import format_address, format_mac, format_prefix, parse_mac


class ControlVerbs:
    """Answers requests {"verb": ..., arguments}; ValueError tells the user what is wrong."""

    def __init__(self, daemon):
        self._daemon = daemon

    def answer(self, request: dict) -> dict:
        """Return the answer to `request`; ValueError for what cannot be understood or done.

        Spans are in s but for the `stages` of an attach and round trips (ms), MTUs in octets.
        """
        verb = request.get("verb")
        handler = _VERBS.get(verb) if isinstance(verb, str) else None
        if handler is None:
            raise ValueError("unknown verb; known: %s" % ", ".join(sorted(_VERBS)))
        return handler(self, request)

    def _status(self, request):
        daemon = self._daemon
        gateway = daemon.gateway
        return {
            "version": VERSION,
            "uptime": (daemon.loop.now() - daemon.started_at) // 1000,
            "timestamps": gateway.sender.clock_offset is not None,
            "clients": len([b for b in gateway.bindings if b.forwarded]),
            "local_routing": daemon.configuration.local_routing,
            "access": [self._access(device) for device in sorted(daemon.configuration.access)],
            "anchors": [self._anchor(anchor) for anchor in daemon.configuration.anchors],
        }

    def _overview(self, request):
        """All that a page shows that is asked for every few seconds, in one answer."""
        overview = {
            "status": self._status({}),
            "clients": self._clients({})["clients"],
            "sessions": self._daemon.history.course(self._daemon.loop.now()),
        }
        if request.get("mac") is not None:
            overview.update(self._of_late(_mac(request)))
        return overview

    def _access(self, device):
        links = self._daemon.links
        return {"device": device, "present": links.is_open(device),
                "hostapd": links.access_point(device).connected}

    def _anchors(self, request):
        return {"anchors": [self._anchor(a) for a in self._daemon.configuration.anchors]}

    def _anchor(self, anchor):
        daemon = self._daemon
        gateway = daemon.gateway
        ready = daemon.transport.is_ready(anchor)
        when, round_trip = gateway.registration.last_answers.get(anchor.index, (None, None))
        _, asked, heartbeat = gateway.heartbeat.asked.get(anchor.index, (None, None, None))
        return {
            "name": anchor.name, "address": format_address(anchor.address),
            "local": format_address(anchor.local) if ready else None,
            "encapsulation": anchor.encapsulation,
            "mtu": daemon.forwarding.tunnel_mtu(anchor.index) if ready else None,
            "clients": len([binding for binding in gateway.bindings
                            if binding.anchor is anchor and binding.forwarded]),
            "answered": None if when is None else (daemon.loop.now() - when) // 1000,
            "round_trip": round_trip,
            "probed": None if asked is None else (daemon.loop.now() - asked) // 1000,
            "heartbeat": heartbeat,
            "trial": gateway.trial and gateway.trial.answers.get(anchor.index),
            "received": _packets(anchor, "rx"),
            "sent": _packets(anchor, "tx"),
        }

    def _clients(self, request):
        wanted = _mac(request) if request.get("mac") is not None else None
        bindings = [binding for binding in self._daemon.gateway.bindings
                    if wanted in (None, binding.mac)]
        if not bindings:
            return {"clients": []}
        from mag_lite.system import stations

        heard = stations.stations([bss for section in self._daemon.configuration.access.values()
                                   for bss in section.bss])
        clients = [self._client(binding, heard.get(binding.mac)) for binding in bindings]
        if wanted is not None:
            clients[0].update(self._of_late(wanted))
        return {"clients": clients}

    def _of_late(self, mac):
        """What has become of a station."""
        history = self._daemon.history
        return {"events": history.events(mac, self._daemon.loop.now()),
                "counters": history.counts(mac)}

    def _client(self, binding, heard):
        now = self._daemon.loop.now()
        stages = stage_times(binding.stages)
        return {
            "mac": format_mac(binding.mac),
            "identity": printable(binding.mn_identifier),
            "host_name": host_name(binding.host_name),
            "interface": binding.interface,
            "state": binding.state,
            "reason": binding.reason,
            "address": format_address(binding.home_address) if binding.home_address else None,
            "prefix_length": binding.prefix_length,
            "router": format_address(binding.default_router) if binding.has_ipv4 else None,
            "prefixes": [format_prefix(prefix) for prefix in binding.home_network_prefixes],
            "anchor": format_address(binding.anchor.address),
            "service": printable(binding.service),
            "gre_keys": list(binding.keys) if binding.keys else None,
            "attached": (now - binding.attached_at) // 1000,
            "lifetime": binding.lifetime // 1000,
            "remaining": max(binding.expires_at - now, 0) // 1000 if binding.forwarded else 0,
            "stages": stages,
            "gap": stages[0][1] if stages and stages[0][0] == "in all" else None,
            "signal": heard and heard.signal,
            "octets_up": heard and heard.up,
            "octets_down": heard and heard.down,
        }

    def _stats(self, request):
        return {"counters": self._daemon.gateway.counters.values}

    def _attach(self, request):
        mac, identity = _mac(request), request.get("identity")
        if mac[0] & 1 or not any(mac):
            raise ValueError("%s is no station's address" % request["mac"])
        if not isinstance(identity, str) or not identity:
            raise ValueError("identity must be what the station has authenticated as")
        self._daemon.attach(self._external(request.get("device")), mac, identity.encode())
        return {}

    def _external(self, wanted):
        found = [device for device, access in self._daemon.configuration.access.items()
                 if access.identity == "external" and wanted in (None, device)]
        if len(found) != 1:
            raise ValueError("device must be an access device with option identity 'external'")
        return found[0]

    def _detach(self, request):
        if not self._daemon.detach(_mac(request)):
            raise ValueError("there is no client %s" % request["mac"])
        return {}

    def _probe(self, request):
        self._daemon.probe()
        return {}

    def _reload(self, request):
        return {"problems": self._daemon.reload()}

    def _stop(self, request):
        self._daemon.stop()
        return {}

    def _flush(self, request):
        self._daemon.flush()
        return {}

    def _clock(self, request):
        if request.get("synchronised") not in (True, False):
            raise ValueError("synchronised must be true or false")
        self._daemon.clock.set_synchronised(request["synchronised"])
        return {}


def _packets(anchor, direction):
    """How many packets the tunnel to the anchor has carried; None if there is no tunnel."""
    try:
        with open("/sys/class/net/%s/statistics/%s_packets" % (
                forwarding.device(anchor.index), direction)) as file:
            return int(file.read())
    except OSError:
        return None


def _mac(request):
    text = request.get("mac")
    if not isinstance(text, str):
        raise ValueError("mac must be a MAC address such as 02:00:00:00:01:01")
    return parse_mac(text)


_VERBS = {
    "status": ControlVerbs._status,
    "overview": ControlVerbs._overview,
    "clients": ControlVerbs._clients,
    "anchors": ControlVerbs._anchors,
    "stats": ControlVerbs._stats,
    "attach": ControlVerbs._attach,
    "detach": ControlVerbs._detach,
    "probe": ControlVerbs._probe,
    "reload": ControlVerbs._reload,
    "stop": ControlVerbs._stop,
    "flush": ControlVerbs._flush,
    "clock": ControlVerbs._clock,
}
