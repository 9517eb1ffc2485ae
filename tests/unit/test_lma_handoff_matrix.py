# SPDX-License-Identifier: GPL-2.0-or-later
"""Every combination that RFC 5213 section 5.4.1 decides on, against the rules as the RFC has them.

RULES is the text of the section, rule by rule and in its order: what must hold, and what follows.
With an IPv4 address for the prefix it is RFC 5844 section 3.1.2.7.
"""

from lma_room import AP1, AP2, LMA, MAC, MAC2, address

from lma_lite.binding_cache import NO_LINK_LAYER_IDENTIFIER, Binding, BindingCache, Tunnel
from lma_lite.proxy_binding_update import ProxyBindingUpdate
from lma_lite.session_lookup import find_session
from mag_lite.wire import mobility_header as header
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.mobility_header import Message
from mag_lite.wire.mobility_options import Option

US, THEM = (1, b"mn1"), (1, b"mn2")
WLAN, LTE = 4, 8
NOBODY = "unknown"
UPDATE, NEW, WAIT, IGNORE = "update", "new", "wait", "ignore"

# The Binding Cache: [(MN-Identifier, technology, link-layer identifier, de-registered)]
CACHES = (
    (),
    ((US, WLAN, MAC, False),),
    ((US, WLAN, MAC, True),),
    ((US, LTE, MAC, False),),
    ((US, WLAN, MAC2, False),),
    ((US, WLAN, MAC2, True),),
    ((US, WLAN, None, False),),
    ((US, LTE, None, False),),
    ((THEM, WLAN, MAC, False),),
    ((US, WLAN, MAC, False), (THEM, WLAN, MAC2, False)),
    ((US, WLAN, MAC2, False), (THEM, WLAN, MAC, False)),
    ((US, WLAN, MAC, False), (US, LTE, MAC2, False)),
    ((US, WLAN, MAC2, False), (US, LTE, MAC2, False)),
    ((US, WLAN, None, False), (US, WLAN, MAC, False)),
)
# What is named: no home, one that no session has, that of the first or second session, or the
# first's and one besides.
NAMED = (None, NOBODY, 0, 1, "more")
KINDS = ("prefix", "address")
MACS = (MAC, None, bytes(6))

# (section and rule, {fact: what it must be}, what follows); the first rule that holds decides.
RULES = (
    ("5.4.1.1 rule 2", {"named": True, "found": "nobody"}, NEW),
    ("5.4.1.1 rule 3", {"named": True, "found": "another"}, "not authorized"),
    ("5.4.1.1 rule 4", {"named": True, "same_homes": False}, "sets differ"),
    ("5.4.1.1 rule 5, first", {"named": True, "identifier": "same", "same_technology": True},
     UPDATE),
    ("5.4.1.1 rule 5, second", {"named": True, "indicator": (2,)}, UPDATE),
    ("5.4.1.1 rule 5, third", {"named": True, "identifier": "both unknown",
                               "same_technology": True, "indicator": (3,)}, UPDATE),
    ("5.4.1.1 rule 5, fourth", {"named": True, "same_gateway": True, "same_technology": True},
     UPDATE),
    ("5.4.1.1 rule 6", {"named": True}, NEW),
    ("5.4.1.2 rule 2", {"interface_named": True, "interface_known": True}, UPDATE),
    ("5.4.1.2 rule 3", {"interface_named": True, "only_one": True, "indicator": (2,)}, UPDATE),
    ("5.4.1.2 rule 4, de-registered", {"interface_named": True, "only_one": True,
                                       "given_up": True, "indicator": (4,)}, UPDATE),
    ("5.4.1.2 rule 4", {"interface_named": True, "only_one": True, "indicator": (4,)}, WAIT),
    ("5.4.1.2 rule 5", {"interface_named": True}, NEW),
    ("5.4.1.3 rule 2", {"only_one": True, "indicator": (2, 3)}, UPDATE),
    ("5.4.1.3 rule 3, de-registered", {"only_one": True, "given_up": True, "indicator": (4,)},
     UPDATE),
    ("5.4.1.3 rule 3", {"only_one": True, "indicator": (4,)}, WAIT),
    ("5.4.1.3 rule 4", {}, NEW),
)


def prefix_of(number):
    return address("2001:db8:100:%d::" % (number + 1)), 64


def address_of(number):
    return address("10.20.0.%d" % (number + 2))


def cache_of(sessions):
    """(the Binding Cache, its entries in the order of `sessions`)"""
    cache, entries = BindingCache(), []
    for number, (node, technology, mac, deregistered) in enumerate(sessions):
        binding = Binding(number, node, technology, mac or NO_LINK_LAYER_IDENTIFIER)
        binding.set_home_addresses([address_of(number), prefix_of(number)])
        binding.tunnel = Tunnel(AP1, LMA, "gre")
        binding.deregistered = deregistered
        cache.add(binding)
        entries.append(binding)
    return cache, entries


