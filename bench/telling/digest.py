"""What waits, gathered into one digest for each person, beside the two bare statements that do no more than that."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, func, select, text

from bench.telling.town import NOON, SCHEDULE, ZONE, found, moves, people_of, settle_down
from directory.notify.digest import next_slot, run_due_slots
from directory.notify.match import match_announced
from directory.store.database import Database
from directory.store.tables.telling import digests

SLOT = next_slot(SCHEDULE, NOON).at
_MADE = """
INSERT INTO digests (person_id, slot_at, created_at, state)
SELECT DISTINCT person_id, :slot, :slot, 'pending' FROM deliveries
WHERE state = 'pending' AND digest_id IS NULL AND rank IN (1, 2)
"""
_FILLED = """
UPDATE deliveries SET digest_id = digests.id FROM digests
WHERE digests.person_id = deliveries.person_id AND digests.slot_at = :slot
AND deliveries.state = 'pending' AND deliveries.digest_id IS NULL AND deliveries.rank IN (1, 2)
"""
_WAITING = """
INSERT INTO deliveries (change_number, stage, person_id, channel, rank, urgent, reasons, matched_at, state)
SELECT number, 'announced', people.id, 'mail', 1, :no, 'every change', :at, 'pending' FROM changes
CROSS JOIN people WHERE changes.weight = 'major'
"""


def prepare(database: Database, people: int, each: int) -> None:
    """So many people, for each of whom so many changes wait for the next slot."""
    found(database)
    for number in range(1, each + 1):
        moves(database, number=number)
    match_announced(database, at=NOON, zone=ZONE)
    people_of(database, people)
    with database.write() as connection:
        connection.execute(text(_WAITING), {"at": _stored(database, NOON), "no": False})
    settle_down(database)


def one_round(database: Database) -> tuple[float, float, int]:
    """Seconds of the step, seconds of the bare statements in one transaction, and how many digests."""
    spent_bare = _timed(lambda: _bare(database))
    _undo(database)
    spent = _timed(lambda: run_due_slots(database, SCHEDULE, at=SLOT + timedelta(seconds=1)))
    with database.read() as connection:
        made = connection.scalar(select(func.count()).select_from(digests)) or 0
    _undo(database)
    return spent, spent_bare, made


def _bare(database: Database) -> None:
    with database.write() as connection:
        for statement in (_MADE, _FILLED):
            connection.execute(text(statement), {"slot": _stored(database, SLOT)})


def _undo(database: Database) -> None:
    with database.write() as connection:
        _clear(connection)
    settle_down(database)


def _clear(connection: Connection) -> None:
    for statement in (
        "UPDATE deliveries SET digest_id = NULL",
        "DELETE FROM digests",
        "DELETE FROM digest_slots",
    ):
        connection.execute(text(statement))


def _stored(database: Database, at: object) -> object:
    """An instant as this database keeps it, for a statement that says nothing of its types."""
    return f"{at:%Y-%m-%d %H:%M:%S}.000000" if database.is_sqlite else at


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
