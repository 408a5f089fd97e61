"""Publishing and telling, beside the same rows written by the driver alone; and eight people at once.

Two databases are kept alike: what Signpost writes into one, the other gets by the very same statements, with nothing
read, checked or worked out.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import event, text

from bench.telling.databases import fresh
from bench.telling.town import NOON, ZONE, follow, found, moves, people_of, settle_down
from directory.notify.match import match_announced
from directory.store.database import Database

_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
_SETTLED = 3
AT_ONCE = 8
Statement = tuple[str, Any, bool]


@dataclass(frozen=True, slots=True)
class Published:
    """Milliseconds, the medians of some rounds, and the median of the ratios within each."""

    subscribers: int
    ours: float
    bare: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """Eight who publish at once: how many changes, how many failed, and milliseconds until each was done."""

    changes: int
    failed: int
    median: float
    longest: float


def measured(kind: str, subscribers: int, rounds: int) -> Published:
    """Publish one change after another to so many subscribers."""
    with fresh(kind) as ours, fresh(kind) as bare:
        for database in (ours, bare):
            found(database)
            follow(database, people_of(database, subscribers))
            match_announced(database, at=NOON, zone=ZONE)
            settle_down(database)
        pairs = [_round(ours, bare, number) for number in range(1, rounds + _SETTLED + 1)][_SETTLED:]
    mine, others = ([each[at] for each in pairs] for at in (0, 1))
    ratio = statistics.median(one / other for one, other in pairs)
    return Published(subscribers, statistics.median(mine) * 1000, statistics.median(others) * 1000, ratio)


def _round(ours: Database, bare: Database, number: int) -> tuple[float, float]:
    at = NOON + timedelta(minutes=number)
    with _recorded(ours) as transactions:
        began = time.perf_counter()
        moves(ours, number=number, at=at)
        match_announced(ours, at=at, zone=ZONE)
        spent = time.perf_counter() - began
    began = time.perf_counter()
    for statements in transactions:
        _replay(bare, statements)
    return spent, time.perf_counter() - began


@contextmanager
def _recorded(database: Database) -> Iterator[list[list[Statement]]]:
    """What is written while the block runs, by transaction."""
    transactions: list[list[Statement]] = []
    waiting: list[Statement] = []

    def executed(_connection: Any, _cursor: Any, said: str, given: Any, _context: Any, many: bool) -> None:
        if said.lstrip().upper().startswith(_WRITES):
            waiting.append((said, given, many))

    def committed(_connection: Any) -> None:
        if waiting:
            transactions.append(list(waiting))
            waiting.clear()

    event.listen(database.engine, "after_cursor_execute", executed)
    event.listen(database.engine, "commit", committed)
    try:
        yield transactions
    finally:
        event.remove(database.engine, "after_cursor_execute", executed)
        event.remove(database.engine, "commit", committed)


def _replay(database: Database, statements: Sequence[Statement]) -> None:
    with database.write() as connection:
        cursor = connection.connection.cursor()
        for said, given, many in statements:
            if many:
                cursor.executemany(said, given)
            else:
                cursor.execute(said, given)


def crowded(kind: str, each: int) -> Crowd:
    """Eight threads that publish so many changes each, as fast as they can."""
    times: list[float] = []
    failures: list[Exception] = []

    def publisher(first: int) -> None:
        for number in range(first, first + each):
            began = time.perf_counter()
            try:
                moves(database, number=number)
            except Exception as error:
                failures.append(error)
            times.append(time.perf_counter() - began)

    with fresh(kind) as database:
        found(database)
        threads = [threading.Thread(target=publisher, args=(1 + place * each,)) for place in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.read() as connection:
            written = connection.scalar(text("SELECT count(*) FROM changes WHERE weight = 'major'"))
    assert written == len(times) - len(failures), "a change that was published is not there"
    return Crowd(len(times), len(failures), statistics.median(times) * 1000, max(times) * 1000)
