# SPDX-License-Identifier: GPL-2.0-or-later
"""GRE keys for each session and direction (RFC 5845): chosen, told, kept, and forgotten."""

from domain import Domain
from lma_room import (
    AP1,
    AP2,
    BETWEEN_GATEWAYS,
    FIRST,
    LMA,
    MAC2,
    SECOND,
    UNCHANGED,
    UNKNOWN,
    Room,
)
from mag import HOME, IDENTITY, LIFETIME, PHONE, PREFIX, Bench, Forward, Log, Withdraw

from lma_lite import binding_record
from lma_lite.actions import Keys, Remember, Route, Send
from mag_lite import journal_record
from mag_lite.core.binding_update_list import ACTIVE
from mag_lite.wire import mobility_options as options
from mag_lite.wire import status
from mag_lite.wire.address import parse_mac, parse_prefix
from mag_lite.wire.mobility_options import Option

from raises import raises

OTHER = parse_mac("02:00:00:00:01:02")
MINUTE = 60000


def key(number):
    return Option(options.GRE_KEY, key=number)


def uplink(number):
    """What an anchor answers."""
    return {"change": (key(number),)}


def keys_of(message):
    option = message.option(options.GRE_KEY)
    return None if option is None else option.key


# The gateway


def test_a_gateway_says_its_downlink_key_and_takes_the_uplink_key():
    bench = Bench(encapsulation="gre-key")
    bench.attach()
    update = bench.sent()[-1]
    assert keys_of(update)
    bench.answer(update, **uplink(0x201))
    assert bench.binding.keys == (keys_of(update), 0x201)
    forward, = bench.take(Forward)
    assert forward.binding.keys == (keys_of(update), 0x201), "the kernel is told"


def test_the_uplink_key_may_be_zero():
    bench = Bench(encapsulation="gre-key")
    bench.attach()
    update = bench.sent()[-1]
    bench.answer(update, **uplink(0))
    assert bench.binding.keys == (keys_of(update), 0)


def test_each_session_has_a_downlink_key_of_its_own_for_both_ip_versions():
    bench = Bench(encapsulation="gre-key", ip_versions=(4, 6))
    bench.attach()
    bench.attach(identity=b"mn2@example.org", mac=OTHER)
    first, second = bench.sent()
    assert keys_of(first) and keys_of(second) and keys_of(first) != keys_of(second)
    bench.answer(first, **uplink(7))
    assert bench.binding.forwarded == (HOME, PREFIX)
    assert bench.binding.keys == (keys_of(first), 7)


def activated(number=0x201):
    bench = Bench(encapsulation="gre-key")
    bench.attach()
    bench.answer(bench.sent()[-1], **uplink(number))
    bench.take()
    return bench


def refreshed(bench):
    """Let time pass until the refresh, which is due 40 s before the end; return it."""
    bench.wait(LIFETIME - 40000)
    bench.gateway.station_seen(bench.binding.interface, PHONE, bench.now)
    return bench.sent()[-1]


def test_a_refresh_repeats_the_downlink_key_and_changes_nothing():
    bench = activated()
    before = bench.binding.keys
    update = refreshed(bench)
    assert keys_of(update) == before[0]
    bench.answer(update, **uplink(0x201))
    assert bench.binding.keys == before
    assert not bench.take(Forward), "the kernel is as it was"


def test_another_uplink_key_after_a_restart_of_the_anchor_is_taken():
    bench = activated()
    downlink, _ = bench.binding.keys
    bench.answer(refreshed(bench), **uplink(0x301))
    forward, = bench.take(Forward)
    assert forward.binding.keys == (downlink, 0x301)
    assert not [action for action in bench.done if isinstance(action, Withdraw)]


def test_a_deregistration_says_no_key():
    bench = activated()
    bench.gateway.station_gone(bench.binding.interface, PHONE, "it left", bench.now)
    update = bench.sent()[-1]
    assert update.lifetime == 0 and update.option(options.GRE_KEY) is None


