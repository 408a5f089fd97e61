"""Databases to measure in, on disk and durable: an SQLite file, and a PostgreSQL server of this run's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from directory.store.database import Database
from directory.store.migrate import migrate
from tests.postgres import INSTALL, PostgresServer, server_programs

KINDS = ("sqlite", "postgresql")


@contextmanager
def fresh(kind: str) -> Iterator[Database]:
    """An empty, migrated database of a kind, gone afterwards."""
    # Not the user's own folder: as root, PostgreSQL runs as another.
    folder = Path(tempfile.mkdtemp(prefix="signpost-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        with _url(kind, folder) as url:
            database = Database(url)
            try:
                migrate(database)
                yield database
            finally:
                database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'signpost.db'}"
        return
    programs = server_programs()
    if programs is None:
        raise click.UsageError(f"PostgreSQL's server is not installed: {INSTALL}; or choose --database sqlite.")
    server = PostgresServer(programs, folder / "postgres", durable=True)
    server.start()
    try:
        yield server.url("postgres")
    finally:
        server.stop()
