# SPDX-License-Identifier: GPL-2.0-or-later
"""The dialogue with hostapd, against a socket that speaks as hostapd 2.10 was heard to speak.

(tests/kernel/system_hostapd does the same with the real one and simulated radios.)
"""

import os
import socket

from mag_lite.system import sockets
from mag_lite.system.hostapd import Hostapd
from mag_lite.system.loop import Loop
from mag_lite.wire.address import format_mac

from own import Directory

ONE, TWO, THREE = (b"\x02\0\0\0\1" + bytes((number,)) for number in (1, 2, 3))


def described(mac, identity=b"mn1@example.org", flags="[AUTH][ASSOC][AUTHORIZED]", connected=0):
    name = b"" if identity is None else b"dot1xAuthSessionUserName=" + identity + b"\n"
    head = "%s\nflags=%s\naid=1\n" % (format_mac(mac), flags)
    return head.encode() + name + b"signal=-30\nconnected_time=%d\n" % connected


class FakeHostapd:
    """A control socket; `answers` maps commands to answers, or functions that give them."""

    def __init__(self, loop, path):
        self.loop, self.path = loop, path
        self.asked = []
        self.answers = {
            "ATTACH": b"OK\n",
            "DETACH": None,     # who says it no longer hears
            "PING": b"PONG\n",
            "STATUS": b"state=ENABLED\nphy=phy0\n",
            "GET_CONFIG": b"ssid=x\nwpa=2\nkey_mgmt=WPA-EAP WPA-EAP-SHA256 \n",
            "STA-FIRST": b"",
        }
        self.clients = []
        self.socket = socket.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM, 0)
        self.socket.bind(sockets.unix_address(path))
        self.socket.setblocking(False)
        loop.add(self.socket.fileno(), self.receive)

    def receive(self):
        question, client = self.socket.recvfrom(4096)
        question = question.decode()
        self.asked.append(question)
        if question == "ATTACH":
            self.clients.append(client)
        elif question == "DETACH" and client in self.clients:
            self.clients.remove(client)
        answer = self.answers.get(question, b"FAIL\n")
        if answer is not None:
            self.say(answer() if callable(answer) else answer, client)

    def event(self, text):
        for client in list(self.clients):
            self.say(b"<3>" + text.encode(), client)

    def say(self, octets, client):
        try:
            self.socket.sendto(octets, client)
        except OSError:  # it was killed
            self.clients = [other for other in self.clients if other != client]

    def has(self, *stations):
        """Let these (mac, description) be associated, in hostapd's order."""
        for mac, description in stations:
            self.answers["STA " + format_mac(mac)] = description
        question = "STA-FIRST"
        for mac, description in stations:
            self.answers[question] = description
            question = "STA-NEXT " + format_mac(mac)
        self.answers[question] = b""

    def die(self):
        """As kill -9 does it: the file stays."""
        self.loop.remove(self.socket.fileno())
        self.socket.close()

    def end(self):
        self.die()
        os.remove(self.path)


