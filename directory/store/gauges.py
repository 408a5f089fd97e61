"""What there is to measure at a moment, for whoever watches over the machine: each number one cheap statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from directory.store import findings, gaps
from directory.store.changes import read_head
from directory.store.tables.identity import letters
from directory.store.tables.telling import deliveries


@dataclass(frozen=True, slots=True)
class Gauges:
    """The state of things at an instant. `pending` is by channel; ages are in seconds, 0 where nothing waits."""

    head: int
    pending: dict[str, int]
    oldest_pending: float
    letters: int
    oldest_letter: float
    findings: dict[str, int]
    gaps: int


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
        count,
        _age(since, at),
        findings.counts(connection),
        gaps.totals(connection)[0],
    )


def _age(since: datetime | None, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds()) if since else 0.0
