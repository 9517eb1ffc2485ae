# SPDX-License-Identifier: GPL-2.0-or-later
"""/etc/config/pmip: what may stand in it, and the core's view of it."""

from mag_lite.core.configuration import Access, Anchor, Configuration, Profile
from mag_lite.system import settings, uci
from mag_lite.system.settings import ANY, ONCE, REQUIRED, SectionSchema

DEFAULT_PATH = "/etc/config/pmip"

#: Access Technology Type of every access link: IEEE 802.11 (RFC 5213 section 8.5).
WIRELESS_LAN = 4
MOST_ANCHORS = 64

_LIFETIME = settings.integer(4, 262140, "s")
_ENCAPSULATION = settings.choice("gre", "gre-key", "ip", "udp")
_MTU = settings.integer(576, 9000, "octets")
_IP = settings.choice("dual", "4", "6")
_VERSIONS = {"dual": (4, 6), "4": (4,), "6": (6,)}

SCHEMA = (
    SectionSchema("mag", ONCE, (
        ("enabled", settings.FLAG, "1"),
        ("lma", settings.ADDRESS, None),
        ("local", settings.ADDRESS, None),
        ("encapsulation", _ENCAPSULATION, "gre"),
        ("mtu", _MTU, None),
        ("lifetime", _LIFETIME, "3600"),
        ("timestamp", settings.choice("auto", "on", "off"), "auto"),
        ("ip", _IP, "dual"),
        ("dns", settings.list_of(settings.ADDRESS), None),
        ("dhcp_server", settings.ADDRESS4, None),
        ("local_routing", settings.FLAG, "0"),
        ("ipsec", settings.REQUEST_ID, None),
    )),
    SectionSchema("access", ANY, (
        ("device", settings.INTERFACE, REQUIRED),
        ("bss", settings.list_of(settings.INTERFACE), None),
        ("hostapd", settings.PATH, "/var/run/hostapd"),
        ("identity", settings.choice("authenticated", "mac", "external"), "authenticated"),
        ("isolate", settings.FLAG, "1"),
    )),
    SectionSchema("anchor", ANY, (
        ("address", settings.ADDRESS, REQUIRED),
        ("local", settings.ADDRESS, None),
        ("encapsulation", _ENCAPSULATION, "gre"),
        ("mtu", _MTU, None),
    )),
    SectionSchema("profile", ANY, (
        ("match", settings.PATTERN, REQUIRED),
        ("access", settings.TEXT, None),
        ("anchor", settings.TEXT, None),
        ("service", settings.TEXT, None),
        ("ip", _IP, None),
        ("allow", settings.FLAG, "1"),
    )),
)


def load(path: str):
    """Read the file; return (Configuration or None, problems, enabled).

    Problems are (settings.ERROR or settings.WARNING, text).  The configuration is None if the
    file cannot be read or says nothing that could be served.
    """
    try:
        sections = uci.load(path)
    except (OSError, uci.UciError) as error:
        return None, [(settings.ERROR, "%s: %s" % (path, error))], True
    return interpret(sections, path)


def interpret(sections, path: str):
    """As `load`, from sections that were read already."""
    found, problems = settings.read(sections, SCHEMA, path)
    reader = _Reader(found, path, problems)
    configuration = Configuration(
        found.mag.lifetime * 1000, found.mag.timestamp,
        [address for address in found.mag.dns if len(address) == 4],
        [address for address in found.mag.dns if len(address) == 16],
        _VERSIONS[found.mag.ip], reader.access(), reader.anchors(), reader.profiles(),
        found.mag.local_routing, found.mag.ipsec)
    if not configuration.anchors:
        problems.append((settings.ERROR, "%s: section mag: option lma is missing; it must be "
                         "the anchor's address" % path))
    if not configuration.access:
        problems.append((settings.ERROR, "%s: there is no section 'access' with a device; no "
                         "client can be served" % path))
    usable = configuration.anchors and configuration.access
    return configuration if usable else None, problems, found.mag.enabled


class _Reader:
    def __init__(self, found, path, problems):
        self._found = found
        self._path = path
        self._problems = problems
        self._anchors = []

    def _complain(self, text):
        self._problems.append((settings.ERROR, "%s: %s" % (self._path, text)))

    def access(self):
        access = {}
        for section in self._found.access:
            if section.device is None:
                continue
            if section.device in access:
                self._complain("access: option device: '%s' occurs twice" % section.device)
                continue
            external = section.identity == "external"
            access[section.device] = Access(
                section.device, () if external else tuple(section.bss) or (section.device,),
                section.hostapd, section.identity, WIRELESS_LAN, section.isolate)
        return access

    def anchors(self):
        if self._found.mag.lma is not None:
            self._add_anchor("lma", self._found.mag.lma, self._found.mag)
        for section in self._found.anchor:
            if section.address is not None:
                self._add_anchor(section.name, section.address, section)
        return self._anchors

    def _add_anchor(self, name, address, section):
        where = "anchor '%s'" % name
        if section.local is not None and len(section.local) != len(address):
            self._complain("%s: option local: must be of the anchor's IP version" % where)
        elif section.encapsulation == "udp" and len(address) != 4:
            self._complain("%s: option encapsulation: 'udp' is for anchors with IPv4 addresses"
                           % where)
        elif any(anchor.address == address for anchor in self._anchors):
            self._complain("%s: another anchor has this address" % where)
        elif len(self._anchors) == MOST_ANCHORS:
            self._complain("%s: more than %d anchors" % (where, MOST_ANCHORS))
        else:
            self._anchors.append(Anchor(len(self._anchors), name, address, section.local,
                                        section.encapsulation, section.mtu,
                                        self._found.mag.dhcp_server))

    def profiles(self):
        profiles = []
        for section in self._found.profile:
            if section.match is None:
                continue
            anchor = self._anchor_named(section)
            device = self._device_named(section)
            if device != "" and (anchor is not None or not section.allow):
                profiles.append(Profile(section.name or section.match, section.match, device,
                                        anchor, (section.service or "").encode(), section.allow,
                                        _VERSIONS[section.ip or self._found.mag.ip]))
        return profiles

    def _device_named(self, section):
        # None: any; "": there is no such section
        if section.access is None:
            return None
        for access in self._found.access:
            if access.name == section.access and access.device is not None:
                return access.device
        self._complain("profile '%s': option access: there is no access section '%s'"
                       % (section.name, section.access))
        return ""

    def _anchor_named(self, section):
        wanted = section.anchor or "lma"
        for anchor in self._anchors:
            if anchor.name == wanted:
                return anchor
        if section.allow:
            self._complain("profile '%s': option anchor: there is no anchor '%s'"
                           % (section.name, wanted))
        return None
