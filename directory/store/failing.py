"""What keeps a database from its work, told apart from what is wrong with the work: each failure gets its name here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pysqlite3.dbapi2 as sqlite
from sqlalchemy.exc import DBAPIError

from directory.errors import StoreAway, StoreFailing, StoreFull, StoreReadOnly

# By the first five characters or fewer of SQLSTATE (PostgreSQL, appendix A): connections that break or are refused,
# servers that end or begin, disks that are full, and a standby.
_OF_POSTGRESQL = {
    "08": StoreAway,
    "53100": StoreFull,
    "53300": StoreAway,
    "57P": StoreAway,
    "58030": StoreAway,
    "25006": StoreReadOnly,
}
# By primary result code (sqlite.org/rescode.html): READONLY, IOERR, FULL, CANTOPEN.
_OF_SQLITE = {8: StoreReadOnly, 10: StoreAway, 13: StoreFull, 14: StoreAway}


def failing_of(cause: BaseException | None) -> StoreFailing | None:
    """The failure of the database that a driver's error tells of; None where the statement is at fault, or waits."""
    if isinstance(cause, psycopg.Error):
        state = cause.sqlstate
        if state is None:
            # Said by the client's side alone: nobody there, or nobody any more.
            return StoreAway() if isinstance(cause, psycopg.OperationalError) else None
        return next((kind() for begins, kind in _OF_POSTGRESQL.items() if state.startswith(begins)), None)
    code = getattr(cause, "sqlite_errorcode", None)
    kind = _OF_SQLITE.get(code & 0xFF) if isinstance(code, int) else None
    return kind() if kind else None


@contextmanager
def named() -> Iterator[None]:
    """Raise what keeps the database from its work as `StoreFailing`; every other error as it is."""
    try:
        yield
    except (DBAPIError, sqlite.Error, psycopg.Error) as error:
        failing = failing_of(error.orig if isinstance(error, DBAPIError) else error)
        if failing is None:
            raise
        raise failing from error
