# SPDX-License-Identifier: GPL-2.0-or-later
"""What is kept of the past is true, and does not grow."""

from mag import IDENTITY, LIFETIME, LINK, PHONE
from test_announcer import Gateway, refresh

from mag_lite.history import MOST_EVENTS, MOST_SESSIONS, MOST_STATIONS, History


def station(number):
    return bytes((2, 0, 0, 0, number // 256, number % 256))


def texts(gateway):
    gateway.executor.run()
    return [text for _, text, _ in gateway.history.events(PHONE, gateway.now)]


def test_the_time_line_of_a_client_is_told_latest_first():
    gateway = Gateway()
    gateway.activate()
    gateway.lease()
    refresh(gateway)
    gateway.news()
    gateway.gateway.station_gone(LINK, PHONE, "it left", gateway.now)
    assert [text.split(" in ")[0] for text in texts(gateway)] == [
        "session ends: it left", "registered for 3600 s", "address confirmed by DHCP",
        "registered for 3600 s", "attached on wlan0"]
    ages = [age for age, _, _ in gateway.history.events(PHONE, gateway.now)]
    assert ages == sorted(ages) and ages[-1] >= LIFETIME // 1000 - 41
    assert [entry[1:] for entry in gateway.history.course(gateway.now)][1] == [
        -1, None, False]


def test_who_is_known_to_have_roamed_is_told_apart():
    gateway = Gateway()
    for transition in (True, False, None):
        gateway.gateway.station_authorized(
            LINK, PHONE, IDENTITY, gateway.now, gateway.now, transition)
        gateway.now += 7
        gateway.answer(gateway.sent()[-1])
        gateway.executor.run()
        gateway.gateway.station_gone(LINK, PHONE, "it left", gateway.now)
        gateway.executor.run()
        gateway.wait(3000)
        gateway.take()
    arrivals = [entry for entry in gateway.history.course(gateway.now) if entry[1] == 1]
    assert [entry[3] for entry in arrivals] == [True, False, False]
    assert all([isinstance(entry[2], int) for entry in arrivals])


def test_why_a_client_is_refused_is_kept():
    gateway = Gateway()
    gateway.attach(identity=None)
    assert texts(gateway)[0].startswith("not served: ")
    gateway.attach()
    gateway.answer(gateway.sent()[-1], 154)
    assert "MAG_NOT_AUTHORIZED_FOR_PROXY_REG" in texts(gateway)[0]
    assert gateway.history.course(gateway.now) == []


def test_what_repeats_is_counted():
    history = History()
    for when in (1000, 2000, 5000):
        history.note(PHONE, when, "the same")
    history.note(PHONE, 6000, "another")
    assert history.events(PHONE, 7000) == [[1, "another", 1], [2, "the same", 3]]


def test_history_is_bounded():
    history = History()
    for number in range(MOST_STATIONS + 50):
        for event in range(MOST_EVENTS + 5):
            history.note(station(number), number * 1000 + event, "event %d" % event)
    kept = [number for number in range(MOST_STATIONS + 50)
            if history.events(station(number), 0)]
    assert kept == list(range(50, MOST_STATIONS + 50))
    events = history.events(station(100), 0)
    assert len(events) == MOST_EVENTS and events[0][1] == "event %d" % (MOST_EVENTS + 4)
    for number in range(MOST_SESSIONS + 9):
        history.begun(number, number, False)
    course = history.course(0)
    assert len(course) == MOST_SESSIONS and course[-1][2] == MOST_SESSIONS + 8


def test_what_happens_to_a_client_is_counted():
    gateway = Gateway()
    gateway.activate()
    gateway.lease()
    gateway.lease()
    refresh(gateway)
    gateway.news()
    assert gateway.history.counts(PHONE) == {"attaches": 1, "registrations": 2, "leases": 2}
    gateway.gateway.station_gone(LINK, PHONE, "it left", gateway.now)
    gateway.news()
    assert gateway.history.counts(PHONE)["ends"] == 1
    assert gateway.history.counts(station(1)) == {}


def test_counters_go_with_the_events():
    history = History()
    for number in range(MOST_STATIONS + 1):
        history.count(station(number), "never")
        history.note(station(number), number, "here")
        history.count(station(number), "attaches")
    assert history.counts(station(0)) == {}
    assert history.counts(station(1)) == {"attaches": 1}
