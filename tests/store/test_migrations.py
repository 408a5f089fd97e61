"""The migrations make exactly the tables that the code declares, on both databases."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Thread

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from directory.store.database import Database
from directory.store.migrate import LOCATION, at_head, bring_to, is_known, migrate, revision_of
from directory.store.tables import metadata
from tests.postgres import PostgresServer

# What alembic does not compare (checks, partial indexes) is read from the catalogue itself.
CATALOGUE = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'",
    "postgresql": """
        SELECT 'index', indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION ALL SELECT contype::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'
        UNION ALL SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable,
        character_maximum_length, column_default) FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
}


def test_migrations_equal_the_tables(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_catalogue_of_sqlite_equals_that_of_the_tables(sqlite_url: str, tmp_path: Path) -> None:
    assert _catalogue(sqlite_url) == _declared(f"sqlite:///{tmp_path / 'declared.db'}")


def test_catalogue_of_postgres_equals_that_of_the_tables(postgres_url: str, postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as server:
        server.execute("CREATE DATABASE declared")
    assert _catalogue(postgres_url) == _declared(postgres_server.url("declared"))


def test_several_processes_migrate_at_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'new.db'}") for _ in range(4)]
    threads = [Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(at_head(database) for database in databases)
    for database in databases:
        database.close()


def test_the_newest_migration_is_known_by_its_file_alone(tmp_path: Path) -> None:
    """A start asks for it, and must not read every migration for that: the names of the files are their numbers."""
    config = Config()
    config.set_main_option("script_location", str(LOCATION))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    files = {each.revision: Path(each.path).name[:4] for each in script.walk_revisions()}
    assert all(revision == number and is_known(revision) for revision, number in files.items())
    assert max(files) == script.get_current_head()
    assert not is_known("9999")
    with closing(Database(f"sqlite:///{tmp_path / 'new.db'}")) as database:
        assert not at_head(database)
        bring_to(database, "0026")
        with database.read() as connection:
            assert revision_of(connection) == "0026"
        assert not at_head(database)
        assert migrate(database)
        assert at_head(database)


def test_terms_written_before_know_their_subscription_s_facets(tmp_path: Path) -> None:
    """0023: what the version before wrote is as quick to match as what is written now."""
    with closing(Database(f"sqlite:///{tmp_path / 'old.db'}")) as database:
        bring_to(database, "0022")
        with database.write() as connection:
            connection.execute(text("INSERT INTO people VALUES (1, 'a@example.nhs.uk', 'A', 0, 0, NULL, NULL, NULL)"))
            made = "INSERT INTO subscriptions (id, person_id, rank, channel, label, facets, created_at)"
            connection.execute(text(f"{made} VALUES (7, 1, 0, 'mail', 'need in area', 2, 0)"))
            connection.execute(text("INSERT INTO subscription_terms VALUES (7, 'need', 'a'), (7, 'area', 'b')"))
        bring_to(database, None)
        with database.read() as connection:
            assert list(connection.scalars(text("SELECT facets FROM subscription_terms"))) == [2, 2]


def test_places_given_out_before_are_found_by_where_they_are(tmp_path: Path) -> None:
    """0028: nothing is given out again for it."""
    with closing(Database(f"sqlite:///{tmp_path / 'old.db'}")) as database:
        bring_to(database, "0027")
        place = '{"resourceType":"Location","position":{"longitude":-0.1,"latitude":51.5}}'
        with database.write() as connection:
            made = "INSERT INTO fhir_history (seq, type, resource_id, version_id, at, until, subject, name, body)"
            for seq, body in ((1, place), (2, '{"resourceType":"Location"}'), (3, place)):
                row = f"({seq}, 'Location', 'a', {seq}, 0, 99, 'service a', '', :body)"
                connection.execute(text(f"{made} VALUES {row}"), {"body": body})
        bring_to(database, None)
        with database.read() as connection:
            found = connection.execute(text("SELECT seq, qualifier, value FROM fhir_terms WHERE param = 'near'")).all()
        assert list(map(tuple, found)) == [(1, "-0.1", "51.5"), (3, "-0.1", "51.5")]


def _declared(url: str) -> set[tuple[str, ...]]:
    with closing(Database(url)) as database, database.write() as connection:
        metadata.create_all(connection)
    return _catalogue(url)


def _catalogue(url: str) -> set[tuple[str, ...]]:
    with closing(Database(url)) as database, database.read() as connection:
        rows = connection.execute(text(CATALOGUE[database.engine.dialect.name]))
        return {tuple(_normal(str(value)) for value in row) for row in rows}


def _normal(sql: str) -> str:
    """White space and the order of a table's constraints do not matter."""
    inside = " ".join(sql.replace("\t", " ").replace('"', "").split())
    head, bracket, body = inside.partition("(")
    if not head.startswith("CREATE TABLE"):
        return inside
    parts = sorted(part.strip(" ,)") for part in body.replace(", ", ",\n").split("\n"))
    return head + bracket + "\n".join(parts)