class Listener:
    """Writes down what it is told, without the interface."""

    def __init__(self, loop):
        self.loop = loop
        self.told = []
        self.transitions = []
        self.known = []     # whose identity is remembered

    def hostapd_up(self, interface):
        assert interface == "wlan0"
        self.told.append("up")

    def hostapd_down(self, interface, reason):
        self.told.append("down: " + reason)

    def station_authorized(self, interface, mac, identity, since, transition):
        self.told.append(("authorized", mac, identity, (self.loop.now() - since) // 1000))
        self.transitions.append(transition)

    def station_returned(self, interface, mac, since):
        if mac in self.known:
            self.told.append(("returned", mac, self.loop.now() - since))
        return mac in self.known

    def station_gone(self, interface, mac, reason):
        self.told.append(("gone", mac, reason))

    def station_seen(self, interface, mac):
        self.told.append(("seen", mac))


class FastLoop(Loop):
    """A loop whose clock can be put forward."""

    ahead = 0

    def now(self):
        return super().now() + self.ahead


class Scene:
    """`with Scene() as scene:` a hostapd (unless there is none yet) and our side of it."""

    def __init__(self, running=True):
        self.running = running

    def __enter__(self):
        self.directory = Directory()
        self.path = self.directory.__enter__()
        self.loop = FastLoop()
        self.listener = Listener(self.loop)
        if self.running:
            self.start()
        self.ours = Hostapd(self.loop, self.path, "wlan0", self.listener)
        return self

    def __exit__(self, kind, error, traceback):
        self.ours.close()
        if self.running:
            self.hostapd.end()
        self.directory.__exit__(kind, error, traceback)

    def start(self):
        self.running = True
        self.hostapd = FakeHostapd(self.loop, self.path + "/wlan0")

    def kill(self):
        self.hostapd.die()
        self.running = False

    def told(self):
        """What was said since the last time."""
        for _ in range(60):
            self.loop.at(0, self.loop.stop)
            self.loop.run()
        told, self.listener.told = self.listener.told, []
        return told

    def asked(self):
        asked, self.hostapd.asked = self.hostapd.asked, []
        return asked


def test_who_is_there_already_is_told_at_the_start():
    with Scene() as scene:
        scene.hostapd.has(
            (ONE, described(ONE, connected=100)),
            (TWO, described(TWO, b"N/A", connected=7)),
            (THREE, described(THREE, flags="[AUTH][ASSOC]")),
        )
        assert scene.told() == ["up", ("authorized", ONE, b"mn1@example.org", 101),
                                ("authorized", TWO, b"", 8)]
        assert scene.asked()[:4] == ["ATTACH", "STATUS", "GET_CONFIG", "STA-FIRST"]


def test_a_station_that_arrives_is_asked_about_and_told():
    with Scene() as scene:
        assert scene.told() == ["up"]
        scene.hostapd.has((ONE, described(ONE)))
        scene.hostapd.event("CTRL-EVENT-EAP-STARTED " + format_mac(ONE))
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.hostapd.event("EAPOL-4WAY-HS-COMPLETED " + format_mac(ONE))
        assert scene.told() == [("authorized", ONE, b"mn1@example.org", 0)]
        scene.hostapd.event("AP-STA-DISCONNECTED " + format_mac(ONE))
        assert scene.told() == [("gone", ONE, "disconnected")]


def test_a_station_that_left_before_the_answer_is_not_told_as_present():
    with Scene() as scene:
        scene.told()
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.hostapd.event("AP-STA-DISCONNECTED " + format_mac(ONE))
        assert scene.told() == [("gone", ONE, "disconnected")]


def test_a_station_that_comes_back_at_once_is_told_again():
    with Scene() as scene:
        scene.told()
        scene.hostapd.has((ONE, described(ONE)))
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.told()
        scene.hostapd.event("AP-STA-DISCONNECTED " + format_mac(ONE))
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE) + " keyid=x")
        assert scene.told() == [("gone", ONE, "disconnected"),
                                ("authorized", ONE, b"mn1@example.org", 0)]


def test_a_station_on_the_list_may_have_come_a_second_before_what_hostapd_counts():
    with Scene() as scene:
        scene.hostapd.has((ONE, described(ONE, connected=0)))
        assert scene.told()[1] == ("authorized", ONE, b"mn1@example.org", 1)


def test_a_station_that_returns_with_a_cached_key_is_nameless():
    with Scene() as scene:
        scene.hostapd.has((ONE, described(ONE, b"N/A")))
        assert scene.told()[1] == ("authorized", ONE, b"", 1)
        scene.hostapd.has((ONE, described(ONE, None)))
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        assert scene.told() == [("authorized", ONE, None, 0)], "without EAP there is no name"


def test_a_station_that_returns_is_not_asked_about_if_it_is_known_who_it_was():
    with Scene() as scene:
        scene.listener.known.append(ONE)
        scene.hostapd.has((ONE, described(ONE)), (TWO, described(TWO, b"N/A")))
        scene.told()
        scene.asked()
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(TWO))
        assert scene.told() == [("returned", ONE, 0), ("authorized", TWO, b"", 0)]
        assert scene.asked() == ["STA " + format_mac(TWO)]


