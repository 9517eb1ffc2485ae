# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip: what a person types to see and steer the gateway."""

import sys

from mag_lite.system.command_line import CommandLine, UsageError, while_read
from mag_lite.system.control_client import report
from mag_lite.text import duration, table

RUN_DIRECTORY = "/var/run/pmip"

HELP = """usage: pmip [-j] [-r DIRECTORY] VERB [ARGUMENT]
       pmip check [-j] [-c FILE] [-r DIRECTORY]
       pmip decode [-j] [HEX... | FILE... | -i INTERFACE]
       pmip trace [-j] [-s SECONDS] [-w FILE] [MAC]

Shows and steers pmip-mag, the Proxy Mobile IPv6 gateway of an access point.

  status           is it working: access links, anchors, number of clients
  clients [MAC]    the clients, or all that is known of one
  anchors          the anchors and the tunnels to them
  stats            counters of everything that happened
  attach MAC IDENTITY [DEVICE]
                   serve a client that another authenticator has let in
  detach MAC       end a client's session and send it away
  reload           take over the configuration file, without disturbing clients
  stop             stop the daemon; the kernel goes on forwarding
  flush            end every session, clear the kernel, and stop
  clock set|lost   tell the daemon that NTP has set the clock, or lost it
  check            look for what is missing on this machine, with the remedy
  decode           show what is in packets; see: pmip decode -h
  trace            show a client's signalling live; see: pmip trace -h

  -c FILE        configuration, for check (default /etc/config/pmip)
  -r DIRECTORY   control socket of the daemon (default %s)
  -j             print JSON
  -h             this text

The exit status is 0, or 1 if the daemon does not run or refuses or if check
finds a failure, or 2 if the command line is not understood.
""" % RUN_DIRECTORY


def main(argv) -> int:
    """Run the command line `argv` (program name first); return the exit status."""
    return while_read(_run, argv)


def _run(argv):
    if argv[1:2] == ["decode"]:
        from mag_lite import decode

        return decode.main(argv[1:])
    if argv[1:2] == ["trace"]:
        from mag_lite import trace_command

        return trace_command.main(argv[1:])
    try:
        line = CommandLine(argv[1:], flags="hj", values="rc")
        request = _request(line)
    except UsageError as error:
        sys.stderr.write("pmip: %s\n\n%s" % (error, HELP))
        return 2
    if request is None:
        sys.stdout.write(HELP)
        return 0
    if request["verb"] == "check":
        from mag_lite.check import main as check

        return check(line.options)
    directory = line.options.get("r", RUN_DIRECTORY)
    if request["verb"] == "flush":
        from mag_lite.remains import clear, is_running

        if not is_running(directory):
            from mag_lite.system.forwarding import Forwarding

            return clear("pmip", directory, Forwarding, ("bindings",))
    return report("pmip", directory, request, "j" in line.options, _show)


def _request(line):
    """Return the request that the words ask for, None for help; UsageError."""
    words = line.words
    if "h" in line.options or not words:
        return None
    verb, arguments = words[0], words[1:]
    if verb not in _ARGUMENTS:
        raise UsageError("there is no verb '%s'" % verb)
    fewest, most = _ARGUMENTS[verb]
    if not fewest <= len(arguments) <= most:
        raise UsageError("wrong number of arguments of '%s'" % verb)
    request = {"verb": verb}
    if verb in ("clients", "attach", "detach"):
        request.update(zip(("mac", "identity", "device"), arguments))
    if verb == "clock":
        if arguments[0] not in ("set", "lost"):
            raise UsageError("clock is 'set' or 'lost'")
        request["synchronised"] = arguments[0] == "set"
    return request


def _show(request, answer):
    verb = request["verb"]
    if verb == "clients" and "mac" in request:
        return _details(answer["clients"])
    show = _SHOW.get(verb)
    return show(answer) if show else []


