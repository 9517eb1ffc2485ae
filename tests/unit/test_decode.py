# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip decode: what a person gets to see, as text and as JSON."""
import binascii
import io
import json

import vectors

from mag_lite import decode
from mag_lite.dissect import dissect_link, dissect_octets
from mag_lite.wire import arp, dhcpv4, icmpv6, ip, pcap, udp4
from mag_lite.wire.address import parse_address

from raises import raises

HOST = bytes((203, 0, 113, 5))
MAC = b"\x02\x00\x5e\x10\x00\x01"
CLIENT = parse_address("fe80::1")
ALL_ROUTERS = parse_address("ff02::2")


def run(*words):
    """(exit status, lines) of the command."""
    written = []
    status = decode.main(["decode"] + list(words), written.append)
    return status, "\n".join(written).split("\n")


def run_json(*words):
    status, lines = run("-j", *words)
    return status, [json.loads(line) for line in lines]


def text_of(nodes):
    return "\n".join([line for node in nodes for line in node.lines()])


def test_a_message_in_hexadecimal():
    status, lines = run("3b:02:0d:00 39c1", "0001 01020304", "0x01001c040000000701020000"[2:])
    assert status == 0
    assert lines == ["Heartbeat: flags 0x0001 (R), sequence 16909060",
                     "    Restart Counter (28): counter 7"]


def test_a_message_as_json():
    status, shown = run_json(vectors.load("11_pba_timestamp_mismatch.json")["packet_hex"])
    assert status == 0 and len(shown) == 1
    message = shown[0]
    assert message["type"] == 6 and message["name"] == "Proxy Binding Acknowledgement"
    assert message["source"] == "2001:db8:b::1" and message["destination"] == "2001:db8:a::1"
    assert message["fields"]["status"] == 156
    assert message["fields"]["status_text"] == "156 (TIMESTAMP_MISMATCH)"
    assert message["fields"]["sequence"] == 4
    identifier = message["options"][0]
    assert identifier["type"] == 8 and identifier["name"] == "Mobile Node Identifier"
    assert identifier["fields"]["identifier"] == "mn1@example.net"
    assert [option["type"] for option in message["options"]] == [8, 22, 23, 24, 27, 25]


def test_every_vector_is_shown_with_all_its_options():
    for name in vectors.names():
        vector = vectors.load(name)
        for key in ("mh_hex", "packet_hex"):
            status, shown = run_json(vector[key])
            assert status == 0, name
            wire = [int(field["field"].split()[1]) for field in vector["fields"]
                    if field["field"].startswith("opt")]
            assert [option["type"] for option in shown[0]["options"]] == wire, name
            assert run(vector[key])[0] == 0, name


def test_suboptions_are_shown_below_their_option():
    _, lines = run(vectors.load("22_pbu_rich.json")["mh_hex"])
    place = lines.index("    Access Network Identifier (52)")
    assert lines[place + 1] == (
        '        Network-Identifier (1): flags 0x80 (E), network_name "ssid-1",'
        ' access_point_name "ap-7"')
    _, shown = run_json(vectors.load("22_pbu_rich.json")["mh_hex"])
    names = [option for option in shown[0]["options"] if option["type"] == 52][0]["options"]
    assert [option["name"] for option in names] == ["Network-Identifier", "Geo-Location",
                                                    "Operator-Identifier"]


def test_every_tunnel_header_is_shown():
    for name in vectors.names(data_plane=True):
        status, lines = run(vectors.load(name)["packet_hex"])
        assert status == 0 and len(lines) == 1, name
        assert "client_source 203.0.113.5" in lines[0], name
        assert ("key 0x00000201" in lines[0]) == ("gre" in name), name


def test_malformed_messages_are_reported_with_the_place():
    octets = vectors.load("13_hb_request.json")["mh_hex"]
    status, lines = run(octets[:-8] + "01090000")
    assert status == 1
    assert lines == ["malformed: offset 13: expected an option length of at most 2, found 9"]
    status, shown = run_json("3c000d" + octets[6:])
    assert status == 1
    assert shown[0]["offset"] == 0 and shown[0]["expected"] == "Payload Proto 59"


def test_a_wrong_checksum_is_malformed_in_ipv6_only():
    for name, expected in (("01_pbu_initial_ipv6.json", 1), ("05_pbu_ipv4only_udp.json", 0)):
        vector = vectors.load(name)
        start = vector["packet_hex"].index(vector["mh_hex"])
        packet = vector["packet_hex"]
        assert run(packet[:start + 8] + "ffff" + packet[start + 12:])[0] == expected, name


def test_unknown_message_types_stay_octets():
    status, lines = run("3b00630000001234")
    assert status == 0
    assert lines == ["Mobility Header type 99: data 3b00630000001234"]