def test_who_comes_by_a_fast_transition_may_have_become_another_elsewhere():
    with Scene() as scene:
        scene.hostapd.answers["GET_CONFIG"] = b"key_mgmt=WPA-EAP FT-EAP \n"
        scene.listener.known.append(ONE)
        scene.hostapd.has((ONE, described(ONE, b"mn2@example.org")))
        scene.told()
        for said, told, transition in (
            ("", ("authorized", ONE, b"mn2@example.org", 0), None),
            (" auth_alg=ft", ("authorized", ONE, b"mn2@example.org", 0), True),
            (" auth_alg=open", ("returned", ONE, 0), True),
        ):
            scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE) + said)
            assert scene.told() == [told], said
            assert scene.listener.transitions[-1] is transition


def test_where_there_are_no_fast_transitions_nobody_comes_by_one():
    with Scene() as scene:
        scene.hostapd.has((ONE, described(ONE)))
        scene.told()
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.told()
        scene.hostapd.event("CTRL-EVENT-EAP-SUCCESS " + format_mac(ONE))
        scene.told()
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.told()
        assert scene.listener.transitions == [False] * 3


def test_where_a_password_lets_in_as_well_nobody_is_taken_for_who_was_there_before():
    for ways in (b"key_mgmt=WPA-PSK WPA-EAP \n", b"key_mgmt=SAE\n", b"ssid=key_mgmt=WPA-EAP\n"):
        with Scene() as scene:
            scene.hostapd.answers["GET_CONFIG"] = b"ssid=x\n" + ways
            scene.listener.known.append(ONE)
            scene.told()
            scene.hostapd.has((ONE, described(ONE, None)))
            scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
            assert scene.told() == [("authorized", ONE, None, 0)]


def test_a_station_that_has_just_authenticated_is_told_without_asking_again():
    with Scene() as scene:
        scene.hostapd.has((ONE, described(ONE)))
        scene.told()
        scene.asked()
        scene.hostapd.event("CTRL-EVENT-EAP-SUCCESS2 " + format_mac(ONE))
        assert scene.told() == []
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        assert scene.told() == [("authorized", ONE, b"mn1@example.org", 0)]
        assert scene.asked() == ["STA " + format_mac(ONE)], "once"
        scene.hostapd.event("CTRL-EVENT-EAP-SUCCESS " + format_mac(ONE))
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        assert scene.told() == [("authorized", ONE, b"mn1@example.org", 0)], "both at once"
        scene.hostapd.event("CTRL-EVENT-EAP-SUCCESS " + format_mac(ONE))
        scene.hostapd.event("AP-STA-DISCONNECTED " + format_mac(ONE))
        assert scene.told() == [("gone", ONE, "disconnected")]


def test_a_station_that_authenticates_again_is_told_with_its_name():
    with Scene() as scene:
        scene.told()
        scene.asked()
        scene.hostapd.event("CTRL-EVENT-EAP-SUCCESS " + format_mac(ONE))
        assert scene.told() == [], "unasked, it is told when it is authorized"
        scene.asked()
        assert scene.ours.reauthenticate(ONE)
        scene.told()
        assert scene.asked() == ["EAPOL_REAUTH 02:00:00:00:01:01"]
        scene.hostapd.has((ONE, described(ONE)))
        scene.hostapd.event("CTRL-EVENT-EAP-SUCCESS2 " + format_mac(ONE))
        assert scene.told() == [("authorized", ONE, b"mn1@example.org", 1)]


def test_a_build_that_cannot_describe_stations_still_tells_arrivals():
    for refusal in (b"UNKNOWN COMMAND\n", b"FAIL\n"):
        with Scene() as scene:
            scene.hostapd.answers["STA-FIRST"] = refusal
            scene.hostapd.answers["STA " + format_mac(ONE)] = refusal
            assert scene.told() == ["up"]
            scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
            assert scene.told() == [("authorized", ONE, None, 0)]


