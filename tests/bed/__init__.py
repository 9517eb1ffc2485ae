# SPDX-License-Identifier: GPL-2.0-or-later
"""The test bed: simulated machines, radios, phones and observers on a real kernel.

Runs as root inside the test kernel (see `uml-run`), on CPython with pyroute2.
"""
