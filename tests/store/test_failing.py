"""What keeps a database from its work has a name of its own; what a statement does wrong has not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from directory.errors import StoreAway, StoreFailing, StoreFull, StoreReadOnly
from directory.store import call_counts, gaps, sessions
from directory.store.database import Database, reachable

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def full(sqlite_url: str) -> Iterator[Database]:
    """One whose disk is full: SQLite gives the same answer where the file may not grow."""
    with closing(Database(sqlite_url)) as database:

        @event.listens_for(database.engine, "connect")
        def _full(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA max_page_count=1")

        yield database


def fill(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE more AS SELECT zeroblob(1000000) AS much"))


def test_a_full_disk_is_named_and_reading_goes_on(full: Database) -> None:
    with pytest.raises(StoreFull, match="disk of the database is full"):
        fill(full)
    assert reachable(full)


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////proc/self/none/signpost.db"], ids=["postgres", "sqlite"]
)
def test_one_that_does_not_answer_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("directory.store.database._make_folder", lambda _folder: None)
    with closing(Database(url)) as database:
        for asked in (database.read, database.write, database.each):
            with pytest.raises(StoreAway, match="does not answer"), asked():
                pass
        with pytest.raises(StoreAway):
            database.state()
        assert not reachable(database)


def test_one_that_can_only_be_read_is_named(database: Database) -> None:
    begin = "PRAGMA query_only=1" if database.is_sqlite else "SET TRANSACTION READ ONLY"
    with pytest.raises(StoreReadOnly, match="can only be read"), database.write() as connection:
        connection.execute(text(begin))
        connection.execute(text("DELETE FROM gaps"))


def test_what_a_statement_does_wrong_stays_as_it_is(database: Database) -> None:
    assert gaps.count(database, "leg ulcers", at=AT)
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO gaps SELECT * FROM gaps"))


def test_what_is_only_counted_does_not_stop_whoever_reads(full: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(**_: object) -> Any:
        raise StoreFull

    monkeypatch.setattr(full, "write", write)
    assert not gaps.count(full, "leg ulcers", at=AT)
    assert call_counts.say(full, {"caller": 1}, window=1) == {}
    session: Any = type("Seen", (), {"id": 1, "seen_at": AT - timedelta(days=1)})()
    sessions.touch(full, session, at=AT)


def test_every_failing_says_what_to_do() -> None:
    for kind in (StoreAway, StoreFull, StoreReadOnly):
        assert isinstance(kind(), StoreFailing)
        assert "ry again" in str(kind())
