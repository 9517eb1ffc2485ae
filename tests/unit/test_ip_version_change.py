# SPDX-License-Identifier: GPL-2.0-or-later
"""Other IP versions are configured for clients that are there (RFC 5844 section 3.2.3.3)."""

from domain import Domain
from mag import HOME, LINK, PHONE, PREFIX, ROUTER, Bench
from test_dhcp_server import answer, answers, kind, request

from mag_lite import journal_record
from mag_lite.core.actions import Forward, Withdraw
from mag_lite.core.binding_update_list import ACTIVE
from mag_lite.wire import dhcpv4, status
from mag_lite.wire import mobility_options as options
from mag_lite.wire.address import parse_prefix

ANY_ADDRESS = [(bytes(4), 0)]
ANY_PREFIX = [(bytes(16), 0)]
ADDRESS = [(HOME, 16)]
LARGE = parse_prefix("2001:db8:100::/40")
BOTH = (4, 6)


def addresses(update):
    return [(option.address, option.prefix_length)
            for option in update.all(options.IPV4_HOME_ADDRESS_REQUEST)]


def prefixes(update):
    return [(option.prefix, option.prefix_length)
            for option in update.all(options.HOME_NETWORK_PREFIX)]


def reloaded(before, after):
    """A gateway that serves its client by another configuration than when that came."""
    record = journal_record.record(Bench(ip_versions=before).activate())
    bench = Bench(ip_versions=after)
    bench.gateway.restore(
        journal_record.binding(record, bench.gateway.configuration), bench.now)
    bench.wait(100)
    seen(bench)
    return bench


def seen(bench):
    bench.gateway.station_seen(LINK, PHONE, bench.now)


def update_and_withdrawn(bench):
    """The one message sent, and the homes for which the kernel forwards no more."""
    pending = list(bench.gateway.actions)
    update, = bench.sent()
    assert not [action for action in pending if isinstance(action, Forward)]
    return update, [action.home for action in pending if isinstance(action, Withdraw)]


def test_what_is_wanted_besides_is_asked_for_at_once_beside_what_there_is():
    for before, asked in ((6, (ANY_ADDRESS, [PREFIX])), (4, (ADDRESS, ANY_PREFIX))):
        bench = reloaded((before,), BOTH)
        update, withdrawn = update_and_withdrawn(bench)
        assert (addresses(update), prefixes(update)) == asked
        assert update.lifetime and withdrawn == []
        assert update.option(options.HANDOFF_INDICATOR).indicator == (
            status.HANDOFF_UNKNOWN if before == 4 else status.HANDOFF_UNCHANGED
        ), "a refresh has no prefixes that the first update did not ask for"
        kept = HOME if before == 4 else PREFIX
        assert bench.binding.forwarded == (kept,), "it is served on"
        bench.answer(update)
        assert bench.take(Withdraw) == [] and bench.binding.forwarded == (HOME, PREFIX)
        assert bench.count("ra.sent") == 1, "the client hears of its prefix"


def test_ipv4_alone_is_given_back_and_the_prefixes_stay():
    bench = reloaded(BOTH, (6,))
    update, withdrawn = update_and_withdrawn(bench)
    assert update.lifetime == 0 and withdrawn == [HOME]
    assert (addresses(update), prefixes(update)) == (ADDRESS, [])
    assert update.option(options.LINK_LOCAL_ADDRESS) is None
    assert bench.binding.forwarded == (PREFIX,) and bench.count("ra.withdrawn") == 0
    bench.answer(update)
    refresh, withdrawn = update_and_withdrawn(bench)
    assert (addresses(refresh), prefixes(refresh)) == ([], [PREFIX]) and refresh.lifetime
    bench.answer(refresh)
    assert bench.take(Withdraw) == []
    assert bench.binding.state == ACTIVE and bench.binding.forwarded == (PREFIX,)


def test_who_renews_an_address_that_was_taken_away_is_told_so():
    bench = reloaded(BOTH, (6,))
    for _ in range(2):
        bench.answer(bench.sent()[-1])
    bench.take()
    bench.frame(request(dhcpv4.REQUEST, source=HOME, destination=ROUTER, ciaddr=HOME))
    refusal = answer(bench)[-1]
    assert kind(refusal) == dhcpv4.NAK
    assert refusal.options[dhcpv4.SERVER_IDENTIFIER] == ROUTER
    assert bench.sent() == [], "and nothing is asked for"


def test_who_renews_an_address_while_it_is_given_back_is_told_so_at_once():
    bench = reloaded(BOTH, (6,))
    bench.take()
    bench.frame(request(dhcpv4.REQUEST, source=HOME, destination=ROUTER, ciaddr=HOME))
    assert kind(answer(bench)[-1]) == dhcpv4.NAK


def test_who_never_had_an_address_is_told_nothing():
    bench = Bench(ip_versions=(6,))
    bench.activate()
    bench.take()
    bench.frame(request(dhcpv4.REQUEST, options={dhcpv4.REQUESTED_ADDRESS: HOME}))
    assert answers(bench) == []


