"""What waits to be sent and what could not be: counted for whoever watches over it, and sent on its way again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    func,
    literal,
    literal_column,
    null,
    select,
    update,
)

from directory.store.sending import AT_ONCE, PENDING, TABLES, Unit
from directory.store.tables.changes import changes
from directory.store.tables.people import people
from directory.store.tables.telling import deliveries, digests

# Written out, as the index of them is.
FAILED = literal_column("'failed'", String())


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits: to go at once, for the next digest, in digests; how much of it was tried; how much failed.

    `oldest` is when the oldest of what should have gone was matched, or its digest made.
    """

    at_once: int
    for_digests: int
    digests: int
    tried: int
    failed: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up: of one change (its number and title) or, without one, a page or a digest."""

    unit: Unit
    id: int
    email: str
    number: int | None
    title: str | None
    reason: str
    attempts: int
    settled_at: datetime


def queue(connection: Connection) -> Queue:
    """What there is now, from the indexes of what waits and of what failed."""
    single = and_(deliveries.c.state == PENDING, deliveries.c.digest_id.is_(None))
    now = and_(single, deliveries.c.rank == AT_ONCE)
    together = digests.c.state == PENDING
    oldest = [
        connection.scalar(select(func.min(deliveries.c.matched_at)).where(now)),
        connection.scalar(select(func.min(digests.c.created_at)).where(together)),
    ]
    return Queue(
        at_once=_count(connection, deliveries, now),
        for_digests=_count(connection, deliveries, and_(single, deliveries.c.rank > 0)),
        digests=_count(connection, digests, together),
        tried=_count(connection, deliveries, and_(now, deliveries.c.attempts > 0))
        + _count(connection, digests, and_(together, digests.c.attempts > 0)),
        failed=_count(connection, deliveries, and_(deliveries.c.state == FAILED, deliveries.c.digest_id.is_(None)))
        + _count(connection, digests, digests.c.state == FAILED),
        oldest=min((each for each in oldest if each is not None), default=None),
    )


def failed(connection: Connection, *, limit: int) -> list[DeadLetter]:
    """The latest that were given up, of each kind, latest first."""
    single = (
        select(deliveries, changes.c.number, changes.c.title, people.c.email, literal("delivery").label("unit"))
        .join(people, people.c.id == deliveries.c.person_id)
        .outerjoin(changes, changes.c.number == deliveries.c.change_number)
        .where(deliveries.c.state == FAILED, deliveries.c.digest_id.is_(None), people.c.erased_at.is_(None))
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    together = (
        select(digests, null().label("number"), null().label("title"), people.c.email, literal("digest").label("unit"))
        .join(people, people.c.id == digests.c.person_id)
        .where(digests.c.state == FAILED, people.c.erased_at.is_(None))
        .order_by(digests.c.id.desc())
        .limit(limit)
    )
    rows = [row for query in (single, together) for row in connection.execute(query)]
    return sorted((_letter(row) for row in rows), key=lambda each: each.settled_at, reverse=True)[:limit]


def retry(connection: Connection, unit: Unit, ids: Collection[int] | None) -> int:
    """Let these (None: all of them) be sent again, as if for the first time; returns how many.

    They keep their Message-IDs: whoever did get one sees it once.
    """
    table = TABLES[unit]
    which: list[ColumnElement[bool]] = [table.c.state == FAILED]
    if ids is not None:
        which.append(table.c.id.in_(ids))
    if unit == "delivery":
        which.append(deliveries.c.digest_id.is_(None))
    again: dict[str, Any] = {"state": "pending", "settled_at": None, "reason": None, "next_attempt_at": None}
    made = connection.execute(update(table).where(*which).values(attempts=0, lease=None, **again)).rowcount
    if made and unit == "digest":
        # What is in them goes with them.
        held = select(digests.c.id).where(digests.c.state == PENDING)
        connection.execute(
            update(deliveries).where(deliveries.c.state == FAILED, deliveries.c.digest_id.in_(held)).values(again)
        )
    return made


def _count(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(which)) or 0


def _letter(row: Any) -> DeadLetter:
    return DeadLetter(
        unit="digest" if row.unit == "digest" else "delivery",
        id=row.id,
        email=row.email,
        number=row.number,
        title=row.title,
        reason=row.reason or "",
        attempts=row.attempts,
        settled_at=row.settled_at,
    )
