# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine's whole network configuration as lines of text, to compare before and after."""

import json
import time

from bed.namespace import Namespace

# What a snapshot leaves out: everything that changes by itself.
LEFT_OUT = {
    "links": "statistics, the number of carrier changes, queue details",
    "addresses": "remaining lifetimes and time stamps",
    "routes": "ages, and the kernel's cache of path MTUs",
    "neighbours": "those of wired links and multicast groups; ages and probe counts",
    "nftables": "counter values and handle numbers",
}
_ATTRIBUTES_LEFT_OUT = {
    "IFLA_STATS", "IFLA_STATS64", "IFLA_AF_SPEC", "IFLA_CARRIER_CHANGES",
    "IFLA_CARRIER_UP_COUNT", "IFLA_CARRIER_DOWN_COUNT", "IFLA_QDISC", "IFLA_LINKINFO_STATS",
    "IFA_CACHEINFO", "RTA_CACHEINFO", "NDA_CACHEINFO", "NDA_PROBES", "IFLA_EVENT", "UNKNOWN",
}
_FIELDS_LEFT_OUT = {
    "header", "event", "attrs", "value", "__align", "__pad", "change", "ifi_type", "stats",
}
_WIRED = "eth"
_IFF_UP = 0x1
_NUD_NOARP = 0x40
_RTM_F_CLONED = 0x200
_INTERFACE_ATTRIBUTES = {"RTA_OIF", "RTA_IIF", "IFLA_LINK", "NDA_IFINDEX"}


def _words(message, names) -> list:
    """The fields and attributes of a pyroute2 message as name=value."""
    words = []
    for name, value in message.items():
        if name in ("index", "ifindex"):
            value = names.get(value, value)
        if name not in _FIELDS_LEFT_OUT:
            words.append(f"{name}={value}")
    for name, value in sorted(message.get("attrs", ()), key=str):
        if name in _ATTRIBUTES_LEFT_OUT:
            continue
        if name in _INTERFACE_ATTRIBUTES:
            value = names.get(value, value)
        if isinstance(value, dict) and "attrs" in value:
            value = "{" + " ".join(_words(value, names)) + "}"
        words.append(f"{name.split('_', 1)[1].lower()}={value}")
    return words


def _mask(value):
    """An nftables JSON value without counter values and handles."""
    if isinstance(value, list):
        return [_mask(item) for item in value]
    if isinstance(value, dict):
        return {
            name: "masked" if name in ("packets", "bytes") else _mask(item)
            for name, item in value.items()
            if name != "handle"
        }
    return value


def _nftables(machine) -> list:
    ruleset = json.loads(machine.run("nft", "-j", "list", "ruleset"))["nftables"]
    lines = []
    for item in ruleset:
        for kind, value in item.items():
            if kind == "metainfo":
                continue
            elements = value.pop("elem", []) if kind in ("set", "map") else []
            where = f"{value.get('family')} {value.get('table', '')} {value.get('name', '')}"
            lines.append(f"nft {kind} {json.dumps(_mask(value), sort_keys=True)}")
            lines += [
                f"nft element of {where}: {json.dumps(_mask(element), sort_keys=True)}"
                for element in elements
            ]
    return lines


def _lags(link) -> bool:
    up = link["flags"] & _IFF_UP and link.get_attr("IFLA_CARRIER")
    return bool(up) and link.get_attr("IFLA_OPERSTATE") == "DOWN"


def _settled_links(ip) -> list:
    """All links, once the operational state of each has followed its carrier (1 s at most)."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        links = list(ip.get_links())
        if not any(map(_lags, links)):
            break
        time.sleep(0.05)
    return links


class Snapshot:
    """Links, addresses, routes, rules, neighbours, nftables, FOU ports and xfrm of `machine`."""

    def __init__(self, machine: Namespace):
        ip = machine.ip
        links = _settled_links(ip)
        names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in links}
        self.machine = machine.name
        self.lines = sorted(
            [self._line("link", link, names) for link in links]
            + [self._line("address", address, names) for address in ip.get_addr()]
            + [self._line("route", route, names) for route in self._routes(ip)]
            + [self._line("rule", rule, names) for rule in self._rules(ip)]
            + [
                self._line("neighbour", neighbour, names)
                for neighbour in ip.get_neighbours()
                if not names.get(neighbour["ifindex"], "").startswith((_WIRED, "lo"))
                and neighbour["state"] != _NUD_NOARP
            ]
            + _nftables(machine)
            + ["fou " + line for line in machine.run("ip", "fou", "show").split("\n") if line]
            + [
                "xfrm " + line
                for what in ("state", "policy")
                for line in machine.run("ip", "-o", "xfrm", what).split("\n")
                if line
            ]
        )

    @staticmethod
    def _routes(ip):
        routes = [*ip.get_routes(family=2), *ip.get_routes(family=10)]
        return [route for route in routes if not route["flags"] & _RTM_F_CLONED]

    @staticmethod
    def _rules(ip):
        return [*ip.get_rules(family=2), *ip.get_rules(family=10)]

    @staticmethod
    def _line(kind, message, names):
        return " ".join([kind, *_words(message, names)])


def difference(before: Snapshot, after: Snapshot) -> list:
    """What is gone ("- ...") and what is new ("+ ...") in `after`; empty when nothing is."""
    gone, new = list(before.lines), []
    for line in after.lines:
        if line in gone:
            gone.remove(line)
        else:
            new.append(line)
    return [f"{before.machine}: - {line}" for line in gone] + [
        f"{before.machine}: + {line}" for line in new
    ]
