# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulated radios (mac80211_hwsim): all share one air."""

import subprocess


def take_radio(machine, radio: int, address: str):
    """Move the radio number `radio` to `machine`, where it becomes wlan0 with MAC `address`.

    A fragmentation threshold, though no frame is that long, keeps the kernel from its short cut:
    there Linux 6.18 leaves the simulated radio no room to encrypt segments of a large packet,
    and drops them.
    """
    subprocess.run(["iw", "phy", f"phy{radio}", "set", "frag", "2346"], check=True)
    subprocess.run(
        ["iw", "phy", f"phy{radio}", "set", "netns", "name", machine.name], check=True
    )
    index = machine.index(f"wlan{radio}")
    machine.ip.link("set", index=index, ifname="wlan0", address=address)
