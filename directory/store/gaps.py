"""Searches that found no confident answer: counted by question, never by who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from directory.store.database import Database
from directory.store.tables.learning import gaps

PATIENCE = 0.05


@dataclass(frozen=True, slots=True)
class Gap:
    """A question without a confident answer, how often it was asked, and when."""

    query: str
    times: int
    first_at: datetime
    last_at: datetime


def count(database: Database, query: str, *, at: datetime) -> bool:
    """Count one more time that a question found no confident answer; False where that would hold the reader up.

    While an import has SQLite's one writer, a nurse on a doorstep must not wait for a statistic.
    """
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    new = postgresql.insert(gaps).values(query=query, times=1, first_at=at, last_at=at)
    counted = new.on_conflict_do_update(
        index_elements=[gaps.c.query], set_={"times": gaps.c.times + 1, "last_at": at, "closed_at": None}
    )
    try:
        with database.write(patience=PATIENCE) as connection:
            connection.execute(counted)
    except OperationalError:
        return False
    return True


def open_ones(connection: Connection, *, limit: int) -> list[Gap]:
    """The gaps that nobody has closed, most asked first."""
    statement = select(gaps).where(gaps.c.closed_at.is_(None)).order_by(gaps.c.times.desc(), gaps.c.query)
    return [Gap(row.query, row.times, row.first_at, row.last_at) for row in connection.execute(statement.limit(limit))]
