"""Work of a slot that one worker does: the day of the last slot that was taken, by name, in `counters`."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select, update

from directory.store.tables.changes import counters


def last_slot(connection: Connection, name: str) -> int:
    """The day, counted from the year 1, of the last slot that was taken; 0 where none was."""
    return int(connection.execute(select(counters.c.value).where(counters.c.name == name)).scalar_one())


def take_slot(connection: Connection, name: str, day: int) -> bool:
    """Take the slot of a day; False where another worker did so, or a later one was taken."""
    still = and_(counters.c.name == name, counters.c.value < day)
    return connection.execute(update(counters).where(still).values(value=day)).rowcount == 1
