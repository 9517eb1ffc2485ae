# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast we parse and build, and how many times faster than scapy on the same bytes.

python3 bench/codec.py prints a table and one line of JSON. On MicroPython (and without scapy)
only our own figures. Each figure is the best of several rounds, in microseconds.
"""
import gc
import json
import sys
import time

HERE = __file__[: __file__.rfind("/")] if "/" in __file__ else "."
sys.path.insert(0, HERE + "/..")

from mag_lite.wire import dhcpv4, mobility_header  # noqa: E402
from mag_lite.wire.mobility_header import Message, decode, encode  # noqa: E402
from mag_lite.wire.mobility_options import Option  # noqa: E402

MICROPYTHON = sys.implementation.name == "micropython"
# Processor time where there is such a clock: the machine has other things to do as well.
NOW = getattr(time, "process_time_ns", time.time_ns)
ROUNDS = 15
MAC = b"\x02\x00\x5e\x10\x00\x01"


def pbu():
    """A typical Proxy Binding Update of 104 octets."""
    return Message(mobility_header.BINDING_UPDATE, [
        Option(8, subtype=1, identifier=b"mn1@example.net"), Option(22), Option(23, indicator=1),
        Option(24, technology=4), Option(27, time=1714564800 << 16), Option(25, identifier=MAC),
        Option(26)], sequence=1, flags=0x8200, lifetime=75)


def discover():
    """A DHCPDISCOVER as phones send it."""
    return dhcpv4.Dhcp(dhcpv4.BOOTREQUEST, 0x3903F326, MAC, options={
        53: b"\1", 61: b"\1" + MAC, 57: b"\x05\xdc", 60: b"android-dhcp-14", 12: b"phone",
        55: bytes((1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108))})


def microseconds(function, calls):
    """How long one call took on average."""
    started = NOW()
    for _ in range(calls):
        function()
    return (NOW() - started) / calls / 1000


def least(functions):
    """The least average of each of (function, calls); they take turns on the same machine."""
    best = [1e9] * len(functions)
    for _ in range(ROUNDS):
        for place, (function, calls) in enumerate(functions):
            best[place] = min(best[place], microseconds(function, calls))
    return best


def our_codecs():
    """{what: function} of our own."""
    update, packet = pbu(), discover()
    update_octets, packet_octets = encode(update), dhcpv4.encode(packet)
    assert len(update_octets) == 104
    return {
        "PBU parse": lambda: decode(update_octets),
        "PBU build": lambda: encode(update),
        "PBU make and build": lambda: encode(pbu()),
        "DHCPDISCOVER parse": lambda: dhcpv4.decode(packet_octets),
        "DHCPDISCOVER build": lambda: dhcpv4.encode(packet),
        "DHCPDISCOVER make and build": lambda: dhcpv4.encode(discover()),
    }


def scapy_codecs():
    """{what: function} of scapy's, for the same octets."""
    from scapy.layers.dhcp import BOOTP, DHCP
    from scapy.layers.inet6 import MIP6MH_BU, MIP6OptUnknown, PadN

    update_octets, packet_octets = encode(pbu()), dhcpv4.encode(discover())

    def scapy_pbu():
        # scapy knows none of the options of RFC 5213: their octets are data to it.
        options = [PadN(optdata=b"\0" * 4) if option is None else
                   MIP6OptUnknown(otype=option[0], odata=option[2:]) for option in parts]
        return MIP6MH_BU(cksum=0, seq=1, flags=0x20, mhtime=75, options=options)

    parts = [update_octets[12:30], update_octets[36:56], update_octets[56:60],
             update_octets[60:64], update_octets[66:76], update_octets[76:86], update_octets[86:]]

    def scapy_discover():
        return BOOTP(op=1, xid=0x3903F326, chaddr=MAC) / DHCP(options=[
            ("message-type", "discover"), ("client_id", b"\1" + MAC), ("max_dhcp_size", 1500),
            ("vendor_class_id", b"android-dhcp-14"), ("hostname", b"phone"),
            ("param_req_list", [1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108]), "end"])

    def parse_pbu():
        return MIP6MH_BU(update_octets).options

    def parse_discover():
        return BOOTP(packet_octets)[DHCP].options

    return {
        "PBU parse": parse_pbu,
        "PBU make and build": lambda: bytes(scapy_pbu()),
        "DHCPDISCOVER parse": parse_discover,
        "DHCPDISCOVER make and build": lambda: bytes(scapy_discover()),
    }


def measure():
    """[{what, us, scapy_us, ratio}]."""
    ours = our_codecs()
    try:
        theirs = {} if MICROPYTHON else scapy_codecs()
    except ImportError:
        theirs = {}
    results = []
    for what in sorted(ours):
        functions = [(ours[what], 500)]
        if what in theirs:
            functions.append((theirs[what], 50))
        best = least(functions)
        result = {"what": what, "us": round(best[0], 2)}
        if what in theirs:
            result["scapy_us"] = round(best[1], 1)
            result["ratio"] = round(best[1] / best[0], 1)
        results.append(result)
    return results


def main():
    """Print the table and the JSON."""
    if MICROPYTHON:
        gc.threshold(65536)
    results = measure()
    python = "%s %d.%d" % ((sys.implementation.name,) + tuple(sys.implementation.version)[:2])
    print("%-30s %10s %10s %8s" % (python, "us", "scapy us", "ratio"))
    for result in results:
        print("%-30s %10.2f %10s %8s" % (result["what"], result["us"], result.get("scapy_us", "-"),
                                         result.get("ratio", "-")))
    print(json.dumps({"bench": "codec", "python": python, "results": results}))


if __name__ == "__main__":
    main()
