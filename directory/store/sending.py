"""The lease on what is being sent: claimed by one worker, fenced by a token, settled only by whoever still holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Table,
    Update,
    bindparam,
    false,
    literal_column,
    or_,
    select,
    true,
    update,
)

from directory.store.bounces import stopped
from directory.store.tables.people import people
from directory.store.tables.telling import deliveries, digests

Unit = Literal["delivery", "digest"]
State = Literal["pending", "accepted", "failed", "dropped"]
TABLES: dict[Unit, Table] = {"delivery": deliveries, "digest": digests}
# Written out, as the indexes of what waits are: a database may not use them for what it is given apart.
PENDING = literal_column("'pending'", String())
AT_ONCE = literal_column("0", Integer())
_SETTLED = ("state", "reason", "settled_at", "next_attempt_at")


def _settling(table: Table) -> Update:
    held = (table.c.id == bindparam("settled"), table.c.lease == bindparam("held_by"), table.c.state == PENDING)
    given = {name: bindparam(name, type_=table.c[name].type) for name in _SETTLED}
    return update(table).where(*held).values(lease=None, leased_until=None, **given)


# Built once: it runs once for each message.
SETTLE: dict[Unit, Update] = {unit: _settling(table) for unit, table in TABLES.items()}


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one lease holds, in the order in which it is to be sent."""

    deliveries: tuple[int, ...]
    digests: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.deliveries) + len(self.digests)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `pending` is tried again at `next_attempt_at`."""

    state: State
    reason: str | None = None
    next_attempt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery with its recipient, ready to be composed. `email` is None once the person is erased.

    It tells of a change or of a version of a `page` (its id and number); the other is None. `attempts` counts the
    present one, of the digest where there is one.
    """

    id: int
    change_number: int | None
    page: tuple[str, int] | None
    stage: str
    person_id: int
    email: str | None
    name: str
    reasons: tuple[str, ...]
    digest_id: int | None
    slot_at: datetime | None
    attempts: int


def claim(connection: Connection, *, lease: str, at: datetime, until: datetime, limit: int) -> Claimed:
    """Take up to `limit` things that are due for mail: urgent ones, then immediate ones, then digests.

    Attempts are counted here, so that one that kills its worker is counted too.
    """
    free_lapsed(connection, at=at)
    taken: tuple[int, ...] = ()
    for urgent in (True, False):
        taken += _take(connection, deliveries, _at_once(at, urgent=urgent), lease, until, limit - len(taken))
    together = _take(connection, digests, _waiting(digests, at), lease, until, limit - len(taken))
    return Claimed(taken, together)


def any_due(connection: Connection, *, at: datetime) -> bool:
    """Whether there is anything to send: asked twice a second, it must not keep a writer from the database."""
    due = (_at_once(at, urgent=True), _at_once(at, urgent=False), _waiting(digests, at))
    return any(connection.execute(each.limit(1)).first() is not None for each in due)


def queued(connection: Connection, claimed: Claimed) -> list[Queued]:
    """The deliveries of what was claimed, those of digests included."""
    rows = connection.execute(
        _queued().where(
            deliveries.c.state == PENDING,
            or_(deliveries.c.id.in_(claimed.deliveries), deliveries.c.digest_id.in_(claimed.digests)),
        )
    )
    return [_row(row) for row in rows]


def by_id(connection: Connection, delivery_ids: Sequence[int]) -> list[Queued]:
    """These deliveries, whatever their state."""
    return [_row(row) for row in connection.execute(_queued().where(deliveries.c.id.in_(delivery_ids)))]


def settle(
    connection: Connection,
    unit: Unit,
    id: int,
    *,
    lease: str,
    at: datetime,
    outcome: Outcome,
    contents: Sequence[int] = (),
) -> bool:
    """Record an outcome, if the lease still holds; a digest's with that of its `contents`. Whether it did."""
    given = settled(id, lease=lease, at=at, outcome=outcome)
    held = connection.execute(SETTLE[unit], given).rowcount
    if held and contents and outcome.state != "pending":
        final = {name: given[name] for name in ("state", "reason", "settled_at")}
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(contents), deliveries.c.digest_id == id, deliveries.c.state == PENDING)
            .values(final)
        )
    return bool(held)


def settled(id: int, *, lease: str, at: datetime, outcome: Outcome) -> dict[str, Any]:
    """What `SETTLE` is given."""
    return {
        "settled": id,
        "held_by": lease,
        "state": outcome.state,
        "reason": outcome.reason,
        "settled_at": None if outcome.state == "pending" else at,
        "next_attempt_at": outcome.next_attempt_at,
    }


