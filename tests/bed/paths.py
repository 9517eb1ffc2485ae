# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the bed finds and keeps its things."""

import os

BED = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(BED))
CACHE = os.environ.get("PMIP_CACHE") or os.path.expanduser("~/.cache/pmip-bed")
CERTIFICATES = os.path.join(CACHE, "eap")
#: PMIP_MICROPYTHON names another, such as the one that a package of OpenWrt holds.
MICROPYTHON = os.environ.get("PMIP_MICROPYTHON") or os.path.join(CACHE, "venv/bin/micropython")
RUN = "/run/bed"


def run_directory(*parts: str) -> str:
    """The directory RUN/parts, made when it is not there."""
    path = os.path.join(RUN, *parts)
    os.makedirs(path, exist_ok=True)
    return path
