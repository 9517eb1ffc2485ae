# SPDX-License-Identifier: GPL-2.0-or-later
"""Hypothesis judges by behaviour alone: the same examples on each run, however slow it is."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("suite")
