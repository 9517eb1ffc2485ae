# SPDX-License-Identifier: GPL-2.0-or-later
"""The rarer mobility options and messages: one line of the wire for each."""
from mag_lite.wire import mobility_messages as messages
from mag_lite.wire import mobility_options_access as access
from mag_lite.wire import mobility_options_all
from mag_lite.wire import mobility_options_flow as flow
from mag_lite.wire import mobility_options_mobile_node as mobile_node
from mag_lite.wire import mobility_options_qos as qos
from mag_lite.wire import mobility_options_session as session
from mag_lite.wire.address import parse_address
from mag_lite.wire.error import DecodeError
from mag_lite.wire.mobility_header import Message, decode, encode
from mag_lite.wire.mobility_options import FAMILY, Option

from raises import raises

HOST = bytes((203, 0, 113, 5))
ADDRESS = parse_address("2001:db8::1")
OCTETS = "20010db8000000000000000000000001"
MAC = b"\x02\x00\x5e\x10\x00\x01"


def ani(number, **fields):
    return {"identifiers": [access.ANI.make(number, fields)]}


def attribute(number, **fields):
    return {"service_request_identifier": 7, "dscp": 46, "operation": 1,
            "attributes": [qos.ATTRIBUTES.make(number, fields)]}


def flow_with(number, **fields):
    return {"identifier": 1, "priority": 2, "status": 128,
            "suboptions": [flow.FLOW.make(number, fields)]}


def requested(number, data=b""):
    return session.REQUESTED_OPTIONS.make(number, {"data": data})


IPV4_SELECTOR = {"start_source_address": HOST, "end_source_address": bytes((203, 0, 113, 9)),
                 "start_destination_port": 80, "start_protocol": 6}
IPV6_SELECTOR = {"start_destination_address": ADDRESS, "start_flow_label": 5,
                 "start_next_header": 17, "end_next_header": 18}
QOS = "07b801000000"

