"""Who is erased is in no table, index, file or free page afterwards; tables that come later are looked at, too."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    insert,
    select,
    text,
)

from directory.actions.erase import erase
from directory.actions.follow import write_records
from directory.actions.verify import verify_content
from directory.domain.change import Edit
from directory.errors import Invalid
from directory.store import letters, people
from directory.store.database import Database
from directory.store.erasing import ERASED, PUBLISHED, THEIRS, erase_text
from directory.store.tables import metadata
from directory.store.tables.kinds import Instant
from directory.store.tables.learning import gaps
from directory.store.tables.trust import audit
from tests import build
from tests.postgres import PostgresServer

ADDRESS, NAME = "hazel.thornbury@northmoor.example", "Hazel Thornbury"
MARK = b"thornbury"
# By number only, and why it stays.
KEPT = {
    "keys": "revoked",
    "deliveries": "who was told is counted",
    "digests": "as deliveries",
    "subscriptions": "ended, empty",
    "acknowledgements": "shares of those who have read",
    "reports": "what was wrong",
    "checks": "that an entry was checked",
    "changes": "history",
    "imports": "history",
    "undone_imports": "history",
    "page_versions": "history",
    "vocabulary_versions": "history",
    "offers": "what waits for agreement still does",
    "offer_needs": "that somebody agreed",
    "critical_services": "that somebody marked it",
    "check_intervals": "that somebody set it",
    "no_duplicates": "that somebody said so",
    "reviews": "that somebody reviewed it",
    "channels": "of teams, which go on",
    "sources": "a feed goes on without whoever looked after it",
}


def test_every_table_that_names_people_is_decided_about() -> None:
    named = {
        table.name
        for table in metadata.sorted_tables
        if any(key.column.table.name == "people" for key in table.foreign_keys)
    }
    assert named == {table.name for table in THEIRS} | set(KEPT)


def test_every_column_is_of_a_kind_that_is_searched_or_can_say_nothing() -> None:
    columns = [(table, column) for table in metadata.sorted_tables for column in table.columns]
    silent = (Instant, Boolean, Date, Integer, Float)
    unread = {
        f"{table.name}.{column.name}"
        for table, column in columns
        if not isinstance(column.type, silent)
        and (not isinstance(column.type, String) or isinstance(column.type, LargeBinary))
    }
    # Bytes: two go with their person, and answers are searched by themselves.
    assert unread == {"passkeys.public_key", "uploads.data", "idempotent_answers.body"}


def fill(connection: Connection, table: Table, person_id: int) -> None:
    """One row that holds the address in every text that can."""
    connection.execute(insert(table).values({c.name: _value(table, c, person_id) for c in table.columns}))


def _value(table: Table, column: Column[Any], person_id: int) -> Any:
    if any(key.column.table.name == "people" for key in column.foreign_keys):
        return person_id
    kinds: list[tuple[type, Any]] = [
        (Instant, build.NOON), (Boolean, False), (Date, date(2026, 1, 1)), (LargeBinary, f"to {ADDRESS}".encode()),
    ]  # fmt: skip
    for kind, value in kinds:
        if isinstance(column.type, kind):
            # A file that waits is its sender's alone: the row goes.
            return value
    if isinstance(column.type, String):
        holds = not column.foreign_keys and (column.type.length or 999) >= len(ADDRESS) + 5
        said = ADDRESS if column.name == "email" else f"see {ADDRESS.upper()} or {NAME}"
        return said[: column.type.length] if holds else "x"
    return 700 if isinstance(column.type, Integer) else 1


def test_the_address_is_nowhere_in_the_file(sqlite_url: str, tmp_path: Path) -> None:
    with closing(Database(sqlite_url)) as database:
        build.directory(database)
        with database.write() as connection:
            person_id = people.add(connection, email=ADDRESS, name=NAME, editor=False, at=build.NOON)
            people.join(connection, person_id=person_id, team_id="vascular", role="lead", at=build.NOON)
        with database.engine.connect() as connection:
            raw = connection.connection.cursor()
            raw.execute("COMMIT") if connection.connection.in_transaction else None
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute("PRAGMA ignore_check_constraints=ON")
            for table in metadata.sorted_tables:
                if table.name not in {*PUBLISHED, "people", "memberships", "counters"}:
                    fill(connection, table, person_id)
            connection.commit()
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA ignore_check_constraints=OFF")
        files = [path for path in tmp_path.iterdir() if path.name.startswith("signpost.db")]
        assert any(MARK in path.read_bytes().lower() for path in files)
        done = erase(database, tmp_path / "mail", email=f" {ADDRESS.title()} ", at=build.NOON)
        assert (done.person_id, done.left, done.to_do) == (person_id, (), "")
        files = [path for path in tmp_path.iterdir() if path.name.startswith("signpost.db")]
        assert [path.name for path in files if MARK in path.read_bytes().lower()] == []


def _somebody(database: Database) -> int:
    build.directory(database)
    with database.write() as connection:
        person_id = people.add(connection, email=ADDRESS, name=NAME, editor=False, at=build.NOON)
        people.join(connection, person_id=person_id, team_id="vascular", role="lead", at=build.NOON)
        later = build.NOON + timedelta(days=1)
        letters.queue(connection, kind="sign-in", email=ADDRESS, facts={}, at=build.NOON, expires_at=later)
        facts = {"who": f"{NAME} <{ADDRESS}>"}
        letters.queue(connection, kind="x", email="ed@northmoor.example", facts=facts, at=build.NOON, expires_at=later)
        connection.execute(
            insert(gaps).values(query=f"who is {ADDRESS}", times=1, first_at=build.NOON, last_at=build.NOON)
        )
    return person_id


def _where(database: Database) -> list[str]:
    """The tables of the database itself, not of this program, in which the address stands."""
    found = []
    with database.read() as connection:
        for name in metadata.tables:
            rows = connection.execute(text(f'SELECT * FROM "{name}"')).all()
            found += [name] if MARK.decode() in repr([tuple(row) for row in rows]).lower() else []
    return found


def test_what_was_done_stays_and_the_chain_with_it(database: Database, tmp_path: Path) -> None:
    person_id = _somebody(database)
    with database.read() as connection:
        by = people.by_id(connection, person_id).actor
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"hours": "24/7"})))
    write_records(database, tmp_path, at=build.NOON)
    assert sorted(_where(database)) == ["gaps", "letters", "people"]
    done = erase(database, tmp_path / "mail", email=ADDRESS, at=build.NOON)
    assert (done.person_id, done.rows) == (person_id, 2)
    assert _where(database) == []
    assert verify_content(database, tmp_path).problems == ()
    with database.read() as connection:
        row = connection.execute(select(audit).where(audit.c.action == "erase")).one()
    assert (row.object, row.details) == (by.name, '{"teams":["vascular"]}')


def test_erasing_again_takes_up_what_was_left(database: Database, tmp_path: Path) -> None:
    _somebody(database)
    erase(database, tmp_path, email=ADDRESS, at=build.NOON)
    with database.write() as connection:
        connection.execute(
            insert(gaps).values(query=f"again {ADDRESS}", times=1, first_at=build.NOON, last_at=build.NOON)
        )
    done = erase(database, tmp_path, email=ADDRESS, at=build.NOON)
    assert (done.person_id, done.rows, _where(database)) == (None, 1, [])


@pytest.mark.postgres
def test_the_files_of_postgresql(postgres_url: str, postgres_server: PostgresServer, tmp_path: Path) -> None:
    with closing(Database(postgres_url)) as database:
        _somebody(database)
        with database.engine.connect() as connection:
            number = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
            connection.exec_driver_sql("CHECKPOINT")
        folder = postgres_server.folder / "data" / "base" / str(number)
        assert any(MARK in path.read_bytes().lower() for path in folder.iterdir())
        assert "write-ahead log" in erase(database, tmp_path, email=ADDRESS, at=build.NOON).to_do
        with database.engine.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
        assert [path.name for path in folder.iterdir() if MARK in path.read_bytes().lower()] == []


def test_messages_in_the_folder_that_are_to_them_or_speak_of_them_go(database: Database, tmp_path: Path) -> None:
    _somebody(database)
    said = {"to": (ADDRESS, "Hello"), "of": ("ed@northmoor.example", f"é {ADDRESS}"), "else": ("a@b.example", "Hello")}
    for name, (to, body) in said.items():
        message = EmailMessage()
        message["To"] = to
        message.set_content(body, cte="base64")
        (tmp_path / f"{name}.eml").write_bytes(bytes(message))
    # Somebody was killed who wrote this one.
    (tmp_path / "half.part").write_bytes((tmp_path / "of.eml").read_bytes()[:-3])
    assert erase(database, tmp_path, email=ADDRESS, at=build.NOON).messages == 3
    assert [path.name for path in tmp_path.iterdir() if path.suffix in {".eml", ".part"}] == ["else.eml"]


def test_what_is_published_is_left_and_named(database: Database, tmp_path: Path) -> None:
    _somebody(database)
    build.change(database, build.draft(Edit("leg-ulcer-clinic", {"hours": f"Ring {ADDRESS}"})))
    left = erase(database, tmp_path, email=ADDRESS, at=build.NOON).left
    assert "changes 2: record" in left
    assert all(each.split()[0] in PUBLISHED for each in left)


def test_a_longer_address_is_somebody_else_s(database: Database) -> None:
    with database.write() as connection:
        for other in (f"x{ADDRESS}", f"{ADDRESS}.uk", f"mr.{ADDRESS}"):
            connection.execute(insert(gaps).values(query=other, times=1, first_at=build.NOON, last_at=build.NOON))
        assert erase_text(connection, ADDRESS).cleaned == 0
        connection.execute(
            insert(gaps).values(query=f"ask {ADDRESS}.", times=1, first_at=build.NOON, last_at=build.NOON)
        )
        assert erase_text(connection, ADDRESS).cleaned == 1
        assert f"ask {ERASED}." in connection.scalars(select(gaps.c.query)).all()


def test_two_who_are_erased_may_stand_in_texts_that_are_then_alike(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        for who in ("one@northmoor.example", "two@northmoor.example"):
            asked = f"who is {who}"
            connection.execute(insert(gaps).values(query=asked, times=1, first_at=build.NOON, last_at=build.NOON))
    for who in ("one@northmoor.example", "two@northmoor.example"):
        assert erase(database, tmp_path, email=who, at=build.NOON).rows == 1
    with database.read() as connection:
        assert connection.scalars(select(gaps.c.query)).all() == [f"who is {ERASED}"]


def test_the_last_editor_cannot_be_erased(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        people.add(connection, email=ADDRESS, name=NAME, editor=True, at=build.NOON)
    with pytest.raises(Invalid, match="only editor"):
        erase(database, tmp_path, email=ADDRESS, at=build.NOON)
    assert _where(database) == ["people"]
