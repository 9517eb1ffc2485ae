# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip decode: show what is in packets, from hexadecimal text, captures or a live interface."""
import binascii
import json
import socket
import sys

from mag_lite.dissect import dissect, dissect_link, dissect_octets
from mag_lite.system import sockets
from mag_lite.system.command_line import CommandLine
from mag_lite.wire import mobility_options_all, pcap
from mag_lite.wire.error import DecodeError

HELP = """usage: pmip decode [-j] [HEX... | FILE... | -i INTERFACE]

Shows the Mobility Header, DHCP, ARP and neighbour discovery messages, and
the tunnel headers, in

  HEX            one packet or message in hexadecimal digits, with or without
                 blanks and colons
  FILE           a pcap or pcapng file, or text with a packet or message a line
  -              standard input, as a FILE; also if nothing is named

  -i INTERFACE   what passes there now, until interrupted (as root)
  -j             print JSON, one object a message
  -h             this text

The exit status is 0, or 1 if something was malformed, or 2 if the command line
is not understood or a FILE cannot be read.
"""

_TABLES = mobility_options_all.MODULES
_ETH_P_ALL = 3
_LONGEST = 65536


def write_line(text: str):
    """Print at once: what is seen live may go through a pipe."""
    print(text)
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


class Printer:
    """Writes nodes as text or JSON, and counts what is malformed."""

    def __init__(self, as_json: bool, write=write_line):
        self.as_json = as_json
        self.write = write
        self.malformed = 0

    def show(self, dissector, arguments, number=0):
        """Write what `dissector(*arguments)` finds in the packet of that number, if it has one."""
        try:
            for node in dissector(*arguments):
                self._write(node.json() if self.as_json else node.lines(), number)
        except DecodeError as error:
            self.complain(error, number)

    def complain(self, error: DecodeError, number=0):
        """Write what is wrong, and where."""
        self.malformed += 1
        if self.as_json:
            self._write({"malformed": str(error), "offset": error.offset,
                         "expected": error.expected, "found": error.found}, number)
        else:
            self._write(["malformed: %s" % error], number)

    def _write(self, shown, number):
        if self.as_json:
            if number:
                shown["packet"] = number
            self.write(json.dumps(shown))
            return
        if number:
            shown[0] = "%d  %s" % (number, shown[0])
        self.write("\n".join(shown))


def octets_of(text: str) -> bytes:
    """The octets of hexadecimal digits with blanks and colons among them; ValueError otherwise."""
    digits = "".join(text.replace(":", " ").split())
    if digits[:2] in ("0x", "0X"):
        digits = digits[2:]
    for digit in digits:
        if digit not in "0123456789abcdefABCDEF":
            raise ValueError("'%s' is neither a file nor hexadecimal digits" % text)
    if len(digits) % 2:
        raise ValueError("'%s' has an odd number of digits" % text)
    return binascii.unhexlify(digits)


def decode_file(file, printer: Printer):
    """Show what is in an open binary file: a capture, or lines of hexadecimal text.

    ValueError if it is neither; what is malformed in a capture is shown as such.
    """
    start = file.read(4)
    if pcap.is_capture(start):
        _decode_capture(file, start, printer)
        return
    for line in (start + file.read()).split(b"\n"):
        line = line.strip()
        if line and line[:1] != b"#":
            printer.show(dissect_octets, (octets_of(_ascii(line)),))


def _ascii(line):
    try:
        return line.decode()
    except UnicodeError:
        raise ValueError("neither a capture nor hexadecimal text")


def _decode_capture(file, start, printer):
    number = 0
    try:
        for link_type, packet in pcap.packets(file, start):
            number += 1
            printer.show(dissect_link, (link_type, packet), number)
    except DecodeError as error:
        printer.complain(error, number + 1)


def _ethertype(sender):
    """What the kernel says of a received packet: (interface, EtherType, ...), or sockaddr_ll."""
    if isinstance(sender, tuple):
        return sender[1]
    return int.from_bytes(sender[2:4], "big")


def decode_live(interface: str, printer: Printer):
    """Show what passes on an interface, with or without link header, until interrupted.

    OSError if there is no such interface, or if we may not listen.
    """
    tap = socket.socket(sockets.AF_PACKET, sockets.SOCK_DGRAM, 0)
    try:
        tap.bind(sockets.packet_address(interface, _ETH_P_ALL))
        while True:
            packet, sender = tap.recvfrom(_LONGEST)
            printer.show(dissect, (_ethertype(sender), packet))
    except KeyboardInterrupt:
        pass
    finally:
        tap.close()


def _decode_words(words, printer):
    """Files by name; words that are none make up one packet in hexadecimal."""
    digits = []
    for word in words:
        try:
            file = open(word, "rb")
        except OSError:
            digits.append(word)
            continue
        try:
            decode_file(file, printer)
        finally:
            file.close()
    if digits:
        printer.show(dissect_octets, (octets_of(" ".join(digits)),))


def main(argv, write=write_line) -> int:
    """Run the command line `argv` ("decode" first); return the exit status.

    0, 1 if something was malformed, 2 if the command line was not understood or a file not read.
    """
    try:
        line = CommandLine(argv[1:], flags="hj", values="i")
        if "h" in line.options:
            write(HELP.strip())
            return 0
        printer = Printer("j" in line.options, write)
        if "i" in line.options:
            decode_live(line.options["i"], printer)
        elif line.words and line.words != ["-"]:
            _decode_words(line.words, printer)
        else:
            decode_file(sys.stdin.buffer, printer)
    except ValueError as error:
        print("pmip decode: %s" % error, file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno == sockets.EPIPE:
            raise  # nobody reads any more
        print("pmip decode: %s" % sockets.reason(error), file=sys.stderr)
        return 2
    return 1 if printer.malformed else 0
