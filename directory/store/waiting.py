"""What waits to be told: it goes with its subscriptions when these are changed, paused or ended, in their transaction.

A delivery keeps the labels of the subscriptions that it was matched by. What a worker is just sending, or a digest has
claimed, is left alone: neither lost nor told twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from directory.domain.subscription import Due, Reason, due
from directory.store.batches import in_batches
from directory.store.deliveries import drop_of_person
from directory.store.recipients import held_until
from directory.store.tables.changes import changes
from directory.store.tables.people import memberships, people
from directory.store.tables.telling import deliveries, subscriptions
from directory.store.team_subscriptions import does_not_want

UNSUBSCRIBED = "unsubscribed"
# In no digest: the one that it was in has perhaps gone out, or ended for want of anything to tell.
_AGAIN = {"state": "pending", "settled_at": None, "reason": None, "digest_id": None}


def replan(connection: Connection, person_ids: Iterable[int], *, at: datetime, label: str | None = None) -> int:
    """Let what waits for some people go out as often as their subscriptions ask now; returns how much is moved.

    With a label, only what is told for that reason.
    """
    moved = 0
    for batch in in_batches(person_ids):
        waiting = [row for row in _waiting(connection, batch) if label is None or label in row.reasons.split("\n")]
        if waiting:
            moved += _move(connection, waiting, _reasons(connection, batch), at)
    return moved


def drop_but_for(connection: Connection, person_id: int, labels: Collection[str], *, at: datetime) -> None:
    """Drop what waits for a person who has unsubscribed, but for what they are told for one of some reasons."""
    drop_of_person(connection, person_id, at=at)
    if not labels:
        return
    rows = connection.execute(
        select(deliveries.c.id, deliveries.c.reasons).where(_dropped(person_id, at)).order_by(deliveries.c.id)
    )
    kept = [row.id for row in rows if set(row.reasons.split("\n")) & set(labels)]
    if kept:
        connection.execute(update(deliveries).where(deliveries.c.id.in_(kept)).values(_AGAIN))


def take_up(connection: Connection, person_id: int, *, dropped_at: datetime) -> int:
    """Let wait again what was dropped at an instant because its recipient unsubscribed; returns how much."""
    return connection.execute(update(deliveries).where(_dropped(person_id, dropped_at)).values(_AGAIN)).rowcount


def gather(connection: Connection, person_id: int) -> int:
    """Let what waited long go out with the next digest, not one message for each; returns how much."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.person_id == person_id, _untouched(), deliveries.c.rank == 0)
        .values(rank=1)
    ).rowcount


def _dropped(person_id: int, at: datetime) -> ColumnElement[bool]:
    return and_(
        deliveries.c.person_id == person_id,
        deliveries.c.channel == "mail",
        deliveries.c.state == "dropped",
        deliveries.c.reason == UNSUBSCRIBED,
        deliveries.c.settled_at == at,
    )


def _untouched() -> ColumnElement[bool]:
    return and_(
        deliveries.c.state == "pending",
        deliveries.c.channel == "mail",
        deliveries.c.digest_id.is_(None),
        deliveries.c.lease.is_(None),
        deliveries.c.attempts == 0,
    )


def _waiting(connection: Connection, person_ids: Collection[int]) -> list[Any]:
    # Left: what tells of a page is of no change.
    return list(
        connection.execute(
            select(deliveries.c.id, deliveries.c.person_id, deliveries.c.rank, deliveries.c.reasons)
            .add_columns(deliveries.c.next_attempt_at, changes.c.urgent)
            .outerjoin(changes, changes.c.number == deliveries.c.change_number)
            .where(deliveries.c.person_id.in_(person_ids), _untouched())
            .order_by(deliveries.c.id)
            .with_for_update(of=deliveries)
        )
    )


def _reasons(connection: Connection, person_ids: Collection[int]) -> dict[int, dict[str, list[Reason]]]:
    """By person and label, the subscriptions by which they hear now."""
    # A team's are of each member.
    theirs = or_(subscriptions.c.person_id == people.c.id, memberships.c.person_id == people.c.id)
    rows = connection.execute(
        select(people.c.id, subscriptions.c.label, subscriptions.c.rank, held_until().label("held_until"))
        .select_from(subscriptions)
        .outerjoin(memberships, memberships.c.team_id == subscriptions.c.team_id)
        .join(people, theirs)
        .where(people.c.id.in_(person_ids), subscriptions.c.ended_at.is_(None), subscriptions.c.channel == "mail")
        .where(~does_not_want())
    )
    found: dict[int, dict[str, list[Reason]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.id][row.label].append(Reason(row.label, row.rank, row.held_until))
    return found


def _move(connection: Connection, waiting: list[Any], reasons: dict[int, dict[str, list[Reason]]], at: datetime) -> int:
    by_due: dict[Due, list[int]] = defaultdict(list)
    for row in waiting:
        known = reasons.get(row.person_id, {})
        matched = [each for label in row.reasons.split("\n") for each in known.get(label, ())]
        goes = due(matched, urgent=bool(row.urgent), at=at)
        if goes is not None and goes != Due(row.rank, row.next_attempt_at):
            by_due[goes].append(row.id)
    # At most one statement for each frequency and end of a pause.
    for goes, ids in by_due.items():
        values = {"rank": goes.rank, "next_attempt_at": goes.not_before}
        connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(values))
    return sum(len(ids) for ids in by_due.values())
