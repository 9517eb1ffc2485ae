# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulated radios (mac80211_hwsim): all share one air."""

import subprocess


def take_radio(machine, radio: int, address: str):
    """Move the radio number `radio` to `machine`, where it becomes wlan0 with MAC `address`."""
    subprocess.run(
        ["iw", "phy", f"phy{radio}", "set", "netns", "name", machine.name], check=True
    )
    index = machine.index(f"wlan{radio}")
    machine.ip.link("set", index=index, ifname="wlan0", address=address)
