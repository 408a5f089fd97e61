"""Figures of some months, counted in the database: how soon changes are read, what changed, what is old, what was said.

Each is one statement, whatever the number of changes, people and services. Nobody is named in what comes of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, literal, or_, select

from directory.domain.awareness import Reading
from directory.domain.change import KINDS, Kind, fold
from directory.domain.report import State
from directory.domain.span import Span
from directory.store.acknowledgements import medians, people_told, reading_of, team_readings, told_of
from directory.store.checks import Cutoffs, ages, cutoff
from directory.store.tables.changes import change_terms, changes
from directory.store.tables.kinds import Instant
from directory.store.tables.learning import reports
from directory.store.tables.nouns import service_versions, services, teams, version_terms
from directory.store.tables.people import memberships
from directory.store.versions import in_force


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what figures are wanted: of some teams (slugs; None: of all), and of an area (its name; empty: of all)."""

    teams: frozenset[str] | None = None
    area: str = ""


EVERYTHING = Scope()


def _month(span: Span, at: ColumnElement[datetime]) -> ColumnElement[Any]:
    """In which of the months an instant lies, counted from 0; it lies in one of them."""
    later = span.begins[1:]
    before = [(at < literal(begins, Instant()), index) for index, begins in enumerate(later)]
    return case(*before, else_=len(later)) if before else literal(0)


def _in_area(area: str) -> ColumnElement[bool]:
    found = select(change_terms.c.change_number).where(
        change_terms.c.facet == "area", change_terms.c.value == fold(area)
    )
    return changes.c.number.in_(found)


def _of_teams(slugs: Collection[str]) -> ColumnElement[bool]:
    found = select(change_terms.c.change_number).where(
        change_terms.c.facet == "team", change_terms.c.value.in_(sorted(slugs))
    )
    return changes.c.number.in_(found)


def _that_count(span: Span) -> ColumnElement[bool]:
    """Changes that were told, stand, and were published in these months."""
    return and_(changes.c.recorded_at >= span.since, changes.c.status == "published", changes.c.weight == "major")


@dataclass(frozen=True, slots=True)
class MonthReading:
    """Of the changes of one month: who read them, how many people that is, and how many more were told of others."""

    reading: Reading
    people: int
    others: int


def readings_by_month(connection: Connection, span: Span, scope: Scope = EVERYTHING) -> dict[date, MonthReading]:
    """Who was told of the changes of each month and has read them, by the month of publication.

    With teams, of their members. The others are those who were told of a change of that month and are not counted.
    """
    each = _told_in(span, scope).subquery("told_in")
    people = {
        (row.month, row.inside): int(row.people)
        for row in connection.execute(
            select(each.c.month, each.c.inside, func.count(each.c.person_id.distinct()).label("people")).group_by(
                each.c.month, each.c.inside
            )
        )
    }
    inside = select(each).where(each.c.inside == 1)
    return {
        span.months[row.key]: MonthReading(reading_of(row), people[row.key, 1], people.get((row.key, 0), 0))
        for row in medians(connection, inside, by="month")
    }


def people_by_month(connection: Connection, span: Span, area: str = "") -> dict[date, dict[str, int]]:
    """How many people of each team (slug) were told of the changes of each month, in an area."""
    each = _told_in(span, Scope(area=area)).subquery("told_in")
    counted = (
        select(each.c.month, teams.c.slug, func.count(each.c.person_id.distinct()).label("people"))
        .select_from(each)
        .join(memberships, memberships.c.person_id == each.c.person_id)
        .join(teams, teams.c.id == memberships.c.team_id)
        .where(each.c.inside == 1)
        .group_by(each.c.month, teams.c.slug)
    )
    found: dict[date, dict[str, int]] = {}
    for row in connection.execute(counted):
        found.setdefault(span.months[row.month], {})[row.slug] = int(row.people)
    return found


def _told_in(span: Span, scope: Scope) -> Select[Any]:
    """Who was told of what, with the month, and whether it is of the scope (1) or not (0)."""
    told = told_of(select(changes.c.number).where(_that_count(span))).subquery("told")
    asked = [_in_area(scope.area)] if scope.area else []
    if scope.teams is not None:
        members = select(memberships.c.person_id).join(teams, teams.c.id == memberships.c.team_id)
        asked.append(told.c.person_id.in_(members.where(teams.c.slug.in_(sorted(scope.teams)))))
    inside = case((and_(*asked), 1), else_=0) if asked else literal(1)
    return select(told, _month(span, changes.c.recorded_at).label("month"), inside.label("inside")).join(
        changes, changes.c.number == told.c.change_number
    )


