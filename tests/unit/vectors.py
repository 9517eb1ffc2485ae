# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference messages of tests/vectors: built from the RFCs by hand, judged by tshark."""
import binascii
import json
import os

DIRECTORY = (__file__[: __file__.rfind("/")] if "/" in __file__ else ".") + "/../vectors/"


def load(name):
    """One vector by the name of its file."""
    with open(DIRECTORY + name) as file:
        return json.loads(file.read())


def names(data_plane=False):
    """The files of the signalling messages, or of the data-plane packets."""
    return [name for name in sorted(os.listdir(DIRECTORY))
            if name.endswith(".json") and name.startswith("data_") == data_plane]


def octets(vector, key="mh_hex"):
    """The message (or with "packet_hex" the whole IP packet) of a vector."""
    return binascii.unhexlify(vector[key])
