# SPDX-License-Identifier: GPL-2.0-or-later
"""A binding as it stands in the journal, and back."""

from binascii import hexlify, unhexlify

from mag_lite.core.binding_update_list import Binding
from mag_lite.wire.address import (
    format_address,
    format_home,
    format_mac,
    parse_address,
    parse_home,
    parse_mac,
)


def key(binding: Binding) -> str:
    """The journal's key of a binding: the station."""
    return format_mac(binding.mac)


def record(binding: Binding) -> dict:
    """Return what must outlive the process; times are in ms since boot."""
    kept = {
        "interface": binding.interface,
        "mac": format_mac(binding.mac),
        "identity": hexlify(binding.mn_identifier).decode(),
        "service": hexlify(binding.service).decode(),
        "anchor": format_address(binding.anchor.address),
        "homes": [format_home(home) for home in binding.homes],
        "prefix_length": binding.prefix_length,
        "router": format_address(binding.default_router) if binding.home_address else "",
        "router_link_local": format_address(binding.router_link_local),
        "attached_at": binding.attached_at,
        "sequence": binding.sequence,
        "lifetime": binding.lifetime,
        "expires_at": binding.expires_at,
        "host_name": hexlify(binding.host_name).decode(),
    }
    if binding.relayed:
        kept["relayed"] = True
    if binding.keys:
        kept["gre_keys"] = list(binding.keys)
    return kept


def binding(entry: dict, configuration) -> Binding:
    """Return the binding of a record; ValueError if it does not fit the configuration."""
    try:
        access = configuration.access.get(entry["interface"])
        anchor = _anchor(configuration, parse_address(entry["anchor"]))
        if access is None or anchor is None:
            raise ValueError("its access device or anchor is not configured any more")
        restored = Binding(access.device, parse_mac(entry["mac"]))
        restored.anchor = anchor
        restored.access_technology = access.technology
        restored.mn_identifier = unhexlify(entry["identity"])
        restored.service = unhexlify(entry["service"])
        _restore_home(restored, entry)
        restored.attached_at = _number(entry["attached_at"], 0, 1 << 60)
        restored.sequence = _number(entry["sequence"], 0, 65535)
        restored.lifetime = _number(entry["lifetime"], 0, 1 << 40)
        restored.expires_at = _number(entry["expires_at"], 0, 1 << 60)
        restored.host_name = unhexlify(entry.get("host_name", ""))
        _restore_keys(restored, entry.get("gre_keys"))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("a field is missing or wrong: %s" % error)
    return restored


def _restore_home(restored, entry):
    homes = [parse_home(text) for text in entry["homes"]]
    addresses = [home for home in homes if not isinstance(home, tuple)]
    if not homes or len(addresses) > 1:
        raise ValueError("it has no address, or several")
    if addresses:
        restored.home_address = addresses[0]
        restored.default_router = _address(entry["router"], 4)
        restored.prefix_length = _number(entry["prefix_length"], 1, 32)
        restored.relayed = entry.get("relayed") is True
    restored.home_network_prefixes = [home for home in homes if isinstance(home, tuple)]
    restored.router_link_local = _address(entry["router_link_local"], 16)


def _restore_keys(restored, keys):
    if (keys is None) == (restored.anchor.encapsulation == "gre-key"):
        raise ValueError("the tunnel to its anchor is another now")
    if keys is not None:
        downlink, uplink = keys
        restored.downlink_key = _number(downlink, 1, 0xFFFFFFFF)
        restored.uplink_key = _number(uplink, 0, 0xFFFFFFFF)


def _anchor(configuration, address):
    for anchor in configuration.anchors:
        if anchor.address == address:
            return anchor
    return None


def _address(text, length):
    address = parse_address(text)
    if len(address) != length:
        raise ValueError("of the wrong IP version: %s" % text)
    return address


def _number(value, lowest, highest):
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise ValueError("out of range: %r" % value)
    return value
