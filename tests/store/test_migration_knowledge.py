"""The migration to knowledge keeps what is there: deliveries with their state, the vocabulary, pages as old news."""

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
INSERT INTO people (id, email, name, editor, created_at) VALUES (1, 'amina@northmoor.example', '', false, '2026-01-01');
INSERT INTO changes (number, slug, title, kinds, effective_from, recorded_at, weight, urgent, status, why, what_to_do,
    in_flight, record, sha256, previous)
    VALUES (1, 'a', 'A', '[]', '2026-01-01', '2026-01-01', 'major', false, 'published', '', '', '', '', 'x', 'y');
INSERT INTO digests (id, person_id, slot_at, created_at, state) VALUES (3, 1, '2026-01-02', '2026-01-02', 'accepted');
INSERT INTO deliveries (id, change_number, stage, person_id, channel, rank, reasons, matched_at, digest_id, state,
    attempts) VALUES (7, 1, 'announced', 1, 'mail', 1, 'service A', '2026-01-01', 3, 'accepted', 2);
INSERT INTO vocabulary (term, means, kind, recorded_at)
    VALUES ('DN', '["district nursing"]', 'abbreviation', '2026-01-01');
INSERT INTO pages (id, slug) VALUES ('legs', 'legs');
INSERT INTO page_versions (page_id, number, recorded_at, updated, kind, title, text)
    VALUES ('legs', 1, '2026-01-01', '2026-01-01', 'guidance', 'Legs', 'x');
INSERT INTO gaps (query, times, first_at, last_at) VALUES ('foot warmers', 2, '2026-01-01', '2026-01-02');
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of the migration before, with a row of everything that the next one touches."""
    url = f"sqlite:///{tmp_path / 'before.db'}"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS before_knowledge")
            connection.execute("CREATE DATABASE before_knowledge")
        url = server.url("before_knowledge")
    with closing(Database(url)) as database:
        with database.write() as connection:
            _upgrade(connection, "0006")
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


def test_everything_is_still_there(before: str) -> None:
    with closing(Database(before)) as database:
        migrate(database)
        with database.read() as connection:
            [row] = connection.execute(text("SELECT * FROM deliveries")).mappings().all()
            assert (row["id"], row["change_number"], row["digest_id"], row["state"], row["attempts"]) == (
                7,
                1,
                3,
                "accepted",
                2,
            )
            assert (row["page_id"], row["page_number"]) == (None, None)
            [line] = connection.execute(text("SELECT term, number, kind, removed FROM vocabulary_versions")).all()
            assert (line.term, line.number, line.kind, bool(line.removed)) == ("DN", 1, "abbreviation", False)
            [page] = connection.execute(text("SELECT weight, why, told_at, recorded_at FROM page_versions")).all()
            assert (page.weight, page.why, page.told_at) == ("major", "", page.recorded_at)
            assert connection.execute(text("SELECT times FROM gaps")).scalar() == 2


INSERT = """INSERT INTO deliveries (change_number, page_id, page_number, stage, person_id, channel, rank, reasons,
    matched_at, state) VALUES ({}, 'announced', {}, 'mail', 0, '', '2026-01-01', 'pending')"""


@pytest.mark.parametrize(
    "values",
    [
        "(NULL, NULL, NULL",
        "(1, 'legs', 1",
        "(NULL, 'legs', NULL",
        "(NULL, NULL, 1",
        "(NULL, 'legs', 2",
        "(1, NULL, NULL",
    ],
)
def test_a_delivery_is_of_one_change_or_one_version_of_a_page(before: str, values: str) -> None:
    with closing(Database(before)) as database:
        migrate(database)
        with pytest.raises(IntegrityError), database.write() as connection:
            connection.execute(text(INSERT.format(values[1:], 1)))
        with database.write() as connection:
            connection.execute(text(INSERT.format("NULL, 'legs', 1", 1)))
        with pytest.raises(IntegrityError), database.write() as connection:
            connection.execute(text(INSERT.format("NULL, 'legs', 1", 1)))
