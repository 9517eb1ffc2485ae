# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages show what is, do what is asked, and let nobody else do it: in Chromium, on a stand-in
for LuCI, with the daemon behind the broker of ubus."""

import io
import json
import shlex

import pytest
from conftest import DEVICE
from machine import REPOSITORY

from mag_lite import configuration
from mag_lite.core.binding_update_list import printable
from mag_lite.system import settings, uci
from mag_lite.wire import pcap

ALICE, MALLORY = "02:00:00:00:01:01", "02:00:00:00:01:02"
HOSTILE = b"<img src=x onerror=document.title='owned'>@x\"'&lt;"


def problems(access_point):
    return configuration.load(f"{access_point.directory}/config/pmip")[1]


def test_a_client_is_shown_while_it_is_here(pages):
    pages.show("view.pmip.status")
    assert pages.rows() == [] and "No client is here" in pages.browser.text("#pmip-clients")
    pages.access_point.attach(ALICE, b"mn1@example.org", b"phone1")
    pages.refresh()
    (row,) = pages.rows()
    assert row[:3] == [ALICE, "phone1", "mn1@example.org"] and row[3].startswith("10.20.0.")
    assert row[4:7] == ["phy0-ap0", "127.0.0.2", "active"] and row[11].endswith(" ms")
    assert row[9:11] == ["-57 dBm", "1.2 MB / 890 B"]
    assert "1 client is served" in pages.browser.text("#pmip-glance")
    assert "s ago" in pages.browser.text("#pmip-anchors")
    pages.access_point.tell("leave", ALICE)
    pages.access_point.until(lambda: not pages.access_point.ask({"verb": "clients"})["clients"])
    pages.refresh()
    assert pages.rows() == []


def test_one_call_is_made_each_time_and_every_five_seconds(pages):
    pages.show("view.pmip.status")
    pages.browser.wait("document.querySelector('#pmip-check')")
    before = len(pages.access_point.web.calls)
    pages.refresh()
    assert pages.access_point.web.calls[before:] == [("pmip", "overview")]
    assert pages.browser.evaluate("window.polled") == 5


def test_what_clients_call_themselves_stays_text(pages):
    pages.access_point.attach(MALLORY, HOSTILE)
    for view in ("view.pmip.status", "view.status.include.35_pmip"):
        pages.show(view)
        if view == "view.pmip.status":
            ((_, _, identity, *_),) = pages.rows()
            assert "onerror=document.title='owned'" in identity
            pages.browser.click("[data-mac] button", "More")
            pages.browser.wait("document.querySelector('#pmip-events tr')")
            pages.browser.click("[data-mac] button", "Detach")
            pages.browser.wait("!document.getElementById('modal').hidden")
            assert "onerror" in pages.browser.text("#modal")
        assert pages.browser.evaluate(
            "!document.querySelector('img, script[src=x], [onerror]') && document.title != 'owned'")


def test_the_strangest_names_are_shown_and_leave_others_their_room(pages):
    names = [HOSTILE, "mn\u202egro.elpmaxe".encode(), b"\xff\xfe\x80", (b"\"'<&/>" * 50)[:253]]
    for number, name in enumerate(names):
        pages.access_point.attach(f"02:00:00:00:02:0{number}", name, b"<img src=x>\xff\"'")
    pages.show("view.pmip.status")
    assert [row[1:3] for row in pages.rows()] == [["-", printable(name)] for name in names]
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('[data-mac] td[data-title]')]"
        ".every(cell => cell.offsetWidth < 400)")
    for button in ("More", "Detach"):
        pages.browser.click("[data-mac='02:00:00:00:02:03'] button", button)
    pages.browser.wait("!document.getElementById('modal').hidden")
    assert printable(names[3]) in pages.browser.text("#modal")
    assert pages.browser.evaluate("!document.querySelector('img, [onerror]')")


def test_the_daemons_answers_are_only_ever_text(pages):
    """As if daemon, anchor and commands were in other hands."""
    nasty = "<img src=x onerror=document.title='owned'>"
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.status")
    pages.browser.evaluate(f"""(() => {{
        const spoil = value => typeof value == 'string' ? {json.dumps(nasty)}
            : Array.isArray(value) ? value.map(spoil) : value && typeof value == 'object'
            ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, spoil(v)])) : value;
        const overview = spoil(window.page.overview);
        overview.events = [[1, {json.dumps(nasty)}, 2]];
        window.page.opened = overview.clients[0].mac;
        overview.clients[0].reason = {json.dumps(nasty)};
        window.page.show(overview);
        window.page.showTrace(overview.clients[0].mac, {{
            events: spoil([[1, 'x', 'x']]), left_out: 3, pcap: '' }});
    }})()""")
    assert nasty in pages.browser.text("#pmip-clients")
    assert "0.001  " + nasty in pages.browser.evaluate(
        "document.querySelector('#pmip-trace').textContent")
    assert "3 more were left out." in pages.browser.text("#modal")
    pages.browser.evaluate("window.page.handleDetach(window.page.overview.clients[0])")
    assert nasty in pages.browser.text("#modal")
    assert pages.browser.evaluate("!document.querySelector('img')")


def test_rows_are_sorted_and_filtered(pages):
    for number, name in ((3, b"b@x"), (1, b"c@X"), (2, b"a@y")):
        pages.access_point.attach(f"02:00:00:00:02:0{number}", name)
    pages.show("view.pmip.status")
    assert [row[2] for row in pages.rows()] == ["c@X", "a@y", "b@x"]
    pages.browser.click("#pmip-clients th", "Identity")
    assert [row[2] for row in pages.rows()] == ["a@y", "b@x", "c@X"]
    pages.browser.click("#pmip-clients th", "Identity")
    assert [row[2] for row in pages.rows()] == ["c@X", "b@x", "a@y"]
    pages.browser.enter("#pmip-filter", "@X")
    assert [row[2] for row in pages.rows()] == ["c@X", "b@x"]
    pages.browser.enter("#pmip-filter", "nobody")
    assert "No client is as you wish" in pages.browser.text("#pmip-clients")


def test_every_figure_stands_in_its_place(pages):
    def change(overview):
        status, (client,) = overview["status"], overview["clients"]
        status.update(version="9.9", uptime=93784, timestamps=True, clients=2)
        status["anchors"][0].update(
            answered=61, round_trip=12, encapsulation="gre-key", mtu=1400, received=11, sent=22)
        client.update(
            state="deregistering", attached=3700, remaining=59, signal=-60, octets_up=890,
            octets_down=1234567, gap=34, address="10.20.0.9", prefixes=["2001:db8::/64"],
            reason="denied (by X)", service="staff", router="10.20.0.1", prefix_length=16,
            stages=[["in all", 40], ["identity", 10], ["signalling", 30]])
        overview["counters"] = {"attaches": 2, "handovers": 1, "ends": 0}
        overview["events"] = [[61, "registered", 3], [3700, "attached", 1]]

    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.status")
    assert "not known to be right" in pages.browser.text("#view")
    pages.browser.click("[data-mac] button", "More")
    pages.browser.wait("document.querySelector('#pmip-events tr')")
    pages.pretend(change)
    assert pages.rows() == [[
        ALICE, "-", "mn1@example.org", "10.20.0.9, 2001:db8::/64", "phy0-ap0", "127.0.0.2",
        "leaving", "1h 1m", "59s", "-60 dBm", "890 B / 1.2 MB", "34 ms"]]
    assert pages.cells("#pmip-anchors") == [[
        "lma", "127.0.0.2", "127.0.0.1", "1m 1s ago", "12 ms", "GRE with keys", "1400", "11 / 22",
        "1"]]
    for text in ("Version\t9.9", "Running for\t1d 2h", "registrations are ordered by time stamps",
                 "2 clients are served"):
        assert text in pages.browser.text("#view"), text
    told = pages.browser.text("#pmip-details")
    for text in ("denied (by X)", "Router 10.20.0.1, network of 16 bits, service staff",
                 "in all 40 ms", "identity 10 ms", "1m 1s ago\tregistered (3 times)",
                 "1h 1m ago\tattached"):
        assert text in told, text
    assert pages.browser.text("#pmip-counted") == (
        "Attaches: 2 · Departures to other gateways: 1")
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('#pmip-stages > div:first-child > div')]"
        ".map(part => part.style.width)") == ["25%", "75%"]
    pages.pretend(lambda overview: overview["clients"][0].update(
        signal=None, octets_up=None, octets_down=None, gap=None, remaining=0))
    assert pages.rows()[0][8:] == ["-", "-", "-", "-"]
    assert pages.browser.evaluate("document.querySelector('#pmip-glance').className").endswith(
        "success")


def test_what_is_in_the_way_is_said_at_a_glance(pages):
    pages.show("view.pmip.status")
    for changed, said in (
            ({"access": [{"device": "phy0-ap0", "present": True, "hostapd": False}]},
             "No connection to the access point on phy0-ap0"),
            ({"access": [{"device": "phy0-ap0", "present": False, "hostapd": False}]},
             "The interface phy0-ap0 is not there"),
            ({"anchors": [{"address": "192.0.2.9", "local": None, "answered": None}]},
             "No way to anchor 192.0.2.9")):
        pages.refresh()
        pages.pretend(lambda overview, changed=changed: overview["status"].update(changed))
        assert pages.browser.text("#pmip-glance") == said
        assert pages.browser.evaluate("document.querySelector('#pmip-glance').className").endswith(
            "warning")
        if "access" in changed:
            assert "phy0-ap0: not connected" in pages.browser.text("#view")
    assert pages.cells("#pmip-anchors")[0][1:5] == ["192.0.2.9", "no way to it", "never", "-"]


def test_rows_are_sorted_by_what_they_mean(pages):
    def change(overview):
        (alice,) = overview["clients"]
        overview["clients"] = [
            {**alice, "mac": mac, "address": address, "attached": age, "signal": signal,
             "octets_up": up, "octets_down": down, "gap": gap}
            for mac, address, age, signal, up, down, gap in (
                ("b", "10.20.0.10", 100, None, 1000000, 6, None),
                ("a", "10.20.0.9", 4000, -60, 20000, 5, 5),
                ("c", "10.20.0.100", 100, -61, 3, 30000, 40))]

    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.status")
    pages.pretend(change)
    for column, order in (("Addresses", "abc"), ("Since", "bca"), ("Signal", "cab"),
                          ("Traffic up / down", "acb"), ("Last roam's gap", "acb"),
                          ("State", "abc")):
        pages.browser.click("#pmip-clients th", column)
        assert "".join(row[0] for row in pages.rows()) == order, column
        assert pages.browser.evaluate(
            "[...document.querySelectorAll('[data-sort-direction]')].map(th => th.textContent)"
            ) == [column]


CURVE = """(() => {
    const node = [...document.querySelectorAll('#view svg')].at(-1), texts = kind =>
        [...node.querySelectorAll(kind)].map(each => each.textContent);
    return [node.querySelector('polyline').getAttribute('points').split(' ')
                .map(point => point.split(',').map(Number)),
            [...node.querySelectorAll('circle')].map(each =>
                [Number(each.getAttribute('cx')), Number(each.getAttribute('cy')),
                 each.getAttribute('fill')]),
            texts('text')];
})()"""


def test_clients_and_attaches_are_plotted_over_time(pages):
    pages.show("view.pmip.status")
    pages.pretend(lambda overview: overview.update(
        status={**overview["status"], "clients": 1},
        sessions=[[450, 1, 40, False], [300, 1, 20, True], [150, -1, None, False]]))
    course, attaches, texts = pages.browser.evaluate(CURVE)
    top, middle, bottom = 8, 41, 74
    now, ago = 540, lambda seconds: 540 - 510 * seconds / 600
    near = [[round(x), y] for x, y in course]
    assert near == [[round(x), y] for x, y in (
        (now, middle), (ago(150), middle), (ago(150), top), (ago(300), top), (ago(300), middle),
        (ago(450), middle), (ago(450), bottom), (ago(600), bottom))]
    assert [[round(x), y] for x, y, _ in attaches] == [
        [round(ago(450)), top], [round(ago(300)), middle]], "the slowest on top"
    (_, _, arrival), (_, _, roam) = attaches
    assert arrival != roam
    assert texts == ["2", "0", "40 ms", "10 min ago", "now"]
    pages.pretend(lambda overview: overview.update(sessions=[[7200, -1, None]]))
    course, attaches, texts = pages.browser.evaluate(CURVE)
    assert attaches == [] and texts == ["2", "0", "", "126 min ago", "now"]
    assert course[0][0] > course[-2][0] > course[-1][0] >= 30


def test_gaps_of_roams_and_of_other_arrivals_are_told_apart(pages):
    pages.show("view.pmip.status")
    pages.pretend(lambda overview: overview.update(sessions=[]))
    assert [part.strip() for part in pages.browser.text("#pmip-gaps").split("●")[1:]] == [
        "Clients", "Arrivals", "Roams by 802.11r"]
    pages.pretend(lambda overview: overview.update(
        sessions=[[60 - n, 1, gap, gap < 30] for n, gap in enumerate((9, 100, 11, 40, 7, 60))]
        + [[1, -1, None, False]]))
    assert [part.strip() for part in pages.browser.text("#pmip-gaps").split("●")[1:]] == [
        "Clients", "Arrivals: 3, gap 60 ms in the middle, 100 ms at most",
        "Roams by 802.11r: 3, gap 9 ms in the middle, 11 ms at most"]
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.refresh()
    assert "Arrivals: 1, gap " in pages.browser.text("#pmip-gaps")


def test_what_fails_is_not_taken_for_a_daemon_that_does_not_run(pages):
    pages.show("view.pmip.status")
    assert pages.browser.evaluate(
        "require('tools.pmip').then(pmip => pmip.orNull(Promise.reject(new Error('denied'))))"
        ".catch(error => error.message)") == "denied"
    pages.browser.evaluate("require('tools.pmip').then(pmip => pmip.complain("
                           "new Error('Access denied\\n    at luci.js:1')))")
    assert pages.browser.text("#notifications").strip() == "Access denied"


def test_a_check_that_does_not_work_is_said(pages):
    pages.show("view.pmip.status")
    pages.browser.wait("document.querySelector('#view .label')")
    kept = pages.access_point.web.commands
    pages.access_point.web.commands = {pages.access_point.CHECK: lambda: (1, "Killed")}
    try:
        pages.browser.click("#pmip-check")
        pages.browser.wait("document.body.innerText.includes('The check itself did not work.')")
        pages.browser.wait("document.querySelector('#notifications').innerText.includes('JSON')")
    finally:
        pages.access_point.web.commands = kept


def test_a_service_that_cannot_start_says_why(pages):
    pages.access_point.configure(pages.access_point.configured, running=False)
    pages.show("view.pmip.status")
    kept = pages.access_point.web.commands
    pages.access_point.web.commands = {**kept, pages.access_point.START: lambda: (1, "no memory")}
    try:
        pages.browser.click("#pmip-start")
        pages.browser.wait("document.querySelector('#notifications').innerText == 'no memory'")
    finally:
        pages.access_point.web.commands = kept


def test_details_tell_the_story_of_a_client(pages):
    pages.access_point.attach(ALICE, b"mn1@example.org", b"phone1")
    pages.show("view.pmip.status")
    pages.browser.click("[data-mac] button", "More")
    pages.browser.wait("document.querySelector('#pmip-events tr')")
    told = pages.browser.text("#pmip-details")
    assert "attached on phy0-ap0" in told and "address confirmed by DHCP" in told
    assert "signalling" in pages.browser.text("#pmip-stages")
    assert "Attaches: 1 · " in pages.browser.text("#pmip-counted")
    pages.browser.click("[data-mac] button", "Less")
    pages.browser.wait("!document.querySelector('#pmip-details')")


def test_detach_ends_a_session_after_a_question(pages):
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.status")
    pages.browser.click("[data-mac] button", "Detach")
    pages.browser.click("#modal button", "Cancel")
    assert pages.browser.evaluate("document.getElementById('modal').hidden")
    pages.browser.click("[data-mac] button", "Detach")
    assert pages.rows() and f"{ALICE} mn1@example.org" in pages.browser.text("#modal")
    assert pages.access_point.ask({"verb": "status"})["clients"] == 1, "it only asks"
    pages.browser.click("#pmip-confirm")
    pages.access_point.until(lambda: not pages.access_point.ask({"verb": "clients"})["clients"])
    pages.refresh()
    assert pages.rows() == []
    assert pages.browser.evaluate("document.getElementById('modal').hidden")
    assert f"DEAUTHENTICATE {ALICE}" in pages.access_point.tell("asked", ALICE)
    assert pages.access_point.ask({"verb": "stats"})["counters"]["detach"] == 1


def test_a_trace_shows_what_is_said_and_can_be_downloaded(pages):
    pages.access_point.attach(ALICE, b"mn1@example.org", b"phone1")
    pages.show("view.pmip.status")
    pages.browser.click("[data-mac] button", "Trace")
    pages.browser.wait("document.querySelector('#modal .spinning')")
    pages.access_point.until(  # the daemon itself listens to hostapd, and the trace does
        lambda: pages.access_point.tell("asked", "ATTACH").count("ATTACH") == 2)
    pages.access_point.ask({"verb": "detach", "mac": ALICE})
    pages.refresh()  # the trace keeps nobody waiting
    assert pages.rows() == [] or pages.rows()[0][6] == "leaving"
    pages.browser.wait("document.querySelector('#pmip-trace')")
    told = pages.browser.text("#pmip-trace")
    assert "Proxy Binding Update" in told and "Proxy Binding Acknowledgement" in told
    assert "session ends: detached by the administrator" in told
    octets = pages.browser.evaluate(
        "fetch(document.querySelector('#pmip-capture').href).then(answer => answer.arrayBuffer())"
        ".then(buffer => [...new Uint8Array(buffer)])")
    found = list(pcap.packets(io.BytesIO(bytes(octets))))
    assert len(found) >= 2 and {link for link, _ in found} == {pcap.ETHERNET}
    assert pages.browser.evaluate("document.querySelector('#pmip-capture').download") == (
        "pmip-020000000101.pcap")


def test_a_trace_that_is_refused_is_said_in_words(pages):
    pages.show("view.pmip.status")
    pages.browser.evaluate("window.page.handleTrace({mac: '<b>'})")
    assert pages.access_point.web.values == {"mac": "<b>", "seconds": 10}
    assert "'<b>' is not a MAC address" in pages.browser.text("#notifications")
    assert pages.browser.evaluate("document.getElementById('modal').hidden")


def test_a_gateway_that_does_not_run_is_said_and_can_be_started(pages):
    pages.access_point.configure(pages.access_point.configured, running=False)
    pages.show("view.pmip.status")
    assert "does not run" in pages.browser.text("#view")
    pages.browser.wait("document.body.innerText.includes('no daemon answers')")
    pages.browser.evaluate("window.button = document.querySelector('#pmip-start')")
    pages.refresh()
    assert pages.browser.evaluate("window.button.isConnected"), "it may be pressed just now"
    pages.browser.click("#pmip-start")
    pages.browser.wait("document.querySelector('#pmip-glance')")
    pages.browser.wait("!document.body.innerText.includes('no daemon answers')")
    pages.access_point.stop_daemon()
    pages.refresh()
    assert "does not run" in pages.browser.text("#view")
    assert "Anchors" not in pages.browser.text("#view"), "what was is not shown any more"
    assert pages.browser.evaluate(
        "document.querySelector('#pmip-start + a').getAttribute('href')").endswith("pmip/settings")


def test_what_is_wrong_and_what_perhaps_is_told_and_nothing_else(pages):
    pages.show("view.pmip.status")
    found = [{"level": level, "text": level.lower(), "remedy": None}
             for level in ("PASS", "FAIL", "WARN")]
    assert pages.browser.evaluate(
        "require('tools.pmip').then(pmip => [...pmip.findings(" + json.dumps(found)
        + ").querySelectorAll('td')].map(cell => cell.textContent))") == [
            "wrong", "fail", "perhaps", "warn"]


def test_what_is_missing_is_said_with_the_remedy(pages):
    pages.access_point.configure(pages.access_point.configured.replace(
        "option timestamp 'off'", "option lifetime '1'"))
    pages.show("view.pmip.status")
    pages.browser.wait("document.body.innerText.includes('Remedy: ')")
    assert ("option lifetime: '1' is not a whole number from 4 to 262140 (s)"
            in pages.browser.text("#view"))
    pages.browser.click("#pmip-counters")
    pages.browser.wait("document.querySelector('#pmip-counters + div tr') || "
                       "document.body.innerText.includes('Counters')")


def test_who_may_only_look_can_change_nothing(pages):
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.status", "viewer")
    assert len(pages.rows()) == 1
    pages.browser.wait("document.body.innerText.includes('Remedy: ')")
    assert pages.browser.evaluate("document.querySelector('.cbi-button-negative').disabled")
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('[data-mac] button')].map(button => button.disabled)"
        ) == [False, True, True]
    pages.browser.evaluate(f"window.page.handleConfirmed('{ALICE}')")
    assert "Access denied" in pages.browser.text("#notifications")
    pages.browser.evaluate("document.getElementById('notifications').replaceChildren()")
    pages.browser.evaluate(f"window.page.handleTrace({{mac: '{ALICE}'}})")
    assert "Access denied" in pages.browser.text("#notifications")
    assert pages.access_point.ask({"verb": "status"})["clients"] == 1
    pages.access_point.stop_daemon()
    pages.refresh()
    assert pages.browser.evaluate("document.querySelector('#pmip-start').disabled")
    pages.show("view.pmip.settings", "viewer")
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('input, select, textarea')].every(f => f.disabled)")
    pages.browser.evaluate("document.getElementById('cbid.pmip.mag.lma').value = '127.0.0.9';"
                           "window.map.save().catch(error => error.message)")
    with open(f"{pages.access_point.directory}/config/pmip") as file:
        assert "127.0.0.9" not in file.read()


def test_the_daemon_obeys_what_is_set(pages):
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.settings")
    field = "#cbid\\.pmip\\.mag\\."
    for name, value in (("lma", "127.0.0.3"), ("encapsulation", "ip"), ("lifetime", "600"),
                        ("dns", "192.0.2.53\n192.0.2.54"), ("mtu", "1400")):
        pages.browser.enter(field + name, value)
    local_routing = f"document.querySelector({json.dumps(field + 'local_routing')})"
    assert pages.browser.evaluate(local_routing + ".checked") is False
    pages.browser.evaluate(local_routing + ".click()")
    assert pages.browser.evaluate("window.map.save()") == []
    (anchor,) = pages.access_point.ask({"verb": "anchors"})["anchors"]
    assert anchor["address"] == "127.0.0.3" and anchor["encapsulation"] == "ip"
    assert pages.access_point.ask({"verb": "status"})["local_routing"] is True
    assert problems(pages.access_point) == []
    chosen = configuration.load(f"{pages.access_point.directory}/config/pmip")[0]
    assert chosen.lifetime == 600000 and len(chosen.dns) == 2 and chosen.anchors[0].mtu == 1400


def test_profiles_anchors_and_access_networks_can_be_added(pages):
    pages.show("view.pmip.settings")
    pages.browser.enter("#cbi-pmip-anchor .cbi-section-name", "staff")
    for section in ("anchor", "profile", "access"):
        pages.browser.click(f"#cbi-pmip-{section} button", "Add")
    pages.browser.enter("#cbid\\.pmip\\.staff\\.address", "127.0.0.4")
    pages.browser.evaluate("window.made = type => internals.uci.sections('pmip', type).at(-1)"
                           "['.name'].replace(/^/, 'cbid.pmip.')")
    for kind, option, value in (("profile", "match", "*@staff.example.org"),
                                ("profile", "service", "staff"), ("access", "device", "phy0-ap1"),
                                ("access", "identity", "mac")):
        pages.browser.evaluate(f"document.getElementById(made('{kind}') + '.{option}').value = "
                               + json.dumps(value))
    assert pages.browser.evaluate("window.map.save()") == []
    chosen, found, _ = configuration.load(f"{pages.access_point.directory}/config/pmip")
    assert found == [] and sorted(chosen.access) == ["phy0-ap0", "phy0-ap1"]
    assert chosen.access["phy0-ap1"].identity == "mac"
    assert [anchor.name for anchor in chosen.anchors] == ["lma", "staff"]
    (profile,) = chosen.profiles
    assert profile.match == "*@staff.example.org" and profile.service == b"staff"
    assert profile.allow


VALUES = ("0", "1", "3", "4", "-5", "+5", "5 ", "575", "576", "9000", "9001", "262141", "1e3",
          "10.0.0.1", "10.0.0.256", "10.0.0.01", "10.0.0", "::1", "fe80::1%eth0", "1::2::3",
          "2001:db8::1", "::ffff:1.2.3.4", "::1.2.3.4.5", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9",
          "12345::", "/var/run/x", "var/run", "/" + 100 * "x", "wlan0", "wlan 0", "a/b", "..",
          16 * "w", 254 * "x", "é" * 127, "tab\there", "*@example.org", "[::1]", "1:2:3:4:5:6:7::",
          "10.20.0.0/16", "10.20.0.1/16", "10.20.0.0/33", "10.20.0.0/016", "0.0.0.0/0",
          "10.0.0.1/32",
          "10.20.0.0", "10.20.0.0/", "/16", "10.20.0.0/16/2", "10.20.16.0/20", "10.20.8.0/20",
          "2001:db8:100::/40", "2001:db8:100::/39", "2001:db8:1ff::/40", "2001:db8::1/128", "::/0",
          "2001:db8::/129", "2001:db8:0:8000::/49", "2001:db8:0:8000::/48", "::1.2.3.4/128",
          "::1.2.3.4/96")


@pytest.mark.parametrize("section", [each.type for each in configuration.SCHEMA])
def test_the_browser_refuses_what_the_daemon_refuses_in_its_words(pages, section):
    pages.access_point.configure(
        pages.access_point.configured + "config anchor 'anchor'\nconfig profile 'profile'\n"
        "config access 'access'\n", running=False)
    pages.show("view.pmip.settings")
    pages.browser.enter("#cbid\\.pmip\\.mag\\.lma", "")  # of no IP version that others must have
    assert_same_words(pages, configuration.SCHEMA, section,
                      (("profile", "anchor"), ("profile", "access")))


def assert_same_words(pages, schema, section, chosen):
    """The page refuses what a schema refuses of the options of a section of its type's name, but
    for what is `chosen` from a list."""
    options = next(each.options for each in schema if each.type == section)
    shown = (f"window.map.sections.find(section => section.sectiontype == '{section}')"
             ".options.find(option => option.option == '%s')")
    compared = 0
    for name, kind, _default in options:
        is_choice = kind is settings.FLAG or " or " in kind.what and not {"address", "(1-15"} & {
            *kind.what.split()}
        if is_choice and kind is not settings.FLAG:
            choices = pages.browser.evaluate(shown % name + ".choices.map(([value]) => value)")
            assert sorted(filter(None, choices)) == sorted(kind.what.split(" or ")), name
        if is_choice or (section, name) in chosen:
            continue  # there is nothing wrong to choose
        said = pages.browser.evaluate(
            f"{json.dumps(VALUES)}.map(value => {shown % name}.isWrong('{section}', value))")
        for value, wrong in zip(VALUES, said, strict=True):
            try:
                kind.parse(value)
                assert wrong is None, (name, value)
            except ValueError:
                assert wrong == f"'{value}' is not {kind.what}", (name, value)
            compared += 1
    assert compared >= len(VALUES)


WRONG = (
    ("mag", {"local": "::1"}, "must be of the anchor's IP version"),
    ("second", {"local": "::1"}, "must be of the anchor's IP version"),
    ("second", {"address": "127.0.0.2"}, "another anchor has this address"),
    ("second", {"address": "127.0.0.5"}, "another anchor has this address"),
    ("second", {"address": ""}, "Expecting: non-empty value"),
    ("guests", {"device": DEVICE}, f"'{DEVICE}' occurs twice"),
    ("guests", {"device": ""}, "Expecting: non-empty value"),
    ("staff", {"match": ""}, "Expecting: non-empty value"),
)


@pytest.mark.parametrize("section, values, said", WRONG)
def test_what_does_not_fit_together_is_refused(pages, section, values, said):
    text = pages.access_point.configured + (
        "config anchor 'second'\n\toption address '127.0.0.4'\n"
        "config anchor 'third'\n\toption address '127.0.0.5'\n"
        "config access 'guests'\n\toption device 'phy0-ap1'\n"
        "config profile 'staff'\n\toption match '*'\n")
    pages.access_point.configure(text, running=False)
    pages.show("view.pmip.settings")
    for option, value in values.items():
        pages.browser.enter(f"#cbid\\.pmip\\.{section}\\.{option}", value)
    assert pages.browser.evaluate("window.map.save()") == [said]
    with open(f"{pages.access_point.directory}/config/pmip") as file:
        assert file.read() == text, "nothing is written"


def test_profiles_choose_among_networks_and_anchors_by_name_and_have_an_order(pages):
    pages.access_point.configure(
        pages.access_point.configured + "config access 'bridged'\n\toption device 'br-guests'\n"
        "\tlist bss 'phy0-ap1'\nconfig access 'other'\n\toption device 'wlan7'\n"
        "config anchor 'far'\n\toption address '127.0.0.4'\n"
        "config profile 'staff'\n\toption match '*'\n", running=False)
    pages.show("view.pmip.settings")
    choices = ("[...document.getElementById('cbid.pmip.%s').options]"
               ".map(option => option.textContent)")
    assert pages.browser.evaluate(choices % "staff.access") == [
        "all", "wlan (<b>Campus</b>)", "bridged (Home)", "other"]
    assert pages.browser.evaluate(choices % "staff.anchor") == ["the anchor of all", "far"]
    profiles = "window.map.sections.find(section => section.sectiontype == 'profile')"
    assert pages.browser.evaluate(profiles + ".sortable")
    assert pages.browser.evaluate(
        "!document.querySelector('#cbi-pmip-profile .cbi-section-name')"), "it needs no name"


def test_the_first_profile_counts_after_it_has_been_dragged_there(pages):
    pages.access_point.configure(
        pages.access_point.configured
        + "config profile 'staff'\n\toption match '*@example.org'\n"
        "config profile 'nobody'\n\toption match '*'\n\toption allow '0'\n")
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.pmip.settings")
    pages.browser.evaluate("window.map.sections.find(section => section.sectiontype == 'profile')"
                           ".drag('nobody', 'staff')")
    assert pages.browser.evaluate("window.map.save()") == []
    chosen, found, _ = configuration.load(f"{pages.access_point.directory}/config/pmip")
    assert found == [] and [profile.name for profile in chosen.profiles] == ["nobody", "staff"]
    assert list(chosen.access) == [DEVICE] and chosen.anchors, "nothing else has moved away"
    pages.access_point.tell("leave", ALICE)
    pages.access_point.tell("attach", MALLORY, b"mn2@example.org".hex(), "-")
    pages.access_point.until(lambda: "not served" in str(pages.access_point.ask(
        {"verb": "overview", "mac": MALLORY})["events"]))


@pytest.mark.parametrize("word", ("", "on", "1", "off", "0"))
def test_switches_understand_the_words_that_the_daemon_understands(pages, word):
    pages.access_point.configure(
        f"config mag 'mag'\n\toption enabled '{word}'\n" if word else "config mag 'mag'\n",
        running=False)
    pages.show("view.pmip.settings")
    assert pages.browser.evaluate("document.getElementById('cbid.pmip.mag.enabled').checked") == (
        word not in ("off", "0"))


def test_every_option_that_the_daemon_knows_can_be_set_and_no_other(pages):
    pages.show("view.pmip.settings")
    shown = pages.browser.evaluate(
        "window.map.sections.flatMap(section => section.options.map(option => "
        "section.sectiontype + '.' + option.option))")
    assert sorted(name for name in shown if "._" not in name) == sorted(
        f"{section.type}.{option[0]}" for section in configuration.SCHEMA
        for option in section.options)


def firewall(pages):
    with open(f"{pages.access_point.directory}/config/firewall") as file:
        return {section.name or "": (section.type, section.options)
                for section in uci.parse(file.read())}


def made_at_installation():
    """What the package puts into the firewall's configuration."""
    with open(f"{REPOSITORY}/files/etc/uci-defaults/90-pmip") as file:
        commands = [shlex.split(line) for line in file.read().replace("\\\n", "").splitlines()
                    if line.startswith("add firewall.")]
    return {place.partition(".")[2]: (kind, dict(each.split("=", 1) for each in options))
            for _, place, kind, *options in commands}


