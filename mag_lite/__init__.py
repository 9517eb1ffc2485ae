# SPDX-License-Identifier: GPL-2.0-or-later
"""A Mobile Access Gateway (RFC 5213) for cheap access points."""

VERSION = "0.1.0"