def test_the_walk_through_the_stations_survives_one_that_vanishes():
    with Scene() as scene:
        hostapd = scene.hostapd
        hostapd.has((ONE, described(ONE)), (TWO, described(TWO)), (THREE, described(THREE)))

        def vanish():
            hostapd.answers["STA-NEXT " + format_mac(ONE)] = described(THREE)
            return b"FAIL\n"

        hostapd.answers["STA-NEXT " + format_mac(TWO)] = vanish
        assert [said[1] for said in scene.told()[1:]] == [ONE, TWO, THREE]


def test_a_list_that_never_ends_is_left():
    with Scene() as scene:
        scene.hostapd.has((ONE, described(ONE)), (TWO, described(TWO)))
        scene.hostapd.answers["STA-NEXT " + format_mac(TWO)] = described(ONE)
        assert [said[1] for said in scene.told()[1:]] == [ONE, TWO]


def test_a_station_we_hear_of_otherwise_can_be_queried():
    with Scene() as scene:
        scene.told()
        scene.hostapd.has((ONE, described(ONE, connected=5)),
                          (TWO, described(TWO, flags="[ASSOC]")))
        assert scene.ours.query(ONE) and scene.ours.query(ONE)
        assert scene.ours.query(TWO) and scene.ours.query(THREE)
        assert scene.told() == [("authorized", ONE, b"mn1@example.org", 6)]
        assert scene.hostapd.asked.count("STA " + format_mac(ONE)) == 1


def test_a_build_that_cannot_describe_stations_can_say_whether_it_knows_one():
    with Scene() as scene:
        scene.hostapd.answers["STA-FIRST"] = b"UNKNOWN COMMAND\n"
        scene.told()
        scene.hostapd.answers["POLL_STA " + format_mac(ONE)] = b"OK\n"
        assert scene.ours.query(ONE) and scene.ours.query(TWO)
        assert scene.told() == [("authorized", ONE, None, 0)]


def test_polling_shows_who_is_in_reach_and_who_is_unknown():
    with Scene() as scene:
        scene.told()
        scene.hostapd.answers["POLL_STA " + format_mac(ONE)] = b"OK\n"
        assert scene.ours.poll(ONE) and scene.ours.poll(TWO)
        assert scene.told() == [("gone", TWO, "not associated")]
        scene.hostapd.event("AP-STA-POLL-OK " + format_mac(ONE))
        assert scene.told() == [("seen", ONE)]


def test_a_stale_station_is_removed_without_a_word_to_it():
    with Scene() as scene:
        scene.told()
        scene.asked()
        assert scene.ours.remove(ONE)
        scene.told()
        assert scene.asked() == ["DEAUTHENTICATE 02:00:00:00:01:01 reason=3 tx=0"]


def test_a_station_that_is_sent_away_is_told():
    with Scene() as scene:
        scene.told()
        scene.asked()
        assert scene.ours.remove(ONE, True)
        scene.told()
        assert scene.asked() == ["DEAUTHENTICATE 02:00:00:00:01:01 reason=3"]


def test_hostapd_is_told_that_nobody_listens_any_more():
    with Scene() as scene:
        scene.told()
        scene.asked()
        scene.ours.close()
        scene.told()
        assert scene.asked() == ["DETACH"]


def test_nothing_is_asked_while_nothing_happens():
    with Scene() as scene:
        scene.told()
        scene.asked()
        for _ in range(20):
            scene.loop.ahead += 60000
            assert scene.told() == []
        assert scene.asked() == []


def test_hostapd_that_is_not_there_is_told_once_and_found_when_it_comes():
    with Scene(running=False) as scene:
        (down,) = scene.told()
        assert down.startswith("down: no hostapd at " + scene.path + "/wlan0: no such file")
        for _ in range(5):
            scene.loop.ahead += 5000
            assert scene.told() == []
        scene.start()
        scene.loop.ahead += 5000
        assert scene.told() == ["up"]


def test_a_link_notification_shortens_the_wait():
    with Scene(running=False) as scene:
        for _ in range(10):
            scene.loop.ahead += 5000
            scene.told()
        scene.start()
        assert scene.told() == []
        scene.ours.link_changed()
        assert scene.told() == ["up"]