def test_a_gateway_is_set_up_in_a_minute(pages):
    pages.access_point.configure("config mag 'mag'\n\toption enabled '0'\n", running=False)
    pages.show("view.pmip.settings")
    choices = pages.browser.text("#pmip-ssid").split("\n")
    assert [choice.strip() for choice in choices] == [
        "<b>Campus</b> (phy0-ap0)", "Home (phy0-ap1)"]
    assert not pages.browser.evaluate("document.getElementById('pmip-anybody').checked")
    pages.browser.click("#pmip-set-up")
    pages.browser.enter("#pmip-anchor", "nowhere")
    pages.browser.click("#pmip-set-up")
    pages.browser.wait("document.querySelectorAll('#notifications p').length == 2")
    assert pages.browser.text("#notifications").split("\n\n") == [
        "The anchor's address is missing", "'nowhere' is not an IPv4 or IPv6 address"]
    pages.browser.enter("#pmip-anchor", " 127.0.0.2 ")
    pages.browser.click("#pmip-set-up")
    pages.access_point.until(lambda: pages.access_point.ask({"verb": "status"}))
    chosen, found, enabled = configuration.load(f"{pages.access_point.directory}/config/pmip")
    assert found == [] and enabled and chosen.access[DEVICE].identity == "authenticated"
    with open(f"{pages.access_point.directory}/config/wireless") as file:
        assert "option network 'pmip'\n\toption isolate '1'" in file.read()
    with open(f"{pages.access_point.directory}/config/network") as file:
        assert "config interface 'pmip'\n\toption proto 'none'" in file.read()
    assert list(firewall(pages)) == ["", *made_at_installation()], "what was there stays"
    assert {**made_at_installation(), "": firewall(pages)[""]} == firewall(pages)