WIRE = (
    # RFC 6275, 3963, 4285, 4866, 5026, 5096, 5568
    ("040400010002", 4, {"home_nonce_index": 1, "care_of_nonce_index": 2}),
    ("050c" + "ab" * 12, 5, {"authenticator": b"\xab" * 12}),
    ("06120040" + OCTETS, 6, {"prefix_length": 64, "prefix": ADDRESS}),
    ("07070202005e100001", 7, {"code": 2, "address": MAC}),
    ("0911" "01" "00000003" + "ab" * 12, 9,
     {"subtype": mobile_node.MN_HA, "spi": mobile_node.HMAC_SHA1_SPI,
      "authenticator": b"\xab" * 12}),
    ("0a08" "e9f0a28080000000", 10, {"timestamp": 0xE9F0A28080000000}),
    ("0b00", 11, {}),
    ("0c03010203", 12, {"parameters": b"\1\2\3"}),
    ("0d03010203", 13, {"signature": b"\1\2\3"}),
    ("0e03010203", 14, {"token": b"\1\2\3"}),
    ("0f00", 15, {}),
    ("10080102030405060708", 16, {"care_of_keygen_token": bytes(range(1, 9))}),
    ("1105" "8280" "616263", 17, {"status": 130, "flags": 0x80, "identity": b"abc"}),
    ("1203616263", 18, {"data": b"abc"}),
    ("1508" "00000001" "01020304", 21, {"spi": 1, "authenticator": b"\1\2\3\4"}),
    ("22120240" + OCTETS, 34, {"code": 2, "prefix_length": 64, "address": ADDRESS}),
    # RFC 5094, 5949, 6058, 6463, 6602, 6705, 7148, 7389, 8127, 8278
    ("1308" "00000009" "01" "010203", 19, {"vendor": 9, "subtype": 1, "data": b"\1\2\3"}),
    ("280b" "0000" "1600" "1305" "00000009" "01", 40,
     {"requests": [requested(22), requested(19, b"\0\0\0\x09\1")]}),
    ("29120100" + OCTETS, 41, {"code": 1, "address": ADDRESS}),
    ("29060200cb007105", 41, {"code": 2, "address": HOST}),
    ("2a0a0000" "0102030405060708", 42, {"identifier": bytes(range(1, 9))}),
    ("2b020132", 43, {"flags": 1, "lifetime": 50}),
    ("2e020000", 46, {}),
    ("2f128000" + OCTETS, 47, {"flags": session.REDIRECT_IPV6, "address": ADDRESS}),
    ("2f064000cb007105", 47, {"flags": session.REDIRECT_IPV4, "address": HOST}),
    ("3012" "0001" "0000000a" "000003e8" "000001f4" "000186a0", 48,
     {"priority": 1, "sessions_in_use": 10, "maximum_sessions": 1000, "used_capacity": 500,
      "maximum_capacity": 100000}),
    ("3104cb007105", 49, {"address": HOST}),
    ("32060100" "00000001", 50, {"subtype": session.BULK_BINDING_UPDATE_GROUP,
                                 "identifier": session.ALL_SESSIONS}),
    ("33120080" + OCTETS, 51, {"address_length": 128, "address": ADDRESS}),
    ("37120040" + OCTETS, 55, {"prefix_length": 64, "prefix": ADDRESS}),
    ("37068018cb007105", 55, {"flags": session.DMNP_IPV4, "prefix_length": 24, "prefix": HOST}),
    ("3b020000", 59, {}),
    ("3b060000cb007105", 59, {"address": HOST}),
    ("3b120000" + OCTETS, 59, {"address": ADDRESS}),
    ("3e10" "0106" "000a" "0001" "0020" "0206" "003c" "0005" "0003", 62,
     {"parameters": [
         session.LCMP.make(1, {"start_time": 10, "initial_retransmission_time": 1,
                               "maximum_retransmission_time": 32}),
         session.LCMP.make(2, {"interval": 60, "retransmission_delay": 5,
                               "maximum_retransmissions": 3})]}),
    ("3f06" "04090180" "0000", 63, {"technology": 4, "label": 9, "binding_identifier": 1,
                                    "flags": 0x80}),
    ("40050100" "6d6167", 64, {"subtype": 1, "identifier": b"mag"}),
    # RFC 6757, 7563
    ("340d" "010b" "80" "06" "737369642d31" "02" "6170", 52,
     ani(access.NETWORK_IDENTIFIER, flags=access.NAME_IS_UTF8, network_name=b"ssid-1",
         access_point_name=b"ap")),
    ("3408" "0206" "18199a" "f7d0a4", 52,
     ani(access.GEO_LOCATION, latitude=round(48.2 * 32768), longitude=round(-16.37 * 32768))),
    ("3406" "0304" "01" "000009", 52,
     ani(access.OPERATOR_IDENTIFIER, type=1, identifier=b"\0\0\x09")),
    ("3407" "0405" "00" "00" "446501", 52, ani(access.CIVIC_LOCATION, location=b"De\x01")),
    ("3404" "0502" "0007", 52, ani(access.MAG_GROUP_IDENTIFIER, identifier=b"\0\x07")),
    ("3404" "0602" "000f", 52, ani(access.ANI_UPDATE_TIMER, timer=15)),
    ("3405" "0903" "010203", 52, ani(9, data=b"\1\2\3")),
    # RFC 5648, 6088, 6089, 6909, 7109
    ("2304" "0005" "00" "83", 35, {"identifier": 5, "simultaneous": 1, "priority": 3}),
    ("2308" "0005" "80" "01" "cb007105", 35,
     {"identifier": 5, "status": 128, "priority": 1, "address": HOST}),
    ("2c04" "0001" "0002", 44, {"flows": [1, 2]}),
    ("2d0c" "0001" "0002" "0080" "0204" "0003" "0004", 45,
     flow_with(flow.BINDING_REFERENCE, binding_identifiers=[3, 4])),
    ("2d0a" "0001" "0002" "0080" "0402" "000f", 45, flow_with(flow.FLOW_BINDING_ACTION, action=15)),
    ("2d0e" "0001" "0002" "0080" "0506" "0000" "cb007105", 45,
     flow_with(flow.TARGET_CARE_OF_ADDRESS, address=HOST)),
    ("2d19" "0001" "0002" "0080" "0311" "0100" "c0880000" "cb007105" "cb007109" "0050" "06", 45,
     flow_with(flow.TRAFFIC_SELECTOR, format=1, selector=IPV4_SELECTOR)),
    ("2d0d" "0001" "0002" "0080" "0305" "0900" "616263", 45,
     flow_with(flow.TRAFFIC_SELECTOR, format=9, selector=b"abc")),
    ("3504" "80000000", 53, {"flags": flow.OFFLOAD_ALL_BUT}),
    ("350c" "00000000" "0306" "0100" "00000000", 53,
     {"selectors": [flow.FLOW.make(flow.TRAFFIC_SELECTOR, {"format": 1, "selector": {}})]}),
    # RFC 7222
    ("3a0e" + QOS + "0106" "0000" "001e8480", 58, attribute(1, bit_rate=2000000)),
    ("3a0e" + QOS + "0206" "0000" "001e8480", 58, attribute(2, bit_rate=2000000)),
    ("3a0e" + QOS + "0306" "c000" "001e8480", 58, attribute(3, flags=0xC000, bit_rate=2000000)),
    ("3a0e" + QOS + "0406" "4000" "001e8480", 58, attribute(4, flags=0x4000, bit_rate=2000000)),
    ("3a0a" + QOS + "0502" "00" "34", 58,
     attribute(5, priority_level=3, preemption_capability=1, preemption_vulnerability=0)),
    ("3a0e" + QOS + "0606" "0000" "001e8480", 58, attribute(6, bit_rate=2000000)),
    ("3a0e" + QOS + "0706" "0000" "001e8480", 58, attribute(7, bit_rate=2000000)),
    ("3a0e" + QOS + "0806" "0000" "001e8480", 58, attribute(8, bit_rate=2000000)),
    ("3a0e" + QOS + "0906" "0000" "001e8480", 58, attribute(9, bit_rate=2000000)),
    ("3a24" + QOS + "0a1c" "0002" "22030000" + OCTETS + "00000005" "1112", 58,
     attribute(10, format=2, selector=IPV6_SELECTOR)),
    ("3a11" + QOS + "0b09" "0000" "00000009" "01" "abcd", 58,
     attribute(11, vendor=9, subtype=1, data=b"\xab\xcd")),
    # RFC 7028, 7161, 7411
    ("3606" "8f80" "0001" "abcd", 54,
     {"protocol": 143, "flags": 0x80, "records_count": 1, "records": b"\xab\xcd"}),
    ("3805" "16" "efffff01", 56, {"type": 0x16, "context": b"\xef\xff\xff\x01"}),
    ("3903" "8f" "0102", 57, {"type": 143, "context": b"\1\2"}),
    ("3c0a" "0200" "0000000001020304", 60, {"code": 2, "report": b"\0\0\0\0\1\2\3\4"}),
    ("3d06" "0002" "00000000", 61, {"status": 2, "report": bytes(4)}),
    # RFC 8885
    ("41120040" + OCTETS, 65, {"prefix_length": 64, "prefix": ADDRESS}),
    ("42120040" + OCTETS, 66, {"prefix_length": 64, "prefix": ADDRESS}),
    ("43220040" + OCTETS + OCTETS, 67,
     {"prefix_length": 64, "address": ADDRESS, "prefix": ADDRESS}),
    ("4410" + OCTETS, 68, {"address": ADDRESS}),
    ("4510" + OCTETS, 69, {"address": ADDRESS}),
    ("46080000" "02005e100001", 70, {"address": MAC}),
)

