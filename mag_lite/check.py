# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip check: what is missing on this machine, and the remedy."""

import json
import os
import socket
import time

from mag_lite import configuration, surroundings
from mag_lite.absent import foreign_address
from mag_lite.core.reactions import explain
from mag_lite.surroundings import FAIL, PASS, WARN
from mag_lite.system import settings, sockets, sysctl, tunnel
from mag_lite.system.control import NoAnswer, ask
from mag_lite.system.files import exists
from mag_lite.system.netlink import NetlinkError
from mag_lite.system.rtnetlink import Rtnetlink, delete_link, new_link
from mag_lite.wire import status as statuses
from mag_lite.wire.address import format_address

#: The OpenWrt package with the module for each kind of tunnel.
_PACKAGES = {"gre": "kmod-gre", "ip6gre": "kmod-gre6", "sit": "kmod-sit",
             "ip6tnl": "kmod-ip6-tunnel"}
_PROBE = "pmip-check"
#: With these an anchor refuses whatever this gateway registers.
_REFUSALS = (statuses.MAG_NOT_AUTHORIZED_FOR_PROXY_REG, statuses.TIMESTAMP_MISMATCH)
#: How often it is looked whether anchors have answered, after so many looks they are asked again,
#: and how long is waited before each look (s).
_LOOKS, _AGAIN, _PAUSE = 30, 15, 0.1


def main(options) -> int:
    """Print the findings; return 1 if one of them is a failure, else 0.

    `options` are those of the command line by letter: c (file), r (directory), j (JSON).
    """
    findings = _findings(options.get("c", configuration.DEFAULT_PATH),
                         options.get("r", "/var/run/pmip"))
    if "j" in options:
        print(json.dumps({"findings": [{"level": level, "text": text, "remedy": remedy}
                                       for level, text, remedy in findings]}))
    else:
        for level, text, remedy in findings:
            print("%s  %s" % (level, text))
            if remedy:
                print("      remedy: %s" % remedy)
    return 1 if any([level == FAIL for level, _, _ in findings]) else 0


def _findings(path, run_directory):
    chosen, problems, enabled = configuration.load(path)
    findings = [(FAIL if level == settings.ERROR else WARN, text, "edit " + path)
                for level, text in problems]
    if not problems:
        findings.append((PASS, "%s is understood" % path, None))
    if not enabled:
        findings.append((FAIL, "the gateway is not enabled",
                         "uci set pmip.mag.enabled=1; uci commit pmip"))
    findings.append(_nft())
    if chosen is not None:
        for anchor in chosen.anchors:
            findings += _anchor(anchor)
        for access in chosen.access.values():
            findings += _access(access)
        lengths = [len(anchor.address) for anchor in chosen.anchors]
        if chosen.ipsec:
            findings += [_ipsec(octets == 16, chosen.ipsec) for octets in sorted(set(lengths))]
        findings += surroundings.findings(
            surroundings.load(), sorted(chosen.access), 16 in lengths, 4 in lengths,
            "udp" in [anchor.encapsulation for anchor in chosen.anchors])
    return findings + _daemon(run_directory, chosen)


def _nft():
    if os.system("nft --version > /dev/null 2>&1"):
        return (FAIL, "the nft command does not work",
                "install the packages nftables and kmod-nft-netdev")
    return PASS, "the nft command works", None


def _ipsec(over_ipv6, request):
    """Try it: demand it for a socket."""
    from mag_lite.system.ipsec import demand

    version = 6 if over_ipv6 else 4
    family = sockets.AF_INET6 if over_ipv6 else sockets.AF_INET
    tried = socket.socket(family, sockets.SOCK_DGRAM, 0)
    try:
        demand(tried, over_ipv6, request)
    except OSError as error:
        return (FAIL, "there is no IPsec over IPv%d: %s" % (version, sockets.reason(error)),
                "ask as root, or install the package kmod-ipsec%d" % version)
    finally:
        tried.close()
    return PASS, "the kernel has IPsec over IPv%d" % version, None


def _anchor(anchor):
    name = "anchor %s" % format_address(anchor.address)
    foreign = foreign_address(anchor)
    if foreign:
        return [(FAIL, foreign, "correct option local, or leave it out")]
    route = Rtnetlink()
    try:
        path = route.route_get(anchor.address, anchor.local or b"")
        devices = [link.name for link in route.links().values() if link.index == path.device]
    except NetlinkError as error:
        return [(FAIL, "%s: there is no route to it: %s" % (name, error),
                 "connect the uplink, or correct option lma")]
    finally:
        route.close()
    local = anchor.local or path.source
    findings = [(PASS, "%s: reached from %s, path MTU %d" % (
        name, format_address(local), path.mtu), None)]
    if len(local) == 4:
        findings += _reverse_path(name, devices[0])
    return findings + [_tunnels(name, anchor.encapsulation, local, anchor.address)]


def _reverse_path(name, device):
    """Find out whether the kernel drops what the anchor sends by another way than ours to it."""
    strictness = []
    for each in ("all", device):
        with open("/proc/sys/net/ipv4/conf/%s/rp_filter" % each) as file:
            strictness.append(int(file.read()))
    if max(strictness) != 1:
        return []
    return [(WARN, "%s: strict reverse path filter: packets that come from it on another device "
             "than %s are dropped" % (name, device),
             "sysctl -w net.ipv4.conf.%s.rp_filter=2, if they do" % device)]


