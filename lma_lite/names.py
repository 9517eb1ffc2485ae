# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobile nodes as people read them."""

import binascii

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER
from mag_lite.wire.address import format_address, format_home, format_mac


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


def show_homes(homes) -> str:
    """The IPv4 home address and the prefixes of a session."""
    return " ".join([format_home(home) for home in homes])


def show_session(mn_identifier, link_layer_identifier, homes) -> str:
    """Identifier, interface, home address and prefixes."""
    return "%s %s %s" % (
        show_mn_identifier(mn_identifier), show_interface(link_layer_identifier),
        show_homes(homes))


def show_event(event) -> str:
    """What has become of a session, at which gateway and why; of a history.Event."""
    return "%s %s mag %s: %s" % (
        event.event, show_session(event.mn_identifier, event.link_layer_identifier, event.homes),
        format_address(event.mag), event.reason)
