"""Digests: the slots that have run, and the deliveries that each one claims, by row and not by time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql

from directory.store.bounces import stopped
from directory.store.sending import PENDING
from directory.store.tables.changes import changes
from directory.store.tables.kinds import Instant
from directory.store.tables.people import people
from directory.store.tables.telling import deliveries, digest_slots, digests


def last_slot(connection: Connection, *, until: datetime) -> datetime | None:
    """The latest slot that has run and is not after `until`: one run ahead of time holds up none before it."""
    query = select(func.max(digest_slots.c.slot_at)).where(digest_slots.c.slot_at <= until)
    found: datetime | None = connection.execute(query).scalar()
    return found


def earliest_waiting(connection: Connection) -> datetime | None:
    """When the oldest delivery that no digest holds was matched."""
    query = select(func.min(deliveries.c.matched_at)).where(_unclaimed((1, 2)))
    found: datetime | None = connection.execute(query).scalar()
    return found


def open_slots(connection: Connection, slots: Sequence[datetime], *, at: datetime) -> bool:
    """Mark slots as run; whether the last of them is this transaction's to fill, and not another process's."""
    rows = [{"slot_at": slot, "run_at": at} for slot in slots]
    made = connection.execute(
        postgresql.insert(digest_slots).values(rows).on_conflict_do_nothing().returning(digest_slots.c.slot_at)
    )
    return slots[-1] in set(made.scalars())


def fill(connection: Connection, slot_at: datetime, ranks: Collection[int], *, at: datetime) -> int:
    """Make a digest for everyone with due deliveries, and put these into it; returns how many digests."""
    due = and_(_unclaimed(ranks), _due(at))
    who = (
        select(deliveries.c.person_id, literal(slot_at, Instant()), literal(at, Instant()), literal("pending"))
        .outerjoin(changes, changes.c.number == deliveries.c.change_number)
        .join(people, people.c.id == deliveries.c.person_id)
        .where(due, _stands(), people.c.erased_at.is_(None), ~stopped(people.c.id, at))
        .distinct()
    )
    columns = ["person_id", "slot_at", "created_at", "state"]
    statement = postgresql.insert(digests).from_select(columns, who).on_conflict_do_nothing()
    made = connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount
    # What was matched between these two statements for somebody without a digest waits for the next slot.
    connection.execute(
        update(deliveries)
        .where(digests.c.person_id == deliveries.c.person_id, digests.c.slot_at == slot_at, due)
        .where(
            or_(
                deliveries.c.change_number.is_(None),
                deliveries.c.change_number.in_(select(changes.c.number).where(changes.c.status == "published")),
            )
        )
        .values(digest_id=digests.c.id, next_attempt_at=None)
    )
    return made


def would_hold(connection: Connection, person_id: int, ranks: Collection[int], *, at: datetime) -> list[int]:
    """The ids of the deliveries that a person's digest would hold, were its slot at `at`."""
    query = (
        select(deliveries.c.id)
        .outerjoin(changes, changes.c.number == deliveries.c.change_number)
        .where(deliveries.c.person_id == person_id, _unclaimed(ranks), _due(at), _stands())
        .order_by(deliveries.c.id)
    )
    return list(connection.execute(query).scalars())


def drop_empty(connection: Connection, *, at: datetime) -> int:
    """Drop the digests of which nothing is left to send."""
    idle = or_(digests.c.lease.is_(None), digests.c.leased_until <= at)
    left = select(deliveries.c.id).where(deliveries.c.digest_id == digests.c.id, deliveries.c.state == PENDING)
    return connection.execute(
        update(digests)
        .where(digests.c.state == PENDING, idle, ~left.exists())
        .values(state="dropped", settled_at=at, reason="nothing left to tell", lease=None, leased_until=None)
    ).rowcount


def _unclaimed(ranks: Collection[int]) -> ColumnElement[bool]:
    return and_(
        deliveries.c.state == PENDING,
        deliveries.c.digest_id.is_(None),
        deliveries.c.channel == "mail",
        deliveries.c.rank.in_(ranks),
    )


def _stands() -> ColumnElement[bool]:
    """Of a change that was not withdrawn, or of a page."""
    return or_(deliveries.c.change_number.is_(None), changes.c.status == "published")


def _due(at: datetime) -> ColumnElement[bool]:
    """Not held by a pause."""
    return or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= at)
