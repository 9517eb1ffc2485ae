# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip trace: show what happens to a client, live, or write it to a capture file.

It listens with sockets of its own: the gateway is only asked who the client is, and works as ever.
"""

import json
import sys

from mag_lite import configuration
from mag_lite.decode import write_line
from mag_lite.system import sockets
from mag_lite.system.clock import time_of_day
from mag_lite.system.command_line import CommandLine
from mag_lite.system.control import NoAnswer, ask
from mag_lite.system.loop import Loop
from mag_lite.trace import Trace, describe, shown
from mag_lite.wire import pcap
from mag_lite.wire.address import format_mac, parse_mac

RUN_DIRECTORY = "/var/run/pmip"
LONGEST = 86400  # s

HELP = """usage: pmip trace [-j] [-s SECONDS] [-w FILE] [-c FILE] [-r DIRECTORY] [MAC]

Shows what happens to a client as it happens, or to all without MAC: what
hostapd tells of it, its ARP, DHCP and neighbour discovery, and the mobility
messages about it, until interrupted (as root).

  -s SECONDS     end after so many seconds (1-%d)
  -w FILE        write a pcap file instead, - for standard output; mobility
                 messages have Ethernet headers of zeros in it
  -c FILE        configuration of the gateway (default %s)
  -r DIRECTORY   its control socket (default %s)
  -j             print JSON, one object an event
  -h             this text

The exit status is 0, or 1 if we may not listen or cannot write, or 2 if the
command line is not understood or the configuration cannot be read.
""" % (LONGEST, configuration.DEFAULT_PATH, RUN_DIRECTORY)


class Printer:
    """Prints events."""

    def __init__(self, as_json):
        self._as_json = as_json

    def event(self, milliseconds, place, frame, text):
        """Print an event, that long after the beginning."""
        text = text or describe(frame)
        if self._as_json:
            write_line(json.dumps({"time": milliseconds, "place": place, "text": text}))
        else:
            write_line(shown(milliseconds, place, text))

    def close(self):
        """There is nothing to be closed."""


class Writer:
    """Writes the frames among events to a capture file, each at once.  OSError if it cannot."""

    def __init__(self, path):
        self._begun = time_of_day() * 1000 >> 16
        self._own = path != "-"
        self._file = open(path, "wb") if self._own else sys.stdout.buffer
        self._write(pcap.file_header(pcap.ETHERNET))

    def event(self, milliseconds, place, frame, text):
        """Write an event, that long after the beginning, if it is a frame."""
        if frame is not None:
            self._write(pcap.packet_record(self._begun + milliseconds, frame))

    def close(self):
        """End the file."""
        if self._own:
            self._file.close()

    def _write(self, octets):
        self._file.write(octets)
        if hasattr(self._file, "flush"):
            self._file.flush()


def main(argv) -> int:
    """Run the command line `argv` ("trace" first); return the exit status."""
    try:
        line = CommandLine(argv[1:], flags="hj", values="swcr")
        if "h" in line.options:
            sys.stdout.write(HELP)
            return 0
        mac, seconds, access = _understand(line)
    except ValueError as error:
        sys.stderr.write("pmip trace: %s\n" % error)
        return 2
    try:
        out = Writer(line.options["w"]) if "w" in line.options else Printer("j" in line.options)
        _run(mac, seconds, access, out, line.options.get("r", RUN_DIRECTORY))
        out.close()
    except OSError as error:
        if error.errno == sockets.EPIPE:
            raise  # nobody reads any more
        sys.stderr.write("pmip trace: %s\n" % sockets.reason(error))
        return 1
    return 0


def _understand(line):
    """(MAC or None, seconds or None, access sections by device); ValueError."""
    if len(line.words) > 1:
        raise ValueError("only one client at a time; see: pmip trace -h")
    mac = parse_mac(line.words[0]) if line.words else None
    seconds = line.options.get("s")
    if seconds is not None:
        if not seconds.isdigit() or not 1 <= int(seconds[:9]) <= LONGEST:
            raise ValueError("SECONDS must be from 1 to %d" % LONGEST)
        seconds = int(seconds)
    chosen, problems, _ = configuration.load(line.options.get("c", configuration.DEFAULT_PATH))
    if chosen is None:
        raise ValueError("; ".join([text for _, text in problems]))
    return mac, seconds, chosen.access


def _run(mac, seconds, access, out, run_directory):
    loop = Loop()
    begun = loop.now()
    trace = Trace(loop, access, mac, _identities(run_directory, mac),
                  lambda when, *event: out.event(max(when - begun, 0), *event))
    if seconds:
        loop.at(begun + 1000 * seconds, loop.stop)
    try:
        loop.run()
    except KeyboardInterrupt:
        pass
    trace.close()


def _identities(run_directory, mac):
    """What the gateway calls the client, if it is asked for one and knows it."""
    if mac is None:
        return []
    try:
        answer = ask(run_directory + "/control", {"verb": "clients", "mac": format_mac(mac)})
    except NoAnswer:
        return []
    return [client["identity"] for client in answer["clients"]]
