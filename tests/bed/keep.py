# SPDX-License-Identifier: GPL-2.0-or-later
"""A prompt in the running test bed."""

import os
import subprocess

from bed import paths

SHELL = """\
PS1='bed# '
on() {{ local machine=$1; shift; ip netns exec "$machine" "$@"; }}
pmip() {{ local ap=ap1; case ${{1:-}} in ap1 | ap2) ap=$1; shift ;; esac
    PYTHONPATH={repository} on $ap {python} {repository}/files/usr/bin/pmip \\
        -r {run}/$ap/pmip-mag "$@"; }}
pmip-lma() {{ PYTHONPATH={repository} on anchor {python} {repository}/files/usr/sbin/pmip-lma \\
        -r {run}/anchor/pmip-lma "$@"; }}
roam() {{ case $1 in ap1) set -- {bssid1} ;; ap2) set -- {bssid2} ;; esac
    on mn1 wpa_cli -p {run}/mn1/supplicant -i wlan0 roam "$1"; }}
hints() {{ cat <<'HINTS'
{hints}
HINTS
}}
hints
"""
HINTS = """\
Everything is up, and the phone is at ap2.  Try:
  pmip status            pmip ap2 clients         what an access point's gateway does
  pmip-lma bindings                               what the anchor knows
  roam ap1                                        let the phone roam, by hand
  on mn1 ping 203.0.113.80                        run something on mn1, ap1, ap2, router, anchor,
  on ap1 tcpdump -ni eth0 udp port 5436           or correspondent
  less /run/bed/ap1/pmip-mag.log                  what a daemon said
  hints                                           this again
Leave with Ctrl-D: the rest of the demonstration follows."""


def keep(scenario):
    """Run an interactive shell until it ends."""
    path = os.path.join(paths.run_directory(), "shell")
    with open(path, "w") as file:
        file.write(SHELL.format(
            repository=paths.REPOSITORY,
            run=paths.RUN,
            python="/usr/bin/python3",
            bssid1=scenario.aps[0].bssid,
            bssid2=scenario.aps[1].bssid,
            hints=HINTS,
        ))
    subprocess.run(["bash", "--noprofile", "--rcfile", path, "-i"])
