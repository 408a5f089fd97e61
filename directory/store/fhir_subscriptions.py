"""Subscriptions of FHIR: what each asks for, how it stands, and its events, numbered from 1 without a hole.

Each is a subscription with a channel like a webhook's, which holds its place in the queue. It has no criteria of
changes and one facet: so no change is told to it, only versions of resources are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from directory.store.batches import read_json, write_json
from directory.store.channels import ChannelState, NewChannel, add, states
from directory.store.fhir_history import Given, given
from directory.store.tables.channels import channels
from directory.store.tables.fhir import fhir_history, fhir_state
from directory.store.tables.fhir_subscriptions import fhir_events, fhir_subscriptions
from directory.store.tables.telling import subscriptions

Content = Literal["empty", "id-only", "full-resource"]
# A filter as `exchange.fhir_topics.Filter` has it: its parameter and values.
Condition = tuple[str, tuple[tuple[str, str | None, str | None], ...]]
# How many versions are looked at in one transaction.
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a subscription asks for. `filters` are as they were written, `conditions` the same as they are compared.

    `headers` is sealed text; `heartbeat` and `timeout` are seconds, `most` is events to a notification.
    """

    topic: str
    content: Content
    filters: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    headers: str = ""
    heartbeat: int | None = None
    timeout: int | None = None
    most: int | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as it stands; `url` is sealed."""

    id: int
    asked: Asked
    url: str
    shaken_at: datetime | None
    channel: ChannelState

    @property
    def status(self) -> Literal["requested", "active", "error", "off"]:
        """As FHIR says it: `error` while it is tried again, `off` when it has ended or was given up on."""
        if self.channel.ended_at is not None or self.channel.stopped_at is not None:
            return "off"
        if self.channel.failing_since is not None:
            return "error"
        return "active" if self.shaken_at is not None else "requested"


@dataclass(frozen=True, slots=True)
class FhirEvent:
    """One event of a subscription: the version that it is of."""

    sequence: int
    given: Given


@dataclass(frozen=True, slots=True)
class Follower:
    """A subscription for which events are to be written: of which topic, on which conditions, after which version."""

    id: int
    topic: str
    conditions: tuple[Condition, ...]
    matched: int
    written: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A version, and the one whose place it took."""

    seq: int
    before: str
    now: str


def begin(
    connection: Connection, asked: Asked, channel: NewChannel, *, person_id: int, address: str, label: str, at: datetime
) -> int:
    """Begin a subscription of a person's; `channel.subscription_id` is not read. Returns its id.

    It hears of versions from now on; its handshake is due at once.
    """
    values = {"person_id": person_id, "channel": "fhir", "address": address, "label": label, "created_at": at}
    made = insert(subscriptions).values(values | {"rank": 0, "facets": 1}).returning(subscriptions.c.id)
    key = int(connection.execute(made).scalar_one())
    add(connection, NewChannel(key, channel.url, channel.secret, channel.made_by))
    connection.execute(update(channels).where(channels.c.subscription_id == key).values(beat_at=at))
    connection.execute(
        insert(fhir_subscriptions).values(
            subscription_id=key,
            topic=asked.topic,
            content=asked.content,
            filters=write_json(asked.filters),
            conditions=write_json(asked.conditions),
            reason=asked.reason,
            headers=asked.headers,
            heartbeat_seconds=asked.heartbeat,
            timeout_seconds=asked.timeout,
            max_count=asked.most,
            ends_at=asked.ends_at,
            matched_seq=select(fhir_state.c.seq).scalar_subquery(),
        )
    )
    return key


def one(connection: Connection, key: int) -> Held | None:
    """A subscription of FHIR, ended or not; None where there is none of this number."""
    return next(iter(_held(connection, fhir_subscriptions.c.subscription_id == key)), None)


def of_person(connection: Connection, person_id: int) -> list[Held]:
    """Those of a person that have not ended, oldest first."""
    return _held(connection, subscriptions.c.person_id == person_id, subscriptions.c.ended_at.is_(None))


def _held(connection: Connection, *which: Any) -> list[Held]:
    wanted = (
        select(fhir_subscriptions, channels.c.url)
        .join(channels, channels.c.subscription_id == fhir_subscriptions.c.subscription_id)
        .join(subscriptions, subscriptions.c.id == fhir_subscriptions.c.subscription_id)
        .where(*which)
        .order_by(fhir_subscriptions.c.subscription_id)
    )
    rows = connection.execute(wanted).all()
    standing = {each.subscription_id: each for each in states(connection, [row.subscription_id for row in rows])}
    return [
        Held(row.subscription_id, _asked(row), row.url, row.shaken_at, standing[row.subscription_id]) for row in rows
    ]