def test_a_killed_hostapd_is_noticed_at_the_next_link_notification():
    with Scene() as scene:
        scene.told()
        scene.kill()
        assert scene.told() == []
        os.remove(scene.path + "/wlan0")
        scene.start()
        scene.hostapd.has((ONE, described(ONE)))
        scene.ours.link_changed()
        (down,) = scene.told()
        assert down.endswith("connection refused"), down
        scene.loop.ahead += 250
        assert scene.told() == ["up", ("authorized", ONE, b"mn1@example.org", 1)]


def test_a_killed_hostapd_is_noticed_when_it_is_asked():
    for ask in ("query", "poll", "remove"):
        with Scene() as scene:
            scene.told()
            scene.kill()
            assert not getattr(scene.ours, ask)(ONE)
            assert len(scene.told()) == 1
            assert not getattr(scene.ours, ask)(ONE)


def test_hostapd_that_says_goodbye_is_down_at_once():
    with Scene() as scene:
        scene.told()
        scene.hostapd.event("CTRL-EVENT-TERMINATING ")
        scene.hostapd.end()
        scene.running = False
        (down,) = scene.told()
        assert down.endswith("it ended")


def test_a_disabled_access_point_is_down_until_it_is_enabled():
    with Scene() as scene:
        scene.told()
        scene.hostapd.answers["STATUS"] = b"state=DISABLED\n"
        scene.hostapd.event("AP-DISABLED ")
        assert scene.told() == ["down: the access point is disabled"]
        for _ in range(3):
            scene.loop.ahead += 5000
            assert scene.told() == []
        scene.hostapd.answers["STATUS"] = b"state=ENABLED\n"
        scene.hostapd.event("AP-ENABLED ")
        assert scene.told() == ["up"]


def test_disabling_while_a_question_is_open_does_not_end_the_search():
    with Scene() as scene:
        scene.told()
        scene.hostapd.answers["STA " + format_mac(ONE)] = None
        scene.hostapd.event("AP-STA-CONNECTED " + format_mac(ONE))
        scene.told()
        scene.hostapd.event("AP-DISABLED ")
        assert scene.told() == ["down: the access point is disabled"]
        scene.hostapd.socket.sendto(b"FAIL\n", scene.hostapd.clients[0])
        scene.loop.ahead += 250
        assert scene.told() == ["up"]


def test_hostapd_that_starts_slowly_is_up_when_it_says_so():
    with Scene() as scene:
        scene.hostapd.answers["STATUS"] = b"state=COUNTRY_UPDATE\n"
        assert scene.told() == ["down: the access point's state is COUNTRY_UPDATE"]
        scene.hostapd.answers["STATUS"] = b"state=ENABLED\n"
        scene.hostapd.event("AP-ENABLED ")
        assert scene.told() == ["up"]


def test_hostapd_that_does_not_answer_is_down():
    with Scene() as scene:
        scene.told()
        scene.hostapd.answers["STA " + format_mac(ONE)] = None
        scene.ours.query(ONE)
        assert scene.told() == []
        scene.loop.ahead += 5000
        (down,) = scene.told()
        assert down.endswith("no answer")
        scene.loop.ahead += 250
        assert scene.told() == ["up"]


def test_events_that_make_no_sense_do_no_harm():
    with Scene() as scene:
        scene.told()
        for text in ("", "AP-STA-CONNECTED", "AP-STA-CONNECTED x", "AP-STA-CONNECTED \xff",
                     "AP-STA-DISCONNECTED 02:00", "CTRL-IFACE", "\0", "AP-STA-POLL-OK"):
            scene.hostapd.event(text)
        scene.hostapd.socket.sendto(b"", scene.hostapd.clients[0])
        scene.hostapd.socket.sendto(b"an answer nobody asked for", scene.hostapd.clients[0])
        assert scene.told() == []


def test_a_burst_of_arrivals_is_told_completely():
    with Scene() as scene:
        scene.told()
        macs = [b"\x02\0\0\0\2" + bytes((number,)) for number in range(100)]
        scene.hostapd.has(*[(mac, described(mac)) for mac in macs])
        for mac in macs:
            scene.hostapd.event("AP-STA-CONNECTED " + format_mac(mac))
        told = []
        for _ in range(10):
            told += scene.told()
        assert [said[1] for said in told] == macs
