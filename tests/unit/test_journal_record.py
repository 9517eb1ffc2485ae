# SPDX-License-Identifier: GPL-2.0-or-later
"""A session survives the process: out to the journal and back."""

from mag import HOME, IDENTITY, LINK, PHONE, ROUTER, Bench

from mag_lite import journal_record

from raises import raises


def test_a_binding_comes_back_as_it_went():
    bench = Bench()
    before = bench.activate()
    record = journal_record.record(before)
    after = journal_record.binding(record, bench.gateway.configuration)
    for name in ("interface", "mac", "mn_identifier", "service", "anchor", "access_technology",
                 "attached_at", "home_address", "prefix_length", "default_router", "sequence",
                 "lifetime", "expires_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.key, after.mn_identifier) == ((LINK, PHONE), IDENTITY)
    assert (after.home_address, after.default_router) == (HOME, ROUTER)


def test_records_that_do_not_fit_are_refused_with_a_reason():
    bench = Bench()
    record = journal_record.record(bench.activate())
    for name in record:
        damaged = dict(record)
        del damaged[name]
        if name != "host_name":  # which older records lack
            with raises(ValueError):
                journal_record.binding(damaged, bench.gateway.configuration)
        for wrong in (None, -1, "x", [], {}):
            damaged[name] = wrong
            with raises(ValueError):
                journal_record.binding(damaged, bench.gateway.configuration)
