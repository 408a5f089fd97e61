"""What all who send by a relay share: that it is away, until when nobody need ask again, and its rate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, select, update
from sqlalchemy.dialects import postgresql

from directory.store.tables.telling import relays

# A tenth of the time for which it has been away, within these.
ASKED_AGAIN = (timedelta(seconds=30), timedelta(minutes=5))
MINUTE_MS = 60_000
# What went unused in a second may be made up for in the next.
BURST_MS = 1_000


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that is away: since when, until when nobody asks it again, and what it said."""

    name: str
    away_since: datetime
    next_attempt_at: datetime
    reason: str


def is_resting(connection: Connection, name: str, *, at: datetime) -> bool:
    """Whether a relay was found to be away, and it is too early to ask again."""
    resting = select(relays.c.name).where(relays.c.name == name, relays.c.next_attempt_at > at)
    return connection.execute(resting).first() is not None


def is_away(connection: Connection, name: str, reason: str, *, at: datetime) -> None:
    """Keep that a relay cannot be used: nothing that waits for it is at fault, and all of it goes out on its return."""
    _known(connection, name)
    since: datetime | None = connection.scalar(select(relays.c.away_since).where(relays.c.name == name))
    since = since or at
    shortest, longest = ASKED_AGAIN
    pause = min(max((at - since) / 10, shortest), longest)
    gone = {"away_since": since, "next_attempt_at": at + pause, "reason": reason}
    connection.execute(update(relays).where(relays.c.name == name).values(gone))


def is_back(connection: Connection, name: str) -> bool:
    """Keep that a relay has taken a message; whether it was away."""
    back = {"away_since": None, "next_attempt_at": None, "reason": None}
    here = update(relays).where(relays.c.name == name, relays.c.away_since.is_not(None))
    return connection.execute(here.values(back)).rowcount == 1


def away(connection: Connection) -> list[Relay]:
    """The relays that are away."""
    rows = connection.execute(select(relays).where(relays.c.away_since.is_not(None)).order_by(relays.c.name))
    return [Relay(row.name, row.away_since, row.next_attempt_at, row.reason or "") for row in rows]


def room(connection: Connection, name: str, *, a_minute: int, at: datetime) -> int:
    """How many messages may go out by a relay now; its row is held until `take`, in the same transaction."""
    _known(connection, name)
    held = select(relays.c.free_at_ms).where(relays.c.name == name).with_for_update()
    free_at, now, cost = int(connection.execute(held).scalar_one()), _ms(at), MINUTE_MS / a_minute
    return max(0, int((now + max(BURST_MS, cost) - max(free_at, now)) // cost))


def take(connection: Connection, name: str, count: int, *, a_minute: int, at: datetime) -> None:
    """Take so many messages of a relay's rate."""
    now, cost = _ms(at), count * MINUTE_MS // a_minute
    later = case((relays.c.free_at_ms > now, relays.c.free_at_ms), else_=now) + cost
    connection.execute(update(relays).where(relays.c.name == name).values(free_at_ms=later))


def _known(connection: Connection, name: str) -> None:
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    connection.execute(postgresql.insert(relays).values(name=name).on_conflict_do_nothing())


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
