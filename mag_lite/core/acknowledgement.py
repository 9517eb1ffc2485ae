# SPDX-License-Identifier: GPL-2.0-or-later
"""Which update an acknowledgement answers, and whether it may be believed (RFC 5213 6.9.1.2)."""

from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status


def mn_identifier(message):
    """Return the NAI (RFC 4283 section 3.1) that names the mobile node in `message`, or None."""
    option = message.option(options.MN_IDENTIFIER)
    if option is None or option.subtype != status.NAI:
        return None
    return option.identifier


def awaiting(bindings, anchor, message):
    """Return the binding whose update `message` from `anchor` answers, or None.

    They match by MN-Identifier and sequence number; the link-layer identifier tells two
    interfaces of one mobile node apart.  One with other identifiers is only an answer, if a
    wrong one, when it repeats our time stamp.  Status 135 carries a number of the anchor's own:
    with another echo it answers an earlier exchange.
    """
    identifier = mn_identifier(message)
    if identifier is None or not message.flags & header.BA_PROXY:
        return None
    found = [binding for binding in bindings.of_mobile_node(anchor, identifier)
             if message.sequence in binding.outstanding
             or (binding.outstanding and message.status == status.SEQUENCE_OUT_OF_WINDOW)]
    if message.status == status.SEQUENCE_OUT_OF_WINDOW:
        found = [binding for binding in found if not wrong_echo(binding, message)]
    option = message.option(options.MN_LINK_LAYER_IDENTIFIER)
    for binding in found:
        if option is None or option.identifier == binding.mac:
            return binding
    for binding in found or bindings:
        if binding.anchor is anchor and _repeats_timestamp(binding, message):
            return binding
    return None


def _repeats_timestamp(binding, message) -> bool:
    """Return True if it does; the anchor's own time may be that of our update by chance."""
    sent, _ = binding.outstanding.get(message.sequence, (None, 0))
    option = message.option(options.TIMESTAMP)
    return (sent is not None and option is not None and option.time == sent
            and message.status not in status.WITH_TIME_OF_ANCHOR)


def wrong_echo(binding, message):
    """Return the name of an option that does not repeat what the update said, or None.

    Such an acknowledgement must be ignored, and no update be sent any more until an
    administrator has acted.  Options that the anchor leaves out are forgiven.
    """
    if mn_identifier(message) != binding.mn_identifier:
        return "Mobile Node Identifier"
    echoes = (
        (options.HANDOFF_INDICATOR, "indicator", binding.handoff_indicator, "Handoff Indicator"),
        (options.ACCESS_TECHNOLOGY_TYPE, "technology", binding.access_technology,
         "Access Technology Type"),
        (options.MN_LINK_LAYER_IDENTIFIER, "identifier", binding.mac,
         "Mobile Node Link-layer Identifier"),
    )
    for number, field, sent, name in echoes:
        option = message.option(number)
        if option is not None and getattr(option, field) != sent:
            return name
    return None


def wrong_timestamp(binding, message) -> bool:
    """Return True if an accepting anchor did not repeat the time stamp that it was sent.

    RFC 5213 section 5.5; an update without one (ordered by sequence number) asks for none.
    """
    sent, _ = binding.outstanding[message.sequence]
    return sent is not None and not _repeats_timestamp(binding, message)
