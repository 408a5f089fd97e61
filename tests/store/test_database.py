"""What the connection promises: durability, one writer at a time, instants with their zone."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError

from directory.errors import SettingsError
from directory.store import database as room
from directory.store.database import Database
from directory.store.migrate import migrate
from directory.store.tables import learning


def test_sqlite_syncs_what_it_acknowledges(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database, database.read() as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_an_unsound_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    monkeypatch.setattr(room, "OLDEST_SQLITE", (99, 0, 0))
    with pytest.raises(SettingsError, match=r"99\.0\.0 or later"):
        Database(sqlite_url)


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_DATABASE_URL"):
        Database(url)


def test_instants_come_back_in_utc_and_naive_ones_are_refused(database: Database) -> None:
    at = datetime(2026, 10, 25, 1, 30, 0, 123, tzinfo=UTC)
    row = {"query": "x", "times": 1, "first_at": at, "last_at": at}
    with database.write() as connection:
        connection.execute(learning.gaps.insert(), row)
    with database.read() as connection:
        assert connection.execute(select(learning.gaps.c.first_at)).scalar() == at
    with pytest.raises(StatementError, match="needs a time zone"), database.write() as connection:
        connection.execute(learning.gaps.insert(), {**row, "query": "y", "first_at": at.replace(tzinfo=None)})


def test_a_failed_write_leaves_no_trace(database: Database) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(learning.gaps.insert(), {"query": "x", "times": 1, "first_at": at, "last_at": at})
        raise RuntimeError
    with database.read() as connection:
        assert connection.execute(select(learning.gaps)).all() == []


def test_a_writer_of_sqlite_has_its_turn_or_is_told_that_it_is_busy(sqlite_url: str) -> None:
    def write() -> None:
        with database.write() as connection:
            written.append(connection.execute(text("SELECT 1")).scalar())

    written: list[object] = []
    with closing(Database(sqlite_url)) as database:
        migrate(database)
        waiting = [Thread(target=write) for _ in range(4)]
        with database.write():
            for thread in waiting:
                thread.start()
            with pytest.raises(OperationalError, match="locked"), database.write(patience=0.01):
                pass
            assert written == []
        for thread in waiting:
            thread.join()
    assert written == [1, 1, 1, 1]


def test_every_commit_of_anybody_is_another_state(database: Database) -> None:
    row = {"times": 1, "first_at": datetime(2026, 1, 1, tzinfo=UTC), "last_at": datetime(2026, 1, 1, tzinfo=UTC)}
    seen = [database.state()]
    with closing(Database(database.url)) as other:
        for number, writer in enumerate((database, other, database, other)):
            with writer.write() as connection:
                connection.execute(learning.gaps.insert(), {**row, "query": str(number)})
                assert database.state() == seen[-1]
            seen.append(database.state())
    with database.read() as connection:
        connection.execute(select(learning.gaps)).all()
        assert database.state() == seen[-1]
    assert len(set(seen)) == 5


def test_a_state_takes_no_connection_from_those_who_read(sqlite_url: str) -> None:
    with closing(Database(sqlite_url)) as database:
        database.state()
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