MESSAGES = (
    ("3b000000" "0000" "0000", 0, {}),
    ("3b010100" "0000" "0000" "0102030405060708", 1, {"cookie": bytes(range(1, 9))}),
    ("3b010200" "0000" "0000" "0102030405060708", 2, {"cookie": bytes(range(1, 9))}),
    ("3b020300" "0000" "0005" "0102030405060708" "1112131415161718", 3,
     {"home_nonce_index": 5, "cookie": bytes(range(1, 9)), "keygen_token": bytes(range(17, 25))}),
    ("3b020400" "0000" "0005" "0102030405060708" "1112131415161718", 4,
     {"care_of_nonce_index": 5, "cookie": bytes(range(1, 9)),
      "keygen_token": bytes(range(17, 25))}),
    ("3b010800" "0000" "0001" "c000" "0002" "01020000", 8,
     {"sequence": 1, "flags": 0xC000, "lifetime": 2}),
    ("3b010900" "0000" "80" "80" "0001" "0002" "01020000", 9,
     {"status": 128, "flags": 0x80, "sequence": 1, "lifetime": 2}),
    ("3b000c00" "0000" "0000", 12, {}),
    ("3b020c00" "0000" "0100" + OCTETS, 12, {"home_agents": [ADDRESS]}),
    ("3b010e00" "0000" "0001" "30" "03" "010400000000", 14,
     {"sequence": 1, "flags": 0x30, "code": 3}),
    ("3b010f00" "0000" "0001" "60" "06" "010400000000", 15,
     {"sequence": 1, "flags": 0x60, "code": 6}),
    ("3b011500" "0000" "0001" "0007" "02" "80" "01020000", messages.FLOW_BINDING_INDICATION,
     {"sequence": 7, "trigger": 2, "flags": 0x80}),
    ("3b011500" "0000" "0002" "0007" "80" "00" "01020000", messages.FLOW_BINDING_ACKNOWLEDGEMENT,
     {"sequence": 7, "status": 128}),
    ("3b001600" "0000" "09" "00", 22, {"sequence": 9}),
    ("3b001700" "0000" "09" "80", 23, {"sequence": 9, "flags": 0x80}),
)


def test_every_option_is_built_as_the_rfcs_draw_it():
    for octets, number, fields in WIRE:
        start = FAMILY.layouts[number].rest
        assert FAMILY.write([Option(number, **fields)], start) == bytes.fromhex(octets), octets


