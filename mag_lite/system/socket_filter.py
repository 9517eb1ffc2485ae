# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of the classic BPF machine, with which the kernel sorts out what a socket hears.

Instruction codes (linux/bpf_common.h): A is the accumulator, X the index register, k the
instruction's number.
"""

LOAD_BYTE = 0x30  # A = the byte at k
LOAD_HALF = 0x28  # A = the two bytes at k
LOAD_BYTE_X = 0x50  # A = the byte at X + k
LOAD_HALF_X = 0x48  # A = the two bytes at X + k
LOAD_IP_LENGTH = 0xB1  # X = 4 * (the byte at k & 15)
AND = 0x54  # A = A & k
IF_EQUAL = 0x15  # A == k?
IF_SET = 0x45  # A & k?
IF_AT_LEAST = 0x35  # A >= k?
RETURN = 0x06  # keep k bytes of the packet; 0 drops it

# What the kernel knows of a packet can be loaded from beyond its end.  It takes a VLAN tag out.
ETHERTYPE = 0xFFFFF000
VLAN_TAG = 0xFFFFF000 + 44
VLAN_TAG_PRESENT = 0xFFFFF000 + 48


def assemble(program) -> list:
    """[(instruction, lines to skip when true, when false, k)], as the kernel wants it, of lines
    (label, instruction, k, where to go on when true, when false); "" is the next line."""
    lines = {}
    for line, (label, _, _, _, _) in enumerate(program):
        lines[label] = line
    assembled = []
    for line, (_, instruction, k, true, false) in enumerate(program):
        skip_true = lines[true] - line - 1 if true else 0
        skip_false = lines[false] - line - 1 if false else 0
        assembled.append((instruction, skip_true, skip_false, k))
    return assembled
