# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE keys (RFC 5845): one for each mobility session and direction, in a tunnel that all share.

The device of a keyed tunnel has a key of its own, the same both ways, which nobody sees: on the way
out the packet filter puts the session's key in its place, which it looks up by the client's home
in the inner header.  On the way in it takes only a packet whose key and home belong to one session,
and puts the device's key back; all else that comes by such a tunnel with a key is dropped and
counted.  So a session costs two elements of a hash table, and neither device nor rule.

A home is an IPv4 address, or (address, 64), a prefix.
"""

from mag_lite.system import nftables
from mag_lite.system.nftables import NFPROTO_INET, add_element, delete_element
from mag_lite.system.tunnel import DEVICE_KEY

# Where a client's home is in a packet with key: outer header's payload, bits; IPv4, then IPv6.
SOURCE = "@th,160,32", "@th,128,64"
DESTINATION = "@th,192,32", "@th,256,64"

# Names of what has an element for each session.
_KEYS = "keys4", "keys6"  # map: home -> key on the way out
_SESSIONS = "sessions4", "sessions6"  # set: key on the way in, home
_TUNNELS = "tunnels4", "tunnels6"  # set: our address, the other's; and the other way round

# What a router quotes of a packet that was too big has the session's key, too: with the device's
# the kernel knows its tunnel, and learns the path's MTU.  (IPv4 learns it without.)
_QUOTED_KEY = 52  # octets from the ICMPv6 header on
_CHECKSUM = 2

_RULESET = """
add table inet %(table)s
add set inet %(table)s tunnels4 { typeof @nh,96,64; }
add set inet %(table)s tunnels6 { typeof @nh,64,128 . @nh,192,128; }
add map inet %(table)s keys4 { typeof %(out4)s : @th,32,32; }
add map inet %(table)s keys6 { typeof %(out6)s : @th,32,32; }
add set inet %(table)s sessions4 { typeof @th,32,32 . %(in4)s; }
add set inet %(table)s sessions6 { typeof @th,32,32 . %(in6)s; }
add chain inet %(table)s quoted
add chain inet %(table)s outward
add chain inet %(table)s inward
add chain inet %(table)s output { type filter hook output priority mangle; }
add chain inet %(table)s input { type filter hook input priority mangle; }
flush chain inet %(table)s quoted
flush chain inet %(table)s outward
flush chain inet %(table)s inward
flush chain inet %(table)s output
flush chain inet %(table)s input
table inet %(table)s {
	chain outward {
		@th,16,16 0x0800 @th,32,32 set %(out4)s map @keys4 accept
		@th,16,16 0x86dd @th,32,32 set %(out6)s map @keys6 accept
		counter drop
	}
	chain inward {
		@th,0,32 0x20000800 @th,32,32 . %(in4)s @sessions4 @th,32,32 set %(key)s accept
		@th,0,32 0x200086dd @th,32,32 . %(in6)s @sessions6 @th,32,32 set %(key)s accept
		counter drop
	}
	chain output {
		meta l4proto != gre accept
		meta nfproto ipv4 @nh,96,64 @tunnels4 @th,0,16 0x2000 goto outward
		meta nfproto ipv6 @nh,64,128 . @nh,192,128 @tunnels6 @th,0,16 0x2000 goto outward
	}
	chain input {
		icmpv6 type packet-too-big @th,112,8 47 @th,384,16 0x2000 %(quoted)s goto quoted
		meta l4proto != gre accept
		meta nfproto ipv4 @nh,96,64 @tunnels4 @th,0,16 != 0 goto inward
		meta nfproto ipv6 @nh,64,128 . @nh,192,128 @tunnels6 @th,0,16 != 0 goto inward
	}
}
"""
_QUOTED_ENDS = "@th,128,128 . @th,256,128 @tunnels6"


class GreKeys:
    """The keys of all sessions of one end of a tunnel, or of several.

    Out of the tunnel comes what has a client's home at `inward` in its header, into it goes what
    has it at `outward`: SOURCE or DESTINATION.  Methods raise netlink.NetlinkError when the kernel
    refuses and nftables.NftablesError when `nft` does.
    """

    def __init__(self, table: str, inward, outward, ruleset_file: str):
        self._table = table
        self._ruleset = _RULESET % {
            "table": table, "in4": inward[0], "in6": inward[1], "out4": outward[0],
            "out6": outward[1], "quoted": _QUOTED_ENDS, "key": _number(DEVICE_KEY)}
        self._ruleset_file = ruleset_file
        self._filter = nftables.Nftables()
        self._held = {}

    def prepare(self) -> None:
        """Make the rules, and find the sessions that an earlier process has left."""
        nftables.load(self._ruleset, self._ruleset_file)
        expressions = nftables.write_payload(_QUOTED_KEY, DEVICE_KEY, _CHECKSUM)
        self._filter.commit([
            nftables.add_rule(NFPROTO_INET, self._table, "quoted", expressions)])
        self._find()

    def use(self, tunnels) -> None:
        """Care for these keyed tunnels, (our address, the other's) each, and for no others."""
        wanted = [local + remote for local, remote in tunnels]
        wanted += [remote + local for local, remote in tunnels]
        for name, length in zip(_TUNNELS, (8, 32)):
            existing = self._elements(name)
            fitting = [ends for ends in wanted if len(ends) == length]
            self._commit([self._add(name, ends) for ends in fitting if ends not in existing]
                         + [self._delete(name, ends) for ends in existing if ends not in fitting])

    def set(self, home, inward: int, outward: int) -> None:
        """Take packets for this home with the key `inward`, send its packets with `outward`."""
        if self._held.get(home) == (inward, outward):
            return
        self._commit(self._removal(home) + self._addition(home, inward, outward))
        self._held[home] = inward, outward

    def remove(self, home) -> None:
        """Neither take nor send packets of this home any more; harmless when that is so."""
        self._commit(self._removal(home))
        self._held.pop(home, None)

    def homes(self) -> list:
        """The homes that have keys."""
        return list(self._held)

    def close(self) -> None:
        """Remove all of it from the kernel; once."""
        remove(self._table, self._ruleset_file)
        self.abandon()

    def abandon(self) -> None:
        """Leave all of it to another process; once."""
        self._filter.close()

    def _find(self) -> None:
        # What is not whole is of no use.
        self._held, keys, sessions = {}, {}, {}
        for name in _KEYS:
            keys.update(self._elements(name))
        for name in _SESSIONS:
            for element in self._elements(name):
                sessions.setdefault(element[4:], []).append(element[:4])
        for part in set(keys) | set(sessions):
            home, inward = _home(part), sessions.get(part, [])
            if part in keys and len(inward) == 1:
                self._held[home] = _number(inward[0]), _number(keys[part])
            else:
                self._discard(home, inward, part in keys)

    def _discard(self, home, inward, has_key: bool) -> None:
        six, part = isinstance(home, tuple), _part(home)
        requests = [self._delete(_SESSIONS[six], key + part) for key in inward]
        if has_key:
            requests.append(self._delete(_KEYS[six], part))
        self._commit(requests)

    def _removal(self, home) -> list:
        if home not in self._held:
            return []
        six, (inward, _) = isinstance(home, tuple), self._held[home]
        return [self._delete(_SESSIONS[six], _octets(inward) + _part(home)),
                self._delete(_KEYS[six], _part(home))]

    def _addition(self, home, inward: int, outward: int) -> list:
        six = isinstance(home, tuple)
        return [self._add(_SESSIONS[six], _octets(inward) + _part(home)),
                self._add(_KEYS[six], _part(home), _octets(outward))]

    def _add(self, name: str, key: bytes, value: bytes = b""):
        return add_element(NFPROTO_INET, self._table, name, key, value)

    def _delete(self, name: str, key: bytes):
        return delete_element(NFPROTO_INET, self._table, name, key)

    def _elements(self, name: str) -> dict:
        return self._filter.elements(NFPROTO_INET, self._table, name)

    def _commit(self, requests) -> None:
        if requests:
            self._filter.commit(requests)


def remove(table: str, ruleset_file: str) -> None:
    """Remove what any process has made for this table."""
    nftables.load("add table inet %s\ndelete table inet %s\n" % (table, table), ruleset_file)


def _part(home) -> bytes:
    # What of it is in the elements
    return home[0][:8] if isinstance(home, tuple) else home


def _home(part: bytes):
    return part if len(part) == 4 else (part + bytes(8), 64)


def _octets(key: int) -> bytes:
    return key.to_bytes(4, "big")


def _number(key: bytes) -> int:
    return int.from_bytes(key, "big")
