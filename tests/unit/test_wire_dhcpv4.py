# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCPv4 messages: fields, overload, long options, and clients that send odd ones."""
from mag_lite.wire import dhcpv4
from mag_lite.wire.error import DecodeError

from raises import raises

MAC = b"\x02\x00\x5e\x10\x00\x01"
HOST = bytes((203, 0, 113, 5))


def discover(options=b"\x35\x01\x01\xff", file=b"", sname=b""):
    """A DISCOVER as a client sends it, octet by octet."""
    head = bytes.fromhex("01010600" "3903f326" "0003" "8000") + bytes(16) + MAC + bytes(10)
    return (head + sname + bytes(64 - len(sname)) + file + bytes(128 - len(file))
            + b"\x63\x82\x53\x63" + options)


def test_the_fields_of_a_discover():
    message = dhcpv4.decode(discover(b"\x35\x01\x01" b"\x37\x03\x01\x03\x06" b"\x50\x00" b"\xff"))
    assert (message.op, message.hops, message.xid) == (dhcpv4.BOOTREQUEST, 0, 0x3903F326)
    assert (message.secs, message.flags) == (3, dhcpv4.BROADCAST)
    assert message.chaddr == MAC
    assert message.ciaddr == message.yiaddr == message.siaddr == message.giaddr == bytes(4)
    assert message.options == {53: b"\x01", 55: b"\x01\x03\x06", dhcpv4.RAPID_COMMIT: b""}
    assert message.message_type() == dhcpv4.DISCOVER


def test_a_reply_is_built_octet_by_octet():
    reply = dhcpv4.Dhcp(dhcpv4.BOOTREPLY, xid=0x3903F326, chaddr=MAC)
    reply.yiaddr = HOST
    reply.options = {dhcpv4.ROUTER: bytes((203, 0, 113, 1)), dhcpv4.MESSAGE_TYPE: b"\x02",
                     dhcpv4.RELAY_AGENT_INFORMATION: b"\x01\x00",
                     dhcpv4.SUBNET_MASK: b"\xff\xff\xff\x00", dhcpv4.CLASSLESS_ROUTES: b"\0" + HOST}
    data = dhcpv4.encode(reply)
    assert data[:28] == bytes.fromhex("02010600" "3903f326" "00000000" "00000000" "cb007105"
                                      "00000000" "00000000")
    assert data[28:236] == MAC + bytes(202)
    assert data[236:] == bytes.fromhex("63825363" "350102" "0104ffffff00" "0304cb007101"
                                       "790500cb007105" "52020100" "ff") + bytes(33)
    assert len(data) == 300


def test_an_encoded_message_decodes_to_the_same():
    message = dhcpv4.Dhcp(dhcpv4.BOOTREQUEST, xid=7, chaddr=MAC, hops=1, secs=9, flags=0x8000,
                          options={53: b"\x03", 12: b"phone", 200: bytes(range(256)) * 2})
    message.ciaddr, message.yiaddr = HOST, bytes((1, 2, 3, 4))
    message.siaddr, message.giaddr = bytes((5, 6, 7, 8)), bytes((9, 10, 11, 12))
    message.sname, message.file = b"server", b"boot"
    again = dhcpv4.decode(dhcpv4.encode(message))
    for name in ("op", "htype", "hops", "xid", "secs", "flags", "ciaddr", "yiaddr", "siaddr",
                 "giaddr", "chaddr", "sname", "file", "options"):
        assert getattr(again, name) == getattr(message, name), name


def test_options_go_on_in_file_and_then_in_sname():
    data = discover(b"\x35\x01\x01" b"\x0c\x01a" b"\x34\x01\x03" b"\xff",
                    file=b"\x0c\x01b\x00\x0f\x01d\xff\x06", sname=b"\x0c\x01c")
    message = dhcpv4.decode(data)
    assert message.options == {53: b"\x01", 12: b"abc", 15: b"d"}
    assert message.file == message.sname == b""


def test_file_and_sname_are_read_only_as_overload_says():
    data = discover(b"\x35\x01\x01" b"\x34\x01\x01" b"\xff", file=b"\x0c\x01b\xff", sname=b"name")
    message = dhcpv4.decode(data)
    assert message.options == {53: b"\x01", 12: b"b"}
    assert message.sname == b"name"
    message = dhcpv4.decode(discover(b"\x35\x01\x01" b"\x34\x01\x02" b"\xff",
                                     file=b"boot", sname=b"\x0c\x01b\xff"))
    assert message.options == {53: b"\x01", 12: b"b"}
    assert message.file == b"boot"


def test_long_options_are_split_and_joined():
    data = dhcpv4.encode(dhcpv4.Dhcp(options={43: bytes(600)}))
    assert data[240:242] == b"\x2b\xff" and data[240 + 257:240 + 259] == b"\x2b\xff"
    assert data[240 + 514:240 + 516] == b"\x2b\x5a"
    assert dhcpv4.decode(data).options == {43: bytes(600)}


def test_options_that_do_not_fit_go_into_file_and_then_into_sname():
    options = {53: b"\2", 6: bytes(100), 12: bytes(100), 15: bytes(50)}
    message = dhcpv4.Dhcp(options=options)
    for longest, overload in ((505, None), (410, 1), (380, 3)):
        data = dhcpv4.encode(message, longest)
        assert len(data) <= longest
        assert (overload is None) == (b"\x34\x01" not in data)
        assert overload is None or b"\x34\x01" + bytes([overload]) in data, longest
        again = dhcpv4.decode(data)
        assert again.options == options and again.file == again.sname == b"", longest
    with raises(ValueError):
        dhcpv4.encode(message, 300)
    message.file = b"boot"
    with raises(ValueError):
        dhcpv4.encode(message, 400)


def test_padding_and_a_missing_end_are_tolerated():
    assert dhcpv4.decode(discover(b"\0\0\x35\x01\x01")).options == {53: b"\x01"}
    assert dhcpv4.decode(discover(b"\xff\x35\x07")).options == {}
    assert dhcpv4.decode(discover(b"")).message_type() == 0
    assert dhcpv4.decode(discover(b"\x35\x02\x01\x01")).message_type() == 0


def test_malformed_messages():
    good = discover()
    for wrong in (b"", good[:239], good[:236] + b"\0" + good[237:], good[:2] + b"\x11" + good[3:],
                  discover(b"\x35"), discover(b"\x35\x02\x01"), discover(b"\x0c\xff" + bytes(9)),
                  discover(b"\x34\x01\x01\xff", file=bytes(126) + b"\x0c\x01"),
                  discover(b"\x34\x01\x02\xff", sname=bytes(63) + b"\x0c")):
        with raises(DecodeError):
            dhcpv4.decode(wrong)


def test_classless_routes_of_rfc_3442():
    routes = [((bytes(4), 0), HOST), ((bytes((10, 0, 0, 0)), 8), HOST),
              ((bytes((10, 229, 0, 128)), 25), HOST), ((bytes((10, 17, 0, 0)), 16), HOST)]
    value = dhcpv4.encode_classless_routes(routes)
    assert value == (b"\0" + HOST + b"\x08\x0a" + HOST + b"\x19\x0a\xe5\x00\x80" + HOST
                     + b"\x10\x0a\x11" + HOST)
    assert dhcpv4.decode_classless_routes(value) == routes
    for wrong in (b"\x21" + bytes(9), b"\x08\x0a" + HOST[:3], b"\x20"):
        with raises(DecodeError):
            dhcpv4.decode_classless_routes(wrong)
