# SPDX-License-Identifier: GPL-2.0-or-later
"""The anchor's pages show what is, do what is asked, and let nobody else do it: as test_pages."""

import json

import pytest
from anchor import AP1, AP2, CONFIGURED, LEAVING, NEW, ROAMED
from test_pages import HOSTILE, assert_same_words

from lma_lite import configuration

ALICE, BOB = b"mn1@example.org", b"mn2@example.org"
MAC2 = "02:00:00:00:01:02"
STATUS, SETTINGS = "view.pmip-lma.status", "view.pmip-lma.settings"
HISTORY = ("[...document.querySelectorAll('#pmip-%s td[data-title]')]"
           ".map(cell => cell.textContent)")


def told(pages, name):
    """The rows of a table of events: when, what, identity, addresses, gateway, reason."""
    cells = pages.browser.evaluate(HISTORY % name)
    return [cells[at:at + 6] for at in range(0, len(cells), 6)]


def test_a_session_is_shown_where_it_is(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    pages.show(STATUS)
    assert pages.rows() == [] and "There is no session" in pages.browser.text("#pmip-sessions")
    assert "0 of 5" in pages.browser.text("#pmip-pools")
    assert "never" in pages.browser.text("#pmip-gateways")
    assert anchor.update(ALICE) == 0
    pages.refresh()
    (row,) = pages.rows()
    assert row[:5] == ["mn1@example.org", "02:00:00:00:01:01", "10.20.0.2", "internet",
                       "ap1 (127.0.1.11)"]
    assert row[5:7] == ["lma0 GRE", "active"] and row[8].startswith(("4m", "5m"))
    assert "there is 1 session." in pages.browser.text("#pmip-glance")
    assert "1 of 5" in pages.browser.text("#pmip-pools")
    assert "s ago" in pages.browser.text("#pmip-gateways")
    assert anchor.update(ALICE, AP2, ROAMED) == 0
    anchor.update(ALICE, AP2, LEAVING, lifetime=0)
    pages.refresh()
    (row,) = pages.rows()
    assert row[4] == "ap2 (127.0.1.12)" and row[6] == "leaving"


def test_one_call_is_made_each_time_and_every_five_seconds(anchor_pages):
    pages = anchor_pages
    pages.show(STATUS)
    pages.browser.wait("document.body.innerText.includes('settings can be served')")
    before = len(pages.anchor.web.calls)
    pages.refresh()
    assert pages.anchor.web.calls[before:] == [("pmip-lma", "overview")]
    assert pages.browser.evaluate("window.polled") == 5


def test_what_is_wrong_is_looked_for_again_when_asked(anchor_pages):
    pages = anchor_pages
    pages.show(STATUS)
    pages.browser.wait("document.body.innerText.includes('settings can be served')")
    with open(pages.anchor.configuration, "a") as file:
        file.write("\toption lifetimes '3'\n")
    pages.browser.click("#pmip-check")
    pages.browser.wait("document.body.innerText.includes(\"unknown option 'lifetimes'\")")


def test_every_figure_stands_in_its_place(anchor_pages):
    def change(overview):
        overview["status"].update(
            version="9.9", uptime=93784, bindings=2,
            addresses=[{"address": "127.0.1.1", "listening": True},
                       {"address": "192.0.2.1", "listening": False}],
            mags=[{"name": "ap1", "address": AP1, "sessions": 3, "tunnels": ["lma0", "lma1"],
                   "heard": 61}],
            pools=[{"name": "both", "service": "staff", "network": "10.20.0.0/29",
                    "router": "10.20.0.1", "used": 4, "capacity": 5,
                    "prefix": "2001:db8::/56", "prefixes_used": 7, "prefixes_capacity": 256},
                   {"name": "six", "service": "", "prefix": "2001:db8:1::/56",
                    "prefixes_used": 0, "prefixes_capacity": 256}])
        overview["bindings"][0].update(prefixes=["2001:db8::/64"], since=3700, remaining=59,
                                       device=None, encapsulation="ip")
        overview["history"] = [
            {"age": 61, "event": "expire", "node": "mn1", "homes": ["10.20.0.2", "2001:db8::/64"],
             "mag": AP1, "former": None, "reason": "lifetime over"}]

    pages = anchor_pages
    pages.anchor.update(ALICE)
    pages.show(STATUS)
    pages.pretend(change)
    assert pages.rows() == [[
        "mn1@example.org", "02:00:00:00:01:01", "10.20.0.2, 2001:db8::/64", "internet",
        "ap1 (127.0.1.11)", "- IP-in-IP", "active", "1h 1m", "59s"]]
    assert pages.cells("#pmip-gateways") == [["ap1", AP1, "3", "lma0, lma1", "1m 1s ago"]]
    assert pages.cells("#pmip-pools") == [
        ["both", "staff", "10.20.0.0/29", "10.20.0.1", " 4 of 5", "2001:db8::/56", " 7 of 256"],
        ["six", "any other", "-", "-", "-", "2001:db8:1::/56", " 0 of 256"]]
    assert told(pages, "history") == [[
        "1m 1s ago", "expired", "mn1", "10.20.0.2, 2001:db8::/64", "ap1 (127.0.1.11)",
        "lifetime over"]]
    for text in ("Version\t9.9", "Running for\t1d 2h", "192.0.2.1: not there"):
        assert text in pages.browser.text("#view"), text


def test_of_two_sessions_of_one_identity_the_right_one_is_opened(anchor_pages):
    pages = anchor_pages
    pages.anchor.update(ALICE)
    pages.show(STATUS)
    pages.pretend(lambda overview: overview["bindings"].append(
        {**overview["bindings"][0], "interface": MAC2}))
    pages.browser.evaluate(f"window.page.opened = '{MAC2} mn1@example.org'")
    pages.pretend(lambda overview: None)
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('[data-node] button:first-child')]"
        ".map(button => button.textContent)") == ["More", "Less"]


