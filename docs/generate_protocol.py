# SPDX-License-Identifier: GPL-2.0-or-later
"""Write docs/protocol.md from the tables of mag_lite/wire: python3 docs/generate_protocol.py"""
import sys

HERE = __file__[: __file__.rfind("/")] if "/" in __file__ else "."
sys.path.insert(0, HERE + "/..")

from mag_lite.wire import (  # noqa: E402
    dhcpv4_options,
    icmpv6,
    mobility_header,
    mobility_options,
    mobility_options_access,
    mobility_options_all,
    mobility_options_flow,
    mobility_options_qos,
    mobility_options_session,
)

FILE = HERE + "/protocol.md"

INTRODUCTION = """# What is on the wire

Written by `python3 docs/generate_protocol.py` from the tables in `mag_lite/wire/`, which also
parse, build, align and print; a test fails when this file is stale.

A field is `name:bits`; `-:bits` is reserved (sent as zero, ignored on receipt), `name...` takes the
rest of its option. "Sent by" is who sends it in Proxy Mobile IPv6; `-` are messages and options
of other members of the Mobile IPv6 family, which `pmip decode` shows and the daemons skip.
Alignment is that of RFC 6275 section 4.2; we send so and read whatever comes.
"""

SUBOPTIONS = (
    ("Sub-options of the Access Network Identifier (52)", mobility_options_access.ANI),
    ("Sub-options of Flow Identification (45) and the IPv4 Traffic Offload Selector (53)",
     mobility_options_flow.FLOW),
    ("Attributes of Quality-of-Service (58)", mobility_options_qos.ATTRIBUTES),
    ("Sub-options of LMA-Controlled MAG Parameters (62)", mobility_options_session.LCMP),
)


def describe_field(field) -> str:
    """One field of a layout: its names with their bits."""
    if hasattr(field, "read"):
        return " ".join(["%s..." % column.name for column in field.columns])
    if hasattr(field, "parts"):
        return " ".join([describe_field(part) for part in field.parts])
    bits = field.bits if hasattr(field, "bits") else field.size * 8
    name = field.columns[0].name if field.columns else "-"
    return "%s:%d" % (name, bits)


def describe_layout(layout) -> str:
    """All fields of a layout, as the cell of a table."""
    return "`%s`" % " ".join([describe_field(field) for field in layout.fields]) \
        if layout.fields else ""


def table(heads, rows) -> str:
    """A table of Markdown."""
    lines = [heads, ["---"] * len(heads)] + rows
    return "".join(["| %s |\n" % " | ".join(line) for line in lines])


def messages(layouts) -> str:
    """The table of messages."""
    rows = [[str(kind >> 8 or kind), layouts[kind].name, describe_layout(layouts[kind]),
             layouts[kind].sender, layouts[kind].rfc]
            for kind in sorted(layouts, key=lambda kind: (kind >> 8 or kind, kind))]
    return table(["Type", "Message", "Fields behind the header", "Sent by", "RFC"], rows)


def options(layouts) -> str:
    """The table of one family of options."""
    rows = [[str(number), layouts[number].name, describe_layout(layouts[number]),
             layouts[number].alignment, layouts[number].sender, layouts[number].rfc]
            for number in sorted(layouts)]
    return table(["Type", "Name", "Fields", "Alignment", "Sent by", "RFC"], rows)


def dhcp_options() -> str:
    """The table of DHCPv4 options that we use or show."""
    return table(["Option", "Name", "RFC"],
                 [[str(number), dhcpv4_options.TABLE[number][0], dhcpv4_options.TABLE[number][1]]
                  for number in sorted(dhcpv4_options.TABLE)])


def document() -> str:
    """The whole text of docs/protocol.md."""
    assert mobility_options_all.MODULES
    sections = [("Mobility Header messages", messages(mobility_header.Message.layouts)),
                ("Mobility options", options(mobility_options.FAMILY.layouts))]
    sections += [(title, options(family.layouts)) for title, family in SUBOPTIONS]
    sections += [("IPv6 neighbour discovery messages", messages(icmpv6.Message.layouts)),
                 ("IPv6 neighbour discovery options", options(icmpv6.FAMILY.layouts)),
                 ("DHCPv4 options", dhcp_options())]
    return "\n".join([INTRODUCTION] + ["## %s\n\n%s" % section for section in sections])


if __name__ == "__main__":
    with open(FILE, "w") as file:
        file.write(document())