def test_access_networks_are_shown_with_their_names(pages):
    pages.access_point.configure(
        pages.access_point.configured + "config access\n\toption device 'br-lan'\n", running=False)
    pages.show("view.pmip.settings")
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('#cbi-pmip-access p')].map(row => row.innerText)") == [
            "<b>Campus</b> (phy0-ap0)", "br-lan"]


def test_clients_without_8021x_are_served_where_the_network_has_none(pages):
    pages.access_point.configure("config mag 'mag'\n", running=False)
    pages.show("view.pmip.settings")
    pages.browser.enter("#pmip-ssid", "1")
    assert pages.browser.evaluate("document.getElementById('pmip-anybody').checked")
    pages.browser.enter("#pmip-anchor", "127.0.0.2")
    pages.browser.evaluate("window.page.handleSetUp()")
    chosen = configuration.load(f"{pages.access_point.directory}/config/pmip")[0]
    assert chosen.access["phy0-ap1"].identity == "mac"


def test_who_has_set_up_or_may_not_is_not_asked_to(pages):
    for text, session in (("config mag 'mag'\n", "viewer"),
                          ("config mag 'mag'\n\toption lma '127.0.0.2'\n", "root"),
                          ("config access\n\toption device 'phy0-ap0'\n", "root")):
        pages.access_point.configure(text, running=False)
        pages.show("view.pmip.settings", session)
        assert not pages.browser.evaluate("document.querySelector('#pmip-wizard')"), text


