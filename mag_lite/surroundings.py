# SPDX-License-Identifier: GPL-2.0-or-later
"""What else is configured on an OpenWrt machine and gets in the gateway's way.

Everything is judged by the files in /etc/config; `configurations` is {name: sections}, without
those that are not there.  Findings are (level, text, remedy), as in `check`.
"""

from mag_lite.system import uci

PASS, WARN, FAIL = "PASS", "WARN", "FAIL"

#: What our packet filter marks clients' packets with, and every tunnel's name begins with.
_MARK = "0x52130000/0xffff0000"
_TUNNELS = ("pmip+", "pmip*")
_FILES = ("firewall", "network", "wireless", "dhcp")
_TRUE = ("1", "on", "true", "yes", "enabled")
_SERVES = ("server", "hybrid", "relay")


def load(directory: str = uci.CONFIGURATIONS) -> dict:
    """The configurations that there are and that make sense."""
    found = {}
    for name in _FILES:
        try:
            found[name] = uci.load(directory + "/" + name)
        except (OSError, uci.UciError):
            pass
    return found


def findings(configurations: dict, devices, ipv6: bool, ipv4: bool, udp: bool = False) -> list:
    """Look at all; `devices` are the access devices, the flags tell what anchors there are, and
    whether one has packets in UDP."""
    found = []
    if "firewall" in configurations:
        found += _firewall(configurations["firewall"], ipv6, ipv4, udp)
    for device in devices:
        found += _station_interfaces(configurations.get("wireless", []), device)
        for network in networks(configurations, device):
            found += _servers(configurations.get("dhcp", []), device, network)
    return found


def _firewall(sections, ipv6, ipv4, udp):
    rules = [section.options for section in sections if section.type == "rule"
             and section.options.get("target") == "ACCEPT" and _is_on(section, "enabled", "1")]
    defaults = [section for section in sections if section.type == "defaults"]
    found = []
    if not [rule for rule in rules if rule.get("mark") == _MARK]:
        found.append((FAIL, "the firewall does not forward clients' packets",
                      "add a rule: src *, dest *, proto all, mark %s, target ACCEPT" % _MARK))
    if not [section for section in sections if section.type == "zone"
            and [each for each in _words(section, "device") if each in _TUNNELS]]:
        found.append((WARN, "no zone of the firewall has the tunnels",
                      "add a zone: name pmip, device pmip+, input REJECT, forward REJECT"))
    for port, needed, what in (("5436", ipv4, "what anchors say over IPv4"),
                               ("5437", udp, "packets in UDP")):
        if needed and not [rule for rule in rules if rule.get("dest_port") == port]:
            found.append((WARN, "no rule of the firewall lets in " + what,
                          "add a rule: src *, proto udp, dest_port %s, target ACCEPT" % port))
    if ipv6 and not _has_protocol(rules, ("135",)):
        found.append((WARN, "no rule of the firewall lets in what anchors say over IPv6",
                      "add a rule: src *, family ipv6, proto 135, target ACCEPT"))
    if not _has_protocol(rules, ("47", "gre", "4", "ipencap")):
        found.append((WARN, "no rule of the firewall lets in tunnelled packets",
                      "add a rule: src *, proto 47, target ACCEPT (ip: 4 and 41)"))
    if not found:
        found.append((PASS, "the firewall lets anchors in and clients through", None))
    for option, text in (("flow_offloading", "flow offloading is on"),
                         ("drop_invalid", "the firewall drops invalid packets")):
        if [section for section in defaults if _is_on(section, option)]:
            found.append((PASS, text + ": clients' packets are not tracked, so it does not touch "
                          "them", None))
    return found


def _has_protocol(rules, protocols):
    return [rule for rule in rules for word in _split(rule.get("proto", "")) if word in protocols]


def networks(configurations: dict, device: str) -> list:
    """Names of the networks (netifd's interfaces) that the device belongs to."""
    network = configurations.get("network", [])
    devices = [device]
    for section in network:
        if section.type == "device" and device in _words(section, "ports"):
            devices += _words(section, "name")
    found = [section.name for section in network if section.type == "interface"
             and [each for each in _words(section, "device") if each in devices]]
    for section in _wireless(configurations.get("wireless", []), device):
        found += [name for name in _words(section, "network") if name not in found]
    return found


def _wireless(sections, device):
    """The wireless network that the device is the access point of: by its name, or because it is
    the Mth of radio N and called phyN-apM."""
    places = {}
    for section in sections:
        if section.type != "wifi-iface" or _is_on(section, "disabled"):
            continue
        radio = section.options.get("device", "")
        place = places.get(radio, 0)
        places[radio] = place + 1
        invented = "phy%s-ap%d" % (radio[len("radio") :], place)
        if section.options.get("ifname", invented) == device:
            return [section]
    return []


def _station_interfaces(wireless, device):
    # Of a bridge they become ports, which is no trouble.
    return [(FAIL, "each client of %s gets an interface of its own, which is not served" % device,
             "uci delete wireless.%s.per_sta_vif, or put it in a bridge of its own and take that "
             "as option device" % section.name)
            for section in _wireless(wireless, device) if _is_on(section, "per_sta_vif")]


def _servers(dhcp, device, network):
    found = []
    for section in dhcp:
        if section.type != "dhcp" or section.options.get("interface") != network:
            continue
        place = "dhcp.%s" % (section.name or "@dhcp[...]")
        where = "on network '%s', which %s belongs to" % (network, device)
        if not _is_on(section, "ignore") and section.options.get("dhcpv4") != "disabled":
            found.append((FAIL, "another DHCP server is configured " + where,
                          "uci set %s.ignore=1" % place))
        for option in ("ra", "dhcpv6"):
            if section.options.get(option) in _SERVES:
                found.append((FAIL, "another %s server is configured %s" % (
                    "router advertisement" if option == "ra" else "DHCPv6", where),
                    "uci set %s.%s=disabled" % (place, option)))
    return found


def _is_on(section, option, default="0"):
    return section.options.get(option, default) in _TRUE


def _words(section, option):
    return _split(section.options.get(option, ""))


def _split(value):
    return value if isinstance(value, list) else value.split()
