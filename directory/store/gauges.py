"""What there is to measure at a moment, for whoever watches over the machine: each number one cheap statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from directory.store import findings, gaps
from directory.store.changes import read_head
from directory.store.tables.channels import channel_events, channels
from directory.store.tables.fhir import fhir_history, fhir_waiting
from directory.store.tables.fhir_subscriptions import fhir_events
from directory.store.tables.identity import letters
from directory.store.tables.sources import sources
from directory.store.tables.telling import deliveries, digests, subscriptions

# A feed that was due so long ago was not read because nobody reads feeds.
LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gauges:
    """The state of things at an instant. `pending` is by channel; ages are in seconds, 0 where nothing waits.

    `receivers` are webhooks and the like and `feeds` what is read on a schedule, each counted by how it stands.
    `digest_lag` is since the slot of the oldest digest that waits. `oldest_event` waits for a receiver that takes
    events; `fhir_waiting` are things to be rendered anew.
    """

    head: int
    pending: dict[str, int]
    oldest_pending: float
    digest_lag: float
    letters: int
    oldest_letter: float
    findings: dict[str, int]
    gaps: int
    receivers: dict[str, int]
    oldest_event: float
    fhir_waiting: int
    feeds: dict[str, int]


def measure(connection: Connection, *, at: datetime) -> Gauges:
    """Everything that is measured, now."""
    waiting = (
        select(deliveries.c.channel, func.count().label("many"), func.min(deliveries.c.matched_at).label("since"))
        # What waits for its digest is not late.
        .where(deliveries.c.state == "pending", deliveries.c.rank == 0)
        .group_by(deliveries.c.channel)
    )
    rows = connection.execute(waiting).all()
    unsent = select(func.count(), func.min(letters.c.queued_at)).where(letters.c.state == "pending")
    count, since = connection.execute(unsent).one()
    return Gauges(
        read_head(connection).number,
        {row.channel: row.many for row in rows},
        _age(min((row.since for row in rows), default=None), at),
        _age(connection.scalar(select(func.min(digests.c.slot_at)).where(digests.c.state == "pending")), at),
        count,
        _age(since, at),
        findings.counts(connection),
        gaps.totals(connection)[0],
        _receivers(connection),
        _age(min(filter(None, map(connection.scalar, _next_events(at))), default=None), at),
        connection.execute(select(func.count()).select_from(fhir_waiting)).scalar_one(),
        _feeds(connection, at),
    )


def _receivers(connection: Connection) -> dict[str, int]:
    stands = case(
        (channels.c.stopped_at.is_not(None), "stopped"), (channels.c.failing_since.is_not(None), "failing"),
        else_="working",
    ).label("stands")  # fmt: skip
    live = select(stands, func.count().label("many")).join(subscriptions).where(subscriptions.c.ended_at.is_(None))
    return {row.stands: row.many for row in connection.execute(live.group_by(stands))}


def _next_events(at: datetime) -> tuple[Select[Any], ...]:
    """When the oldest event came that a receiver is to get next; what fails, or is paused, keeps its own waiting."""
    taking = and_(
        channels.c.stopped_at.is_(None),
        channels.c.failing_since.is_(None),
        subscriptions.c.ended_at.is_(None),
        or_(subscriptions.c.paused_until.is_(None), subscriptions.c.paused_until <= at),
    )
    queues = channels.join(subscriptions)
    told = and_(
        channel_events.c.subscription_id == channels.c.subscription_id, channel_events.c.sequence == channels.c.sent + 1
    )
    given = and_(
        fhir_events.c.subscription_id == channels.c.subscription_id, fhir_events.c.sequence == channels.c.sent + 1
    )
    history = queues.join(fhir_events, given).join(fhir_history, fhir_history.c.seq == fhir_events.c.seq)
    return (
        select(func.min(channel_events.c.matched_at)).select_from(queues.join(channel_events, told)).where(taking),
        select(func.min(fhir_history.c.at)).select_from(history).where(taking),
    )


def _feeds(connection: Connection, at: datetime) -> dict[str, int]:
    stands = case(
        (sources.c.due_at < at - LATE, "late"), (sources.c.failed.is_(True), "failed"), else_="read"
    ).label("stands")  # fmt: skip
    counted = select(stands, func.count().label("many")).group_by(stands)
    return {row.stands: row.many for row in connection.execute(counted)}


def _age(since: datetime | None, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds()) if since else 0.0