def test_without_an_access_point_that_is_up_this_is_said(pages):
    kept = pages.access_point.web.objects
    pages.access_point.configure("config mag 'mag'\n", running=False)
    pages.access_point.web.objects = {key: {} for key in kept}
    try:
        pages.show("view.pmip.settings")
        assert "No access point is up" in pages.browser.text("#view")
    finally:
        pages.access_point.web.objects = kept


def test_a_network_that_is_there_stays_as_it_is(pages):
    pages.access_point.configure("config mag 'mag'\n", running=False)
    pages.access_point.web.configurations.sections["network"].append(
        {".type": "interface", ".name": "pmip", ".anonymous": False, "proto": "static"})
    pages.show("view.pmip.settings")
    pages.browser.enter("#pmip-anchor", "127.0.0.2")
    pages.browser.evaluate("window.page.handleSetUp()")
    with open(f"{pages.access_point.directory}/config/network") as file:
        assert file.read().endswith("config interface 'pmip'\n\toption proto 'static'\n")


def test_the_settings_page_tests_the_anchor(pages):
    pages.show("view.pmip.settings")
    pages.browser.click("button", "Look")
    pages.browser.wait("!document.getElementById('modal').hidden")
    assert "anchor 127.0.0.2: reached from 127.0.0.1" in pages.browser.text("#modal")
    assert "anchor 127.0.0.2: answers a heartbeat after " in pages.browser.text("#modal")
    assert ("anchor 127.0.0.2: takes registrations from this gateway (trial: status 158 after "
            in pages.browser.text("#modal"))
    assert "Remedy: " in pages.browser.text("#modal")
    assert pages.access_point.ask({"verb": "clients"})["clients"] == []


