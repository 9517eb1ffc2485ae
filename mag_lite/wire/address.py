# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses as text: IPv4, IPv6 (RFC 4291, RFC 5952), prefixes and MAC addresses.

Everywhere else an address is 4 or 16 octets, a MAC address 6 octets and a prefix the pair
(address, length). Text that is none of these raises ValueError.
"""
import binascii
import struct

UNSPECIFIED4 = bytes(4)
UNSPECIFIED6 = bytes(16)


def _decimal(text: str, limit: int) -> int:
    """The plain decimal number `text`, 0..limit, or -1."""
    if not text or len(text) > 3 or (len(text) > 1 and text[0] == "0"):
        return -1
    for digit in text:
        if digit not in "0123456789":
            return -1
    value = int(text)
    return value if value <= limit else -1


def _parse_ipv4(text: str):
    numbers = [_decimal(part, 255) for part in text.split(".")]
    return bytes(numbers) if len(numbers) == 4 and min(numbers) >= 0 else None


def _group(text: str):
    """The two octets written as one group of an IPv6 address, or None."""
    if not 1 <= len(text) <= 4:
        return None
    for digit in text:
        if digit not in "0123456789abcdefABCDEF":
            return None
    return struct.pack("!H", int(text, 16))


def _groups(text: str):
    """The octets of colon-separated groups, the last of which may be an IPv4 address."""
    if not text:
        return b""
    parts = text.split(":")
    octets = [_group(part) for part in parts]
    if "." in parts[-1]:
        octets[-1] = _parse_ipv4(parts[-1])
    return None if None in octets else b"".join(octets)


def _parse_ipv6(text: str):
    halves = text.split("::")
    if len(halves) > 2:
        return None
    octets = [_groups(half) for half in halves]
    if None in octets or (len(halves) == 2 and "." in halves[0]):
        return None
    if len(octets) == 1:
        return octets[0] if len(octets[0]) == 16 else None
    missing = 16 - len(octets[0]) - len(octets[1])
    return octets[0] + bytes(missing) + octets[1] if missing >= 2 else None


def parse_address(text: str) -> bytes:
    """The 4 or 16 octets of an IPv4 or IPv6 address; ValueError if `text` is neither."""
    address = _parse_ipv6(text) if ":" in text else _parse_ipv4(text)
    if address is None:
        raise ValueError("'%s' is not an IPv4 or IPv6 address" % text)
    return address


def _longest_zero_run(groups):
    """(start, length) of the first longest run of zero groups (RFC 5952 section 4.2)."""
    best_start = best_length = length = 0
    for index, group in enumerate(groups):
        length = 0 if group else length + 1
        if length > best_length:
            best_start, best_length = index + 1 - length, length
    return best_start, best_length


def _format_ipv6(address: bytes) -> str:
    groups = struct.unpack("!8H", address)
    texts = ["%x" % group for group in groups]
    start, length = _longest_zero_run(groups)
    if length < 2:
        return ":".join(texts)
    return ":".join(texts[:start]) + "::" + ":".join(texts[start + length:])


def format_address(address: bytes) -> str:
    """The text of 4 octets of IPv4 or 16 of IPv6 (RFC 5952); ValueError for other lengths."""
    if len(address) == 4:
        return "%d.%d.%d.%d" % tuple(address)
    if len(address) == 16:
        return _format_ipv6(address)
    raise ValueError("an address has 4 or 16 octets, not %d" % len(address))


def parse_mac(text: str) -> bytes:
    """The 6 octets of "02:00:5e:10:00:01" (or with hyphens); ValueError otherwise."""
    parts = text.replace("-", ":").split(":")
    octets = [_group(part) if len(part) == 2 else None for part in parts]
    if len(parts) != 6 or None in octets:
        raise ValueError("'%s' is not a MAC address" % text)
    return b"".join([octet[1:] for octet in octets])


def format_mac(mac: bytes) -> str:
    """Octets as lower-case hexadecimal with colons; any number of octets."""
    digits = binascii.hexlify(mac).decode()
    return ":".join([digits[i:i + 2] for i in range(0, len(digits), 2)])


def _mask_of(length: int, bits: int) -> bytes:
    ones = (1 << length) - 1
    return (ones << (bits - length)).to_bytes(bits // 8, "big")


def mask(length: int) -> bytes:
    """The 4 octets of the IPv4 subnet mask of a prefix length 0..32."""
    if not 0 <= length <= 32:
        raise ValueError("a prefix length is 0..32, not %d" % length)
    return _mask_of(length, 32)


def network(address: bytes, length: int) -> bytes:
    """`address` with all bits behind the first `length` cleared."""
    ones = _mask_of(length, len(address) * 8)
    return bytes([octet & bits for octet, bits in zip(address, ones)])


def parse_prefix(text: str):
    """(address, length) of "10.20.0.0/16"; ValueError, also when a host bit is set."""
    address_text, slash, length_text = text.partition("/")
    address = parse_address(address_text)
    length = _decimal(length_text, len(address) * 8)
    if not slash or length < 0:
        raise ValueError("'%s' is not a prefix: address/0..%d" % (text, len(address) * 8))
    if network(address, length) != address:
        raise ValueError("'%s' is not a prefix: bits behind the first %d are set" % (text, length))
    return address, length


def format_prefix(prefix) -> str:
    """The text "2001:db8::/32" of (address, length)."""
    return "%s/%d" % (format_address(prefix[0]), prefix[1])


def parse_home(text: str):
    """What a client is reached by: an IPv4 address, or (address, length) of an IPv6 prefix."""
    is_prefix = "/" in text
    home = parse_prefix(text) if is_prefix else parse_address(text)
    if len(home[0] if is_prefix else home) != (16 if is_prefix else 4):
        raise ValueError("'%s' is neither an IPv4 address nor an IPv6 prefix" % text)
    return home


def format_home(home) -> str:
    """The text of an IPv4 address or a prefix."""
    return format_prefix(home) if isinstance(home, tuple) else format_address(home)


def prefix_contains(prefix, address: bytes) -> bool:
    """Is `address` (of either family) inside (address, length)?"""
    base, length = prefix
    return len(base) == len(address) and network(address, length) == base


def link_local(mac: bytes) -> bytes:
    """The link-local address made of a MAC address (RFC 4291 appendix A)."""
    return (b"\xfe\x80" + bytes(6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:])