def home_options(named, kind):
    """The options that name what `named` says, as prefixes or as an IPv4 address."""
    numbers = {None: (), NOBODY: (8,), "more": (0, 9)}.get(named, (named,))
    if kind == "address":
        homes = [address_of(number) for number in numbers] or [bytes(4)]
        return [Option(options.IPV4_HOME_ADDRESS_REQUEST, address=home) for home in homes[:1]]
    homes = [prefix_of(number) for number in numbers] or [(bytes(16), 0)]
    return [Option(options.HOME_NETWORK_PREFIX, prefix=prefix, prefix_length=length)
            for prefix, length in homes]


HANDOFF = [Option(options.HANDOFF_INDICATOR, indicator=indicator) for indicator in range(6)]
TECHNOLOGY = Option(options.ACCESS_TECHNOLOGY_TYPE, technology=WLAN)
NODE = Option(options.MN_IDENTIFIER, subtype=US[0], identifier=US[1])
IDENTIFIERS = {mac: [Option(options.MN_LINK_LAYER_IDENTIFIER, identifier=mac)] if mac else []
               for mac in MACS}


def facts(sessions, named, kind, indicator, mac, gateway):
    """What the RFC asks about, from the request and the cache as they were made."""
    ours = [session for session in sessions if session[0] == US]
    interface_named = bool(mac and mac.strip(b"\0"))
    found = {
        "named": named is not None,
        "indicator": indicator,
        "interface_named": interface_named,
        "interface_known": (US, WLAN, mac) in [session[:3] for session in sessions],
        "only_one": len(ours) == 1,
        "given_up": bool(ours) and ours[0][3],
        "found": "nobody",
        "same_homes": named != "more" or kind == "address",
        "same_technology": False, "identifier": "other", "same_gateway": gateway == AP1,
    }
    number = 0 if named == "more" else named
    if number in (0, 1) and number < len(sessions):
        node, technology, known, _ = sessions[number]
        found["found"] = "ours" if node == US else "another"
        found["same_technology"] = technology == WLAN
        if interface_named and known == mac:
            found["identifier"] = "same"
        elif not interface_named and known is None:
            found["identifier"] = "both unknown"
    return found


def rule_for(found):
    for name, wanted, result in RULES:
        if all([found[fact] in value if isinstance(value, tuple) else found[fact] == value
                for fact, value in wanted.items()]):
            return name, result
    raise AssertionError("there is a rule for everything")


def expected_session(name, sessions, named, mac):
    """The number of the session that the rule is about."""
    if named is not None:
        return 0 if named == "more" else named
    for number, session in enumerate(sessions):
        if name == "5.4.1.2 rule 2" and session[:3] == (US, WLAN, mac):
            return number
    return [session[0] for session in sessions].index(US)


def expectation(name, result, sessions, named, kind, mac, lifetime):
    """(verdict, number of the session or None, status or None)"""
    if result == "not authorized":
        return "reject", None, (
            status.NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX if kind == "prefix"
            else status.NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS)
    if result == "sets differ":
        return "reject", None, status.BCE_PBU_PREFIX_SET_DO_NOT_MATCH
    if lifetime == 0 and result in (NEW, WAIT):
        return IGNORE, None, None  # the last rule of each of the three sections
    if result == NEW:
        return NEW, None, None
    return result, expected_session(name, sessions, named, mac), None


def combinations():
    for sessions in CACHES:
        for kind in KINDS:
            for named in NAMED:
                for indicator in (1, 2, 3, 4, 5):
                    for mac in MACS:
                        for gateway in (AP1, AP2):
                            for lifetime in (75, 0):
                                yield sessions, kind, named, indicator, mac, gateway, lifetime


def test_every_combination_is_decided_as_the_rfc_says():
    applied = set()
    for sessions, kind, named, indicator, mac, gateway, lifetime in combinations():
        cache, entries = cache_of(sessions)
        message = Message(
            header.BINDING_UPDATE,
            [NODE, HANDOFF[indicator], TECHNOLOGY] + home_options(named, kind) + IDENTIFIERS[mac],
            lifetime=lifetime)
        found = find_session(ProxyBindingUpdate(message, b"", gateway, 5436, LMA, 0), cache)
        name, result = rule_for(facts(sessions, named, kind, indicator, mac, gateway))
        verdict, number, code = expectation(
            name, result, sessions, named, kind, mac, lifetime)
        binding = None if number is None else entries[number]
        assert found == (verdict, binding, code), (
            name, sessions, kind, named, indicator, mac, gateway, lifetime)
        applied.add(name)
    assert applied == {name for name, _, _ in RULES}, "each rule has decided something"
