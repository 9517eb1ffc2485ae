# SPDX-License-Identifier: GPL-2.0-or-later
"""The object `pmip-lma` on ubus: what the control socket answers, for LuCI and scripts."""

from mag_lite import ubus_object
from mag_lite.system.blobmsg import STRING
from mag_lite.system.ubus import Ubus

NAME = "pmip-lma"

#: The methods and their arguments; all are optional for ubus, some are not for their verb.
METHODS = {
    "status": {},
    "overview": {"node": STRING, "text": STRING},
    "bindings": {"node": STRING},
    "history": {"node": STRING},
    "stats": {},
    "check": {},
    "revoke": {"node": STRING},
    "reload": {},
    "stop": {},
    "flush": {},
}


def publish(loop, log, count, path: str, answer) -> Ubus:
    """Publish the object at the ubusd of `path`; `answer` is that of ControlVerbs."""
    bus = Ubus(loop, log, count, path)
    ubus_object.publish(bus, answer, NAME, METHODS)
    return bus
