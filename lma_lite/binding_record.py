# SPDX-License-Identifier: GPL-2.0-or-later
"""A binding as it stands in the journal, and back."""

from binascii import hexlify, unhexlify

from lma_lite.binding_cache import Binding, Tunnel
from mag_lite.wire.address import (
    UNSPECIFIED4,
    format_address,
    format_home,
    parse_address,
    parse_home,
)


def key(binding: Binding) -> str:
    """The journal's key of a binding."""
    return str(binding.number)


def record(binding: Binding) -> dict:
    """Return what must outlive the process, as JSON can say it.

    `expires` and `since` are in ms since boot, `lifetime` in units of 4 s.
    """
    link_local = binding.link_local_address
    kept = {
        "subtype": binding.mn_identifier[0],
        "identifier": hexlify(binding.mn_identifier[1]).decode(),
        "technology": binding.access_technology,
        "link_layer_identifier": hexlify(binding.link_layer_identifier).decode(),
        "pool": binding.service.name,
        "homes": [format_home(home) for home in binding.home_addresses()],
        "link_local": format_address(link_local) if link_local else "",
        "mag": format_address(binding.tunnel.mag),
        "local": format_address(binding.tunnel.local),
        "encapsulation": binding.tunnel.encapsulation,
        "port": binding.port,
        "private": format_address(binding.private_address or UNSPECIFIED4),
        "lifetime": binding.lifetime,
        "expires": binding.expires,
        "since": binding.since,
        "sequence": binding.sequence,
        "timestamp": binding.timestamp,
        "handoff_indicator": binding.handoff_indicator,
        "deregistered": binding.deregistered,
    }
    if binding.downlink_key is not None:
        kept["downlink_key"] = binding.downlink_key
    return kept


def restore(name: str, entry: dict, services: dict) -> Binding:
    """Return the binding of a record under the key `name`; `services` is {name: Service}.

    ValueError if something is missing or wrong, or the pool is not configured any more.
    """
    try:
        return _restore(name, entry, services)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("a field is missing or wrong: %s" % error)


def _restore(name: str, entry: dict, services: dict) -> Binding:
    binding = Binding(
        _number(int(name), 1 << 60), (_number(entry["subtype"], 255), _octets(entry, "identifier")),
        _number(entry["technology"], 255), _octets(entry, "link_layer_identifier"))
    binding.service = services.get(entry["pool"])
    if binding.service is None:
        raise ValueError("there is no pool '%s' any more" % entry["pool"])
    binding.set_home_addresses(_homes(entry))
    if entry["link_local"]:
        binding.link_local_address = _address(entry["link_local"], (16,))
    binding.tunnel = _tunnel(entry)
    if binding.tunnel.encapsulation == "gre-key":
        binding.downlink_key = _number(entry["downlink_key"], 0xFFFFFFFF)
    binding.port = _number(entry["port"], 65535)
    private = _address(entry["private"], (4,))
    binding.private_address = private if private != UNSPECIFIED4 else None
    binding.lifetime = _number(entry["lifetime"], 65535)
    binding.expires = _number(entry["expires"], 1 << 60)
    binding.since = _number(entry["since"], 1 << 60)
    binding.sequence = _number(entry["sequence"], 65535)
    binding.timestamp = _number(entry["timestamp"], 1 << 64)
    binding.handoff_indicator = _number(entry["handoff_indicator"], 255)
    binding.deregistered = _flag(entry["deregistered"])
    return binding


def _homes(entry: dict) -> list:
    homes = [parse_home(text) for text in entry["homes"]]
    if not homes:
        raise ValueError("it has no address")
    return homes


def _tunnel(entry: dict) -> Tunnel:
    mag, local = _address(entry["mag"], (4, 16)), _address(entry["local"], (4, 16))
    known = ("gre", "gre-key", "ip", "udp")[: 4 if len(mag) == 4 else 3]
    if len(mag) != len(local) or entry["encapsulation"] not in known:
        raise ValueError("there is no such tunnel")
    return Tunnel(mag, local, entry["encapsulation"])


def _address(text: str, lengths) -> bytes:
    address = parse_address(text)
    if len(address) not in lengths:
        raise ValueError("%s is of the wrong IP version" % text)
    return address


def _octets(entry: dict, field: str) -> bytes:
    return unhexlify(entry[field])


def _number(value, highest: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= highest:
        raise ValueError("out of range: %r" % value)
    return value


def _flag(value) -> bool:
    if value not in (True, False):
        raise ValueError("neither true nor false: %r" % value)
    return value
