# SPDX-License-Identifier: GPL-2.0-or-later
"""ubus carries what it was given, and whatever else comes is refused."""

from hypothesis import given
from hypothesis import strategies as st

from mag_lite.lease_file import host_name
from mag_lite.system import blobmsg
from mag_lite.system.blobmsg import BlobError
from mag_lite.system.ubus_message import INVOKE, Receiver, encode

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12)
TABLES = st.dictionaries(TEXT, VALUES, max_size=6)


@given(TABLES)
def test_what_is_encoded_is_decoded(values):
    octets = blobmsg.encode(values)
    assert len(octets) % 4 == 0
    assert blobmsg.decode(octets) == values


@given(st.binary(max_size=200) | TABLES.map(blobmsg.encode), st.integers(0, 250),
       st.binary(max_size=8))
def test_any_octets_are_values_or_refused(octets, place, change):
    octets = octets[:place] + change + octets[place + len(change):]
    try:
        values = blobmsg.decode(octets)
    except BlobError as error:
        assert str(error)
        return
    again = blobmsg.encode(values)
    assert repr(blobmsg.decode(again)) == repr(values)  # not `==`: there may be a NaN


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**32 - 1), TABLES), max_size=5),
       st.integers(1, 200))
def test_a_stream_may_be_cut_anywhere(messages, size):
    octets = b"".join([
        encode(INVOKE, sequence, peer, blobmsg.attribute(7, blobmsg.encode(values)))
        for sequence, peer, values in messages])
    receiver, found = Receiver(), []
    for start in range(0, len(octets), size):
        found += receiver.feed(octets[start:start + size])
    assert [(each.sequence, each.peer, blobmsg.decode(each.found[7])) for each in found] == messages


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_a_stream_may_hold_anything(pieces):
    receiver = Receiver()
    try:
        for piece in pieces:
            for message in receiver.feed(piece):
                assert message.found is None or isinstance(message.found, dict)
    except BlobError as error:
        assert str(error)


@given(st.binary(max_size=300))
def test_a_host_name_is_one_word_whatever_it_was(octets):
    name = host_name(octets)
    assert name == "" or (len(name.split()) == 1 and name.isascii() and name.isprintable()
                          and not set(name) & set("<>&'\"\\`$;|*/") and name[0] not in "-.")