def _asked(row: Any) -> Asked:
    return Asked(
        topic=row.topic,
        content=row.content,
        filters=tuple(read_json(row.filters)),
        conditions=_conditions(row.conditions),
        reason=row.reason,
        headers=row.headers,
        heartbeat=row.heartbeat_seconds,
        timeout=row.timeout_seconds,
        most=row.max_count,
        ends_at=row.ends_at,
    )


def _conditions(text: str) -> tuple[Condition, ...]:
    return tuple((param, tuple(tuple(value) for value in values)) for param, values in read_json(text))


def shaken(connection: Connection, key: int, *, at: datetime) -> None:
    """The receiver answered the handshake."""
    mine = fhir_subscriptions.c.subscription_id == key
    connection.execute(update(fhir_subscriptions).where(mine).values(shaken_at=at))


def end_due(connection: Connection, *, at: datetime) -> int:
    """End those whose time is over; returns how many."""
    over = select(fhir_subscriptions.c.subscription_id).where(fhir_subscriptions.c.ends_at <= at)
    due = subscriptions.c.id.in_(over), subscriptions.c.ended_at.is_(None)
    return connection.execute(update(subscriptions).where(*due).values(ended_at=at)).rowcount


def anything_due(connection: Connection, *, at: datetime) -> bool:
    """Whether there are versions for which no events were written, or one whose time is over."""
    behind = _live().where(
        (fhir_subscriptions.c.matched_seq < select(fhir_state.c.seq).scalar_subquery())
        | (fhir_subscriptions.c.ends_at <= at)
    )
    return connection.execute(behind.limit(1)).first() is not None


def followers(connection: Connection) -> list[Follower]:
    """Those for which events are to be written, held in one order until the end of the transaction."""
    behind = _live().where(fhir_subscriptions.c.matched_seq < select(fhir_state.c.seq).scalar_subquery())
    # Both rows: of two workers, the second waits here, and then sees what the first has written.
    held = behind.order_by(channels.c.subscription_id).with_for_update(of=[channels, fhir_subscriptions])
    rows = connection.execute(held)
    return [
        Follower(row.subscription_id, row.topic, _conditions(row.conditions), row.matched_seq, row.written)
        for row in rows
    ]


def _live() -> Select[Any]:
    return (
        select(fhir_subscriptions, channels.c.written)
        .join(channels, channels.c.subscription_id == fhir_subscriptions.c.subscription_id)
        .join(subscriptions, subscriptions.c.id == fhir_subscriptions.c.subscription_id)
        .where(subscriptions.c.ended_at.is_(None))
    )


def pairs(connection: Connection, type_: str, *, after: int) -> tuple[list[Pair], int]:
    """The next versions of a type that took another's place, in order; and up to which number nothing is left out."""
    last = int(connection.scalar(select(fhir_state.c.seq)) or 0)
    before = fhir_history.alias()
    wanted = (
        select(fhir_history.c.seq, before.c.body.label("before"), fhir_history.c.body)
        .join(
            before,
            (before.c.type == type_)
            & (before.c.resource_id == fhir_history.c.resource_id)
            & (before.c.version_id == fhir_history.c.version_id - 1),
        )
        .where(fhir_history.c.type == type_, fhir_history.c.seq > after, fhir_history.c.seq <= last)
        .order_by(fhir_history.c.seq)
        .limit(AT_ONCE)
    )
    found = [Pair(row.seq, row.before, row.body) for row in connection.execute(wanted)]
    return found, found[-1].seq if len(found) == AT_ONCE else last


def write(connection: Connection, found: Sequence[tuple[Follower, Sequence[int]]], *, upto: int) -> int:
    """Write the events of versions for those that `followers` gave, and say that all up to a number are written."""
    events = [
        {"subscription_id": each.id, "sequence": number, "seq": seq}
        for each, versions in found
        for number, seq in enumerate(versions, start=each.written + 1)
    ]
    if events:
        connection.execute(insert(fhir_events), events)
        moved = update(channels).where(channels.c.subscription_id == bindparam("key"))
        told = [{"key": each.id, "to": each.written + len(versions)} for each, versions in found if versions]
        connection.execute(moved.values(written=bindparam("to")), told)
    seen = fhir_subscriptions.c.subscription_id.in_([each.id for each, _ in found if each.matched < upto])
    connection.execute(update(fhir_subscriptions).where(seen).values(matched_seq=upto))
    return len(events)


def events(connection: Connection, key: int, *, after: int, until: int | None = None, limit: int) -> list[FhirEvent]:
    """The events of a subscription after a number, up to another, in order."""
    wanted = (
        select(fhir_events.c.sequence, fhir_history)
        .join(fhir_history, fhir_history.c.seq == fhir_events.c.seq)
        .where(fhir_events.c.subscription_id == key, fhir_events.c.sequence > after)
        .order_by(fhir_events.c.sequence)
        .limit(limit)
    )
    if until is not None:
        wanted = wanted.where(fhir_events.c.sequence <= until)
    return [FhirEvent(row.sequence, given(row)) for row in connection.execute(wanted)]