def _tunnels(name, encapsulation, local, remote):
    """Try it: make such a tunnel and remove it."""
    kind = tunnel.kind(encapsulation, local)
    route = Rtnetlink()
    try:
        route.perform(new_link(_PROBE, kind, tunnel.encode(encapsulation, local, remote), 1280,
                               _PROBE))
        route.perform([delete_link(route.link(_PROBE).index)])
    except NetlinkError as error:
        if error.errno != sockets.EEXIST:
            return (FAIL, "%s: the kernel makes no %s tunnel: %s" % (name, kind, error),
                    "ask as root, or install the package " + _PACKAGES[kind]
                    + (" and kmod-fou" if encapsulation == "udp" else ""))
    finally:
        route.close()
    return PASS, "%s: the kernel makes %s tunnels" % (name, kind), None


def _access(access):
    device = access.device
    if not exists("/sys/class/net/" + device):
        return [(FAIL, "access device %s does not exist" % device,
                 "correct option device, or enable the wireless network")]
    findings = [(PASS, "access device %s exists" % device, None)]
    for bss in access.bss:
        if not exists("%s/%s" % (access.hostapd, bss)):
            findings.append((FAIL, "hostapd has no control socket %s/%s" % (access.hostapd, bss),
                             "start the access point, or correct options bss and hostapd"))
    if exists("/sys/class/net/%s/master" % device):
        findings.append((FAIL, "%s is a port of a bridge, which takes its clients' packets"
                         % device, "take the bridge as option device, and '%s' as bss" % device))
    if exists("/sys/class/net/%s/bridge" % device):
        findings += _bridge(device, access)
    return findings


def _bridge(device, access):
    findings = []
    for port in os.listdir("/sys/class/net/%s/brif" % device):
        if port not in access.bss and not _is_wireless(port):
            findings.append((FAIL, "%s is in the bridge %s with the clients, who would bypass the "
                             "gateway" % (port, device),
                             "give the clients a bridge of their own, or a VLAN in this one"))
    if sysctl.read("net/bridge/bridge-nf-call-iptables") == "1":
        findings.append((FAIL, "the packet filter looks into bridges, and drops clients' requests",
                         "sysctl -w net.bridge.bridge-nf-call-iptables=0 and -ip6tables=0"))
    return findings


def _is_wireless(device):
    return exists("/sys/class/net/%s/phy80211" % device)


def _daemon(run_directory, chosen):
    control = run_directory + "/control"
    try:
        status = ask(control, {"verb": "status"})
        findings = _answers(control)
    except NoAnswer as error:
        return [(FAIL, str(error), "start pmip-mag")]
    findings.append((PASS, "the daemon runs, version %s" % status["version"], None))
    for access in status["access"]:
        if not access["hostapd"]:
            findings.append((FAIL, "the daemon has no connection to hostapd on %s"
                             % access["device"], "see the log: logread -e pmip-mag"))
    if chosen is not None and chosen.timestamp == "auto" and not status["timestamps"]:
        findings.append((WARN, "the clock is not known to be right: registrations are ordered by "
                         "sequence numbers", "enable NTP: service sysntpd enable"))
    return findings


def _answers(control):
    """Let the daemon ask every anchor to which it has a way: that changes nothing there."""
    for look in range(_LOOKS):
        if look % _AGAIN == 0:
            ask(control, {"verb": "probe"})
        time.sleep(_PAUSE)
        anchors = [anchor for anchor in ask(control, {"verb": "anchors"})["anchors"]
                   if anchor["local"] is not None]
        if all([None not in (anchor["heartbeat"], anchor["trial"]) for anchor in anchors]):
            break
    findings = []
    for anchor in anchors:
        findings.append(_heartbeat(anchor))
        if anchor["trial"] is not None:
            findings.append(_trial(anchor))
        elif anchor["heartbeat"] is not None and anchor["answered"] is None:
            findings.append((WARN, "anchor %s: answers no registration" % anchor["address"],
                             "see the anchor's log"))
    return findings


def _heartbeat(anchor):
    name = "anchor %s" % anchor["address"]
    if anchor["heartbeat"] is not None:
        return PASS, "%s: answers a heartbeat after %d ms" % (name, anchor["heartbeat"]), None
    if anchor["answered"] is not None:
        return PASS, "%s: answers no heartbeat, but answered a registration %d s ago" % (
            name, anchor["answered"]), None
    return (WARN, "%s: answers no heartbeat" % name,
            "see that it runs, that it serves the gateway %s, and that no firewall is between: %s"
            % (anchor["local"], "protocol 135" if ":" in anchor["local"] else "UDP port 5436"))


def _trial(anchor):
    """What came of a registration that makes none; by then the anchor had looked who asks."""
    name, code = "anchor %s" % anchor["address"], anchor["trial"]
    if code < statuses.REASON_UNSPECIFIED or (
            code >= statuses.SERVICE_AUTHORIZATION_FAILED and code not in _REFUSALS):
        return PASS, "%s: takes registrations from this gateway (trial: status %d after %s ms)" % (
            name, code, anchor["round_trip"]), None
    return (FAIL if code in _REFUSALS else WARN,
            "%s: refuses a trial registration: %s" % (name, explain(code)),
            "see the anchor's log; it must list the gateway %s" % anchor["local"])
