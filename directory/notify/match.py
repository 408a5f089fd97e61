"""Step one: which change is told to whom. Each change is marked and its deliveries written in one transaction.

Matching itself is one INSERT … SELECT in the database, whatever the number of subscriptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from directory.domain.change import Stage, stages
from directory.store import deliveries
from directory.store.database import Database
from directory.store.deliveries import Waiting

AT_ONCE = 1_000
# The machines that subscribe and that publish need not agree to the second: nobody is missed for that.
CLOCKS_DIFFER = timedelta(minutes=10)


def match_announced(database: Database, *, at: datetime, zone: ZoneInfo) -> int:
    """Write the deliveries of every change that was never announced, oldest first; returns how many deliveries."""
    return _match(database, "announced", at=at, zone=zone)


def match_in_force(database: Database, *, at: datetime, zone: ZoneInfo) -> int:
    """The same on the day that a change takes effect, for those that lay ahead when they were published."""
    return _match(database, "in-force", at=at, zone=zone)


def _match(database: Database, stage: Stage, *, at: datetime, zone: ZoneInfo) -> int:
    today = at.astimezone(zone).date()
    with database.read() as connection:
        if not deliveries.waiting(connection, stage, today=today, limit=1):
            return 0
    with database.write() as connection:
        deliveries.pass_over(connection, stage, at=at, today=today)
    written = 0
    while True:
        with database.read() as connection:
            found = deliveries.waiting(connection, stage, today=today, limit=AT_ONCE)
        if not found:
            return written
        written += _tell(database, stage, found, at=at, zone=zone)


def _tell(database: Database, stage: Stage, found: Sequence[Waiting], *, at: datetime, zone: ZoneInfo) -> int:
    due: list[Waiting] = []
    past: list[int] = []
    for change in found:
        published_on = change.recorded_at.astimezone(zone).date()
        if stage in stages(change.effective_from, published_on):
            due.append(change)
        else:
            past.append(change.number)
    if past:
        with database.write() as connection:
            deliveries.mark(connection, stage, past, at=at)
    written = 0
    for change in due:
        # One transaction a change: a large audience must not keep SQLite's only writer from everybody else.
        with database.write() as connection:
            until = _until(change, stage, zone)
            written += deliveries.tell(connection, change.number, stage, subscribed_by=until, at=at)
    return written


def _until(change: Waiting, stage: Stage, zone: ZoneInfo) -> datetime:
    """Until when a subscription must have begun to hear of a change: its publication, or the end of its first day.

    However late a worker comes to it, and however old a change that an import brings.
    """
    if stage == "announced":
        return change.recorded_at + CLOCKS_DIFFER
    return datetime.combine(change.effective_from + timedelta(days=1), time(), tzinfo=zone)
