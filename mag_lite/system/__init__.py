# SPDX-License-Identifier: GPL-2.0-or-later
"""The only room with sockets, files and the clock."""