def test_an_anchor_that_gives_no_key_is_not_used_and_the_log_says_what_to_do():
    for changes, hint in (
            ({"drop": (options.GRE_KEY,)}, "set option encapsulation to 'ip'"),
            ({"status": status.GRE_KEY_OPTION_NOT_REQUIRED, "drop": (options.GRE_KEY,)},
             "set option encapsulation to 'ip'"),
            ({"change": (key(None),)}, "set option encapsulation to 'gre'")):
        bench = Bench(encapsulation="gre-key")
        bench.attach()
        bench.answer(bench.sent()[-1], **changes)
        assert bench.sent()[-1].lifetime == 0, "the session is given back"
        assert not [action for action in bench.done if isinstance(action, Forward)]
        lines = [action.text for action in bench.done if isinstance(action, Log)]
        assert [line for line in lines if hint in line], lines


def test_a_gateway_without_keys_is_told_what_an_anchor_wants_that_requires_them():
    bench = Bench()
    bench.attach()
    bench.answer(bench.sent()[-1], status.GRE_KEY_OPTION_REQUIRED)
    lines = [action.text for action in bench.take(Log)]
    assert [line for line in lines if "set option encapsulation to 'gre-key'" in line], lines


def test_a_restarted_gateway_knows_its_keys_and_gives_them_to_nobody_else():
    bench = activated()
    record = journal_record.record(bench.binding)
    other = Bench(encapsulation="gre-key")
    restored = journal_record.binding(record, other.gateway.configuration)
    other.gateway.restore(restored, other.now)
    assert restored.keys == bench.binding.keys == restored.forwarded_keys
    other.attach(identity=b"mn2@example.org", mac=OTHER)
    assert keys_of(other.sent()[-1]) not in (None, restored.downlink_key)


def test_a_session_of_another_kind_of_tunnel_is_not_taken_up():
    keyed, plain = journal_record.record(activated().binding), journal_record.record(
        Bench().activate())
    for record, encapsulation in ((keyed, "gre"), (plain, "gre-key")):
        with raises(ValueError):
            journal_record.binding(
                record, Bench(encapsulation=encapsulation).gateway.configuration)
    for wrong in ([1], [0, 5], [1, 1 << 32], [1, None], "12", 5, {}):
        with raises(ValueError):
            journal_record.binding(dict(keyed, gre_keys=wrong),
                                   Bench(encapsulation="gre-key").gateway.configuration)


# The anchor


def done(room, *kinds):
    found = [action for action in room.did if isinstance(action, kinds)]
    room.did = []
    return found


def keyed(room, number=0x101, **update):
    return room.update(gre=False, more=(key(number),), **update)


def test_an_anchor_answers_with_an_uplink_key_of_the_session():
    room = Room()
    first, second = keyed(room), keyed(room, 0x102, mac=MAC2)
    assert (first.status, second.status) == (status.ACCEPTED, status.ACCEPTED)
    assert keys_of(first) and keys_of(second) and keys_of(first) != keys_of(second)
    assert done(room, Keys, Route) == [
        Keys(FIRST, (keys_of(first), 0x101)), Route(FIRST, AP1, LMA, "gre-key"),
        Keys(SECOND, (keys_of(second), 0x102)), Route(SECOND, AP1, LMA, "gre-key")]


def test_the_uplink_key_stays_over_refresh_and_handover():
    room = Room()
    first = keys_of(keyed(room))
    done(room)
    assert keys_of(keyed(room, indicator=UNCHANGED)) == first
    assert done(room, Keys, Route) == [], "the kernel is as it was"
    answer = keyed(room, 0x777, mag=AP2, indicator=BETWEEN_GATEWAYS)
    assert keys_of(answer) == first
    assert done(room, Keys, Route) == [
        Keys(FIRST, (first, 0x777)), Route(FIRST, AP2, LMA, "gre-key")]


def test_a_gateway_may_change_its_downlink_key():
    room = Room()
    first = keys_of(keyed(room))
    done(room)
    keyed(room, 0x555, indicator=UNCHANGED)
    assert done(room, Keys, Route) == [
        Keys(FIRST, (first, 0x555)), Route(FIRST, AP1, LMA, "gre-key")]


