# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobile nodes as people read them."""

import binascii

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER, Binding
from mag_lite.wire.address import format_home, format_mac


def show_mn_identifier(mn_identifier) -> str:
    """The text of (subtype, octets): as it is if it is text without NUL, else hexadecimal."""
    if mn_identifier is None:
        return "unnamed mobile node"
    try:
        text = mn_identifier[1].decode()
    except UnicodeError:
        text = "\0"
    return binascii.hexlify(mn_identifier[1]).decode() if "\0" in text else text


def show_interface(link_layer_identifier) -> str:
    """The link-layer identifier, "-" if it is not known."""
    if link_layer_identifier in (None, NO_LINK_LAYER_IDENTIFIER):
        return "-"
    return format_mac(link_layer_identifier)


def show_home(binding: Binding) -> str:
    """The IPv4 home address and the prefixes of a session."""
    return " ".join([format_home(home) for home in binding.home_addresses()])


def show_session(binding: Binding) -> str:
    """Identifier, interface, home address and prefixes."""
    return "%s %s %s" % (
        show_mn_identifier(binding.mn_identifier), show_interface(binding.link_layer_identifier),
        show_home(binding))
