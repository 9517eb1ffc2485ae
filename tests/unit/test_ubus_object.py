# SPDX-License-Identifier: GPL-2.0-or-later
"""The object `pmip` answers as the control socket does."""

from test_system_ubus import Bus

from mag_lite import ubus_object
from mag_lite.control_verbs import _VERBS
from mag_lite.system import ubus_message as message


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