def _status(answer):
    clock = "time stamps" if answer["timestamps"] else "sequence numbers (clock not trusted)"
    lines = ["pmip-mag %s, up %s, orders registrations by %s" % (
        answer["version"], duration(answer["uptime"]), clock)]
    for access in answer["access"]:
        lines.append("access link %s: %s, hostapd %s" % (
            access["device"], "open" if access["present"] else "NOT THERE",
            "connected" if access["hostapd"] else "NOT CONNECTED"))
    lines += _anchors(answer)
    lines.append("%d clients served%s" % (
        answer["clients"], ", local routing among them" if answer["local_routing"] else ""))
    return lines


def _anchors(answer):
    lines = []
    for anchor in answer["anchors"]:
        if anchor["local"] is None:
            lines.append("anchor %s (%s): NO WAY TO IT" % (anchor["address"], anchor["name"]))
        else:
            lines.append("anchor %s (%s): %s from %s, MTU %d, %d clients" % (
                anchor["address"], anchor["name"],
                _ENCAPSULATIONS[anchor["encapsulation"]],
                anchor["local"], anchor["mtu"], anchor["clients"]))
    return lines


def _clients(answer):
    rows = [("MAC", "IDENTITY", "ADDRESS", "STATE", "SINCE", "EXPIRES")]
    for client in sorted(answer["clients"], key=lambda client: client["mac"]):
        homes = ([client["address"]] if client["address"] else []) + client["prefixes"]
        rows.append((client["mac"], client["identity"], " ".join(homes) or "-",
                     client["state"], duration(client["attached"]),
                     duration(client["remaining"]) if client["remaining"] else "-"))
    return table(rows)


def _details(clients):
    lines = []
    for client in clients:
        for name in ("mac", "identity", "interface", "state", "reason", "address",
                     "prefix_length", "router", "anchor", "service"):
            if client[name] not in (None, ""):
                lines.append("%-14s %s" % (name.replace("_", " "), client[name]))
        for prefix in client["prefixes"]:
            lines.append("%-14s %s" % ("prefix", prefix))
        lines.append("%-14s %s ago" % ("attached", duration(client["attached"])))
        lines.append("%-14s %s of %s" % (
            "lifetime left", duration(client["remaining"]), duration(client["lifetime"])))
        for stage, milliseconds in client["stages"]:
            lines.append("%-14s %d ms" % (stage, milliseconds))
        lines += _radio(client)
        for name in sorted(client.get("counters", ())):
            lines.append("%-14s %d" % (name, client["counters"][name]))
        for age, text, times in client.get("events", ()):
            lines.append("%-14s %s%s" % (
                duration(age) + " ago", text, " (%d times)" % times if times > 1 else ""))
    return lines or ["there is no such client"]


def _radio(client):
    lines = []
    if client["signal"] is not None:
        lines.append("%-14s %d dBm" % ("signal", client["signal"]))
    if client["octets_up"] is not None and client["octets_down"] is not None:
        lines.append("%-14s %d octets up, %d down" % (
            "traffic", client["octets_up"], client["octets_down"]))
    return lines


def _stats(answer):
    counters = answer["counters"]
    return ["%-32s %d" % (name, counters[name]) for name in sorted(counters)]


def _problems(answer):
    return answer["problems"]


#: Fewest and most arguments of each verb.
_ENCAPSULATIONS = {"gre": "GRE", "gre-key": "GRE with keys", "ip": "IP-in-IP",
                   "udp": "UDP"}

_ARGUMENTS = {
    "status": (0, 0), "clients": (0, 1), "anchors": (0, 0), "stats": (0, 0),
    "attach": (2, 3), "detach": (1, 1),
    "check": (0, 0), "reload": (0, 0), "stop": (0, 0), "flush": (0, 0), "clock": (1, 1),
}
_SHOW = {
    "status": _status, "clients": _clients, "anchors": _anchors, "stats": _stats,
    "reload": _problems,
}