def test_an_answer_that_comes_late_does_not_undo_the_filter(anchor_pages):
    pages = anchor_pages
    pages.anchor.update(ALICE)
    pages.show(STATUS)
    pages.browser.evaluate(
        "(() => { window.page.filter = 'nobody'; const late = window.page.refresh();"
        " window.page.filter = ''; return late; })()")
    assert len(pages.rows()) == 1


def test_history_tells_of_roams_and_ends(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    pages.show(STATUS)
    assert told(pages, "history") == [] and "Nothing yet" in pages.browser.text("#pmip-history")
    anchor.update(ALICE)
    anchor.update(BOB, mac=MAC2)
    anchor.update(ALICE, AP2, ROAMED)
    pages.refresh()
    (when, *roamed), _, registered = told(pages, "history")
    assert when.endswith("s ago") and roamed[:4] == [
        "roamed", "mn1@example.org", "10.20.0.2", "ap1 (127.0.1.11) → ap2 (127.0.1.12)"]
    assert registered[1:5] == ["registered", "mn1@example.org", "10.20.0.2", "ap1 (127.0.1.11)"]
    pages.browser.click("[data-node='mn1@example.org'] button", "More")
    pages.browser.wait("document.querySelector('#pmip-details')")
    assert [event[1] for event in told(pages, "details")] == ["roamed", "registered"]
    pages.browser.click("[data-node='mn1@example.org'] button", "Less")
    pages.browser.wait("!document.querySelector('#pmip-details')")


def test_rows_are_sorted_and_filtered(anchor_pages):
    pages = anchor_pages
    for number, name in ((3, b"b@x"), (1, b"c@x"), (2, b"a@y")):
        pages.anchor.update(name, mac=f"02:00:00:00:02:0{number}")
    pages.show(STATUS)
    assert [row[0] for row in pages.rows()] == ["a@y", "b@x", "c@x"]
    pages.browser.click("#pmip-sessions th", "Addresses")
    assert [row[0] for row in pages.rows()] == ["b@x", "c@x", "a@y"]
    pages.browser.click("#pmip-sessions th", "Addresses")
    assert [row[0] for row in pages.rows()] == ["a@y", "c@x", "b@x"]
    pages.browser.enter("#pmip-filter", "@X")
    pages.browser.wait("document.querySelectorAll('[data-node]').length == 2")
    pages.refresh()
    assert [row[0] for row in pages.rows()] == ["c@x", "b@x"]
    pages.browser.enter("#pmip-filter", "nobody")
    pages.browser.wait("document.body.innerText.includes('No session is as you wish')")


def test_of_very_many_sessions_the_latest_are_shown(anchor_pages):
    pages = anchor_pages
    pages.anchor.configure(CONFIGURED.replace("10.20.0.0/29", "10.20.0.0/16"))
    for number in range(105):
        assert pages.anchor.update(b"mn%d" % number, mac=f"02:00:00:00:03:{number:02x}") == 0
    pages.show(STATUS)
    assert len(pages.rows()) == 100
    assert "These are the latest 100 of 105." in pages.browser.text("#pmip-sessions")
    pages.browser.enter("#pmip-filter", " MN4 ")
    pages.browser.wait("document.querySelectorAll('[data-node]').length == 11")


def test_what_clients_call_themselves_stays_text(anchor_pages):
    pages = anchor_pages
    pages.anchor.update(HOSTILE)
    pages.anchor.update(HOSTILE, AP2, ROAMED)
    pages.show(STATUS)
    pages.browser.click("[data-node] button", "More")
    pages.browser.wait("document.querySelector('#pmip-details')")
    pages.browser.click("[data-node] button", "Revoke")
    pages.browser.wait("!document.getElementById('modal').hidden")
    text = HOSTILE.decode()
    assert [row[0] for row in pages.rows()] == [text]
    assert text in pages.browser.text("#pmip-history") and text in pages.browser.text("#modal")
    assert told(pages, "details")[0][2] == text
    assert pages.browser.evaluate(
        "!document.querySelector('img, script[src=x], [onerror]') && document.title != 'owned'")


def test_the_strangest_names_are_shown_and_can_be_looked_for(anchor_pages):
    pages, hidden, seen = anchor_pages, "mn\u202egro.elpmaxe", "mn\\u202egro.elpmaxe"
    for number, name in enumerate((hidden.encode(), b"\xff\xfe\x80", b"\"'<&/>" * 42)):
        assert pages.anchor.update(name, mac=f"02:00:00:00:03:0{number}") == 0
    pages.show(STATUS)
    assert {row[0] for row in pages.rows()} == {seen, "fffe80", "\"'<&/>" * 42}
    pages.browser.enter("#pmip-filter", "\u202eGRO")
    pages.browser.wait("document.querySelectorAll('[data-node]').length == 1")
    assert pages.rows()[0][0] == seen and seen in pages.browser.text("#pmip-history")
    pages.browser.enter("#pmip-filter", "'<&/>\"")
    pages.browser.wait("document.querySelector('[data-node]').textContent.includes('<&')")
    assert len(pages.rows()) == 1


def test_who_is_to_be_revoked_is_named_so_that_nothing_else_is_turned_round(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    names = {"mn\u202e?won\u202c\u2066\u200b": "mn\\u202e?won\\u202c\\u2066\\u200b",
             "\u05d0\u05d1\u05d2@example.org": "\u05d0\u05d1\u05d2@example.org"}
    for number, (name, shown) in enumerate(names.items()):
        assert anchor.update(name.encode(), mac=f"02:00:00:00:03:0{number}") == 0
        pages.show(STATUS)
        pages.browser.evaluate(
            "[...document.querySelectorAll('[data-node]')].find(row => row.dataset.node == "
            + json.dumps(name) + ").querySelector('.cbi-button-negative').click()")
        pages.browser.wait("!document.getElementById('modal').hidden")
        assert pages.browser.evaluate("document.querySelector('#modal p').textContent") == (
            f"End all sessions of \u2066{shown}\u2069 and tell its gateways?")
    pages.browser.click("#pmip-confirm")
    anchor.until(lambda: [each["node"] for each in anchor.ask({"verb": "bindings"})["bindings"]]
                 == list(names)[:1])


def test_the_daemons_answers_are_only_ever_text(anchor_pages):
    """As if daemon and commands were in other hands."""
    pages, nasty = anchor_pages, "<img src=x onerror=document.title='owned'>"
    pages.anchor.update(ALICE)
    pages.show(STATUS)
    pages.browser.wait("document.body.innerText.includes('settings can be served')")
    pages.browser.evaluate(f"""(() => {{
        const spoil = value => typeof value == 'string' ? {json.dumps(nasty)}
            : Array.isArray(value) ? value.map(spoil) : value && typeof value == 'object'
            ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, spoil(v)])) : value;
        const overview = spoil(window.page.overview);
        overview.status.addresses[0].listening = false;
        window.page.show(overview);
    }})()""")
    for part in ("glance", "pools", "gateways", "sessions", "history"):
        assert nasty in pages.browser.text("#pmip-" + part), part
    assert pages.browser.evaluate("!document.querySelector('img')")


def test_revoke_ends_sessions_after_a_question(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    anchor.update(ALICE)
    anchor.update(BOB, mac=MAC2)
    pages.show(STATUS)
    pages.browser.click("[data-node='mn1@example.org'] button", "Revoke")
    assert len(pages.rows()) == 2, "it only asks"
    assert "mn1@example.org" in pages.browser.text("#modal")
    pages.browser.click("#pmip-confirm")
    assert pages.browser.evaluate("document.getElementById('modal').hidden")
    anchor.revoked_at("127.0.1.11")
    anchor.until(lambda: len(anchor.ask({"verb": "bindings"})["bindings"]) == 1)
    pages.refresh()
    assert [row[0] for row in pages.rows()] == ["mn2@example.org"]
    assert told(pages, "history")[0][1] == "revoked"


def test_troubles_are_said(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    anchor.configure(CONFIGURED.replace("127.0.1.1'", "127.0.1.1'\n\tlist address '192.0.2.1'", 1))
    for number in range(5):
        assert anchor.update(b"mn%d" % number, mac=f"02:00:00:00:03:0{number}") == 0
    pages.show(STATUS)
    said = pages.browser.text("#pmip-glance")
    assert "No gateway can reach 192.0.2.1" in said
    assert "Pool internet has nothing left to give" in said
    full = {"name": "six", "prefixes_used": 256, "prefixes_capacity": 256}
    pages.pretend(lambda overview: overview["status"].update(pools=[full], addresses=[], mags=[]))
    assert pages.browser.text("#pmip-glance") == "Pool six has nothing left to give"
    assert "No gateway is allowed" in pages.browser.text("#view")
    pages.refresh()
    assert pages.browser.evaluate("document.querySelector('#pmip-glance').className").endswith(
        "warning")


def test_an_anchor_that_does_not_run_is_said_and_can_be_started(anchor_pages):
    pages = anchor_pages
    pages.anchor.configure(CONFIGURED, running=False)
    pages.show(STATUS)
    assert "does not run" in pages.browser.text("#view")
    pages.browser.evaluate("window.button = document.querySelector('#pmip-start')")
    pages.refresh()
    assert pages.browser.evaluate("window.button.isConnected"), "it may be pressed just now"
    pages.browser.click("#pmip-start")
    pages.browser.wait("document.querySelector('#pmip-glance')")
    pages.anchor.stop_daemon()
    pages.refresh()
    assert "does not run" in pages.browser.text("#view")
    assert "Pools" not in pages.browser.text("#view"), "what was is not shown any more"


def test_what_is_wrong_with_the_settings_is_said(anchor_pages):
    pages = anchor_pages
    pages.anchor.configure(CONFIGURED.replace("/29'", "/31'"), running=False)
    pages.show(STATUS)
    pages.browser.wait("document.querySelector('#view .label')")
    assert "10.20.0.0/31 is too small" in pages.browser.text("#view")
    assert "WRONG" in pages.browser.text("#view").upper()
    assert pages.browser.evaluate(
        "getComputedStyle(document.querySelector('#view .label')).backgroundColor") == (
        "rgb(192, 0, 0)"), "red"


def test_counters_are_shown_when_asked_for(anchor_pages):
    pages = anchor_pages
    pages.anchor.update(ALICE)
    pages.show(STATUS)
    pages.browser.click("#pmip-counters")
    pages.browser.wait("document.body.innerText.includes('retransmissions')")
    assert "registrations\t1" in pages.browser.text("#view")


def test_who_may_only_look_can_change_nothing(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    anchor.update(ALICE)
    pages.show(STATUS, "viewer")
    assert len(pages.rows()) == 1
    pages.browser.wait("document.body.innerText.includes('settings can be served')")
    assert pages.browser.evaluate("document.querySelector('.cbi-button-negative').disabled")
    pages.browser.evaluate("window.page.handleConfirmed('mn1@example.org')")
    assert "Access denied" in pages.browser.text("#notifications")
    assert len(anchor.ask({"verb": "bindings"})["bindings"]) == 1
    anchor.stop_daemon()
    pages.refresh()
    assert pages.browser.evaluate("document.querySelector('#pmip-start').disabled")
    pages.show(SETTINGS, "viewer")
    assert pages.browser.evaluate(
        "[...document.querySelectorAll('#view input, #view textarea, #view select')]"
        ".every(field => field.disabled)")


def field(pages, section, option, value):
    pages.browser.enter(f"#cbid\\.pmip-lma\\.{section}\\.{option}", value)


def test_the_daemon_obeys_what_is_set(anchor_pages):
    pages, anchor = anchor_pages, anchor_pages.anchor
    anchor.update(ALICE)
    pages.show(SETTINGS)
    field(pages, "lma", "lifetime", "100")
    field(pages, "lma", "timestamp_window", "5000")
    field(pages, "lma", "delete_delay", "2000")
    assert pages.browser.evaluate(
        "!document.getElementById('cbid.pmip-lma.lma.udp').checked"), "off unless it is set"
    pages.browser.evaluate("document.getElementById('cbid.pmip-lma.lma.udp').checked = true")
    assert pages.browser.evaluate(
        "!document.getElementById('cbid.pmip-lma.lma.node_timestamps').checked"), "as well"
    for section, name in (("mag", "ap3"), ("pool", "staff")):
        pages.browser.enter(f"#cbi-pmip-lma-{section} .cbi-section-name", name)
        pages.browser.click(f"#cbi-pmip-lma-{section} button", "Add")
    field(pages, "ap3", "address", "127.0.1.13\n2001:db8:a::3")
    for option, value in (("network", "10.30.0.0/16"), ("router", "10.30.0.1"),
                          ("service", "staff")):
        field(pages, "staff", option, value)
    pages.browser.click("#cbi-pmip-lma-node button", "Add")
    node = pages.browser.evaluate("internals.uci.sections('pmip-lma', 'node').at(-1)['.name']")
    field(pages, node, "match", "mn9@example.org")
    field(pages, node, "address", "10.20.0.4")
    assert pages.browser.evaluate("window.map.save()") == []
    chosen, found, _ = configuration.load(anchor.configuration)
    assert [text for _, text in found if "IP version" not in text] == []
    assert (chosen.lifetime, chosen.timestamp_window, chosen.delete_delay) == (100, 5000, 2000)
    assert chosen.udp
    status = anchor.ask({"verb": "status"})
    assert [pool["name"] for pool in status["pools"]] == ["internet", "staff"]
    assert [mag["address"] for mag in status["mags"] if mag["name"] == "ap3"] == [
        "127.0.1.13", "2001:db8:a::3"]
    assert anchor.update(b"mn9@example.org", mac=MAC2) == 0
    assert status["bindings"] == 1, "sessions go on"
    assert "10.20.0.4" in [each["address"] for each in anchor.ask({"verb": "bindings"})["bindings"]]


def test_an_anchor_that_is_disabled_says_so_in_its_file(anchor_pages):
    pages = anchor_pages
    pages.show(SETTINGS)
    pages.browser.evaluate(
        "document.getElementById('cbid.pmip-lma.lma.enabled').checked = false")
    assert pages.browser.evaluate("window.map.save()") == []
    assert configuration.load(pages.anchor.configuration)[2] is False


WRONG = (
    ("internet", {"router": ""}, "options network and router need each other"),
    ("internet", {"network": ""}, "options network and router need each other"),
    ("internet", {"network": "", "router": "", "prefix": ""},
     "it has neither option network nor option prefix"),
    ("ap2", {"address": "127.0.1.11"}, "127.0.1.11 is the address of 'ap1'"),
    ("lma", {"address": ""}, "Expecting: non-empty value"),
)


@pytest.mark.parametrize("section, values, said", WRONG)
def test_what_does_not_fit_together_is_refused(anchor_pages, section, values, said):
    pages = anchor_pages
    pages.show(SETTINGS)
    for option, value in values.items():
        field(pages, section, option, value)
    assert said in pages.browser.evaluate("window.map.save()")
    assert configuration.load(pages.anchor.configuration)[0] is not None, "nothing is written"


@pytest.mark.parametrize("section", [each.type for each in configuration.SCHEMA])
def test_the_browser_refuses_what_the_daemon_refuses_in_its_words(anchor_pages, section):
    pages = anchor_pages
    pages.anchor.configure(
        CONFIGURED + "config mag 'mag'\nconfig pool 'pool'\nconfig node 'node'\n", running=False)
    pages.show(SETTINGS)
    for option, value in (("network", "10.9.0.0/16"), ("router", "10.9.0.1")):
        field(pages, "pool", option, value)
    assert_same_words(pages, configuration.SCHEMA, section, (("node", "pool"),))
    assert pages.browser.evaluate(
        "[...document.getElementById('cbid.pmip-lma.node.pool').options]"
        ".map(option => option.textContent)") == ["as it asks for", "internet", "pool"]


def test_every_option_that_the_daemon_knows_can_be_set_and_no_other(anchor_pages):
    anchor_pages.show(SETTINGS)
    shown = anchor_pages.browser.evaluate(
        "window.map.sections.flatMap(section => section.options.map(option => "
        "section.sectiontype + '.' + option.option))")
    assert sorted(shown) == sorted(
        f"{section.type}.{option[0]}" for section in configuration.SCHEMA
        for option in section.options)


def test_the_overview_has_a_box(anchor_pages):
    pages, box = anchor_pages, "view.status.include.36_pmip_lma"
    pages.anchor.update(ALICE, indicator=NEW)
    pages.show(box)
    assert "1 of 5" in pages.browser.text("#view")
    assert "Sessions\t1\nGateways\t2\n" in pages.browser.text("#view")
    pages.anchor.stop_daemon()
    pages.show(box)
    assert "does not run" in pages.browser.text("#view")


@pytest.mark.parametrize("language, word", (("de", "Sitzung"), ("es", "sesión")))
def test_the_pages_speak_other_languages(anchor_pages, language, word):
    anchor_pages.anchor.update(ALICE)
    anchor_pages.show(STATUS, language=language)
    assert word in anchor_pages.browser.text("#pmip-glance")
    anchor_pages.show(SETTINGS, language=language)


def test_rights_are_neither_too_few_nor_too_many(anchor_pages):
    """Last: all that the other tests have made the pages ask for is what the ACL grants."""
    rights = anchor_pages.anchor.rights
    assert rights.used == rights.granted("read") | rights.granted("write")