def readings_by_team(connection: Connection, span: Span, area: str = "") -> tuple[dict[str, Reading], dict[str, int]]:
    """Over all these months, by team (slug): who was told and has read it, and how many people that is."""
    wanted = select(changes.c.number).where(_that_count(span))
    if area:
        wanted = wanted.where(_in_area(area))
    return team_readings(connection, wanted), people_told(connection, wanted)


def changes_by_month(
    connection: Connection, span: Span, scope: Scope = EVERYTHING
) -> dict[date, tuple[int, Mapping[Kind, int]]]:
    """How many changes were published in each month, and how many of each kind; one of two kinds counts in both."""
    of_kind = {
        kind: func.count().filter(changes.c.kinds.contains(f'"{kind}"')).label(f"k{at}")
        for at, kind in enumerate(KINDS)
    }
    month = _month(span, changes.c.recorded_at).label("month")
    statement = select(month, func.count().label("all"), *of_kind.values()).where(_that_count(span))
    if scope.area:
        statement = statement.where(_in_area(scope.area))
    if scope.teams is not None:
        statement = statement.where(_of_teams(scope.teams))
    rows = connection.execute(statement.group_by(month)).mappings()
    return {
        span.months[row["month"]]: (
            int(row["all"]),
            {kind: int(row[f"k{at}"]) for at, kind in enumerate(KINDS) if row[f"k{at}"]},
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Ages:
    """Entries of about the same age: how many, how many of them were never checked, and how many are to be."""

    services: int
    never: int
    overdue: int


def ages_by_bound(
    connection: Connection, bounds: Collection[datetime], *, on: date, until: Cutoffs, scope: Scope = EVERYTHING
) -> dict[int, Ages]:
    """Entries in use by how long ago somebody checked them: 0 is after the first (latest) of the bounds, and so on."""
    found = ages(on)
    age = case(
        *[(found.c.since >= literal(bound, Instant()), index) for index, bound in enumerate(bounds)],
        else_=len(bounds),
    ).label("age")
    statement = select(
        age,
        func.count().label("services"),
        func.count().filter(found.c.checked_at.is_(None)).label("never"),
        func.count().filter(found.c.since <= cutoff(found, until)).label("overdue"),
    ).group_by(age)
    if scope.teams is not None:
        statement = statement.where(found.c.owner_team.in_(sorted(scope.teams)))
    if scope.area:
        statement = statement.where(_has_area(found.c.id, found.c.number, scope.area))
    return {row.age: Ages(row.services, row.never, row.overdue) for row in connection.execute(statement)}


def _has_area(subject: ColumnElement[Any], number: ColumnElement[Any], area: str) -> ColumnElement[bool]:
    return exists().where(
        version_terms.c.subject_id == subject,
        version_terms.c.number == number,
        version_terms.c.facet == "area",
        version_terms.c.value == fold(area),
    )


def reports_by_month(
    connection: Connection, span: Span, *, on: date, scope: Scope = EVERYTHING
) -> dict[date, dict[State, int]]:
    """What was reported in each month by what became of it; one that was joined to another, by what became of that."""
    root = reports.alias("root")
    month = _month(span, reports.c.received_at).label("month")
    statement = (
        select(month, root.c.state, func.count().label("reports"))
        .select_from(reports)
        .join(
            root, or_(root.c.id == reports.c.joined_to, and_(reports.c.joined_to.is_(None), root.c.id == reports.c.id))
        )
        .where(reports.c.received_at >= span.since)
        .group_by(month, root.c.state)
    )
    if scope.teams is not None:
        statement = statement.where(root.c.team.in_(sorted(scope.teams)))
    if scope.area:
        held = in_force("service", on=on).with_only_columns(services.c.id, service_versions.c.number).subquery("held")
        there = select(held.c.id).where(_has_area(held.c.id, held.c.number, scope.area))
        statement = statement.where(root.c.service_id.in_(there))
    found: dict[date, dict[State, int]] = {}
    for row in connection.execute(statement):
        found.setdefault(span.months[row.month], {})[row.state] = int(row.reports)
    return found
