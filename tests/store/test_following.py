"""What subscriptions tell when they are changed, paused, given up and taken up again: never twice, never not at all."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.actions import subscribe
from directory.actions.subscribe import Altered, Wanted
from directory.actions.unsubscribe import take_back, unsubscribe
from directory.domain.policy import Actor
from directory.domain.subscription import FREQUENCIES, RANK, Due, Reason, champion_label, due
from directory.errors import Invalid, NotAllowed, SubscriptionNotFound, TooMany
from directory.notify.digest import run_due_slots
from directory.notify.match import match_announced
from directory.store import heard, subscriptions, team_subscriptions
from directory.store.database import Database
from tests.examples import examples
from tests.notify.build import LONDON, NOW, SCHEDULE, Town
from tests.notify.fakes import FakeMailer, deliver

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = NOW.date()
CLINIC = {"service": ("leg-ulcer-clinic",)}


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def reader(person: int, *teams: str) -> Actor:
    return Actor(f"person {person}", person, roles=dict.fromkeys(teams, "reader"))


def admin(person: int, team: str) -> Actor:
    return Actor(f"person {person}", person, roles={team: "team-admin"})


def begin(town: Town, by: Actor, **given: object) -> int:
    wanted = Wanted(**{"criteria": CLINIC, **given})  # type: ignore[arg-type]
    with town.database.write() as connection:
        return subscribe.subscribe(connection, wanted, by=by, at=NOW - DAY, today=TODAY).id


def alter(town: Town, key: int, by: Actor, **given: object) -> None:
    with town.database.write() as connection:
        subscribe.alter(connection, key, Altered(**given), by=by, at=NOW)  # type: ignore[arg-type]


def publish(town: Town, **more: object) -> None:
    town.move_clinic(**more)  # type: ignore[arg-type]
    match_announced(town.database, at=NOW, zone=LONDON)


def test_what_waits_goes_as_often_as_is_asked_now(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    key = begin(town, me, frequency="weekly")
    publish(town)
    assert [row.rank for row in town.deliveries()] == [2]
    alter(town, key, me, frequency="immediately")
    mailer = FakeMailer()
    assert deliver(town, mailer) == 1
    assert [to for to, _ in mailer.taken] == ["me@northmoor.example"]


def test_another_subscription_that_matched_it_still_counts(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    key = begin(town, me, frequency="immediately")
    begin(town, me, criteria={"need": ("leg ulcer",)}, frequency="daily")
    publish(town)
    alter(town, key, me, frequency="weekly")
    assert [row.rank for row in town.deliveries()] == [1]


def test_an_urgent_change_goes_at_once_whatever_the_frequency_becomes(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    key = begin(town, me)
    publish(town, urgent=True)
    alter(town, key, me, frequency="weekly")
    assert [row.rank for row in town.deliveries()] == [0]


def test_a_pause_holds_what_waits_and_its_end_lets_it_go(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    key = begin(town, me, frequency="immediately")
    publish(town)
    alter(town, key, me, paused_until=NOW + 14 * DAY)
    publish(town)
    mailer = FakeMailer()
    assert deliver(town, mailer, NOW + 13 * DAY) == 0
    alter(town, key, me, resumed=True)
    assert deliver(town, mailer, NOW + HOUR) == 2


def test_who_is_on_leave_hears_of_it_all_afterwards(town: Town) -> None:
    person = town.person("me@northmoor.example", teams=("district-nursing",))
    me = reader(person, "district-nursing")
    begin(town, me, frequency="immediately")
    town.subscribe("immediately", of_team="district-nursing", need="leg ulcer")
    with town.database.write() as connection:
        subscribe.be_away(connection, NOW + 7 * DAY, by=me, at=NOW)
    publish(town)
    mailer = FakeMailer()
    assert deliver(town, mailer, NOW + 6 * DAY) == 0
    assert deliver(town, mailer, NOW + 8 * DAY) == 1
    with town.database.write() as connection, pytest.raises(Invalid):
        subscribe.be_away(connection, NOW - DAY, by=me, at=NOW)


def test_a_member_opts_out_but_not_of_what_is_mandatory(town: Town) -> None:
    person = town.person("me@northmoor.example", teams=("district-nursing",))
    town.person("other@northmoor.example", teams=("district-nursing",))
    boss = admin(town.person("boss@northmoor.example"), "district-nursing")
    me = reader(person, "district-nursing")
    key = begin(town, boss, team="district-nursing", frequency="immediately")
    with town.database.write() as connection:
        subscribe.choose(connection, key, wants=False, by=me, at=NOW)
    publish(town)
    mailer = FakeMailer()
    deliver(town, mailer)
    assert [to for to, _ in mailer.taken] == ["other@northmoor.example"]
    alter(town, key, boss, mandatory=True)
    with town.database.write() as connection, pytest.raises(NotAllowed):
        subscribe.choose(connection, key, wants=False, by=me, at=NOW)
    town.person("new@northmoor.example", teams=("district-nursing",))
    mailer = FakeMailer()
    publish(town)
    deliver(town, mailer)
    assert sorted(to.partition("@")[0] for to, _ in mailer.taken) == ["me", "new", "other"]


def test_only_who_may_changes_a_teams(town: Town) -> None:
    me = reader(town.person("me@northmoor.example", teams=("district-nursing",)), "district-nursing")
    stranger = reader(town.person("stranger@northmoor.example"))
    lead = Actor("person 9", town.person("lead@northmoor.example"), roles={"district-nursing": "lead"})
    for by in (me, stranger):
        with pytest.raises(NotAllowed):
            begin(town, by, team="district-nursing")
    with pytest.raises(NotAllowed):
        begin(town, lead, team="district-nursing", mandatory=True)
    key = begin(town, lead, team="district-nursing")
    with pytest.raises(NotAllowed):
        alter(town, key, me, frequency="weekly")
    with pytest.raises(SubscriptionNotFound):
        alter(town, key, stranger, frequency="weekly")
    with pytest.raises(NotAllowed):
        alter(town, key, lead, mandatory=True)


def test_ending_is_undone_once_and_not_beside_a_new_one(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    key = begin(town, me)
    with town.database.write() as connection:
        subscribe.end(connection, key, by=me, at=NOW)
        with pytest.raises(SubscriptionNotFound):
            subscribe.find(connection, key, me)
        assert subscribe.undo_end(connection, key, by=me, at=NOW).ended_at is None
        subscribe.end(connection, key, by=me, at=NOW)
    again = begin(town, me)
    with town.database.write() as connection, pytest.raises(SubscriptionNotFound):
        subscribe.undo_end(connection, key, by=me, at=NOW)
    with town.database.read() as connection:
        assert [each.id for each in subscriptions.of_person(connection, me.person_id or 0)] == [again]


def test_one_click_stops_all_that_may_stop_and_is_undone(town: Town) -> None:
    person = town.person("me@northmoor.example", teams=("district-nursing",))
    me = reader(person, "district-nursing")
    begin(town, me, frequency="weekly")
    town.subscribe("daily", of_team="district-nursing", need="leg ulcer")
    publish(town)
    stopped = unsubscribe(town.database, person, at=NOW + HOUR)
    assert (stopped.own, stopped.of_teams) == (1, 1)
    assert unsubscribe(town.database, person, at=NOW + 2 * HOUR).own == 0
    assert [row.state for row in town.deliveries()] == ["dropped"]
    assert take_back(town.database, person, stopped_at=NOW + HOUR, at=NOW + 3 * HOUR) == 2
    assert [row.state for row in town.deliveries()] == ["pending"]
    with town.database.read() as connection:
        assert len(subscriptions.of_person(connection, person)) == 1
        assert [each.opted_out for each in team_subscriptions.of_member(connection, person)] == [False]


def test_what_it_would_have_told_is_what_was_told(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    begin(town, me, criteria={"need": ("Leg  Ulcer",), "kind": ("owner",)}, frequency="immediately")
    publish(town)
    town.change("Feet", sets={"podiatry": {"summary": "Feet."}})
    match_announced(town.database, at=NOW, zone=LONDON)
    told = {row.change_number for row in town.deliveries()}
    with town.database.read() as connection:
        found = heard.would_have_told(
            connection,
            {"need": ("leg ulcer",), "kind": ("owner",)},
            since=NOW - HOUR,
            first=TODAY,
            today=TODAY,
        )
    assert {f"/changes/{number}" for number in told} == {each.href for each in found} != set()


def test_criteria_that_nothing_has_are_refused(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    for wrong in (
        {"need": ("levitation",)},
        {"area": ("Atlantis",)},
        {"route": ("pigeon",)},
        {"kind": ("gossip",)},
        {"page": ("no-page",)},
        {},
    ):
        with pytest.raises(Invalid):
            begin(town, me, criteria=wrong)


def test_nobody_keeps_a_list_of_hundreds_and_a_champion_stays_one(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    me = reader(town.person("me@northmoor.example"))
    monkeypatch.setattr(subscribe, "MOST", 2)
    two = {"kind": ("renamed", "owner")}
    begin(town, me)
    assert begin(town, me, criteria=two) == begin(town, me, criteria={"kind": ("owner", "renamed")})
    with pytest.raises(Invalid):
        begin(town, me, criteria={"need": ("foot care",)})
    other = town.person("other@northmoor.example")
    town.subscribe("immediately", person=other, label=champion_label("leg ulcer"), need="leg ulcer")
    key = begin(town, reader(other), criteria={"need": ("leg ulcer",)}, frequency="daily")
    with town.database.read() as connection:
        assert subscriptions.one(connection, key).label == champion_label("leg ulcer")


def test_a_test_message_is_limited(town: Town) -> None:
    me = reader(town.person("me@northmoor.example"))
    key = begin(town, me)
    with town.database.write() as connection:
        for _ in range(3):
            assert subscribe.send_test(connection, key, by=me, secret="s", at=NOW) == "me@northmoor.example"
        with pytest.raises(TooMany):
            subscribe.send_test(connection, key, by=me, secret="s", at=NOW)


REASONS = st.lists(
    st.builds(
        Reason,
        label=st.just("x"),
        rank=st.sampled_from(sorted(RANK.values())),
        paused_until=st.none() | st.timedeltas(-9 * DAY, 9 * DAY).map(lambda gap: NOW + gap),
    ),
    max_size=5,
)


@given(reasons=REASONS, urgent=st.booleans())
def test_the_most_frequent_that_is_awake_wins(reasons: list[Reason], urgent: bool) -> None:
    goes = due(reasons, urgent=urgent, at=NOW)
    awake = [each for each in reasons if each.paused_until is None or each.paused_until <= NOW]
    if not reasons:
        assert goes is None
    elif awake:
        assert goes == Due(0 if urgent else min(each.rank for each in awake))
    else:
        assert goes is not None
        assert goes.not_before == min(each.paused_until for each in reasons if each.paused_until)


STEPS = st.lists(
    st.one_of(
        st.sampled_from(FREQUENCIES),
        st.sampled_from(["publish", "pause", "resume", "work", "work"]),
    ),
    max_size=12,
)


@settings(max_examples=examples(12), deadline=None)
@given(steps=STEPS)
def test_whatever_is_changed_each_change_is_told_exactly_once(
    steps: list[str],
    _sqlite_template: Path,  # noqa: PT019
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A property: frequencies and pauses may change at any moment between publication, matching, digest and sending."""
    path = tmp_path_factory.mktemp("town") / "signpost.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    try:
        _tell_through(Town(database), steps)
    finally:
        database.close()


def _tell_through(town: Town, steps: list[str]) -> None:
    me = reader(town.person("me@northmoor.example"))
    key, mailer, at, published = begin(town, me), FakeMailer(), NOW, 0

    def work() -> None:
        match_announced(town.database, at=at, zone=LONDON)
        run_due_slots(town.database, SCHEDULE, at=at)
        deliver(town, mailer, at)

    for step in steps:
        at += 9 * HOUR
        if step == "publish":
            town.move_clinic(at=at)
            published += 1
        elif step == "work":
            work()
        else:
            changed = {
                "pause": Altered(paused_until=at + 2 * DAY),
                "resume": Altered(resumed=True),
            }.get(step) or Altered(frequency=step)  # type: ignore[arg-type]
            with town.database.write() as connection:
                subscribe.alter(connection, key, changed, by=me, at=at)
    for _ in range(12):
        at += DAY
        work()
    rows = town.deliveries()
    assert [row.state for row in rows] == ["accepted"] * published
    sent = Counter(name for _, name in mailer.taken)
    assert all(times == 1 for times in sent.values())
    assert len(sent) == len({row.digest_id or f"alone {row.id}" for row in rows})
