"""Searches that found no confident answer: counted by question, never by who asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from directory.errors import StoreFailing
from directory.store.batches import read_json, write_json
from directory.store.database import Database
from directory.store.tables.learning import gaps

PATIENCE = 0.05
Outcome = Literal["synonym", "service", "report", "dismissed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Gap:
    """A question without a confident answer, how often it was asked, and when.

    `nearest` are the ids of the services that were nearest when it was last asked. `outcome` is how it was closed last,
    at `outcome_at`; it stays when the question is asked again, and `closed_at` is None from then on.
    """

    query: str
    times: int
    first_at: datetime
    last_at: datetime
    nearest: tuple[str, ...] = ()
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    outcome_at: datetime | None = None


def count(database: Database, query: str, *, nearest: Sequence[str] = (), at: datetime) -> bool:
    """Count one more time that a question found no confident answer; False where that would hold the reader up.

    While an import has SQLite's one writer, a nurse on a doorstep must not wait for a statistic.
    """
    near = write_json(list(nearest))
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    new = postgresql.insert(gaps).values(query=query, times=1, first_at=at, last_at=at, nearest=near)
    again = {"times": gaps.c.times + 1, "last_at": at, "closed_at": None, "nearest": near}
    counted = new.on_conflict_do_update(index_elements=[gaps.c.query], set_=again)
    try:
        with database.write(patience=PATIENCE) as connection:
            connection.execute(counted)
    except (OperationalError, StoreFailing):
        return False
    return True


def open_ones(connection: Connection, *, limit: int, offset: int = 0) -> list[Gap]:
    """The gaps that nobody has closed, most asked first."""
    statement = select(gaps).where(gaps.c.closed_at.is_(None)).order_by(gaps.c.times.desc(), gaps.c.query)
    return _read(connection, statement.limit(limit).offset(offset))


def closed_ones(connection: Connection, *, limit: int, offset: int = 0) -> list[Gap]:
    """The gaps that were closed and not asked since, the latest closed first."""
    statement = select(gaps).where(gaps.c.closed_at.is_not(None)).order_by(gaps.c.closed_at.desc(), gaps.c.query)
    return _read(connection, statement.limit(limit).offset(offset))


def totals(connection: Connection) -> tuple[int, int]:
    """How many gaps are open, and how many are closed."""
    row = connection.execute(select(func.count(), func.count(gaps.c.closed_at)).select_from(gaps)).one()
    return int(row[0]) - int(row[1]), int(row[1])


def load(connection: Connection, query: str) -> Gap | None:
    """The gap of a question; None where it was never counted."""
    return next(iter(_read(connection, select(gaps).where(_is(query)))), None)


def close(connection: Connection, query: str, *, outcome: Outcome, at: datetime) -> bool:
    """Close a gap; whether it was open. Asked again, it comes back."""
    closed = {"closed_at": at, "outcome": outcome, "outcome_at": at}
    return bool(connection.execute(update(gaps).where(_is(query), gaps.c.closed_at.is_(None)).values(closed)).rowcount)


def _is(query: str) -> ColumnElement[bool]:
    return gaps.c.query == query


def _read(connection: Connection, statement: Any) -> list[Gap]:
    return [
        Gap(
            row.query,
            row.times,
            row.first_at,
            row.last_at,
            tuple(read_json(row.nearest)) if row.nearest else (),
            row.closed_at,
            row.outcome,
            row.outcome_at,
        )
        for row in connection.execute(statement)
    ]
