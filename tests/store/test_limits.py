"""Limits hold over every process: on both databases, whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from directory.store.database import Database
from directory.store.limits import Limit, forget, take

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIVE = Limit(5, timedelta(minutes=15))


def taken(database: Database, at: datetime, key: str = "a") -> timedelta | None:
    with database.write() as connection:
        return take(connection, key, FIVE, at=at)


def test_five_at_once_then_one_every_three_minutes(database: Database) -> None:
    assert [taken(database, NOON) for _ in range(5)] == [None] * 5
    assert taken(database, NOON) == timedelta(minutes=3)
    assert taken(database, NOON + timedelta(minutes=2, seconds=59)) == timedelta(seconds=1)
    assert taken(database, NOON + timedelta(minutes=3)) is None
    assert taken(database, NOON + timedelta(minutes=3)) is not None
    assert taken(database, NOON, key="b") is None


def test_after_the_span_all_are_there_again(database: Database) -> None:
    for _ in range(9):
        taken(database, NOON)
    later = NOON + FIVE.span
    assert [taken(database, later) for _ in range(5)] == [None] * 5
    assert taken(database, later) is not None


def test_a_clock_that_goes_back_gives_nothing_away(database: Database) -> None:
    for _ in range(5):
        taken(database, NOON)
    wait = taken(database, NOON - timedelta(hours=1))
    assert wait is not None
    assert wait > timedelta(hours=1)


def test_what_limits_nothing_any_more_is_forgotten(database: Database) -> None:
    taken(database, NOON)
    with database.write() as connection:
        assert forget(connection, at=NOON + timedelta(minutes=2)) == 0
        assert forget(connection, at=NOON + timedelta(minutes=4)) == 1


@pytest.mark.parametrize("threads", [8])
def test_of_eight_processes_at_once_five_are_let_in(database_url: str, threads: int) -> None:
    databases, granted, start = [Database(database_url) for _ in range(threads)], [], Barrier(threads)

    def one(database: Database) -> None:
        start.wait()
        granted.append(taken(database, NOON))

    running = [Thread(target=one, args=(database,)) for database in databases]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    for database in databases:
        database.close()
    assert granted.count(None) == FIVE.times
    assert len(granted) == threads
