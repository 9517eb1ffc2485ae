# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of what each roam cost."""

from bed.network import DELAY_MS
from bed.roam import cost_of

_LEGEND = f"""\
     Wi-Fi: from the last packet to AP-STA-CONNECTED.  Signalling: from there to the PBA (a bare
     round trip to the anchor takes {2 * DELAY_MS} ms).  Kernel: to the last notification of the new
     access point's kernel.  Rest: to the first packet, which is {DELAY_MS} ms under way."""


def print_costs(line, roams: list, probe):
    """Print what each Roam cost, and of it Wi-Fi, signalling and kernel programming."""
    line.title("What each roam cost: the traffic gap, and of it (milliseconds)")
    print("                            gap    lost   Wi-Fi  signalling  kernel    rest")
    for roam in roams:
        how = "EAP" if roam.eap else "key"
        for direction, arrivals in (("up", probe.up), ("down", probe.down)):
            cost = cost_of(roam, arrivals)
            print(
                f"     to {roam.name} ({how}) {direction:>6}  {cost.gap:7.1f}  {cost.lost:6d}"
                f"  {cost.wifi:6.1f}  {cost.signalling:10.1f}  {cost.kernel:6.1f}  {cost.rest:6.1f}"
            )
    print(line.paint("dim", _LEGEND), flush=True)