def release(connection: Connection, *, lease: str) -> int:
    """Give back what a lease holds and was not tried; it does not count as an attempt."""
    return sum(
        connection.execute(
            update(table)
            .where(table.c.lease == lease, table.c.lease.is_not(None), table.c.state == PENDING)
            .values(lease=None, leased_until=None, attempts=table.c.attempts - 1)
        ).rowcount
        for table in TABLES.values()
    )


def free_lapsed(connection: Connection, *, at: datetime) -> int:
    """Free what a worker claimed and never settled, because it was killed.

    It was trying the first of these: that counts as an attempt, and what stood behind it does not.
    """
    lapsed = {unit: _lapsed(table, at) for unit, table in TABLES.items()}
    rows = connection.execute(
        select(deliveries.c.lease, deliveries.c.id)
        .where(*lapsed["delivery"])
        .order_by(deliveries.c.urgent.desc(), deliveries.c.id)
        # Of two workers that find the same, the second waits here, and then finds none.
        .with_for_update()
    ).all()
    tried: dict[str, tuple[Unit, int]] = {}
    for row in rows:
        tried.setdefault(row.lease, ("delivery", row.id))
    together = select(digests.c.lease, digests.c.id).where(*lapsed["digest"]).order_by(digests.c.id)
    for row in connection.execute(together.with_for_update()):
        tried.setdefault(row.lease, ("digest", row.id))
    freed = 0
    for unit, table in TABLES.items() if tried else ():
        first = [key for kind, key in tried.values() if kind == unit]
        untried = update(table).where(*lapsed[unit], table.c.id.not_in(first))
        freed += connection.execute(
            untried.values(lease=None, leased_until=None, attempts=table.c.attempts - 1)
        ).rowcount
        freed += connection.execute(update(table).where(*lapsed[unit]).values(lease=None, leased_until=None)).rowcount
    return freed


def _lapsed(table: Table, at: datetime) -> list[ColumnElement[bool]]:
    return [table.c.state == PENDING, table.c.lease.is_not(None), table.c.leased_until <= at]


def reasons_of(stored: str) -> tuple[str, ...]:
    """The reasons of a delivery, each once."""
    return tuple(sorted(set(stored.split("\n"))))


def _waiting(table: Table, at: datetime) -> Select[tuple[int]]:
    """What is free to be sent, in the order in which it came."""
    return (
        select(table.c.id)
        .where(
            table.c.state == PENDING,
            or_(table.c.next_attempt_at.is_(None), table.c.next_attempt_at <= at),
            or_(table.c.lease.is_(None), table.c.leased_until <= at),
            ~stopped(table.c.person_id, at),
        )
        .order_by(table.c.id)
    )


def _at_once(at: datetime, *, urgent: bool) -> Select[tuple[int]]:
    return _waiting(deliveries, at).where(
        deliveries.c.digest_id.is_(None),
        deliveries.c.rank == AT_ONCE,
        deliveries.c.urgent == (true() if urgent else false()),
    )


def _take(
    connection: Connection, table: Table, due: Select[tuple[int]], lease: str, until: datetime, limit: int
) -> tuple[int, ...]:
    if limit <= 0:
        return ()
    # On PostgreSQL several workers share the queue; on SQLite there is one writer, and this says nothing.
    ids: tuple[int, ...] = tuple(connection.scalars(due.limit(limit).with_for_update(skip_locked=True, of=table)))
    if ids:
        connection.execute(
            update(table)
            .where(table.c.id.in_(ids))
            .values(lease=lease, leased_until=until, attempts=table.c.attempts + 1)
        )
    return ids


def _queued() -> Select[Any]:
    return (
        select(
            deliveries.c.id,
            deliveries.c.change_number,
            deliveries.c.page_id,
            deliveries.c.page_number,
            deliveries.c.stage,
            deliveries.c.person_id,
            deliveries.c.reasons,
            deliveries.c.digest_id,
            deliveries.c.attempts,
            people.c.email,
            people.c.name,
            people.c.erased_at,
            digests.c.slot_at,
            digests.c.attempts.label("digest_attempts"),
        )
        .join(people, people.c.id == deliveries.c.person_id)
        .outerjoin(digests, digests.c.id == deliveries.c.digest_id)
        .order_by(deliveries.c.id)
    )


def _row(row: Any) -> Queued:
    return Queued(
        id=row.id,
        change_number=row.change_number,
        page=(row.page_id, row.page_number) if row.page_id is not None else None,
        stage=row.stage,
        person_id=row.person_id,
        email=None if row.erased_at else row.email,
        name=row.name,
        reasons=reasons_of(row.reasons),
        digest_id=row.digest_id,
        slot_at=row.slot_at,
        attempts=row.attempts if row.digest_id is None else row.digest_attempts,
    )
