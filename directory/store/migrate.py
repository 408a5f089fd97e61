"""Bring a database to the newest migration; safe when several processes start at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from directory.store.database import Database

LOCATION = Path(__file__).parent / "migrations"
# Any fixed number: every process that migrates asks PostgreSQL for this one lock.
ADVISORY_LOCK = 7_446_786


def migrate(database: Database) -> bool:
    """Apply what is missing, in one transaction; returns whether there was anything to do."""
    if at_head(database):
        return False
    bring_to(database, None)
    return True


def bring_to(database: Database, revision: str | None) -> None:
    """Apply migrations up to a revision (None: the newest) in one transaction; those applied already stay."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision or "head")


def revision_of(connection: Connection) -> str:
    """The migration that a database holds; empty where it holds none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_known(revision: str) -> bool:
    """Whether this program has a migration."""
    return any(each.revision == revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def at_head(database: Database) -> bool:
    """Whether the database holds the newest migration."""
    with database.read() as connection:
        current = revision_of(connection)
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(LOCATION))
    config.set_main_option("path_separator", "os")
    return config