def test_the_settings_page_tells_when_the_anchor_does_not_know_the_gateway(pages):
    pages.show("view.pmip.settings")
    pages.access_point.tell("refuse", "154")
    try:
        pages.browser.click("button", "Look")
        pages.browser.wait("!document.getElementById('modal').hidden")
    finally:
        pages.access_point.tell("refuse", "158")
    told = pages.browser.text("#modal")
    assert ("refuses a trial registration: status 154 (MAG_NOT_AUTHORIZED_FOR_PROXY_REG): "
            "the anchor does not list this access point" in told)
    assert "it must list the gateway 127.0.0.1" in told
    assert "takes registrations" not in told and "answers a heartbeat" in told


def test_the_overview_has_a_box(pages):
    pages.show("view.status.include.35_pmip")
    pages.access_point.attach(ALICE, b"mn1@example.org")
    pages.show("view.status.include.35_pmip")
    told = pages.browser.text("#view")
    assert "Clients\t1" in told and "Anchor 127.0.0.2\tlast answer: " in told and "s ago" in told
    status = {"clients": 0, "anchors": [{"address": "192.0.2.9", "local": None}]}
    assert "no way to it" in pages.browser.evaluate(
        f"window.page.render({json.dumps({'status': status})}).innerText")
    pages.access_point.stop_daemon()
    pages.show("view.status.include.35_pmip")
    assert "does not run" in pages.browser.text("#view")
    pages.access_point.configure("", running=False)
    before = len(pages.access_point.web.calls)
    assert pages.browser.evaluate("window.page.load().then(found => window.page.render(found))"
                                  ) is None, "the machine is something else"
    assert pages.access_point.web.calls[before:] == [("uci", "get")]


@pytest.mark.parametrize("language", ("de", "es"))
def test_the_pages_speak_other_languages(pages, language):
    pages.show("view.pmip.status", language=language)
    assert pages.browser.text("h2") == "Proxy Mobile IP"
    assert {"de": "Was fehlt", "es": "Qué falta"}[language] in pages.browser.text("#view")
    pages.show("view.pmip.settings", language=language)


def test_rights_are_neither_too_few_nor_too_many(pages):
    """Last: all that the other tests have made the pages ask for is what the ACL grants."""
    rights = pages.access_point.rights
    granted = rights.granted("read") | rights.granted("write")
    asked = rights.used
    assert asked - granted == set()
    assert granted - asked == set()
