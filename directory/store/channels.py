"""Channels besides mail: where the events of a subscription go, under which secret, and how far it has come.

A channel is a queue in itself. Its events are numbered; `sent` is the last one that was accepted, and what comes
after it waits, in order, behind the channel's one lease.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from directory.domain.subscription import Channel
from directory.errors import SubscriptionNotFound
from directory.store.tables.channels import channel_events, channels
from directory.store.tables.nouns import teams
from directory.store.tables.people import people
from directory.store.tables.telling import subscriptions


@dataclass(frozen=True, slots=True)
class NewChannel:
    """What a channel begins with; `url` and `secret` are sealed."""

    subscription_id: int
    url: str
    secret: str | None
    made_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """A channel as its owner sees it. `address` says where it leads as far as it may be shown; no secret is in it.

    `written` is the last number given, `sent` the last one accepted. `stopped_at` is when Signpost gave up on it,
    `reason` what went wrong last.
    """

    subscription_id: int
    channel: Channel
    address: str
    label: str
    person_id: int | None
    team_id: str | None
    team_slug: str | None
    written: int
    sent: int
    attempts: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    stopped_at: datetime | None
    paused_until: datetime | None
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A channel that one worker holds. `url` and the secrets are sealed; `attempts` counts the present one.

    `beat` is whether something is to be said although nothing may have happened.
    """

    subscription_id: int
    channel: Channel
    label: str
    address: str
    url: str
    secret: str | None
    former_secret: str | None
    sent: int
    attempts: int
    failing_since: datetime | None
    beat: bool = False


def add(connection: Connection, new: NewChannel) -> bool:
    """Give a subscription its channel; whether it had none before."""
    had = select(channels.c.subscription_id).where(channels.c.subscription_id == new.subscription_id)
    if connection.execute(had).first() is not None:
        return False
    connection.execute(
        insert(channels).values(
            subscription_id=new.subscription_id, url=new.url, secret=new.secret, made_by=new.made_by
        )
    )
    return True


def state(connection: Connection, subscription_id: int) -> ChannelState:
    """How a channel stands; raises SubscriptionNotFound where there is no such subscription, or it goes by mail."""
    found = states(connection, [subscription_id])
    if not found:
        raise SubscriptionNotFound(f"There is no webhook, Teams or Slack subscription {subscription_id} of yours.")
    return found[0]


def states(connection: Connection, subscription_ids: Iterable[int]) -> list[ChannelState]:
    """How some channels stand, in the order of their numbers; those that go by mail are left out."""
    return [
        _state(row)
        for row in connection.execute(
            _states().where(channels.c.subscription_id.in_(list(subscription_ids))).order_by(subscriptions.c.id)
        )
    ]


def how_many(connection: Connection, *, person_id: int | None, team_id: str | None) -> int:
    """How many channels somebody has that have not ended."""
    whose = subscriptions.c.person_id == person_id if person_id is not None else subscriptions.c.team_id == team_id
    count = select(func.count()).select_from(subscriptions)
    wanted = count.where(whose, subscriptions.c.channel != "mail", subscriptions.c.ended_at.is_(None))
    return int(connection.scalar(wanted) or 0)


def change_secret(connection: Connection, subscription_id: int, *, secret: str, former_until: datetime) -> None:
    """Sign with another secret, and until an instant with the one before it too."""
    connection.execute(
        update(channels)
        .where(channels.c.subscription_id == subscription_id)
        .values(secret=secret, former_secret=channels.c.secret, former_until=former_until)
    )


def go_back(connection: Connection, subscription_id: int, *, to: int) -> None:
    """Send everything after number `to` once more; a worker that holds the channel loses it."""
    connection.execute(
        update(channels)
        .where(channels.c.subscription_id == subscription_id, channels.c.written >= to)
        .values(sent=to, **_FRESH)
    )


def resume(connection: Connection, subscription_id: int) -> None:
    """Go on where it stopped, at once."""
    connection.execute(update(channels).where(channels.c.subscription_id == subscription_id).values(_FRESH))


def any_due(connection: Connection, *, at: datetime) -> bool:
    """Whether a channel has something to send: asked twice a second, it must not keep a writer from the database."""
    return connection.execute(_due(at).limit(1)).first() is not None


def claim(connection: Connection, *, lease: str, at: datetime, until: datetime) -> Turn | None:
    """Take the channel that has waited longest for its turn; None where nothing is due.

    Attempts are counted here, so that one that kills its worker is counted too.
    """
    waiting = _due(at).order_by(channels.c.served_at.nulls_first(), channels.c.subscription_id).limit(1)
    key: int | None = connection.scalar(waiting.with_for_update(skip_locked=True, of=channels))
    if key is None:
        return None
    row = connection.execute(
        update(channels)
        .where(channels.c.subscription_id == key)
        .values(lease=lease, leased_until=until, served_at=at, attempts=channels.c.attempts + 1)
        .returning(channels)
    ).one()
    of = connection.execute(select(subscriptions).where(subscriptions.c.id == key)).one()
    still = row.former_until is not None and row.former_until > at
    return Turn(
        subscription_id=key,
        channel=of.channel,
        label=of.label,
        address=of.address or "",
        url=row.url,
        secret=row.secret,
        former_secret=row.former_secret if still else None,
        sent=row.sent,
        attempts=row.attempts,
        failing_since=row.failing_since,
        beat=row.beat_at is not None and row.beat_at <= at,
    )


