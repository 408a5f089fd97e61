"""The nightly look: each thing that is wrong is found, what is right is not, and what was put right is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from directory.actions.channels import subscribe_channel
from directory.actions.inspecting import KINDS, inspect, inspect_nightly
from directory.actions.subscribe import Wanted
from directory.domain.change import Edit
from directory.domain.reach import Reach
from directory.domain.service import Owner
from directory.domain.subscription import Facet
from directory.domain.succession import Succession
from directory.notify.match import match_announced
from directory.store import findings, people, subscriptions
from directory.store.database import Database
from directory.store.sealing import Seal
from directory.store.tables.channels import channels
from directory.store.tables.telling import deliveries
from directory.store.tables.telling import subscriptions as subscriptions_table
from directory.store.versions import find_ids
from tests import build

LONDON = build.LONDON


@pytest.fixture
def stocked(database: Database) -> Database:
    build.directory(database)
    return database


def person(database: Database, name: str, *, team: str | None = None, lead: bool = False) -> int:
    with database.write() as connection:
        key = people.add(connection, email=f"{name}@northmoor.example", name="", editor=False, at=build.NOON)
        if team:
            ids = find_ids(connection, "team", [team])
            role = "lead" if lead else "reader"
            people.join(connection, person_id=key, team_id=ids[team], role=role, at=build.NOON)  # type: ignore[arg-type]
    return key


def follow(database: Database, who: int, **criteria: str) -> int:
    wanted: dict[Facet, tuple[str, ...]] = {facet: (value,) for facet, value in criteria.items()}  # type: ignore[misc]
    with database.write() as connection:
        return subscriptions.subscribe(
            connection,
            criteria=wanted,
            frequency="immediately",
            label="x",
            at=datetime(2024, 1, 1, tzinfo=UTC),
            person_id=who,
        )


def found(database: Database, kind: str, *, at: datetime = build.NOON) -> list[str]:
    with database.read() as connection:
        return [it.subject for it in inspect(connection, today=at.astimezone(LONDON).date(), at=at)[kind]]


def test_a_receiver_that_takes_nothing_is_found_with_its_reason(stocked: Database) -> None:
    ed = person(stocked, "ed")
    seal = Seal("a secret")
    with stocked.write() as connection:
        by = people.by_email(connection, "ed@northmoor.example").actor
        keys = [
            subscribe_channel(
                connection, Wanted({}, frequency="immediately"), "webhook", f"https://hooks.example/{name}", by=by,
                at=build.NOON, today=build.TODAY, seal=seal, reach=Reach(),
            ).subscription_id
            for name in ("working", "failing", "just-now", "stopped", "ended")
        ]  # fmt: skip
    assert (ed, found(stocked, "receiver-fails")) == (by.person_id, [])
    states: list[dict[str, Any]] = [
        {"failing_since": build.NOON - timedelta(hours=2), "reason": "it answered 500"},
        {"failing_since": build.NOON - timedelta(minutes=5)},
        {"failing_since": build.NOON - timedelta(days=4), "stopped_at": build.NOON - timedelta(days=1)},
        {"failing_since": build.NOON - timedelta(days=4), "stopped_at": build.NOON - timedelta(days=1)},
    ]
    with stocked.write() as connection:
        for key, state in zip(keys[1:], states, strict=True):
            connection.execute(update(channels).where(channels.c.subscription_id == key).values(state))
        connection.execute(
            update(subscriptions_table).where(subscriptions_table.c.id == keys[4]).values(ended_at=build.NOON)
        )
    assert found(stocked, "receiver-fails") == [f"subscription {keys[1]}", f"subscription {keys[3]}"]
    with stocked.read() as connection:
        said = [each.detail for each in inspect(connection, today=build.TODAY, at=build.NOON)["receiver-fails"]]
    assert "tried again, failing since 22 November 2026 10:00 UTC, it answered 500" in said[0]
    assert "given up" in said[1]
    # What comes after the host of an address may be a secret.
    assert not any("/failing" in each or "/stopped" in each for each in said)


def test_every_kind_says_what_to_do(stocked: Database) -> None:
    with stocked.read() as connection:
        assert set(inspect(connection, today=build.TODAY, at=build.NOON)) == set(KINDS)


def test_a_subscription_that_can_never_fire(stocked: Database) -> None:
    nurse = person(stocked, "nurse")
    for criteria in ({"need": "leg ulcer"}, {"service": "leg-ulcer-clinic"}, {"kind": "closed"}, {"area": "Eastmarsh"}):
        follow(stocked, nurse, **criteria)
    follow(stocked, nurse)
    dead = [follow(stocked, nurse, area="Eastmarch"), follow(stocked, nurse, need="leg ulcer", team="no-such-team")]
    assert found(stocked, "subscription-never") == [f"subscription {key}" for key in dead]
    closing = build.draft(
        succession=(Succession("leg-ulcer-clinic", None, "closed", build.TODAY),), what_to_do="Ring 01632 960511."
    )
    build.change(stocked, closing)
    assert len(found(stocked, "subscription-never")) == len(dead) + 1


def test_a_team_that_runs_services_and_hears_of_nothing(stocked: Database) -> None:
    assert found(stocked, "team-unheard") == ["team district-nursing"]
    member = person(stocked, "nurse", team="district-nursing")
    assert found(stocked, "team-unheard") == ["team district-nursing"]
    follow(stocked, member, need="leg ulcer")
    assert found(stocked, "team-unheard") == []


def test_a_change_that_reached_nobody(stocked: Database) -> None:
    edit = Edit("leg-ulcer-clinic", {"owner": Owner("community-trust", "tissue-viability")})
    number = build.change(stocked, build.draft(edit)).change.number
    assert found(stocked, "change-unheard") == []
    match_announced(stocked, at=build.NOON, zone=LONDON)
    assert found(stocked, "change-unheard") == [f"change {number}"]
    assert found(stocked, "change-unheard", at=build.NOON + timedelta(days=31)) == []


def test_a_person_whom_nothing_reaches_and_a_message_that_nobody_finishes(stocked: Database) -> None:
    nurse = person(stocked, "nurse")
    follow(stocked, nurse, need="leg ulcer")
    build.change(stocked, build.draft(Edit("leg-ulcer-clinic", {"summary": "New."})))
    match_announced(stocked, at=build.NOON, zone=LONDON)
    assert found(stocked, "person-unreached") == []
    later = build.NOON + timedelta(days=9)
    assert found(stocked, "person-unreached", at=later) == [f"person {nurse}"]
    with stocked.write() as connection:
        connection.execute(update(deliveries).values(lease="x", leased_until=build.NOON))
    assert found(stocked, "stale-lease", at=later) == ["delivery 1"]
    with stocked.write() as connection:
        connection.execute(update(deliveries).values(state="accepted"))
    assert found(stocked, "person-unreached", at=later) == []
    assert found(stocked, "stale-lease", at=later) == []


def test_a_link_that_leads_to_nothing(stocked: Database) -> None:
    text = "Before: [clinic](service:leg-ulcer-clinic), [nobody](service:not-there)."
    build.change(stocked, build.draft(build.opening("podiatry", description=text)))
    assert found(stocked, "dangling") == ["service podiatry to not-there"]
    ends = Succession("leg-ulcer-clinic", "podiatry", "replaced", build.TODAY)
    build.change(stocked, build.draft(succession=(ends,)))
    # Whoever follows it is led to what took its place.
    assert found(stocked, "dangling") == ["service podiatry to not-there"]


def test_services_for_which_nobody_answers(stocked: Database) -> None:
    assert found(stocked, "orphan") == ["service leg-ulcer-clinic"]
    person(stocked, "lee", team="district-nursing", lead=True)
    assert found(stocked, "orphan") == []


def test_it_runs_once_a_night_and_forgets_what_was_put_right(stocked: Database) -> None:
    night = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    assert inspect_nightly(stocked, zone=LONDON, at=night) == 2
    assert inspect_nightly(stocked, zone=LONDON, at=night + timedelta(minutes=1)) == 0
    follow(stocked, person(stocked, "lee", team="district-nursing", lead=True), need="leg ulcer")
    person(stocked, "other", team="tissue-viability")
    follow(stocked, person(stocked, "nurse"), area="Eastmarch")
    # Before three in the morning it is still the night before.
    assert inspect_nightly(stocked, zone=LONDON, at=datetime(2026, 11, 24, 2, 59, tzinfo=UTC)) == 0
    following = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert inspect_nightly(stocked, zone=LONDON, at=following) == 1
    with stocked.read() as connection:
        assert [(it.kind, it.since) for it in findings.every(connection)] == [("subscription-never", following)]
        assert findings.counts(connection) == {"subscription-never": 1}
    third = following + timedelta(days=1)
    assert inspect_nightly(stocked, zone=LONDON, at=third) == 1
    with stocked.read() as connection:
        assert [it.since for it in findings.every(connection)] == [following]