def test_arp_dhcp_and_neighbour_discovery():
    request = arp.encode(arp.Arp(arp.REQUEST, MAC, HOST, bytes(6), HOST))
    assert text_of(dissect_octets(request)) == (
        "ARP Request: sender_mac 02:00:5e:10:00:01, sender_address 203.0.113.5,"
        " target_mac 00:00:00:00:00:00, target_address 203.0.113.5")
    discover = dhcpv4.encode(dhcpv4.Dhcp(dhcpv4.BOOTREQUEST, 7, MAC, options={
        53: b"\1", 50: HOST, 12: b"phone", 55: b"\1\3", 200: b"\0", 121: b"\0" + HOST, 51: b"bad"}))
    text = text_of(dissect_octets(udp4.encode_udp4(bytes(4), b"\xff" * 4, 68, 67, discover)))
    for part in ("0.0.0.0 > 255.255.255.255  DHCPDISCOVER: op 1", "chaddr 02:00:5e:10:00:01",
                 "Requested IP Address (50): value 203.0.113.5", 'Host Name (12): value "phone"',
                 "Parameter Request List (55): value 1 3", "Option 200 (200): value 00",
                 "Classless Static Route (121): value 0.0.0.0/0 via 203.0.113.5",
                 "IP Address Lease Time (51): value 626164"):
        assert part in text, (part, text)
    solicitation = icmpv6.encode(icmpv6.Message(icmpv6.ROUTER_SOLICITATION), CLIENT, ALL_ROUTERS)
    packet = ip.encode_ipv6(CLIENT, ALL_ROUTERS, 58, solicitation, 255)
    assert text_of(dissect_octets(packet)) == "fe80::1 > ff02::2  Router Solicitation"
    from_afar = ip.encode_ipv6(CLIENT, ALL_ROUTERS, 58, solicitation, 254)
    assert run(binascii.hexlify(from_afar).decode())[0] == 1


def test_packets_of_other_protocols_are_passed_over():
    tcp = ip.encode_ipv4(HOST, HOST, 6, bytes(20))
    dns = udp4.encode_udp4(HOST, HOST, 1024, 53, b"query")
    echo = ip.encode_ipv6(CLIENT, CLIENT, 58, b"\x80\0" + bytes(6))
    fragment = ip.encode_ipv6(CLIENT, CLIENT, 44, b"\x87\0\0\1" + bytes(4))
    for packet in (tcp, tcp[:30], dns, echo, fragment):
        assert list(dissect_octets(packet)) == []
    with raises(ValueError):
        dissect_octets(dns[:25])


def test_the_headers_of_all_links():
    vector = vectors.load("14_hb_response.json")
    packet = vectors.octets(vector, "packet_hex")
    ethernet = bytes(12) + b"\x86\xdd" + packet
    cooked = bytes(14) + b"\x86\xdd" + packet
    for link_type, data in ((pcap.ETHERNET, ethernet), (pcap.RAW, packet), (pcap.IPV6, packet),
                            (pcap.NULL, b"\x0a\0\0\0" + packet), (pcap.LINUX_SLL, cooked),
                            (pcap.LINUX_SLL2, b"\x86\xdd" + bytes(18) + packet)):
        assert text_of(dissect_link(link_type, data)).startswith("2001:db8:b::1 > "), link_type
    lldp = bytes(12) + b"\x88\xcc" + packet
    assert dissect_link(pcap.ETHERNET, lldp) == []


def test_files_of_hexadecimal_lines_and_captures():
    first = vectors.load("13_hb_request.json")
    second = vectors.load("14_hb_response.json")
    written = []
    printer = decode.Printer(False, written.append)
    text = "# two messages\n\n%s\n %s \n" % (first["mh_hex"], second["packet_hex"])
    decode.decode_file(io.BytesIO(text.encode()), printer)
    assert len(written) == 2 and printer.malformed == 0
    packet = vectors.octets(first, "packet_hex")
    record = bytes(8) + len(packet).to_bytes(4, "little") * 2 + packet
    capture = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000065000000") + record * 2
    decode.decode_file(io.BytesIO(capture), printer)
    assert written[2].startswith("1  2001:db8:a::1 > 2001:db8:b::1  Heartbeat")
    assert written[3].startswith("2  ") and printer.malformed == 0
    decode.decode_file(io.BytesIO(capture[:-1]), printer)
    assert written[5].startswith("2  malformed: offset ") and printer.malformed == 1


def test_what_is_neither_file_nor_hexadecimal():
    for words in (("no-such-file",), ("3b0",), ("-x",), ("-i",)):
        assert run(*words)[0] == 2
    with raises(ValueError):
        decode.decode_file(io.BytesIO(b"\xff\xfe\xfd\xfc"), decode.Printer(False, None))
    assert run("-h")[1][0].startswith("usage: pmip decode")
