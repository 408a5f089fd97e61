"""A connection to the database, for reading or for writing; SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from directory.errors import SettingsError, StoreFailing
from directory.store.failing import named

# Below this, write-ahead logging can corrupt a database that several connections write and checkpoint.
OLDEST_SQLITE = (3, 51, 3)
BUSY_SECONDS = 30


class Database:
    """One database, opened for reading (a snapshot) or writing (one transaction that commits or leaves no trace)."""

    def __init__(self, url: str) -> None:
        """Open `url` (`sqlite:///path` or `postgresql://…`); raises SettingsError where this machine cannot."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            _require_sound_sqlite()
            if not parsed.database:
                raise SettingsError("SIGNPOST_DATABASE_URL: give a file, as in sqlite:///var/signpost.db")
            _make_folder(Path(parsed.database).parent)
            self.engine = _sqlite_engine(url)
            self._reading = self.engine
        elif parsed.get_backend_name() == "postgresql":
            self.engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True
            )
            # An entry is read in several statements: they must see one state.
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            raise SettingsError("SIGNPOST_DATABASE_URL: use sqlite:/// or postgresql://")
        self.url = url
        self._watching: Any = None
        self._one_at_a_time, self._writing = Lock(), Lock()

    @property
    def folder(self) -> Path | None:
        """Where SQLite writes; None of PostgreSQL, which may be on another machine."""
        return Path(self.engine.url.database or ".").parent if self.is_sqlite else None

    def state(self) -> Hashable:
        """A name for all that a reader sees at this moment: another one after every commit, by whichever process.

        SQLite: what a connection that never writes is told of the commits of others, without reading a page of the
        file. PostgreSQL: the transactions that count as done.
        """
        if self.is_sqlite:
            with named(), self._one_at_a_time:
                if self._watching is None:
                    self._watching = self.engine.raw_connection()
                    # Its own, or the pool would be one short.
                    self._watching.detach()
                return self._watching.cursor().execute("PRAGMA data_version").fetchone()[0]  # type: ignore[no-any-return]
        with named(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()  # type: ignore[no-any-return]

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, for the few statements that differ."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot for any number of statements; raises `StoreFailing` where the database cannot."""
        with named(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, patience: float = BUSY_SECONDS, synced: bool = True) -> Iterator[Connection]:
        """One transaction: committed, and on disk, when the block ends; rolled back when it raises.

        `patience` is how many seconds to wait for SQLite's one writer; then sqlalchemy's OperationalError is raised.
        Without `synced` it does not wait for the disk: a killed process loses nothing, a power cut perhaps the last
        second, and never a part of it. For what may be done again, such as noting that a mail was sent.
        Raises `StoreFailing` where the database cannot.
        """
        options = {"signpost_writes": True, "signpost_patience": patience, "signpost_synced": synced}
        writer = self.engine.connect
        with named(), self._turn(patience), writer().execution_options(**options) as connection, connection.begin():
            if not synced and not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection

    @contextmanager
    def _turn(self, patience: float) -> Iterator[None]:
        """Wait for the other threads of this process that write to SQLite.

        Its own waiting is a sleep and another try, and who sleeps long is overtaken again and again. Whoever has not
        had a turn in time goes on to SQLite's answer, which says that it is busy.
        """
        mine = self.is_sqlite and self._writing.acquire(timeout=patience)
        try:
            yield
        finally:
            if mine:
                self._writing.release()

    @contextmanager
    def each(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction of its own, as `write(synced=False)` makes it."""
        options: dict[str, Any] = {"signpost_each": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        with named(), self.engine.connect().execution_options(**options) as connection:
            connection.exec_driver_sql(
                "PRAGMA synchronous=NORMAL" if self.is_sqlite else "SET synchronous_commit TO off"
            )
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA synchronous=FULL" if self.is_sqlite else "RESET synchronous_commit")

    def close(self) -> None:
        """Give back every connection."""
        if self._watching is not None:
            self._watching.close()
        self.engine.dispose()


def sort_in_memory(connection: Connection) -> None:
    """For the rest of a transaction, let PostgreSQL sort a hundred thousand rows without writing them to disk."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL work_mem TO '64MB'")


def _require_sound_sqlite() -> None:
    if sqlite.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise SettingsError(
            f"SQLite {sqlite.sqlite_version} can corrupt its write-ahead log; reinstall pysqlite3 "
            f"for a bundled SQLite of {needed} or later, or use PostgreSQL."
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"SIGNPOST_DATABASE_URL: cannot write to {folder}: {error.strerror}") from None


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        module=sqlite,
        # What a statement that fails was given would stand in the log: names, addresses, whatever was typed.
        hide_parameters=True,
        # The driver opens no transactions of its own: BEGIN IMMEDIATE below is the only way in.
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that reads and then writes fails with "database is locked", whatever the timeout.
        options = connection.get_execution_options()
        if options.get("signpost_writes", False):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(options['signpost_patience'] * 1000)}")
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options['signpost_synced'] else 'NORMAL'}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif options.get("signpost_each", False):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def reachable(database: Database) -> bool:
    """Whether the database answers, and is one."""
    try:
        with database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except (DBAPIError, StoreFailing):
        return False
    return True
