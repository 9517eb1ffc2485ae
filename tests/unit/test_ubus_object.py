# SPDX-License-Identifier: GPL-2.0-or-later
"""The object `pmip` answers as the control socket does."""

import json

from test_system_ubus import Bus

from mag_lite import ubus_object
from mag_lite.control_verbs import _VERBS
from mag_lite.system import ubus_message as message

HERE = __file__[: __file__.rfind("/")] if "/" in __file__ else "."


def answer(request):
    """What the control socket is asked, or its refusal."""
    if request.get("mac") == "nonsense":
        raise ValueError("'nonsense' is not a MAC address")
    return {"asked": request}


class Published(Bus):
    """The bus with our object."""

    def publish(self):
        ubus_object.publish(self.ubus, answer)


def test_every_verb_is_a_method():
    assert sorted(ubus_object.METHODS) == sorted(_VERBS)
    with Published() as bus:
        caller = bus.caller()
        for verb, arguments in ubus_object.METHODS.items():
            asked = {"verb": verb}
            asked.update({name: None for name in arguments})
            assert caller.call("pmip", verb) == (0, {"asked": asked}), verb


def test_only_what_is_declared_reaches_a_verb():
    with Published() as bus:
        hostile = {"mac": "02:00:00:00:01:01", "verb": "flush", "ubus_rpc_session": "0", "x": {}}
        assert bus.caller().call("pmip", "clients", hostile) == (
            0, {"asked": {"verb": "clients", "mac": "02:00:00:00:01:01"}})


def test_a_refusal_has_a_status_and_a_text():
    with Published() as bus:
        assert bus.caller().call("pmip", "detach", {"mac": "nonsense"}) == (
            message.INVALID_ARGUMENT, {"error": "'nonsense' is not a MAC address"})


def test_the_document_explains_every_method_and_every_event():
    with open(HERE + "/../../docs/ubus.md") as file:
        document = file.read()
    with open(HERE + "/../../mag_lite/announcer.py") as file:
        events = [word for word in file.read().split('"') if word[:5] in ("pmip.", "dhcp.")]
    assert len(events) == 6
    for name in list(ubus_object.METHODS) + events:
        assert "\n| `%s` |" % name in document, name
    for name, arguments in ubus_object.METHODS.items():
        row = document.split("\n| `%s` |" % name)[1].split("\n")[0]
        for argument in arguments:
            assert "`%s`" % argument in row, name


def test_who_may_only_look_can_change_nothing():
    with open(HERE + "/../../files/usr/share/rpcd/acl.d/pmip.json") as file:
        group = json.loads(file.read())["pmip"]
    looking, changing = group["read"]["ubus"]["pmip"], group["write"]["ubus"]["pmip"]
    assert sorted(looking) == ["anchors", "clients", "overview", "stats", "status"]
    assert sorted(changing) == ["detach", "reload"]
