# SPDX-License-Identifier: GPL-2.0-or-later
"""The local mobility anchor (RFC 5213 section 5, RFC 5844 section 3.1, RFC 5846).

`anchor` and what it imports decide and touch nothing: a message and the time go in, a list of
actions comes out.  `daemon` joins them to sockets, the kernel and files.
"""