def test_the_answer_is_sent_before_the_route_changes_but_the_session_is_known_by_then():
    room = Room()
    keyed(room)
    kinds = [type(action) for action in room.did if isinstance(action, (Keys, Remember, Send))]
    assert kinds == [Keys, Remember, Send]


def test_a_handover_to_a_gateway_without_keys_goes_on_without():
    room = Room()
    keyed(room)
    done(room)
    answer = room.update(mag=AP2, indicator=BETWEEN_GATEWAYS, gre=False)
    assert answer.status == status.ACCEPTED and answer.option(options.GRE_KEY) is None
    assert done(room, Keys, Route) == [Route(FIRST, AP2, LMA, "ip")]


def test_an_anchor_may_refuse_keys_and_with_them_gre():
    room = Room(gre_key="refuse")
    answer = keyed(room)
    assert answer.status == status.GRE_KEY_OPTION_NOT_REQUIRED
    assert answer.option(options.GRE_KEY) is None
    assert done(room, Keys, Route) == [Route(FIRST, AP1, LMA, "ip")]
    assert room.update(indicator=UNCHANGED).status == status.ACCEPTED, "GRE without keys is fine"


def test_an_anchor_may_require_keys():
    room = Room(gre_key="require")
    for gre in (False, True):
        assert room.update(gre=gre).status == status.GRE_KEY_OPTION_REQUIRED
    assert keyed(room).status == status.ACCEPTED
    answer = room.update(mag=AP2, indicator=BETWEEN_GATEWAYS)
    assert answer.status == status.GRE_KEY_OPTION_REQUIRED, "of the next gateway as well"
    answer = room.update(lifetime=0, indicator=UNKNOWN, home=FIRST, gre=False)
    assert answer.status == status.ACCEPTED, "but not of one that leaves"


def test_a_restarted_anchor_knows_the_keys():
    room = Room()
    first = keys_of(keyed(room))
    binding, = room.anchor.cache
    record = binding_record.record(binding)
    other = Room()
    other.now = room.now
    other.anchor.restore(binding_record.restore(
        binding_record.key(binding), record, other.anchor.policy.services), other.now)
    other.drain()
    assert done(other, Keys, Route) == [
        Keys(FIRST, (first, 0x101)), Route(FIRST, AP1, LMA, "gre-key")]
    assert keys_of(keyed(other, indicator=UNCHANGED)) == first
    for wrong in (None, -1, 1 << 32, "x"):
        with raises(ValueError):
            binding_record.restore("1", dict(record, downlink_key=wrong),
                                   other.anchor.policy.services)
    del record["downlink_key"]
    with raises(ValueError):
        binding_record.restore("1", record, other.anchor.policy.services)


# Both


def test_gateways_and_anchor_agree_on_keys_wherever_the_phone_goes():
    domain = Domain(ip_versions=(4, 6), prefix=parse_prefix("2001:db8:100::/40"),
                    encapsulation="gre-key")
    others = [parse_mac("02:00:00:00:02:%02x" % number) for number in range(3)]
    for number, mac in enumerate(others):
        domain.attach(number % 2, mac, b"mn%d@example.net" % number)
    domain.run(1000)
    uplinks = set()
    for number in (0, 1, 0, 1):
        domain.attach(number, PHONE, IDENTITY)
        domain.run(3 * MINUTE)
        homes = domain.homes_of(PHONE)
        assert len(homes) == 2
        ap = domain.access_points[number]
        downlink, up = ap.keys[PHONE]
        assert ap.gateway.bindings.get("wlan0", PHONE).state == ACTIVE
        assert [domain.keys[home] for home in homes] == [(up, downlink)] * 2
        held = [ap.keys[mac][0] for mac in ap.kernel]
        assert len(set(held)) == len(held), "no two sessions of a gateway have one downlink key"
        uplinks.add(up)
    assert len(uplinks) == 1, "the anchor kept its key"
