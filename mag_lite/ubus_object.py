# SPDX-License-Identifier: GPL-2.0-or-later
"""The object `pmip` on ubus: what the control socket answers, for LuCI and scripts."""

from mag_lite.system import ubus_message as message
from mag_lite.system.blobmsg import BOOLEAN, INT32, STRING

NAME = "pmip"

#: The methods and their arguments; all are optional for ubus, some are not for their verb.
METHODS = {
    "status": {},
    "overview": {"mac": STRING},
    "clients": {"mac": STRING},
    "anchors": {},
    "stats": {},
    "attach": {"mac": STRING, "identity": STRING, "device": STRING},
    "detach": {"mac": STRING},
    "probe": {},
    "reload": {},
    "stop": {},
    "flush": {},
    "clock": {"synchronised": BOOLEAN},
    "trace": {"mac": STRING, "seconds": INT32},
}


def publish(ubus, answer, name: str = NAME, methods: dict = METHODS, trace=None) -> None:
    """Publish the object; `answer` is that of ControlVerbs, `trace` that of the gateway's Daemon.

    An error, such as an answer that is too long for ubus, is status 2 (invalid argument) with
    {"error": text}.
    """

    def handle(request):
        asked = {"verb": request.method}
        for argument in methods[request.method]:
            asked[argument] = request.arguments.get(argument)
        try:
            if request.method == "trace":
                trace(asked, request.answer)
            else:
                request.answer(answer(asked))
        except ValueError as error:
            request.answer({"error": str(error)}, message.INVALID_ARGUMENT)

    ubus.publish(name, methods, handle)