def test_the_prefixes_alone_are_given_back_and_ipv4_stays():
    bench = reloaded(BOTH, (4,))
    update, withdrawn = update_and_withdrawn(bench)
    assert update.lifetime == 0 and withdrawn == [PREFIX]
    assert (addresses(update), prefixes(update)) == ([], [PREFIX])
    assert bench.count("ra.withdrawn") == 1, "the client hears of it"
    assert bench.binding.forwarded == (HOME,)
    bench.answer(update)
    refresh, _ = update_and_withdrawn(bench)
    assert (addresses(refresh), prefixes(refresh)) == (ADDRESS, []) and refresh.lifetime
    bench.answer(refresh)
    assert bench.binding.state == ACTIVE and bench.binding.forwarded == (HOME,)
    bench.wait(bench.binding.expires_at - bench.now - 30000)
    seen(bench)
    refresh = bench.sent()[-1]
    assert (addresses(refresh), prefixes(refresh)) == (ADDRESS, []), "and is refreshed alone"
    assert bench.count("ra.sent") == 0


def test_what_is_given_back_is_named_again_until_the_anchor_answers():
    for after, named in (((4,), ([], [PREFIX])), ((6,), (ADDRESS, []))):
        bench = reloaded(BOTH, after)
        first, = bench.sent()
        bench.wait(1000)
        seen(bench)
        second, withdrawn = update_and_withdrawn(bench)
        assert second.lifetime == 0 and withdrawn == []
        assert (addresses(second), prefixes(second)) == named
        bench.answer(second, status=status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED)
        third, = bench.sent()
        assert third.lifetime == 0 and (addresses(third), prefixes(third)) == named
        bench.gateway.station_gone(LINK, PHONE, "it disassociated", bench.now)
        departure, = bench.sent()
        assert departure.lifetime == 0
        assert (addresses(departure), prefixes(departure)) == (ADDRESS, [PREFIX]), "all of it"


def test_an_anchor_that_takes_no_half_back_keeps_the_client():
    bench = reloaded(BOTH, (4,))
    bench.answer(bench.sent()[-1], status=status.REASON_UNSPECIFIED)
    refresh, withdrawn = update_and_withdrawn(bench)
    assert withdrawn == [] and refresh.lifetime
    assert (addresses(refresh), prefixes(refresh)) == (ADDRESS, [])


def test_what_is_refused_besides_does_not_end_what_there_is():
    for before, code in ((6, status.NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE),
                         (4, status.NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE),
                         (4, status.INSUFFICIENT_RESOURCES), (6, status.INSUFFICIENT_RESOURCES)):
        bench = reloaded((before,), BOTH)
        bench.answer(bench.sent()[-1], status=code)
        update, withdrawn = update_and_withdrawn(bench)
        assert withdrawn == []
        assert (addresses(update), prefixes(update)) == (
            (ADDRESS, []) if before == 4 else ([], [PREFIX]))
        bench.answer(update)
        assert bench.binding.state == ACTIVE and bench.take(Withdraw) == []
    bench = reloaded((4,), BOTH)
    for _ in range(2):
        bench.answer(bench.sent()[-1], status=status.INSUFFICIENT_RESOURCES)
    assert bench.binding.forwarded is None, "a refusal of what there is ends it"


def test_a_client_of_one_ip_version_that_is_to_have_the_other_comes_anew():
    bench = reloaded((4,), (6,))
    refresh, = bench.sent()
    assert (addresses(refresh), prefixes(refresh)) == (ADDRESS, []), "until hostapd names it"
    bench.answer(refresh)
    bench.take()
    bench.now += 5000
    bench.gateway.station_authorized(LINK, PHONE, bench.binding.mn_identifier, 1000, bench.now)
    seen(bench)
    departure, update = bench.sent()
    assert departure.lifetime == 0 and addresses(departure) == ADDRESS
    assert (addresses(update), prefixes(update)) == ([], ANY_PREFIX)


# Gateway and anchor together

CHANGES = (((6,), BOTH), ((4,), BOTH), (BOTH, (4,)), (BOTH, (6,)))


def versions_of(homes):
    return tuple([6 if isinstance(home, tuple) else 4 for home in homes])


def test_gateway_and_anchor_agree_on_the_ip_versions_and_what_stays_is_never_interrupted():
    for before, after in CHANGES:
        domain = Domain(lifetime=120000, prefix=LARGE, ip_versions=before)
        ap = domain.access_points[0]
        domain.attach(0, PHONE)
        domain.run(1000)
        homes = domain.homes_of(PHONE)
        kept = [home for home in homes if versions_of((home,))[0] in after]
        ap.reload(after)
        for _ in range(200):
            domain.run(5)
            for home in kept:
                assert home in ap.kernel[PHONE] and domain.routes[home] is ap
        for _ in range(10):
            served = domain.homes_of(PHONE)
            assert versions_of(served) == after and set(kept) <= set(served)
            assert set(domain.routes) == set(served)
            domain.run(60000)
        domain.leave(0, PHONE)
        domain.run(20000)
        assert domain.is_empty()


def test_each_message_about_it_may_be_lost():
    for before, after in CHANGES:
        for lost in range(4):
            domain = Domain(prefix=LARGE, ip_versions=before)
            domain.attach(0, PHONE)
            domain.run(1000)
            seen = []

            def lose(source, destination, data, seen=seen, lost=lost):
                seen.append(data)
                return len(seen) == lost + 1

            domain.lose = lose
            domain.access_points[0].reload(after)
            domain.run(10000)
            served = domain.homes_of(PHONE)
            assert versions_of(served) == after, (before, after, lost)
            assert set(domain.routes) == set(served), (before, after, lost)
