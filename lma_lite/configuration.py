# SPDX-License-Identifier: GPL-2.0-or-later
"""What an administrator configures: /etc/config/pmip-lma."""

from collections import namedtuple

#: `addresses`: where we answer; `lifetime` in s; `timestamp_window` and `delete_delay` in ms;
#: `mags`: {address: name of the gateway}; `pools` and `nodes` as in `policy`.
Configuration = namedtuple(
    "Configuration",
    ("addresses", "lifetime", "timestamp_window", "delete_delay", "mags", "pools", "nodes"))
