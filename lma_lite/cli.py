# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip-lma: without a verb the anchor's daemon, with one what a person types to steer it."""

import json
import sys

from mag_lite.system.command_line import CommandLine, UsageError, while_read
from mag_lite.system.control_client import report
from mag_lite.system.log import Log, printable
from mag_lite.text import duration, table

CONFIGURATION = "/etc/config/pmip-lma"
RUN_DIRECTORY = "/var/run/pmip-lma"
UBUS = "/var/run/ubus/ubus.sock"

HELP = """usage: pmip-lma [-c FILE] [-r DIRECTORY] [-u SOCKET] [-s] [-v]
       pmip-lma [-j] [-r DIRECTORY] VERB [ARGUMENT]
       pmip-lma check [-j] [-c FILE]

The Proxy Mobile IPv6 anchor: gives mobile nodes addresses that they keep while
they roam, and tunnels their packets to the gateway that serves them now.
Without a verb it is the daemon, which stays in the foreground and logs to
standard error.  With one it shows and steers the daemon:

  status             is it working: addresses, gateways, pools
  bindings [MN-ID]   who is registered, where, and for how long
  history [MN-ID]    what has become of sessions of late
  stats              counters of everything that happened
  revoke MN-ID       end a mobile node's sessions and tell its gateways
  reload             take over the configuration file, without losing sessions
  stop               stop the daemon; the kernel goes on forwarding
  flush              end every session, clear the kernel, and stop
  check              say what is wrong with the configuration file

  -c FILE        configuration (default %s)
  -r DIRECTORY   control socket and journal (default %s)
  -u SOCKET      ubus, where there is one (default %s)
  -s             log to the system's log, with levels, while there is one
  -v             log more
  -j             print JSON
  -h             this text

The exit status is 0, or 1 if the daemon cannot serve, does not run or refuses
or if check finds an error, or 2 if the command line is not understood.
""" % (CONFIGURATION, RUN_DIRECTORY, UBUS)

#: Fewest and most arguments of each verb.
_ARGUMENTS = {
    "status": (0, 0), "bindings": (0, 1), "history": (0, 1), "stats": (0, 0), "revoke": (1, 1),
    "reload": (0, 0), "stop": (0, 0), "flush": (0, 0), "check": (0, 0),
}


def main(argv) -> int:
    """Run the command line `argv` (program name first); return the exit status."""
    return while_read(_run, argv)


def _run(argv):
    try:
        line = CommandLine(argv[1:], flags="hjsv", values="rcu")
        request = _request(line.words)
    except UsageError as error:
        sys.stderr.write("pmip-lma: %s\n\n%s" % (error, HELP))
        return 2
    options = line.options
    if "h" in options:
        sys.stdout.write(HELP)
        return 0
    if request is None:
        return _serve(options)
    if request["verb"] == "check":
        return _check(options)
    directory = options.get("r", RUN_DIRECTORY)
    if request["verb"] == "flush":
        from mag_lite.remains import clear, is_running

        if not is_running(directory):
            from lma_lite.forwarding import AnchorForwarding

            return clear("pmip-lma", directory, AnchorForwarding, ("bindings", "state"))
    return report("pmip-lma", directory, request, "j" in options, show)


def _request(words):
    """Return the request that the words make, None if there is no verb; UsageError."""
    if not words:
        return None
    verb, arguments = words[0], words[1:]
    if verb not in _ARGUMENTS:
        raise UsageError("there is no verb '%s'" % verb)
    fewest, most = _ARGUMENTS[verb]
    if not fewest <= len(arguments) <= most:
        raise UsageError("wrong number of arguments of '%s'" % verb)
    request = {"verb": verb}
    if arguments:
        request["node"] = arguments[0]
    return request


def _serve(options) -> int:
    from lma_lite.daemon import serve
    from mag_lite.system.system_log import SystemLog

    log = Log("pmip-lma", "v" in options, SystemLog("pmip-lma") if "s" in options else None)
    return serve(options.get("c", CONFIGURATION), options.get("r", RUN_DIRECTORY),
                 options.get("u", UBUS), log)


def _check(options) -> int:
    from lma_lite import configuration

    path = options.get("c", CONFIGURATION)
    chosen, problems, _ = configuration.load(path)
    if "j" in options:
        print(json.dumps({"problems": [
            {"level": level, "text": text} for level, text in problems]}))
    else:
        for level, text in problems:
            print("%s: %s" % (level, text))
        if chosen:
            print("%s can be served" % path)
    return 1 if chosen is None else 0


def show(request: dict, answer: dict) -> list:
    """The lines that tell a person what the daemon answered."""
    lines = _SHOW.get(request["verb"])
    return [printable(line) for line in lines(answer)] if lines else []


def _status(answer):
    lines = ["pmip-lma %s, up %s, %d bindings" % (
        answer["version"], duration(answer["uptime"]), answer["bindings"])]
    for address in answer["addresses"]:
        lines.append("address %s: %s" % (
            address["address"], "listening" if address["listening"] else "NOT LISTENING"))
    for mag in answer["mags"]:
        lines.append("mag %s (%s): %d sessions%s" % (
            mag["address"], mag["name"], mag["sessions"],
            " by " + ", ".join(mag["tunnels"]) if mag["tunnels"] else ""))
    for pool in answer["pools"]:
        if "network" in pool:
            lines.append("pool %s (%s): %d of %d addresses used" % (
                pool["network"], pool["name"], pool["used"], pool["capacity"]))
        if "prefix" in pool:
            lines.append("pool %s (%s): %d of %d prefixes used" % (
                pool["prefix"], pool["name"], pool["prefixes_used"], pool["prefixes_capacity"]))
    return lines + ["home link %s" % name for name in answer["home_links"]]


def _bindings(answer):
    rows = [("MN-ID", "INTERFACE", "ADDRESS", "MAG", "DEVICE", "STATE", "SINCE", "EXPIRES")]
    for each in answer["bindings"]:
        homes = ([each["address"]] if each["address"] else []) + each["prefixes"]
        rows.append((
            each["node"], each["interface"], " ".join(homes), each["mag"], each["device"] or "-",
            each["state"], duration(each["since"]), duration(each["remaining"])))
    return table(rows)


def _history(answer):
    rows = [("AGO", "EVENT", "MN-ID", "INTERFACE", "ADDRESS", "MAG", "REASON")]
    for each in answer["events"]:
        rows.append((
            duration(each["age"]), each["event"], each["node"], each["interface"],
            " ".join(each["homes"]), each["mag"], each["reason"]))
    return table(rows)


def _stats(answer):
    counters = answer["counters"]
    return ["%-52s %d" % (name, counters[name]) for name in sorted(counters)]


def _revoke(answer):
    return ["%d sessions are being revoked" % answer["sessions"]]


def _problems(answer):
    return answer["problems"]


_SHOW = {
    "status": _status, "bindings": _bindings, "history": _history, "stats": _stats,
    "revoke": _revoke, "reload": _problems,
}
