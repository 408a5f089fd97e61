"""Matching: who is told of what, once for each stage, and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from directory.domain.change import terms
from directory.notify.match import match_announced, match_in_force
from directory.store import deliveries as store
from directory.store import subscriptions
from directory.store.database import Database
from directory.store.sending import reasons_of
from directory.store.tables.changes import changes
from directory.store.tables.telling import subscription_terms
from tests.notify.build import CLINIC, LONDON, NOW, Town

TODAY = NOW.date()
LATER = date(2026, 12, 1)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def announce(town: Town) -> list[Any]:
    match_announced(town.database, at=NOW, zone=LONDON)
    return town.deliveries()


@pytest.mark.parametrize(
    ("facets", "told"),
    [
        ({"service": "leg-ulcer-clinic"}, True),
        ({"service": "podiatry"}, False),
        ({"service": ("podiatry", "leg-ulcer-clinic")}, True),
        ({"need": "Leg  ULCER"}, True),
        ({"need": "leg ulcer", "area": "Eastmarsh"}, True),
        ({"need": "leg ulcer", "area": "Westfield"}, False),
        ({"team": "district-nursing"}, True),
        ({"team": "tissue-viability"}, True),
        ({"kind": "owner"}, True),
        ({"kind": ("hours", "closed")}, False),
        ({"owner": "nct", "kind": "referral-route", "route": "email"}, True),
        ({"owner": "nat"}, False),
        ({}, True),
    ],
)
def test_values_widen_and_facets_narrow(town: Town, facets: dict[str, Any], told: bool) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("daily", person=person, **facets)
    town.move_clinic()
    assert [row.person_id for row in announce(town)] == [person] * told


def test_what_the_version_before_wrote_while_this_one_was_coming_is_matched(town: Town) -> None:
    alone, narrowed, elsewhere = (town.person(f"{name}@example.nhs.uk") for name in ("amina", "ben", "carys"))
    town.subscribe("daily", person=alone, need=("leg ulcer", "compression bandaging"))
    town.subscribe("daily", person=narrowed, need="leg ulcer", area="Eastmarsh")
    town.subscribe("daily", person=elsewhere, need="leg ulcer", area="Westfield")
    with town.database.write() as connection:
        connection.execute(update(subscription_terms).values(facets=0))
    town.move_clinic()
    assert [row.person_id for row in announce(town)] == [alone, narrowed]


def test_facets_must_meet_on_one_service(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"), need="leg ulcer", area="Westfield")
    town.change(
        "Hours", sets={"leg-ulcer-clinic": {"hours": "Mo-Fr"}, "podiatry": {"hours": "Mo-Fr"}}, kinds=("hours",)
    )
    assert announce(town) == []


def test_two_subscriptions_make_one_delivery_with_both_reasons_and_the_stricter_frequency(town: Town) -> None:
    person = town.person("amina@example.nhs.uk", teams=("district-nursing",))
    town.subscribe("weekly", person=person, need="leg ulcer")
    town.subscribe("immediately", person=person, service="leg-ulcer-clinic")
    town.subscribe("daily", of_team="district-nursing", label="need leg ulcer", area="Eastmarsh")
    number = town.move_clinic()
    (found,) = announce(town)
    assert (found.change_number, found.stage, found.rank, found.state) == (number, "announced", 0, "pending")
    assert reasons_of(found.reasons) == ("need leg ulcer", "service leg-ulcer-clinic")


def test_a_team_is_its_members_of_the_moment_without_those_erased(town: Town) -> None:
    here = town.person("amina@example.nhs.uk", teams=("district-nursing",))
    gone = town.person("gone@example.nhs.uk", teams=("district-nursing",))
    town.person("other@example.nhs.uk", teams=("tissue-viability",))
    town.subscribe("daily", of_team="district-nursing", service="leg-ulcer-clinic")
    town.erase(gone)
    town.move_clinic()
    assert [row.person_id for row in announce(town)] == [here]


def test_running_again_changes_nothing(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    town.move_clinic()
    assert match_announced(town.database, at=NOW, zone=LONDON) == 1
    before = town.deliveries()
    assert match_announced(town.database, at=NOW + timedelta(hours=1), zone=LONDON) == 0
    assert town.deliveries() == before


@pytest.mark.parametrize("more", [{"weight": "minor"}, {"status": "withdrawn"}])
def test_minor_and_withdrawn_changes_are_only_marked(town: Town, more: dict[str, Any]) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    number = town.move_clinic(**more)
    assert announce(town) == []
    with town.database.read() as connection:
        assert connection.scalar(select(changes.c.announced_at).where(changes.c.number == number)) == NOW


def test_what_ended_hears_nothing(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    town.subscribe("daily", person=person)
    kept = town.subscribe("daily", person=person, service="leg-ulcer-clinic")
    with town.database.write() as connection:
        assert subscriptions.end(connection, kept, at=NOW)
        assert not subscriptions.end(connection, kept, at=NOW)
        assert subscriptions.end_all(connection, person, at=NOW) == 1
    town.move_clinic()
    assert announce(town) == []


def test_urgent_goes_at_once_whatever_the_frequency(town: Town) -> None:
    town.subscribe("weekly", person=town.person("amina@example.nhs.uk"))
    town.move_clinic(urgent=True)
    assert [row.rank for row in announce(town)] == [0]


def test_a_pause_holds_and_another_subscription_does_not(town: Town) -> None:
    away, busy = town.person("away@example.nhs.uk"), town.person("busy@example.nhs.uk")
    back = NOW + timedelta(days=10)
    paused = [
        town.subscribe("immediately", person=away, service="leg-ulcer-clinic"),
        town.subscribe("immediately", person=busy, service="leg-ulcer-clinic"),
    ]
    town.subscribe("daily", person=busy, need="leg ulcer")
    with town.database.write() as connection:
        for each in paused:
            subscriptions.pause(connection, each, until=back)
    town.move_clinic()
    rows = {row.person_id: row for row in announce(town)}
    assert (rows[away].rank, rows[away].next_attempt_at) == (0, back)
    assert (rows[busy].rank, rows[busy].next_attempt_at) == (1, None)


def test_a_future_change_is_told_again_on_the_day_and_one_of_today_is_not(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    later = town.move_clinic(on=LATER)
    town.change("Today", sets={"podiatry": {"hours": "Mo"}}, kinds=("hours",), on=TODAY)
    announce(town)
    stages: list[tuple[int, str]] = []
    for day in range(28):
        stages.append((day, "x")) if match_in_force(town.database, at=NOW + timedelta(days=day), zone=LONDON) else None
    assert stages == [(27, "x")]
    assert [(row.change_number, row.stage) for row in town.deliveries()][-1] == (later, "in-force")


def test_the_day_begins_in_london(town: Town) -> None:
    """Published at 23:30 UTC on 30 June, which is 1 July in London: not future-dated."""
    at = NOW.replace(month=6, day=30, hour=23, minute=30)
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    town.move_clinic(on=date(2026, 7, 1), at=at)
    match_announced(town.database, at=at, zone=LONDON)
    assert match_in_force(town.database, at=at, zone=LONDON) == 0
    town.change("Next day", sets={"podiatry": {"hours": "Mo"}}, on=date(2026, 7, 2), at=at)
    match_announced(town.database, at=at, zone=LONDON)
    assert match_in_force(town.database, at=at + timedelta(hours=23, minutes=29), zone=LONDON) == 0
    assert match_in_force(town.database, at=at + timedelta(hours=23, minutes=30), zone=LONDON) == 1


def test_in_force_waits_for_the_announcement(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    town.move_clinic(on=LATER)
    late = NOW + timedelta(days=40)
    assert match_in_force(town.database, at=late, zone=LONDON) == 0
    assert match_announced(town.database, at=late, zone=LONDON) == 1
    assert match_in_force(town.database, at=late, zone=LONDON) == 1


def test_killed_between_mark_and_deliveries_leaves_neither(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"))
    number = town.move_clinic()
    with pytest.raises(KeyboardInterrupt), town.database.write() as connection:
        assert store.tell(connection, number, "announced", subscribed_by=NOW, at=NOW) == 1
        raise KeyboardInterrupt
    assert town.deliveries() == []
    assert len(announce(town)) == 1


def test_the_audience_of_a_change_not_written_is_that_of_the_change_written(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than fits a statement, and all of it of no interest to anybody.
    monkeypatch.setattr(store, "TERMS_AT_ONCE", 20)
    amina = town.person("amina@example.nhs.uk", teams=("district-nursing",))
    town.person("ben@example.nhs.uk", teams=("district-nursing",))
    town.subscribe("daily", person=amina, service="leg-ulcer-clinic")
    town.subscribe("daily", of_team="district-nursing", need="leg ulcer", area="Eastmarsh")
    town.subscribe("weekly", person=town.person("carol@example.nhs.uk"))
    town.subscribe("weekly", person=town.person("dan@example.nhs.uk"), service="podiatry")
    wanted = [("leg-ulcer-clinic", *term) for term in terms(("owner",), "leg-ulcer-clinic", [CLINIC])]
    wanted += [(f"other-{number}", "need", "nothing") for number in range(90)]
    with town.database.read() as connection:
        found = store.audience(connection, wanted)
        assert store.audience(connection, []).people == 1
    assert (found.people, found.teams) == (3, 1)
    assert found.by_subscription == (
        ("area Eastmarsh, need leg ulcer", 2),
        ("every change", 1),
        ("service leg-ulcer-clinic", 1),
    )
    town.move_clinic()
    assert len(announce(town)) == found.people


def test_the_same_criteria_again_change_the_frequency(town: Town) -> None:
    person = town.person("amina@example.nhs.uk")
    first = town.subscribe("daily", person=person, need=("Leg ulcer", "foot care"), area="Eastmarsh")
    assert town.subscribe("weekly", person=person, area="eastmarsh", need=("foot  care", "leg ulcer")) == first
    other = town.subscribe("daily", person=person, area="eastmarsh")
    with town.database.read() as connection:
        found = subscriptions.of_person(connection, person)
    assert [(each.id, each.frequency) for each in found] == [(first, "weekly"), (other, "daily")]
    assert found[0].criteria == {"area": ("eastmarsh",), "need": ("foot care", "leg ulcer")}


def test_many_changes_of_no_interest_are_passed_over_in_one_statement(town: Town) -> None:
    town.subscribe("daily", person=town.person("amina@example.nhs.uk"), service="podiatry")
    for _ in range(3):
        town.move_clinic()
    with town.database.write() as connection:
        assert store.pass_over(connection, "announced", at=NOW, today=TODAY) == 3
    assert announce(town) == []


def test_old_news_is_not_told_to_who_subscribes_afterwards(town: Town) -> None:
    number = town.move_clinic()
    town.subscribe("immediately", person=town.person("late@example.nhs.uk"), at=NOW + timedelta(hours=1))
    town.subscribe("immediately", person=town.person("there@example.nhs.uk"), at=NOW)
    assert match_announced(town.database, at=NOW + timedelta(hours=2), zone=LONDON) == 1
    assert number


def test_who_subscribes_between_hears_of_it_on_the_day(town: Town) -> None:
    town.move_clinic(on=NOW.date() + timedelta(days=7))
    town.subscribe("immediately", person=town.person("late@example.nhs.uk"), at=NOW + timedelta(days=1))
    assert match_announced(town.database, at=NOW + timedelta(days=2), zone=LONDON) == 0
    assert match_in_force(town.database, at=NOW + timedelta(days=7), zone=LONDON) == 1
