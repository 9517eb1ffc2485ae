# SPDX-License-Identifier: GPL-2.0-or-later
"""Mobility messages between two machines, over UDP in IPv4 and as the Mobility Header of IPv6."""

import os
import socket
import struct
import sys
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)) + "/support"]
sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

from system_bed import Checks, Probe  # noqa: E402

from bed.capture import Capture  # noqa: E402
from bed.namespace import Namespace, cable  # noqa: E402

# A Binding Refresh Request (RFC 6275 6.1.2) without a checksum: the kernel's business over IPv6.
MESSAGE = bytes((59, 0, 0, 0, 0, 0, 0, 0))
MAG4, LMA4, MAG6, LMA6 = "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"

check = Checks()
mag, lma = Namespace("mag"), Namespace("lma")
cable(mag, "eth0", lma, "eth0")
mag.add_address("eth0", MAG4 + "/24", MAG6 + "/64", "192.0.2.11/24", "2001:db8::11/64")
lma.add_address("eth0", LMA4 + "/24", LMA6 + "/64", "192.0.2.12/24", "2001:db8::12/64")


def with_checksum(message, source, destination):
    pseudo = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(
        socket.AF_INET6, destination
    ) + struct.pack("!IHBB", len(message), 0, 0, 135)
    total = sum(struct.unpack("!%dH" % ((len(pseudo) + len(message)) // 2), pseudo + message))
    total = (total & 0xFFFF) + (total >> 16)
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return message[:4] + struct.pack("!H", total) + message[6:]


def by_hand(message):
    """Send a Mobility Header whose checksum is what the sender says."""
    raw = mag.socket(socket.AF_INET6, socket.SOCK_RAW, 135)
    raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, -1)
    raw.bind((MAG6, 0))
    raw.sendto(message, (LMA6, 0))
    raw.close()


for python, other in (("cpython", "micropython"), ("micropython", "cpython")):
    four = Probe(mag, python, "signalling", MAG4), Probe(lma, other, "signalling", LMA4)
    capture = Capture(lma, "eth0", "udp")
    check("%s, IPv4: sent" % python, four[0].ask("send", message=MESSAGE.hex(), to=LMA4))
    got = four[1].until(MESSAGE.hex(), MAG4, 5436)
    check("%s, IPv4: received from address and port" % python, got, four[1].seen)
    check("%s, IPv4: answered" % python, four[1].ask("send", message=MESSAGE.hex(), to=MAG4))
    check("%s, IPv4: answer received" % python, four[0].until(MESSAGE.hex(), LMA4, 5436))
    sums = {row[0] for row in capture.fields("udp.port == 5436", "udp.checksum")}
    check("%s, IPv4: UDP has its checksum" % python, sums and "0x0000" not in sums, sums)

    six = Probe(mag, python, "signalling", MAG6), Probe(lma, other, "signalling", LMA6)
    capture = Capture(lma, "eth0", "ip6")
    check("%s, IPv6: sent" % python, six[0].ask("send", message=MESSAGE.hex(), to=LMA6))
    sound = with_checksum(MESSAGE, MAG6, LMA6)
    got = six[1].until(sound.hex(), MAG6, 0)
    check("%s, IPv6: received with the kernel's checksum" % python, got, six[1].seen)
    check("%s, IPv6: answered" % python, six[1].ask("send", message=MESSAGE.hex(), to=MAG6))
    answer = with_checksum(MESSAGE, LMA6, MAG6)
    check("%s, IPv6: answer received" % python, six[0].until(answer.hex(), LMA6, 0))
    limits = {row[0] for row in capture.fields("mipv6", "ipv6.hlim")}
    check("%s, IPv6: the hop limit is 64" % python, limits == {"64"}, limits)
    between = {row[0] for row in capture.fields("mipv6", "ipv6.nxt")}
    check("%s, IPv6: the Mobility Header is the only one" % python, between == {"135"}, between)

    six[1].forget()
    by_hand(sound)
    check("%s, IPv6: a sound checksum is received" % python, six[1].until(sound.hex()))
    six[1].forget()
    for damaged in (MESSAGE, sound[:7] + b"\1", sound[:4] + b"\xff\xff" + sound[6:]):
        by_hand(damaged)
    by_hand(sound)
    six[1].until(sound.hex())
    got = [event[0] for event in six[1].events()]
    check("%s, IPv6: a wrong checksum is dropped by the kernel" % python, got == [sound.hex()], got)

    capture = Capture(mag, "eth0", "icmp6")
    for octets in ("3b00050000000000", "06010500000000000000000a00000000",
                   "3b010500000000000000000a00000000"):
        time.sleep(1.1)
        wrong = with_checksum(bytes.fromhex(octets), MAG6, LMA6)
        by_hand(wrong)
        by_hand(wrong)
    told = capture.fields("icmpv6.type == 4", "ipv6.src", "ipv6.dst", "icmpv6.code",
                          "icmpv6.pointer", "icmpv6.checksum.status")
    check("%s, IPv6: who sends a wrong header is told what is wrong, once a second" % python,
          told == [(LMA6 + "," + MAG6, MAG6 + "," + LMA6, "0", pointer, "1")
                   for pointer in ("41", "40")], told)

    check("%s: no route is no disaster" % python,
          four[0].ask("send", message=MESSAGE.hex(), to="203.0.113.1") is False
          and six[0].ask("send", message=MESSAGE.hex(), to="2001:db8:ffff::1") is False)
    mag.down("eth0")
    check("%s: nor is a link that is down" % python,
          four[0].ask("send", message=MESSAGE.hex(), to=LMA4) is False
          and six[0].ask("send", message=MESSAGE.hex(), to=LMA6) is False)
    mag.up("eth0")
    mag.add_address("eth0", MAG6 + "/64")
    lma.run("ping", "-c1", "-W5", MAG4)
    four[1].forget()
    check("%s, IPv4: all is well when it is up again" % python,
          four[0].ask("send", message=MESSAGE.hex(), to=LMA4)
          and four[1].until(MESSAGE.hex(), MAG4, 5436))
    six[1].forget()
    check("%s, IPv6: all is well when it is up again" % python,
          six[0].ask("send", message=MESSAGE.hex(), to=LMA6)
          and six[1].until(sound.hex(), MAG6, 0))

    complaints = [probe.stop() for probe in four + six]
    check("%s: each trouble was logged once" % python,
          complaints[0].count("\n") in (1, 2) and "unreachable" in complaints[0], complaints[0])
    check("%s: and nothing else" % python, complaints[1] == complaints[3] == "", complaints)

check.done()
