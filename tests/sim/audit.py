# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether what a node holds fits together: its core's lists, its timers, journal and kernel."""

from anchor_node import BLACKHOLE
from octets import version_of
from world import Violation, show

from lma_lite.revocation import REVOCATION
from lma_lite.sessions import SESSION
from lma_lite.waiting import WAITING
from mag_lite import journal_record
from mag_lite.core.binding_update_list import (
    ACTIVE,
    DENIED,
    DEREGISTERING,
    IDLE,
    REFRESHING,
    REGISTERING,
)

_SERVING = (ACTIVE, REFRESHING)


def audit_gateway(node):
    """Kernel, journal and timers hold what the Binding Update List wants, and nothing else."""
    gateway = node.core
    forwarded = [binding for binding in gateway.bindings if binding.forwarded]
    for binding in forwarded:
        if any(not node.kernel.serves(
                binding.interface, binding.mac, home, binding.anchor.index)
               for home in binding.forwarded):
            raise Violation("%s does not forward for %s" % (node.name, binding))
        if any(node.kernel.keys.get((binding.anchor.index, home)) != binding.keys
               for home in binding.forwarded):
            raise Violation("%s: the kernel has other GRE keys of %s" % (node.name, binding))
        kept = node.journal.get(journal_record.key(binding))
        if kept is None:
            raise Violation("%s: %s is not in the journal" % (node.name, binding))
        copy = journal_record.binding(kept, node.configuration)
        # What is given back stays there until the session has been refreshed without it.
        wanted = tuple([home for home in copy.homes if version_of(home) in binding.ip_versions])
        if binding.homes not in (copy.homes, wanted):
            raise Violation("%s: the journal has other homes of %s" % (node.name, binding))
        for field in ("expires_at", "lifetime", "mn_identifier", "anchor", "keys"):
            if getattr(copy, field) != getattr(binding, field):
                raise Violation("%s: the journal has another %s of %s" % (
                    node.name, field, binding))
    if not node.kernel.is_whole(sum([len(binding.forwarded) for binding in forwarded])):
        raise Violation("%s: objects are left in the kernel" % node.name)
    if len(node.kernel.keys) != sum([len(binding.forwarded) for binding in forwarded
                                     if binding.keys]):
        raise Violation("%s: GRE keys are left in the kernel" % node.name)
    downlink = [binding.downlink_key for binding in forwarded if binding.keys]
    if len(set(downlink)) != len(downlink):
        raise Violation("%s: two sessions have one downlink key" % node.name)
    if len(node.journal) != len({binding.mac for binding in forwarded}):
        raise Violation("%s: records are left in the journal" % node.name)
    for binding in gateway.bindings:
        _audit_binding(node, binding)
    for purpose, station in gateway.timers._live:
        if purpose != "keepalive" and gateway.bindings.get(*station) is None:
            raise Violation("%s: timer %s of nobody is left" % (node.name, purpose))
    for station in gateway.presence._waiting:
        if gateway.bindings.get(*station) is None:
            raise Violation("%s: somebody waits for nobody" % node.name)


#: For a binding in each state: the timers of which one of each group must run, and those that may.
_TIMERS = {
    IDLE: ((), ("refresh", "presence")),
    REGISTERING: ((("retransmit", "presence"),), ("refresh", "retransmit", "presence")),
    ACTIVE: ((("expiry",), ("refresh", "presence")), ("expiry", "refresh", "presence")),
    REFRESHING: ((("expiry",), ("retransmit", "presence")),
                 ("expiry", "refresh", "retransmit", "presence")),
    DEREGISTERING: ((("retransmit",),), ("refresh", "retransmit", "presence")),
    DENIED: ((), ("refresh", "retransmit", "presence")),
}


def _audit_binding(node, binding):
    timers = node.core.timers
    running = tuple([purpose for purpose in ("expiry", "presence", "refresh", "retransmit")
                     if (purpose, binding.key) in timers])
    if (("advertise", binding.key) in timers) != binding.has_ipv6:
        raise Violation("%s: %s is not advertised to in time, or without cause" % (
            node.name, binding))
    needed, allowed = _TIMERS[binding.state]
    if binding.state == REFRESHING and not binding.outstanding:
        needed = (("expiry",), ("refresh", "presence"))  # taken up again, to have prefixes besides
    if node.hostile and not binding.outstanding:
        needed = ()  # it was answered nonsense, and must not repeat itself
    if not set(running) <= set(allowed) or any(not set(group) & set(running) for group in needed):
        raise Violation("%s: %s is %s with the timers %s" % (
            node.name, binding, binding.state, running))
    if (binding.state in _SERVING) != (binding.forwarded is not None):
        raise Violation("%s: %s is %s but forwarded as %s" % (
            node.name, binding, binding.state, binding.forwarded))
    if not binding.attached and binding.state != DEREGISTERING and "presence" not in running:
        raise Violation("%s: %s is kept though it is gone" % (node.name, binding))


def audit_anchor(node):
    """Kernel, journal, pool and timers hold what the Binding Cache wants, and nothing else."""
    anchor = node.core
    entries = list(anchor.cache)
    homes = [(home, entry) for entry in entries for home in entry.home_addresses()]
    wanted = {home: BLACKHOLE if entry.deregistered else entry.tunnel for home, entry in homes}
    if len(wanted) != len(homes):
        twice = [home for home, _ in homes if len([1 for other, _ in homes if other == home]) > 1]
        raise Violation("%s: two sessions have %s" % (
            node.name, [(show(home), entry.number) for home, entry in homes if home in twice]))
    if node.routes != wanted:
        raise Violation("%s: the kernel's routes are not those of the sessions" % node.name)
    if node.keys != {home: entry.keys for home, entry in homes
                     if entry.keys and not entry.deregistered}:
        raise Violation("%s: the kernel's GRE keys are not those of the sessions" % node.name)
    if set(node.journal) != {str(entry.number) for entry in entries}:
        raise Violation("%s: the journal is not that of the sessions" % node.name)
    used = {entry.tunnel for entry in entries if not entry.deregistered}
    if used != set(anchor.sessions.tunnels()) or not used <= node.devices:
        raise Violation("%s: the tunnels are not those of the sessions" % node.name)
    pools = [pool for service in anchor.policy.services.values()
             for pool in (service.addresses, service.prefixes) if pool]
    held = sum([pool.used for pool in pools])
    if held != len(homes):
        raise Violation("%s: %d addresses are held for %d in use" % (node.name, held, len(homes)))
    timers = {(SESSION, entry.number) for entry in entries}
    timers |= {(REVOCATION, number) for number in anchor._revocations._by_sequence}
    timers |= {(WAITING, key) for key in anchor._registration._waiting._updates}
    if set(anchor._timers._live) != timers:
        raise Violation("%s: timers are left" % node.name)
