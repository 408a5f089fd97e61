"""Sessions: 30 minutes idle, 12 hours in all, ended at once, and nothing in the table that opens one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from directory.store import people, sessions
from directory.store.database import Database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = "a-token-of-somebody"


@pytest.fixture
def person(database: Database) -> int:
    with database.write() as connection:
        key = people.add(connection, email="lee@northmoor.example", name="Lee", editor=False, at=NOON)
        sessions.begin(connection, id="one", token=TOKEN, person_id=key, method="mail", device="Chrome", at=NOON)
    return key


def found(database: Database, at: datetime, token: str = TOKEN) -> sessions.Session | None:
    with database.read() as connection:
        return sessions.find(connection, token, at=at)


@pytest.mark.usefixtures("person")
def test_it_idles_for_thirty_minutes(database: Database) -> None:
    assert found(database, NOON + timedelta(minutes=29, seconds=59)) is not None
    assert found(database, NOON + timedelta(minutes=30)) is None


@pytest.mark.usefixtures("person")
def test_it_lasts_twelve_hours_however_busy(database: Database) -> None:
    for minutes in range(0, 12 * 60, 20):
        at = NOON + timedelta(minutes=minutes)
        session = found(database, at)
        assert session is not None
        sessions.touch(database, session, at=at)
    assert found(database, NOON + timedelta(hours=12)) is None


@pytest.mark.usefixtures("person")
def test_being_seen_is_written_once_a_minute(database: Database) -> None:
    session = found(database, NOON)
    assert session is not None
    sessions.touch(database, session, at=NOON + timedelta(seconds=59))
    again = found(database, NOON + timedelta(seconds=59))
    assert again is not None
    assert again.seen_at == NOON
    sessions.touch(database, session, at=NOON + timedelta(seconds=60))
    later = found(database, NOON + timedelta(seconds=60))
    assert later is not None
    assert later.seen_at == NOON + timedelta(seconds=60)


def test_being_seen_does_not_wait_for_a_writer(database: Database, person: int) -> None:
    session = found(database, NOON)
    assert session is not None
    if database.is_sqlite:
        with database.write():
            # Another thread's write would wait for 30 seconds; this gives up after a twentieth of one.
            sessions.touch(Database(database.url), session, at=NOON + timedelta(minutes=5))
        again = found(database, NOON + timedelta(minutes=5))
        assert again is not None
        assert again.seen_at == NOON


def test_only_their_owner_ends_them(database: Database, person: int) -> None:
    with database.write() as connection:
        assert sessions.end(connection, person + 1, ["one"], at=NOON) == 0
    assert found(database, NOON) is not None
    with database.write() as connection:
        assert sessions.end(connection, person, ["one"], at=NOON) == 1
    assert found(database, NOON) is None


def test_who_is_erased_is_out(database: Database, person: int) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(f"UPDATE people SET erased_at = '2026-11-22 12:00:00' WHERE id = {person}")
    assert found(database, NOON) is None


@pytest.mark.usefixtures("person")
def test_the_table_opens_nothing(database: Database) -> None:
    with database.read() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM sessions").all())
    assert TOKEN not in rows
    for other in ("", "one", TOKEN.upper(), TOKEN + " "):
        assert found(database, NOON, other) is None


@pytest.mark.usefixtures("person")
def test_what_is_to_be_signed_is_taken_once_and_only_for_its_purpose(database: Database) -> None:
    with database.write() as connection:
        sessions.challenge(connection, "one", value="c", purpose="show", at=NOON)
        assert sessions.take_challenge(connection, "one", purpose="add", since=NOON) is None
        assert sessions.take_challenge(connection, "one", purpose="show", since=NOON + timedelta(seconds=1)) is None
        sessions.challenge(connection, "one", value="c", purpose="show", at=NOON)
        assert sessions.take_challenge(connection, "one", purpose="show", since=NOON) == "c"
        assert sessions.take_challenge(connection, "one", purpose="show", since=NOON) is None
