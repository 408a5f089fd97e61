"""Compiled SQL, kept from one test's database to the next: to compile it anew is half of what a short test costs.

An engine keeps what it compiled, and each test opens an engine of its own. SQLAlchemy files what it keeps by dialect,
so two of a kind have to be equal here: they are, all servers of this process being of one version.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_compiled: dict[Any, Any] = {}


def keep_compiled() -> None:
    """From now on, every engine of this process compiles into one place."""
    for kind in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        kind.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
        kind.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
