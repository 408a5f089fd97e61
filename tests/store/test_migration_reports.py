"""The migration to reports keeps those that editors made of gaps, and has them told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from directory.store.database import Database
from directory.store.migrate import LOCATION, migrate
from tests.postgres import PostgresServer

BEFORE = """
INSERT INTO services (id, slug) VALUES ('legs', 'legs');
INSERT INTO people (id, email, name, editor, created_at) VALUES (1, 'ed@northmoor.example', '', true, '2026-01-01');
INSERT INTO reports (id, ref, service_id, gap, kind, text, person_id, received_at, state)
    VALUES (5, '1a2b3c4d', 'legs', 'foot warmers', 'gap', 'Do you?', 1, '2026-01-02', 'open');
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the migration before, with a report."""
    url = f"sqlite:///{tmp_path / 'before.db'}"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS before_reports")
            connection.execute("CREATE DATABASE before_reports")
        url = server.url("before_reports")
    with closing(Database(url)) as database:
        with database.write() as connection:
            _upgrade(connection, "0008")
        with database.write() as connection:
            for statement in filter(str.strip, BEFORE.split(";")):
                connection.execute(text(statement))
    return url


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(LOCATION))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


JOINED = """INSERT INTO reports (ref, kind, text, received_at, state, joined_to)
    VALUES ('{}', 'other', '', '2026-01-03', '{}', {})"""


def test_a_report_of_a_gap_is_still_there_and_is_told(before: str) -> None:
    with closing(Database(before)) as database:
        migrate(database)
        with database.read() as connection:
            [row] = connection.execute(text("SELECT * FROM reports")).mappings().all()
        assert (row["id"], row["ref"], row["gap"], row["person_id"]) == (5, "1a2b3c4d", "foot warmers", 1)
        assert (row["state"], row["told"], row["email"], row["team"]) == ("open", 0, None, None)
        assert row["escalates_at"] == row["received_at"]


def test_reports_join_reports_that_are_there(before: str) -> None:
    with closing(Database(before)) as database:
        migrate(database)
        with database.write() as connection:
            connection.execute(text(JOINED.format("a", "joined", 5)))
            connection.execute(text(JOINED.format("b", "answered", "NULL")))
        for state, root in (("joined", 99), ("lost", 5)):
            with pytest.raises(IntegrityError), database.write() as connection:
                connection.execute(text(JOINED.format("c", state, root)))
        with pytest.raises(IntegrityError), database.write() as connection:
            connection.execute(text("DELETE FROM reports WHERE id = 5"))
