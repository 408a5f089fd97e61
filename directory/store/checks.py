"""Checks: when somebody last said that an entry is correct, which entries need it, and whom they were asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    case,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql

from directory.store.batches import in_batches
from directory.store.tables.kinds import Instant
from directory.store.tables.learning import check_requests, checks
from directory.store.tables.nouns import service_versions, services
from directory.store.tables.offering import check_intervals
from directory.store.versions import in_force

# What has closed, or has not opened, is not used to refer.
_USED = ("active", "paused")


@dataclass(frozen=True, slots=True)
class Age:
    """How old what an entry says is: `since` it was checked or, where it never was, since it was added.

    `owner` is the slug of the team that runs it, None where none does; `every` its own interval in months, if any.
    """

    service_id: str
    slug: str
    name: str
    owner: str | None
    since: datetime
    checked: bool
    every: int | None


# Until when what was checked is due, by the interval in months; None is for those without their own.
Cutoffs = Mapping[int | None, datetime]


def intervals(connection: Connection) -> set[int]:
    """Every interval, in months, that is set for any service."""
    return set(connection.scalars(select(check_intervals.c.months).distinct()))


def set_interval(connection: Connection, service_id: str, months: int | None, *, by: int | None, at: datetime) -> None:
    """Have a service checked every so many months; None: at the setting."""
    connection.execute(delete(check_intervals).where(check_intervals.c.service_id == service_id))
    if months is not None:
        row = {"service_id": service_id, "months": months, "since": at, "person_id": by}
        connection.execute(insert(check_intervals).values(row))


def add(connection: Connection, service_id: str, *, source: str, person_id: int | None, at: datetime) -> None:
    """Note that somebody says that an entry is correct; what was asked of its owner is done with that."""
    row = {"service_id": service_id, "checked_at": at, "person_id": person_id, "source": source}
    connection.execute(insert(checks).values(row))
    connection.execute(delete(check_requests).where(check_requests.c.service_id == service_id))


def by_age(
    connection: Connection,
    *,
    on: date,
    teams: Collection[str] | None = None,
    until: Cutoffs | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Age]:
    """Entries in use, the longest unchecked first: of some teams (None: of all), and as old as `until` or older."""
    found = ages(on)
    statement = select(found)
    if teams is not None:
        statement = statement.where(found.c.owner_team.in_(sorted(teams)))
    if until is not None:
        statement = statement.where(found.c.since <= cutoff(found, until))
    rows = connection.execute(statement.order_by(found.c.since, found.c.id).limit(limit).offset(offset))
    return [_age(row) for row in rows]


@dataclass(frozen=True, slots=True)
class TeamAges:
    """The entries in use of one team (None: of none): how many, how many are too old, and the oldest of them."""

    owner: str | None
    services: int
    overdue: int
    oldest: datetime


def by_team(
    connection: Connection, *, on: date, until: Cutoffs, teams: Collection[str] | None = None
) -> list[TeamAges]:
    """The same by team, the one with the oldest first."""
    found = ages(on)
    statement = select(
        found.c.owner_team,
        func.count().label("services"),
        func.count().filter(found.c.since <= cutoff(found, until)).label("overdue"),
        func.min(found.c.since).label("oldest"),
    ).group_by(found.c.owner_team)
    if teams is not None:
        statement = statement.where(found.c.owner_team.in_(sorted(teams)))
    rows = connection.execute(statement.order_by(func.min(found.c.since), found.c.owner_team))
    return [TeamAges(row.owner_team, row.services, row.overdue, row.oldest) for row in rows]


def cutoff(found: FromClause, until: Cutoffs) -> ColumnElement[Any]:
    """Until when each of some `ages` is due."""
    by_months = {months: literal(at, Instant()) for months, at in until.items() if months is not None}
    otherwise = literal(until[None], Instant())
    return case(by_months, value=found.c.months, else_=otherwise) if by_months else otherwise


def ages(on: date) -> FromClause:
    """Entries in use, each with its version, its team and since when nobody has checked it, to be asked further."""
    held = in_force("service", on=on).where(service_versions.c.status.in_(_USED))
    held = held.with_only_columns(
        services.c.id,
        services.c.slug,
        service_versions.c.number,
        service_versions.c.name,
        service_versions.c.owner_team,
    )
    now = held.subquery("now")
    versions = service_versions.alias("every")
    added = select(versions.c.subject_id, func.min(versions.c.recorded_at).label("at")).group_by(versions.c.subject_id)
    began = added.subquery("began")
    last = select(checks.c.service_id, func.max(checks.c.checked_at).label("at")).group_by(checks.c.service_id)
    checked = last.subquery("checked")
    return (
        select(
            now,
            func.coalesce(checked.c.at, began.c.at).label("since"),
            checked.c.at.label("checked_at"),
            check_intervals.c.months,
        )
        .join(began, began.c.subject_id == now.c.id)
        .outerjoin(checked, checked.c.service_id == now.c.id)
        .outerjoin(check_intervals, check_intervals.c.service_id == now.c.id)
        .subquery("ages")
    )


def _age(row: Any) -> Age:
    return Age(row.id, row.slug, row.name, row.owner_team, row.since, row.checked_at is not None, row.months)


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the owner of an entry was asked, how far up, and when it goes further."""

    service_id: str
    asked_at: datetime
    told: int
    escalates_at: datetime | None


def requests(connection: Connection) -> dict[str, CheckRequest]:
    """What waits for an answer, by service."""
    return {row.service_id: CheckRequest(*row) for row in connection.execute(select(check_requests))}


def asked(connection: Connection, wanted: Sequence[CheckRequest]) -> None:
    """Write down what was asked; what was asked of a service before is replaced."""
    if wanted:
        table = check_requests
        # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
        new = postgresql.insert(table)
        further = {"told": new.excluded.told, "escalates_at": new.excluded.escalates_at}
        rows = [
            {"service_id": it.service_id, "asked_at": it.asked_at, "told": it.told, "escalates_at": it.escalates_at}
            for it in wanted
        ]
        connection.execute(new.on_conflict_do_update(index_elements=[table.c.service_id], set_=further), rows)


def forget_requests(connection: Connection, ids: Iterable[str]) -> None:
    """Let go of what was asked of some services: they are checked, or closed."""
    for batch in in_batches(ids):
        connection.execute(delete(check_requests).where(check_requests.c.service_id.in_(batch)))
