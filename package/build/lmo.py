# SPDX-License-Identifier: GPL-2.0-or-later
"""Translations: gettext's .po files, and the .lmo files that LuCI reads.

An .lmo file has the translated texts, each padded to 4 octets, then an index sorted by hash of
(hash of the original, number of plural forms, offset, length), and where that begins; all numbers
are 32 bits in network order.  The plural forms' rule has hash 0.
"""

import ast
import re
import struct

_LINE = re.compile(r'(?:(msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")')
_MASK = 0xFFFFFFFF


def read(text: str) -> list:
    """[{keyword: text}] of a .po file, the header (with an empty msgid) included."""
    entries = []
    for block in text.split("\n\n"):
        entry, last = {}, None
        for line in block.split("\n"):
            found = _LINE.fullmatch(line)
            if found:
                last = found[1] or last
                entry[last] = entry.get(last, "") + ast.literal_eval(found[2])
        if entry:
            entries.append(entry)
    return entries


def translations(text: str) -> dict:
    """{original: translation}; of plurals each form, by the original of the same number."""
    found = {}
    for entry in read(text):
        if entry["msgid"]:
            found[entry["msgid"]] = entry.get("msgstr") or entry.get("msgstr[0]")
            if "msgid_plural" in entry:
                found[entry["msgid_plural"]] = entry["msgstr[1]"]
    return found


def compile_po(text: str) -> bytes:
    """The .lmo file."""
    entries = []
    for entry in read(text):
        if not entry["msgid"]:
            rule = re.search("Plural-Forms: (.*)\n", entry["msgstr"])
            entries.append((0, 0, rule[1].encode()))
        elif "msgid_plural" in entry:
            forms = sorted(key for key in entry if key.startswith("msgstr["))
            entries += [_entry(f"{entry['msgid']}\2{key[7]}", entry[key], int(key[7]) + 1)
                        for key in forms]
        else:
            entries.append(_entry(entry["msgid"], entry["msgstr"], 1))
    data, index = b"", []
    for key, forms, value in entries:
        if key == superfast_hash(value):
            continue  # it needs no translation
        index.append((key, forms, len(data), len(value)))
        data += value + bytes(-len(value) % 4)
    return data + b"".join(struct.pack(">4I", *row) for row in sorted(index)) + struct.pack(
        ">I", len(data))


def _entry(key, value, forms):
    return superfast_hash(key.encode()), forms, value.encode()


def superfast_hash(data: bytes) -> int:
    """Paul Hsieh's SuperFastHash, seeded with the length; a lone last octet counts as signed."""
    value = len(data)
    whole = len(data) & ~3
    for low, high in struct.iter_unpack("<HH", data[:whole]):
        value = (value + low) & _MASK
        value = (value << 16) ^ (high << 11) ^ value
        value &= _MASK
        value = (value + (value >> 11)) & _MASK
    value = _take_rest(value, data[whole:])
    for shift, step in ((3, 5), (4, 17), (25, 6)):
        value ^= (value << shift) & _MASK
        value = (value + (value >> step)) & _MASK
    return value


def _take_rest(value, rest):
    if not rest:
        return value
    if len(rest) == 1:
        value = (value + struct.unpack("b", rest)[0]) & _MASK
        shift, step = 10, 1
    else:
        value = (value + struct.unpack_from("<H", rest)[0]) & _MASK
        shift, step = (11, 17) if len(rest) == 2 else (16, 11)
    value ^= (value << shift) & _MASK
    if len(rest) == 3:
        value ^= (struct.unpack_from("b", rest, 2)[0] << 18) & _MASK
    return (value + (value >> step)) & _MASK
