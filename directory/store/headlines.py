"""What an entry's page says of the changes that touch a service: past ones in a line each, and what is coming."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Date, Integer, Select, String, bindparam, select

from directory.store.batches import in_batches, read_json
from directory.store.changes import touching
from directory.store.tables.changes import change_terms, changes
from directory.store.tables.kinds import Instant


@dataclass(frozen=True, slots=True)
class Headline:
    """What a list says of a change, and no more of it is read."""

    number: int
    title: str
    kinds: tuple[str, ...]
    effective_from: date
    recorded_at: datetime
    urgent: bool
    status: str


def headlines(
    connection: Connection, service: str, *, limit: int, recorded_until: datetime | None = None
) -> list[Headline]:
    """The changes that touch a service, the newest publication first, as far as they were known at an instant."""
    instant = {} if recorded_until is None else {"known_at": recorded_until}
    statement = _headlines(as_known=recorded_until is not None)
    rows = connection.execute(statement, {**instant, "service": service, "most": limit})
    return [
        Headline(
            row.number,
            row.title,
            tuple(read_json(row.kinds)),
            row.effective_from,
            row.recorded_at,
            row.urgent,
            row.status,
        )
        for row in rows
    ]


@cache
def _headlines(*, as_known: bool) -> Select[Any]:
    """Built once: building it costs more than running it."""
    columns = [changes.c[field.name] for field in fields(Headline)]
    statement = select(*columns).where(changes.c.number.in_(touching("service", bindparam("service", type_=String()))))
    if as_known:
        statement = statement.where(changes.c.recorded_at <= bindparam("known_at", type_=Instant()))
    return statement.order_by(changes.c.number.desc()).limit(bindparam("most", type_=Integer()))


def upcoming(
    connection: Connection, services: Iterable[str], *, on: date, known_at: datetime | None = None
) -> dict[str, list[Any]]:
    """For each service, what takes effect after a day, as far as was known at an instant.

    Rows of number, title, effective_from, kinds.
    """
    found: dict[str, list[Any]] = {}
    instant = {} if known_at is None else {"known_at": known_at}
    statement = _upcoming(as_known=known_at is not None)
    for batch in in_batches(services):
        for row in connection.execute(statement, {**instant, "on": on, "services": batch}):
            found.setdefault(row.subject_id, []).append(row)
    return found


@cache
def _upcoming(*, as_known: bool) -> Select[Any]:
    """Built once, as every page runs it."""
    statement = (
        select(change_terms.c.subject_id, changes.c.number, changes.c.title, changes.c.effective_from, changes.c.kinds)
        .join(changes, changes.c.number == change_terms.c.change_number)
        .where(
            change_terms.c.facet == "service",
            change_terms.c.value.in_(bindparam("services", expanding=True)),
            changes.c.effective_from > bindparam("on", type_=Date()),
            changes.c.status == "published",
        )
        .order_by(changes.c.effective_from, changes.c.number)
    )
    return statement.where(changes.c.recorded_at <= bindparam("known_at", type_=Instant())) if as_known else statement