def test_every_option_is_read_as_the_rfcs_draw_it():
    for octets, number, fields in WIRE:
        data = bytes.fromhex(octets)
        assert FAMILY.read(data, 0, len(data)) == [Option(number, **fields)], octets


def test_every_option_of_the_tables_is_tested():
    numbers = set()
    for module in mobility_options_all.MODULES:
        if module is not messages:
            numbers |= set([row[0] for row in module.TABLE])
    assert set([number for _, number, _ in WIRE]) == numbers


def test_every_suboption_is_tested():
    for family, option, field in ((access.ANI, 52, "identifiers"), (flow.FLOW, 45, "suboptions"),
                                  (qos.ATTRIBUTES, 58, "attributes"),
                                  (session.LCMP, 62, "parameters")):
        seen = set()
        for _, number, fields in WIRE:
            if number == option:
                seen |= set([record.number for record in fields[field]])
        assert seen >= set(family.layouts), option


def test_every_message_is_built_and_read_as_the_rfcs_draw_it():
    for octets, kind, fields in MESSAGES:
        data = bytes.fromhex(octets)
        assert encode(Message(kind, **fields)) == data, octets
        assert decode(data) == Message(kind, **fields), octets
    assert set([kind for _, kind, _ in MESSAGES]) == set([row[0] for row in messages.TABLE])


def test_options_cut_short_are_malformed():
    for octets, number, _ in WIRE:
        data = bytes.fromhex(octets)
        for length in range(1, len(data)):
            with raises(DecodeError):
                FAMILY.read(data, 0, length)
        if FAMILY.layouts[number].size:
            with raises(DecodeError):
                FAMILY.read(data[:1] + b"\0", 0, 2)


def test_suboptions_that_run_out_of_their_option_are_malformed():
    for octets in ("3404" "0106" "8001", "3a08" + QOS + "0106", "3e02" "0106",
                   "2d08" "0001" "0002" "0080" "0206", "340a" "0108" "80" "09" "737369642d31",
                   "3409" "0107" "80" "01" "73" "01" "74" "7575", "3405" "0103" "80" "01" "73",
                   "2d0e" "0001" "0002" "0080" "0306" "0100" "80000000",
                   "2d0c" "0001" "0002" "0080" "0304" "0100" "8000",
                   "3a08" + QOS + "0a00", "2d09" "0001" "0002" "0080" "0201" "00",
                   "2c03" "000100"):
        data = bytes.fromhex(octets)
        with raises(DecodeError):
            FAMILY.read(data, 0, len(data))


def test_the_unknown_flow_binding_type_and_the_switch_without_its_addresses():
    for octets in ("3b011500" "0000" "0003" "0007" "0280" "01020000",
                   "3b011500" "0000" "0101" "0007" "0280" "01020000",
                   "3b010c00" "0000" "0200" "0000000000000000"):
        with raises(DecodeError):
            decode(bytes.fromhex(octets))


def test_values_that_do_not_fit_are_refused():
    for number, fields in ((44, {"flows": [65536]}), (55, {}),
                           (47, {"address": b"abc"})):
        with raises(ValueError):
            Option(number, **fields)
    for family, number, fields in (
            (access.ANI, 1, {"network_name": bytes(256)}), (access.ANI, 2, {"latitude": 1 << 23}),
            (access.ANI, 5, {"identifier": b"a"}), (qos.ATTRIBUTES, 5, {"priority_level": 16})):
        with raises(ValueError):
            family.make(number, fields)
    for selector in ({"start_protocol": 256}, {"start_flow_label": 1}, {"end_source_address": b""}):
        wrong = flow.FLOW.make(flow.TRAFFIC_SELECTOR, {"format": 1, "selector": selector})
        with raises(ValueError):
            flow.FLOW.write([wrong], 0)
    for addresses in ([b"abc"], [ADDRESS] * 256):
        with raises(ValueError):
            Message(messages.HOME_AGENT_SWITCH, home_agents=addresses)


def test_options_print_themselves():
    for octets, number, _ in WIRE:
        data = bytes.fromhex(octets)
        text = str(FAMILY.read(data, 0, len(data))[0])
        assert text.startswith(FAMILY.layouts[number].name + " ["), text
    text = str(Option(58, **attribute(10, format=2, selector=IPV6_SELECTOR)))
    assert "start_destination_address 2001:db8::1, start_flow_label 5" in text, text


def test_no_padding_stands_among_suboptions_that_have_none():
    parameters = [session.LCMP.make(9, {"data": b"abc"}),
                  session.LCMP.make(session.HEARTBEAT_CONTROL, {"interval": 60})]
    octets = FAMILY.write([Option(62, parameters=parameters)], 2)
    assert octets == bytes.fromhex("3e0d" "0903616263" "0206003c00000000")
    assert FAMILY.read(octets, 0, len(octets)) == [Option(62, parameters=parameters)]
