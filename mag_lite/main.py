# SPDX-License-Identifier: GPL-2.0-or-later
"""pmip-mag's command line.  The daemon is read only if it shall run: that takes an access point
some seconds."""

import sys

from mag_lite import configuration
from mag_lite.system import settings
from mag_lite.system.command_line import CommandLine, UsageError
from mag_lite.system.log import Log
from mag_lite.system.system_log import SystemLog

RUN_DIRECTORY = "/var/run/pmip"
UBUS = "/var/run/ubus/ubus.sock"

HELP = """usage: pmip-mag [-c FILE] [-r DIRECTORY] [-u SOCKET] [-s] [-v]
       pmip-mag -t [-c FILE]

The Proxy Mobile IPv6 gateway of an access point: registers the stations of
its wireless networks at their anchor, which gives them an address that they
keep while they roam, and tunnels their packets there.  It stays in the
foreground and logs to standard error; pmip and ubus show and steer it.

  -c FILE        configuration (default %s)
  -r DIRECTORY   control socket, journal and leases (default %s)
  -u SOCKET      ubus (default %s)
  -t             only tell what is wrong with the configuration
  -s             log to the system's log, with levels, while there is one
  -v             log more
  -h             this text

The exit status is 0 after pmip stop or pmip flush or if it is not enabled, 1
if it cannot serve, or 2 if the command line is not understood.
""" % (configuration.DEFAULT_PATH, RUN_DIRECTORY, UBUS)


def main(argv) -> int:
    """Run the daemon with the arguments `argv` (program name first); return the exit status."""
    try:
        line = CommandLine(argv[1:], flags="hstv", values="cru")
    except UsageError as error:
        sys.stderr.write("pmip-mag: %s\n\n%s" % (error, HELP))
        return 2
    options = line.options
    if "h" in options:
        sys.stdout.write(HELP)
        return 0
    log = Log("pmip-mag", "v" in options, SystemLog("pmip-mag") if "s" in options else None)
    path = options.get("c", configuration.DEFAULT_PATH)
    chosen, problems, enabled = configuration.load(path)
    for level, text in problems:
        log.at("error" if level == settings.ERROR else "warning", text)
    if chosen is None:
        return 1
    if not enabled:
        log.info("not enabled: %s: section mag: option enabled" % path)
    if "t" in options or not enabled:
        return 0
    from mag_lite.daemon import serve

    return serve(chosen, path, options.get("r", RUN_DIRECTORY), options.get("u", UBUS), log)
