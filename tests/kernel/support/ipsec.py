# SPDX-License-Identifier: GPL-2.0-or-later
"""What a machine's kernel counts of IPsec."""


def refused(machine, *reasons: str) -> int:
    """How many packets it did not hand over, for reasons that /proc/net/xfrm_stat names so."""
    lines = machine.run("cat", "/proc/net/xfrm_stat").split("\n")
    return sum(int(line.split()[1]) for line in lines if line.startswith(reasons))
