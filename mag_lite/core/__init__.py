# SPDX-License-Identifier: GPL-2.0-or-later
"""The decisions of the mobile access gateway, free of input and output.

Every entry point takes what happened and `now` (monotonic milliseconds) and leaves what is to
be done in a list of actions.  No socket, no clock, no file is touched here.
"""
