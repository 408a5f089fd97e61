"""Bring a database to the newest migration; safe when several processes start at once.

Alembic is imported where something is to be migrated: every start asks whether there is, and next to none has any.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from directory.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

LOCATION = Path(__file__).parent / "migrations"
# Any fixed number: every process that migrates asks PostgreSQL for this one lock.
ADVISORY_LOCK = 7_446_786
_REVISION = text("SELECT version_num FROM alembic_version")


def migrate(database: Database) -> bool:
    """Apply what is missing, in one transaction; returns whether there was anything to do."""
    if at_head(database):
        return False
    bring_to(database, None)
    return True


def bring_to(database: Database, revision: str | None) -> None:
    """Apply migrations up to a revision (None: the newest) in one transaction; those applied already stay."""
    from alembic import command

    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision or "head")


def revision_of(connection: Connection) -> str:
    """The migration that a database holds; empty where it holds none."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    return connection.scalar(_REVISION) or ""


def is_known(revision: str) -> bool:
    """Whether this program has a migration."""
    return revision in _revisions()


def at_head(database: Database) -> bool:
    """Whether the database holds the newest migration."""
    with database.read() as connection:
        return revision_of(connection) == max(_revisions())


@cache
def _revisions() -> frozenset[str]:
    """Every migration of this program, by the names of their files: to read them all takes longer than to start."""
    return frozenset(file.name[:4] for file in (LOCATION / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(LOCATION))
    config.set_main_option("path_separator", "os")
    return config
