"""The figures of the dashboard: each statement against a count by hand, over a town of changes, readers and reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median_low
from typing import Any

import pytest
from sqlalchemy import Table, insert, select

from directory.domain.awareness import Reading
from directory.domain.change import Edit, fold
from directory.domain.freshness import months_before
from directory.domain.service import Area, Owner
from directory.domain.span import Span
from directory.notify.check_requests import cutoffs, overdue_until
from directory.store import checks, figures, people, services
from directory.store.database import Database
from directory.store.figures import Ages, Scope
from directory.store.tables.changes import change_terms, changes
from directory.store.tables.learning import reports
from directory.store.tables.people import memberships
from directory.store.tables.telling import acknowledgements, deliveries
from directory.store.versions import all_ids, find_ids
from tests import build

SPAN = Span.ending(build.TODAY, 12, build.LONDON)
TEAMS = ("district-nursing", "tissue-viability", "vascular")
SCOPES = [Scope(), Scope(frozenset({"vascular"})), Scope(frozenset(TEAMS[:2])), Scope(area="EASTMARSH"),
          Scope(frozenset({"tissue-viability"}), "Southfen"), Scope(frozenset({"nobody"}), "nowhere")]  # fmt: skip


def _words(scope: Scope) -> str:
    """The same in every process: a set is told in another order in each, and tests that run side by side must agree."""
    return f"{' and '.join(sorted(scope.teams)) if scope.teams else 'everybody'} in {scope.area or 'any area'}"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Changes over fourteen months, forty people who were told of some and read some, checks and reports."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("figures") / "signpost.db"
        path.write_bytes(request.getfixturevalue("_sqlite_template").read_bytes())
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_server").create("figures", "template_signpost")
    with closing(Database(url)) as database:
        _publish(database, Random(7))
        _tell(database, Random(8))
        _report(database, Random(9))
        yield database


def _publish(database: Database, chance: Random) -> None:
    build.directory(database)
    names = [f"service-{index}" for index in range(6)]
    opened = [build.opening(name, team=TEAMS[at % 3], areas=_areas(chance)) for at, name in enumerate(names)]
    at = datetime(2025, 9, 20, 9, tzinfo=UTC)
    build.change(database, build.draft(*opened, title="Opened", effective_from=at.date(), kinds=("opened",)), at=at)
    for index in range(24):
        at += timedelta(days=chance.randrange(10, 24), minutes=chance.randrange(800))
        # One lies in the hour in which it is July in London and not yet in UTC.
        moment = at if index != 12 else datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
        at = max(at, moment)
        set_: dict[str, object] = {"hours": f"Mo-Fr 0{index % 9}:00-17:00"}
        if chance.random() < 0.4:
            set_["areas"] = _areas(chance)
        if chance.random() < 0.4:
            set_["owner"] = Owner("community-trust", chance.choice(TEAMS))
        weight = "minor" if chance.random() < 0.2 else "major"
        edits = [Edit(name, set_) for name in chance.sample(names, chance.randrange(1, 3))]
        draft = build.draft(*edits, title=f"Change {index}", effective_from=at.date(), weight=weight)
        done = build.change(database, draft, at=moment)
        if index == 15:
            gone = build.draft(title="Not so", effective_from=at.date(), supersedes=done.change.number)
            build.change(database, gone, at=moment + timedelta(minutes=5))


def _areas(chance: Random) -> tuple[Area, ...]:
    return tuple(Area(name) for name in chance.sample(("Eastmarsh", "Southfen", "Far Moor"), 2))


def _tell(database: Database, chance: Random) -> None:
    told: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    with database.write() as connection:
        numbers = list(connection.scalars(select(changes.c.number)))
        team_ids = find_ids(connection, "team", TEAMS)
        for index in range(40):
            key = people.add(connection, email=f"p{index}@northmoor.example", name="", editor=False, at=build.NOON)
            # The vascular nurses are few.
            for team in {TEAMS[0] if index % 10 else TEAMS[2], *([TEAMS[1]] if index % 3 else [])}:
                people.join(connection, person_id=key, team_id=team_ids[team], role="reader", at=build.NOON)
            for number in chance.sample(numbers, len(numbers) // 2):
                state = "failed" if chance.random() < 0.1 else "accepted"
                for stage in chance.sample(("announced", "in-force", "withdrawn"), chance.randrange(1, 3)):
                    row = {"change_number": number, "stage": stage, "person_id": key, "channel": "mail", "rank": 0}
                    told.append(row | {"reasons": "x", "matched_at": build.NOON, "state": state, "attempts": 1})
                if chance.random() < 0.6:
                    after = {"after_publication": chance.randrange(9**6), "after_effect": chance.randrange(-99, 99)}
                    said.append({"change_number": number, "person_id": key, "team_id": "", "at": build.NOON} | after)
        connection.execute(insert(deliveries), told)
        connection.execute(insert(acknowledgements), said)


def _report(database: Database, chance: Random) -> None:
    with database.write() as connection:
        ids = all_ids(connection, "service")
        for key in chance.sample(ids, 4):
            at = build.NOON - timedelta(days=chance.randrange(700))
            checks.add(connection, key, source="owner", person_id=None, at=at)
        checks.set_interval(connection, ids[0], 2, by=None, at=build.NOON)
        for number in range(1, 61):
            state = chance.choice(("open", "fixed", "not-changed", "answered"))
            earlier = chance.randrange(1, number) if number > 8 and chance.random() < 0.25 else None
            root = (
                None
                if earlier is None
                else connection.scalar(select(reports.c.joined_to).where(reports.c.id == earlier))
            )
            row: dict[str, Any] = {
                "ref": f"R{number}",
                "service_id": chance.choice([None, *ids]),
                "kind": "number",
                "text": "x",
            }
            row |= {"received_at": build.NOON - timedelta(days=chance.randrange(500)), "told": 0}
            row |= {"team": chance.choice([None, *TEAMS]), "id": number}
            row |= {"state": "joined" if earlier else state, "joined_to": root or earlier}
            connection.execute(insert(reports).values(row))


def rows_of(database: Database, table: Table) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(table)).all())


def _changes(database: Database) -> dict[int, Any]:
    """Those that count, by number."""
    found = [row for row in rows_of(database, changes) if row.recorded_at >= SPAN.since]
    return {row.number: row for row in found if row.status == "published" and row.weight == "major"}


def _numbers_of(database: Database, facet: str, values: set[str]) -> set[int]:
    return {row.change_number for row in rows_of(database, change_terms) if row.facet == facet and row.value in values}


def _members(database: Database, slugs: frozenset[str]) -> set[int]:
    with database.read() as connection:
        ids = set(find_ids(connection, "team", slugs).values())
    return {row.person_id for row in rows_of(database, memberships) if row.team_id in ids}


def _told(database: Database) -> set[tuple[int, int]]:
    """Change and person."""
    return {
        (row.change_number, row.person_id)
        for row in rows_of(database, deliveries)
        if row.state == "accepted" and row.stage != "withdrawn"
    }


def _reading(database: Database, pairs: set[tuple[int, int]]) -> Reading:
    read = [row for row in rows_of(database, acknowledgements) if (row.change_number, row.person_id) in pairs]
    medians = (median_low([getattr(row, name) for row in read]) if read else None for name in AFTER)
    return Reading(len(pairs), len(read), *medians)


AFTER = ("after_publication", "after_effect")
in_each_scope = pytest.mark.parametrize("scope", SCOPES, ids=_words)


@in_each_scope
def test_who_read_the_changes_of_each_month(town: Database, scope: Scope) -> None:
    counting = _changes(town)
    pairs = {(number, person) for number, person in _told(town) if number in counting}
    there = _numbers_of(town, "area", {fold(scope.area)}) if scope.area else set(counting)
    ours = _members(town, scope.teams) if scope.teams is not None else {person for _, person in pairs}
    wanted = {}
    for month in SPAN.months:
        of_month = {pair for pair in pairs if SPAN.month_of(counting[pair[0]].recorded_at) == month}
        inside = {(number, person) for number, person in of_month if number in there and person in ours}
        if inside:
            sizes = (len({person for _, person in each}) for each in (inside, of_month - inside))
            wanted[month] = figures.MonthReading(_reading(town, inside), *sizes)
    with town.read() as connection:
        assert figures.readings_by_month(connection, SPAN, scope) == wanted
    assert bool(wanted) == ("nobody" not in (scope.teams or ()))


@pytest.mark.parametrize("area", ["", "Southfen"])
def test_who_read_them_by_team(town: Database, area: str) -> None:
    counting = set(_changes(town)) & (_numbers_of(town, "area", {fold(area)}) if area else set(_changes(town)))
    month = SPAN.months[-2]
    readings, people_, monthly = {}, {}, {}
    for team in TEAMS:
        members = _members(town, frozenset({team}))
        pairs = {(number, person) for number, person in _told(town) if number in counting and person in members}
        readings[team], people_[team] = _reading(town, pairs), len({person for _, person in pairs})
        recent = {number for number, row in _changes(town).items() if SPAN.month_of(row.recorded_at) == month}
        if there := {person for number, person in pairs if number in recent}:
            monthly[team] = len(there)
    with town.read() as connection:
        assert figures.readings_by_team(connection, SPAN, area) == (readings, people_)
        assert figures.people_by_month(connection, SPAN, area).get(month, {}) == monthly
    assert len(monthly) >= 2


@in_each_scope
def test_what_changed_by_month_and_kind(town: Database, scope: Scope) -> None:
    there = _numbers_of(town, "area", {fold(scope.area)}) if scope.area else None
    theirs = _numbers_of(town, "team", set(scope.teams)) if scope.teams is not None else None
    wanted: dict[date, tuple[int, dict[str, int]]] = {}
    for number, row in _changes(town).items():
        if (there is None or number in there) and (theirs is None or number in theirs):
            month = SPAN.month_of(row.recorded_at)
            assert month
            total, kinds = wanted.setdefault(month, (0, {}))
            for kind in json.loads(row.kinds):
                kinds[kind] = kinds.get(kind, 0) + 1
            wanted[month] = (total + 1, kinds)
    with town.read() as connection:
        assert figures.changes_by_month(connection, SPAN, scope) == wanted


def test_the_last_hour_of_june_is_july_in_london(town: Database) -> None:
    late = [row for row in rows_of(town, changes) if row.recorded_at == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)]
    assert [SPAN.month_of(row.recorded_at) for row in late] == [date(2026, 7, 1)]


@in_each_scope
def test_how_old_the_entries_are(town: Database, scope: Scope) -> None:
    bounds = [overdue_until(build.TODAY, months, build.LONDON) + timedelta(seconds=1) for months in (1, 3, 6)]
    with town.read() as connection:
        until = cutoffs(connection, build.TODAY, 6, build.LONDON)
        found = figures.ages_by_bound(connection, bounds, on=build.TODAY, until=until, scope=scope)
        every = checks.by_age(connection, on=build.TODAY)
        entries = {it.service_id: services.entry(connection, it.service_id, on=build.TODAY) for it in every}
    wanted: dict[int, Ages] = {}
    for it in every:
        areas = {fold(area.name) for area in entries[it.service_id].facts.areas}
        if (scope.teams is None or it.owner in scope.teams) and (not scope.area or fold(scope.area) in areas):
            age = sum(it.since < bound for bound in bounds)
            before = wanted.get(age, Ages(0, 0, 0))
            overdue = it.since.astimezone(build.LONDON).date() <= months_before(build.TODAY, it.every or 6)
            wanted[age] = Ages(before.services + 1, before.never + (not it.checked), before.overdue + overdue)
    assert found == wanted


@in_each_scope
def test_what_was_reported_and_became_of_it(town: Database, scope: Scope) -> None:
    every = {row.id: row for row in rows_of(town, reports)}
    with town.read() as connection:
        entries = {
            row.service_id: services.entry(connection, row.service_id, on=build.TODAY)
            for row in every.values()
            if row.service_id
        }
        found = figures.reports_by_month(connection, SPAN, on=build.TODAY, scope=scope)
    wanted: dict[date, dict[str, int]] = {}
    for row in every.values():
        root, month = every[row.joined_to or row.id], SPAN.month_of(row.received_at)
        areas = {fold(area.name) for area in entries[root.service_id].facts.areas} if root.service_id else set()
        mine = scope.teams is None or root.team in scope.teams
        if month and mine and (not scope.area or fold(scope.area) in areas):
            of_month = wanted.setdefault(month, {})
            of_month[root.state] = of_month.get(root.state, 0) + 1
    assert found == wanted
