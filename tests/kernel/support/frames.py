# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames as phones, good and bad ones, put them on the air."""

import logging
import socket

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DUID_LL, DHCP6_InfoRequest, DHCP6OptClientId, DHCP6OptOptReq
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    IPv6,
)
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)    # it looks for routes in vain

ROUTER_MAC = "00:00:5e:00:52:13"
EVERYONE = "ff:ff:ff:ff:ff:ff"
PORT = 9000


def transmit(machine, *frames, interface="wlan0"):
    """Put frames (scapy's, or octets) on the air as they are."""
    with machine.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((interface, 0))
        for frame in frames:
            sender.send(bytes(frame))


def datagram(source_mac, destination_mac, source, destination, payload=b"", port=PORT):
    """A UDP datagram over IPv4."""
    return (
        Ether(src=source_mac, dst=destination_mac) / IP(src=source, dst=destination)
        / UDP(sport=port, dport=port) / Raw(payload)
    )


def arp_request(mac, source, target, destination=EVERYONE):
    """Who has `target`?"""
    return Ether(src=mac, dst=destination) / ARP(
        op="who-has", hwsrc=mac, psrc=source, pdst=target
    )


def arp_reply(mac, source, target_mac, target):
    """`source` is at `mac`, said to `target`."""
    return Ether(src=mac, dst=target_mac) / ARP(
        op="is-at", hwsrc=mac, psrc=source, hwdst=target_mac, pdst=target
    )


def information_request(mac, source):
    """A DHCPv6 Information-request for DNS servers."""
    return (
        Ether(src=mac, dst="33:33:00:01:00:02") / IPv6(src=source, dst="ff02::1:2", hlim=1)
        / UDP(sport=546, dport=547) / DHCP6_InfoRequest(trid=0x5213)
        / DHCP6OptClientId(duid=DUID_LL(lladdr=mac)) / DHCP6OptOptReq(reqopts=[23])
    )


def discover(mac, xid=0x5213, destination=EVERYONE, kind="discover"):
    """A DHCPDISCOVER, or what `kind` says."""
    return (
        Ether(src=mac, dst=destination) / IP(src="0.0.0.0", dst="255.255.255.255")
        / UDP(sport=68, dport=67) / BOOTP(chaddr=bytes.fromhex(mac.replace(":", "")), xid=xid)
        / DHCP(options=[("message-type", kind), "end"])
    )


def neighbour_discovery(mac, address, target, destination):
    """Solicitation, advertisement, router solicitation and advertisement."""
    solicited = "ff02::1:ff" + target[-7:]
    return [
        Ether(src=mac, dst=destination) / message
        for message in (
            IPv6(src=address, dst=solicited) / ICMPv6ND_NS(tgt=target),
            IPv6(src=address, dst="ff02::1") / ICMPv6ND_NA(tgt=address, R=0, S=0, O=1)
            / ICMPv6NDOptDstLLAddr(lladdr=mac),
            IPv6(src=address, dst="ff02::2") / ICMPv6ND_RS(),
            IPv6(src=address, dst="ff02::1") / ICMPv6ND_RA(),
        )
    ]


def multicast_dns(mac, address, address6, destination4, destination6):
    """A query for services by mDNS, over both IP versions."""
    query = UDP(sport=5353, dport=5353) / DNS(
        rd=0, qd=DNSQR(qname="_services._dns-sd._udp.local", qtype="PTR")
    )
    return [
        Ether(src=mac, dst=destination4) / IP(src=address, dst="224.0.0.251", ttl=255) / query,
        Ether(src=mac, dst=destination6) / IPv6(src=address6, dst="ff02::fb", hlim=255) / query,
    ]


def echo_request(mac, destination_mac, source, destination):
    """One ping."""
    return (
        Ether(src=mac, dst=destination_mac) / IP(src=source, dst=destination)
        / ICMP(type="echo-request") / Raw(b"ping")
    )
