"""One change to everybody: matching and writing the deliveries, beside a bare INSERT … SELECT of the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, delete, func, select, text, update

from bench.telling.town import NOON, ZONE, follow, found, moves, people_of, settle_down
from directory.notify.match import match_announced
from directory.store.database import Database
from directory.store.tables.changes import changes
from directory.store.tables.telling import deliveries

_COLUMNS = "stage, person_id, channel, rank, urgent, reasons, matched_at, state, next_attempt_at"


def prepare(database: Database, subscribers: int) -> int:
    """So many people who follow one clinic; how many subscriptions they have."""
    found(database)
    made = follow(database, people_of(database, subscribers))
    match_announced(database, at=NOON, zone=ZONE)
    settle_down(database)
    return made


def one_round(database: Database, number: int) -> tuple[float, float, int]:
    """Seconds of the step, seconds of the bare statement in a transaction of its own, and how many rows each wrote."""
    ours, bare = moves(database, number=2 * number), moves(database, number=2 * number + 1)
    with database.write() as connection:
        connection.execute(update(changes).where(changes.c.number == bare).values(announced_at=NOON))
    spent = _timed(lambda: match_announced(database, at=NOON, zone=ZONE))
    with database.write() as connection:
        connection.execute(text("DROP TABLE IF EXISTS wanted"))
        rows_of = f"SELECT {_COLUMNS} FROM deliveries WHERE change_number = {ours}"
        connection.execute(text(f"CREATE TABLE wanted AS {rows_of}"))
        _clear(connection, ours)
    settle_down(database)
    spent_bare = _timed(lambda: _copy(database, bare))
    with database.write() as connection:
        rows = connection.scalar(select(func.count()).select_from(deliveries)) or 0
        _clear(connection, bare)
    return spent, spent_bare, rows


def _copy(database: Database, number: int) -> None:
    with database.write() as connection:
        connection.execute(
            text(f"INSERT INTO deliveries (change_number, {_COLUMNS}) SELECT {number}, {_COLUMNS} FROM wanted")
        )


def _clear(connection: Connection, number: int) -> None:
    """Each round begins with an empty table."""
    connection.execute(delete(deliveries).where(deliveries.c.change_number == number))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
