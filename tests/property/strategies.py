# SPDX-License-Identifier: GPL-2.0-or-later
"""Hypothesis strategies drawn from the tables of mag_lite/wire: what is declared gets tested."""
from hypothesis import strategies as st

from mag_lite.wire import field, field_list, icmpv6, mobility_options_all, traffic_selector
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import FAMILY
from mag_lite.wire.record import UNKNOWN, Record

assert mobility_options_all.MODULES

addresses = st.binary(min_size=16, max_size=16)
labels = st.binary(min_size=1, max_size=20).filter(lambda label: b"." not in label)
names = st.lists(labels, min_size=1, max_size=4).map(b".".join)


def of_column(column):
    """Values of one column of a layout."""
    if isinstance(column, field.Number):
        return st.integers(0, (1 << column.bits) - 1)
    if isinstance(column, field_list.Degrees):
        return st.integers(-0x800000, 0x7FFFFF)
    if isinstance(column, field.Octets):
        return st.binary(min_size=column.size, max_size=column.size)
    if isinstance(column, field.AnyAddress):
        return st.sampled_from(column.sizes).flatmap(
            lambda size: st.binary(min_size=size, max_size=size))
    if isinstance(column, field.OptionalU32):
        return st.none() | st.integers(0, 0xFFFFFFFF)
    if isinstance(column, field.Records):
        return st.lists(records(column.family), max_size=3)
    if isinstance(column, field_list.Numbers):
        return st.lists(st.integers(0, 65535), max_size=5)
    if isinstance(column, field_list.Addresses):
        return st.lists(addresses, max_size=3)
    if isinstance(column, icmpv6.DomainNames):
        return st.lists(names, max_size=3)
    if isinstance(column, icmpv6.DnsServers):
        return st.lists(addresses, min_size=1, max_size=3)
    assert isinstance(column, field.Rest), column
    return st.binary(min_size=column.minimum, max_size=40)


_SELECTOR_VALUES = {
    "4s": st.binary(min_size=4, max_size=4), "16s": addresses,
    "I": st.integers(0, 0xFFFFFFFF), "H": st.integers(0, 0xFFFF), "B": st.integers(0, 255),
}


def selectors(number):
    """(format, selector) of a traffic selector."""
    table = traffic_selector._FIELDS.get(number)
    if table is None:
        return st.tuples(st.just(number), st.binary(max_size=20))
    fields = {name: _SELECTOR_VALUES[code] for name, code in table}
    return st.tuples(st.just(number), st.fixed_dictionaries({}, optional=fields))


def rows(layout):
    """Rows of values of a layout."""
    fixed = [of_column(column) for column in layout.columns[:layout.fixed_count]]
    if isinstance(layout.last, traffic_selector.TrafficSelector):
        last = st.sampled_from([1, 2, 9]).flatmap(selectors)
        return st.tuples(st.tuples(*fixed), last).map(lambda parts: parts[0] + parts[1])
    rest = [of_column(column) for column in layout.columns[layout.fixed_count:]]
    return st.tuples(*fixed, *rest)


def known_records(family):
    """Options of every number that the family knows."""
    return st.sampled_from(sorted(family.layouts)).flatmap(
        lambda number: rows(family.layouts[number]).map(
            lambda row: Record(number, family.layouts[number], row)))


def unknown_records(family):
    """Options of numbers that it does not know."""
    unknown = [number for number in range(2, 256) if number not in family.layouts]
    return st.builds(lambda number, data: Record(number, UNKNOWN, (data,)),
                     st.sampled_from(unknown), st.binary(max_size=30))


def records(family):
    """Options of a family, mostly known ones."""
    if not family.layouts:
        return unknown_records(family)
    return st.one_of(known_records(family), known_records(family), unknown_records(family))


def messages(kinds=None):
    """Mobility Header messages of every kind with any options."""
    def build(kind):
        return st.builds(
            lambda row, options: Message.received(kind, options, row),
            rows(Message.layouts[kind]), st.lists(records(FAMILY), max_size=6))
    return st.sampled_from(kinds or sorted(Message.layouts)).flatmap(build)


def neighbor_messages():
    """Neighbour discovery messages of every kind with the options we know."""
    def build(kind):
        return st.builds(
            lambda row, options: icmpv6.Message.received(kind, options, row),
            rows(icmpv6.Message.layouts[kind]),
            st.lists(known_records(icmpv6.FAMILY), max_size=4))
    return st.sampled_from(sorted(icmpv6.Message.layouts)).flatmap(build)
