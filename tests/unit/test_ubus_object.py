# SPDX-License-Identifier: GPL-2.0-or-later
"""The objects `pmip` and `pmip-lma` answer as the control sockets do."""

import json

from test_system_ubus import Bus

from lma_lite import control_verbs as lma_control_verbs
from lma_lite import ubus_object as lma_ubus_object
from mag_lite import control_verbs, ubus_object
from mag_lite.system import blobmsg
from mag_lite.system import ubus_message as message

#: What ubus cannot carry, by who asks for it.
UNSPEAKABLE = {"huge": "x" * message.LONGEST, "nul": "a\0b"}
HERE = __file__[: __file__.rfind("/")] if "/" in __file__ else "."


def answer(request):
    """What the control socket is asked, or its refusal."""
    asked = request.get("mac") or request.get("node")
    if asked == "nonsense":
        raise ValueError("there is no 'nonsense'")
    if asked in UNSPEAKABLE:
        return {"text": UNSPEAKABLE[asked]}
    return {"asked": request}


class Gateway(Bus):
    """The bus with the gateway's object, which answers a trace when it likes."""

    name, methods, verbs = ubus_object.NAME, ubus_object.METHODS, control_verbs._VERBS
    argument = "mac"

    def publish(self):
        self.traces = []
        ubus_object.publish(self.ubus, answer, trace=self.trace)

    def trace(self, arguments, answer):
        if arguments["seconds"] == 11:
            raise ValueError("that long")
        self.traces.append((arguments, answer))


class Anchor(Bus):
    """The bus with the anchor's object."""

    name, methods, verbs = (
        lma_ubus_object.NAME, lma_ubus_object.METHODS, lma_control_verbs._VERBS)
    argument = "node"

    def publish(self):
        self.ubus.close()
        self.ubus = lma_ubus_object.publish(
            self.loop, self.log, self.counted.append, self.path, answer)


def test_every_verb_is_a_method():
    for daemon in (Gateway, Anchor):
        assert sorted([verb for verb in daemon.methods if verb != "trace"]) == sorted(daemon.verbs)
        with daemon() as bus:
            caller = bus.caller()
            for verb in daemon.verbs:
                asked = {"verb": verb}
                asked.update({name: None for name in daemon.methods[verb]})
                assert caller.call(daemon.name, verb) == (0, {"asked": asked}), verb


def test_only_what_is_declared_reaches_a_verb():
    for daemon, verb in ((Gateway, "clients"), (Anchor, "bindings")):
        known = {daemon.argument: "somebody"}
        hostile = {"verb": "flush", "ubus_rpc_session": "0", "x": {}}
        hostile.update(known)
        with daemon() as bus:
            known["verb"] = verb
            assert bus.caller().call(daemon.name, verb, hostile) == (0, {"asked": known})


def test_arguments_of_wrong_types_are_refused():
    for daemon, verb in ((Gateway, "detach"), (Anchor, "revoke")):
        with daemon() as bus:
            for value in (5, True, ["x"], {"a": "x"}):
                asked = {daemon.argument: value}
                assert bus.caller().call(daemon.name, verb, asked) == (
                    message.INVALID_ARGUMENT, None), value


def test_a_refusal_has_a_status_and_a_text():
    for daemon, verb in ((Gateway, "detach"), (Anchor, "revoke")):
        with daemon() as bus:
            assert bus.caller().call(daemon.name, verb, {daemon.argument: "nonsense"}) == (
                message.INVALID_ARGUMENT, {"error": "there is no 'nonsense'"})


def test_an_answer_that_ubus_cannot_carry_is_a_refusal():
    with Anchor() as bus:
        for node in ("huge", "nul"):
            status, values = bus.caller().call("pmip-lma", "bindings", {"node": node})
            assert status == message.INVALID_ARGUMENT and isinstance(values["error"], str), node


def test_a_trace_is_answered_later_or_refused_at_once():
    with Gateway() as bus:
        caller = bus.caller()
        wanted = {"mac": "02:00:00:00:01:01", "seconds": 5}
        assert caller.call("pmip", "trace", wanted) == (None, None)
        (arguments, answer), = bus.traces
        assert arguments["mac"] == wanted["mac"] and arguments["seconds"] == 5
        answer({"events": []})
        assert blobmsg.decode(caller.next().found[message.A_DATA]) == {"events": []}
        assert caller.next().kind == message.STATUS
        assert caller.call("pmip", "trace", {"seconds": 11}) == (
            message.INVALID_ARGUMENT, {"error": "that long"})
        assert caller.call("pmip", "trace", {"seconds": "5"}) == (message.INVALID_ARGUMENT, None)


def test_the_document_explains_every_method_and_every_event():
    with open(HERE + "/../../docs/ubus.md") as file:
        document = file.read()
    with open(HERE + "/../../mag_lite/announcer.py") as file:
        events = [word for word in file.read().split('"') if word[:5] in ("pmip.", "dhcp.")]
    assert len(events) == 6
    gateway, anchor = document.split("## The object `pmip-lma`")
    for name in list(ubus_object.METHODS) + events:
        assert "\n| `%s` |" % name in document, name
    for part, methods in ((gateway, ubus_object.METHODS), (anchor, lma_ubus_object.METHODS)):
        for name, arguments in methods.items():
            row = part.split("\n| `%s` |" % name)[1].split("\n")[0]
            for argument in arguments:
                assert "`%s`" % argument in row, name


def test_who_may_only_look_can_change_nothing():
    changing = {"pmip": ["attach", "detach", "probe", "reload", "trace"],
                "pmip-lma": ["reload", "revoke"]}
    steering = ("stop", "flush", "clock")
    for daemon in (Gateway, Anchor):
        with open("%s/../../files/usr/share/rpcd/acl.d/%s.json" % (HERE, daemon.name)) as file:
            group = json.loads(file.read())[daemon.name]
        assert sorted(group["write"]["ubus"][daemon.name]) == changing[daemon.name]
        assert sorted(group["read"]["ubus"][daemon.name]) == sorted(
            [verb for verb in daemon.verbs if verb not in steering + tuple(changing[daemon.name])])
