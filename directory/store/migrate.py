"""Bring a database to the newest migration; safe when several processes start at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from directory.store.database import Database

LOCATION = Path(__file__).parent / "migrations"
# Any fixed number: every process that migrates asks PostgreSQL for this one lock.
ADVISORY_LOCK = 7_446_786


def migrate(database: Database) -> bool:
    """Apply what is missing, in one transaction; returns whether there was anything to do."""
    if at_head(database):
        return False
    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def at_head(database: Database) -> bool:
    """Whether the database holds the newest migration."""
    with database.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(LOCATION))
    config.set_main_option("path_separator", "os")
    return config
