# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages show what is, do what is asked, and let nobody else do it: in Chromium, on a stand-in
for LuCI, with the daemon behind the broker of ubus."""

import io
import json
import shlex

import pytest
from machine import REPOSITORY

from mag_lite import configuration
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
    assert "0s ago" in pages.browser.text("#pmip-anchors")
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
            events: spoil([[1, 'x', 'x']]), left_out: 0, pcap: '' }});
    }})()""")
    assert nasty in pages.browser.text("#pmip-clients")
    assert nasty in pages.browser.text("#pmip-trace")
    pages.browser.evaluate("window.page.handleDetach(window.page.overview.clients[0])")
    assert nasty in pages.browser.text("#modal")
    assert pages.browser.evaluate("!document.querySelector('img')")


def test_rows_are_sorted_and_filtered(pages):
    for number, name in ((3, b"b@x"), (1, b"c@x"), (2, b"a@y")):
        pages.access_point.attach(f"02:00:00:00:02:0{number}", name)
    pages.show("view.pmip.status")
    assert [row[2] for row in pages.rows()] == ["c@x", "a@y", "b@x"]
    pages.browser.click("#pmip-clients th", "Identity")
    assert [row[2] for row in pages.rows()] == ["a@y", "b@x", "c@x"]
    pages.browser.click("#pmip-clients th", "Identity")
    assert [row[2] for row in pages.rows()] == ["c@x", "b@x", "a@y"]
    pages.browser.enter("#pmip-filter", "@X")
    assert [row[2] for row in pages.rows()] == ["c@x", "b@x"]
    pages.browser.enter("#pmip-filter", "nobody")
    assert "No client is as you wish" in pages.browser.text("#pmip-clients")


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
    assert pages.rows(), "it only asks"
    pages.browser.click("#pmip-confirm")
    pages.access_point.until(lambda: not pages.access_point.ask({"verb": "clients"})["clients"])
    pages.refresh()
    assert pages.rows() == []
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
    assert pages.browser.evaluate("window.map.save()") == []
    (anchor,) = pages.access_point.ask({"verb": "anchors"})["anchors"]
    assert anchor["address"] == "127.0.0.3" and anchor["encapsulation"] == "ip"
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
    compared = 0
    for name, kind, _default, _ in options:
        is_choice = kind is settings.FLAG or " or " in kind.what and "address" not in kind.what
        if is_choice or (section, name) in chosen:
            continue  # there is nothing wrong to choose
        said = pages.browser.evaluate(
            f"{json.dumps(VALUES)}.map(value => window.map.sections.find(section => "
            f"section.sectiontype == '{section}').options.find(option => option.option == '{name}')"
            f".isWrong('{section}', value))")
        for value, wrong in zip(VALUES, said, strict=True):
            try:
                kind.parse(value)
                assert wrong is None, (name, value)
            except ValueError:
                assert wrong == f"'{value}' is not {kind.what}", (name, value)
            compared += 1
    assert compared >= len(VALUES)


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
    pages.access_point.configure("config mag 'mag'\n", running=False)
    pages.show("view.pmip.settings")
    choices = pages.browser.text("#pmip-ssid").split("\n")
    assert [choice.strip() for choice in choices] == [
        "<b>Campus</b> (phy0-ap0)", "Home (phy0-ap1)"]
    assert not pages.browser.evaluate("document.getElementById('pmip-anybody').checked")
    pages.browser.enter("#pmip-anchor", "nowhere")
    pages.browser.click("#pmip-set-up")
    pages.browser.wait("document.querySelector('#notifications div')")
    assert pages.browser.text("#notifications") == "'nowhere' is not an IPv4 or IPv6 address"
    pages.browser.enter("#pmip-anchor", "127.0.0.2")
    pages.browser.click("#pmip-set-up")
    pages.access_point.until(lambda: pages.access_point.ask({"verb": "status"}))
    assert problems(pages.access_point) == []
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


def test_the_settings_page_tests_the_anchor(pages):
    pages.show("view.pmip.settings")
    pages.browser.click("button", "Look")
    pages.browser.wait("!document.getElementById('modal').hidden")
    assert "anchor 127.0.0.2: reached from 127.0.0.1" in pages.browser.text("#modal")
    assert "anchor 127.0.0.2: answers a heartbeat after " in pages.browser.text("#modal")


def test_the_overview_has_a_box(pages):
    pages.show("view.status.include.35_pmip")
    assert "Anchor 127.0.0.2" in pages.browser.text("#view")
    pages.access_point.stop_daemon()
    pages.show("view.status.include.35_pmip")
    assert "does not run" in pages.browser.text("#view")


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