def advance(connection: Connection, turn: Turn, *, lease: str, to: int, at: datetime, skipped: bool = False) -> bool:
    """One event was accepted, or is `skipped`: the next is its successor. Whether the lease still held."""
    held = _settle(connection, turn, lease, sent=to, attempts=0, failing_since=None, next_attempt_at=None, reason=None)
    if held and not skipped:
        event = and_(channel_events.c.subscription_id == turn.subscription_id, channel_events.c.sequence == to)
        connection.execute(update(channel_events).where(event).values(sent_at=at))
    return held


def beaten(connection: Connection, turn: Turn, *, lease: str, next_at: datetime | None) -> bool:
    """Something was accepted that is no event, or with an event; the next is due at an instant, or never.

    Whether the lease still held.
    """
    said = {"attempts": 0, "failing_since": None, "next_attempt_at": None, "reason": None, "beat_at": next_at}
    return _settle(connection, turn, lease, **said)


def release(connection: Connection, turn: Turn, *, lease: str, attempts: int) -> bool:
    """Give a channel back; `attempts` are those of its next event so far. Whether the lease still held."""
    return _settle(connection, turn, lease, lease=None, leased_until=None, attempts=attempts)


@dataclass(frozen=True, slots=True)
class Later:
    """When an event that was not accepted is tried again, after how many attempts, the first of them at `since`."""

    attempts: int
    until: datetime
    since: datetime
    reason: str


def put_off(connection: Connection, turn: Turn, later: Later, *, lease: str) -> bool:
    """The event was not accepted: it is tried again. Whether the lease still held."""
    values = {"attempts": later.attempts, "next_attempt_at": later.until, "failing_since": later.since}
    return _settle(connection, turn, lease, lease=None, leased_until=None, reason=later.reason, **values)


def stop(connection: Connection, turn: Turn, *, lease: str, at: datetime, reason: str) -> bool:
    """Send nothing more until somebody resumes it; whether the lease still held."""
    return _settle(connection, turn, lease, lease=None, leased_until=None, stopped_at=at, reason=reason)


def owner(connection: Connection, subscription_id: int) -> tuple[str | None, str | None]:
    """The address of the person, or the slug of the team, whose subscription it is."""
    found = (
        select(people.c.email, teams.c.slug)
        .select_from(subscriptions)
        .outerjoin(people, people.c.id == subscriptions.c.person_id)
        .outerjoin(teams, teams.c.id == subscriptions.c.team_id)
        .where(subscriptions.c.id == subscription_id)
    )
    row = connection.execute(found).one()
    return row.email, row.slug


_FRESH: dict[str, Any] = dict.fromkeys(
    ("lease", "leased_until", "failing_since", "next_attempt_at", "reason", "stopped_at", "served_at")
) | {"attempts": 0}


def _settle(connection: Connection, turn: Turn, held_by: str, **values: Any) -> bool:
    mine = and_(channels.c.subscription_id == turn.subscription_id, channels.c.lease == held_by)
    return connection.execute(update(channels).where(mine).values(values)).rowcount == 1


def _due(at: datetime) -> Select[Any]:
    """The channels that have something to send now; nobody's after they were erased."""
    return (
        select(channels.c.subscription_id)
        .join(subscriptions, subscriptions.c.id == channels.c.subscription_id)
        .outerjoin(people, people.c.id == subscriptions.c.person_id)
        .where(
            or_(channels.c.sent < channels.c.written, channels.c.beat_at <= at),
            channels.c.stopped_at.is_(None),
            _past(channels.c.leased_until, at),
            _past(channels.c.next_attempt_at, at),
            _past(subscriptions.c.paused_until, at),
            subscriptions.c.ended_at.is_(None),
            people.c.erased_at.is_(None),
        )
    )


def _past(instant: ColumnElement[Any], at: datetime) -> ColumnElement[bool]:
    return or_(instant.is_(None), instant <= at)


def _states() -> Select[Any]:
    return (
        select(subscriptions, channels, teams.c.slug)
        .join(channels, channels.c.subscription_id == subscriptions.c.id)
        .outerjoin(teams, teams.c.id == subscriptions.c.team_id)
    )


def _state(row: Any) -> ChannelState:
    return ChannelState(
        subscription_id=row.subscription_id,
        channel=row.channel,
        address=row.address or "",
        label=row.label,
        person_id=row.person_id,
        team_id=row.team_id,
        team_slug=row.slug,
        written=row.written,
        sent=row.sent,
        attempts=row.attempts,
        failing_since=row.failing_since,
        next_attempt_at=row.next_attempt_at,
        stopped_at=row.stopped_at,
        paused_until=row.paused_until,
        ended_at=row.ended_at,
        reason=row.reason,
    )
