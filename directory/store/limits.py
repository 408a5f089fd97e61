"""Limits shared by every process: so many in a span of time, for each address, network or whatever else is named.

One row for each name holds when what was taken is given back (the generic cell rate algorithm, ITU-T I.371): `times`
may be taken at once, and then one in each `span / times`. The row is changed by one statement, so that two processes
cannot both take the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, select
from sqlalchemy.dialects import postgresql

from directory.store.tables.identity import allowances


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in any `span`, after which they come back one by one."""

    times: int
    span: timedelta


def take(connection: Connection, key: str, limit: Limit, *, at: datetime) -> timedelta | None:
    """Take one; None where it was granted, else how long to wait. `key` is a digest, at most 64 characters."""
    now, span = _ms(at), int(limit.span.total_seconds() * 1000)
    cost = span // limit.times
    table = allowances
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    taking = postgresql.insert(table).values(key=key, until_ms=now + cost)
    taking = taking.on_conflict_do_update(
        index_elements=[table.c.key],
        set_={"until_ms": case((table.c.until_ms > now, table.c.until_ms), else_=now) + cost},
        where=table.c.until_ms <= now + span - cost,
    )
    if connection.execute(taking.returning(table.c.key)).one_or_none() is not None:
        return None
    until: int = connection.execute(select(table.c.until_ms).where(table.c.key == key)).scalar_one()
    return timedelta(milliseconds=max(until + cost - span - now, 1))


def forget(connection: Connection, *, at: datetime) -> int:
    """Let go of rows that limit nothing any more; returns how many."""
    return connection.execute(delete(allowances).where(allowances.c.until_ms < _ms(at))).rowcount


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
