"""Until when people are on leave: what is told to them waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from directory.store.tables.people import people


def set_away(connection: Connection, person_id: int, *, until: datetime | None) -> None:
    """Somebody is away until an instant, or (None) not any more."""
    connection.execute(update(people).where(people.c.id == person_id).values(away_until=until))


def away_until(connection: Connection, person_id: int, *, at: datetime) -> datetime | None:
    """Until when somebody is away; None where they are not."""
    wanted = select(people.c.away_until).where(people.c.id == person_id, people.c.away_until > at)
    found: datetime | None = connection.scalar(wanted)
    return found
