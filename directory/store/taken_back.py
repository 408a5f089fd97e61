"""Who was told of a change whose place another takes: they hear of that one, whatever they follow by now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, literal, null, or_, select, tuple_

from directory.store.tables.changes import change_subjects, changes
from directory.store.tables.kinds import Instant
from directory.store.tables.nouns import successions
from directory.store.tables.people import people
from directory.store.tables.telling import deliveries, digests


def gone_before(connection: Connection, number: int) -> list[int]:
    """The changes whose place one takes: what it supersedes, what that one superseded, and so on, newest first."""
    found: list[int] = []
    while (gone := connection.scalar(select(changes.c.supersedes).where(changes.c.number == number))) is not None:
        found.append(number := gone)
    return found


def only_withdraws(connection: Connection, number: int) -> bool:
    """Whether a change sets nothing by itself."""
    sets = exists().where(change_subjects.c.change_number == number, change_subjects.c.set != "{}")
    links = exists().where(successions.c.change_number == number)
    return not connection.scalar(select(or_(sets, links)))


def told_rows(gone: list[int], number: int, *, stage: str, urgent: bool, at: datetime) -> Select[Any]:
    """A delivery of `number` for each person and channel that was told of a `gone` one, as `write_rows` takes it."""
    return (
        select(
            literal(number),
            literal(stage),
            deliveries.c.person_id,
            deliveries.c.channel,
            literal(0) if urgent else func.min(deliveries.c.rank),
            literal(urgent),
            func.min(deliveries.c.reasons),
            literal(at, Instant()),
            literal("pending"),
            null(),
        )
        .join(people, people.c.id == deliveries.c.person_id)
        .where(_told(gone), people.c.erased_at.is_(None))
        .group_by(deliveries.c.person_id, deliveries.c.channel)
    )


def count_told(connection: Connection, number: int) -> int:
    """How many people were told of a change, or of one whose place it took: they are told what takes its place."""
    told = select(func.count(func.distinct(deliveries.c.person_id)))
    return int(connection.scalar(told.where(_told([number, *gone_before(connection, number)]))) or 0)


def was_told(person: ColumnElement[Any], channel: ColumnElement[Any], gone: list[int]) -> Any:
    """Whether somebody was told of one of these on a channel, as a condition of a statement."""
    told = select(deliveries.c.person_id, deliveries.c.channel).where(_told(gone))
    return tuple_(person, channel).in_(told)


def _told(gone: list[int]) -> ColumnElement[bool]:
    """Accepted by the relay, or perhaps: a killed worker, or an answer that was lost, leaves only an attempt."""
    in_tried_digest = exists().where(digests.c.id == deliveries.c.digest_id, digests.c.attempts > 0)
    perhaps = or_(deliveries.c.attempts > 0, in_tried_digest)
    return deliveries.c.change_number.in_(gone) & or_(deliveries.c.state == "accepted", perhaps)
