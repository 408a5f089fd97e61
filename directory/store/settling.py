"""What became of one message, recorded while the next is on its way: begun, and finished before that one's text goes.

Each record is a transaction of its own. It does not wait for the disk: sent again after a power cut it is the same
message, and the end of a batch waits for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import generators
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from directory.store import sending
from directory.store.database import Database
from directory.store.sending import SETTLE, Outcome, Unit

# Called once, it returns when the record is committed, and whether the lease still held.
Finish = Callable[[], bool]

_NAME = b"signpost_settle"
_COMPILED = SETTLE["delivery"].compile(dialect=postgresql.dialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]
# The lease that it takes away is not given, and None.
_SQL, _GIVEN = str(_COMPILED).encode(), tuple(_COMPILED.positiontup or ())
_PREPARED_BEFORE = b"42P05"


@dataclass(slots=True)
class Settling:
    """The records of one batch, on a connection of `Database.each` that is nobody else's until it is over."""

    database: Database
    each: Connection
    lease: str
    _prepared: bool = False

    def begin(self, unit: Unit, id: int, *, at: datetime, outcome: Outcome, contents: Sequence[int] = ()) -> Finish:
        """Begin to record an outcome as `sending.settle` does.

        PostgreSQL works on it from now on; SQLite, which is in this process, when it is finished.
        """
        told: dict[str, Any] = {"lease": self.lease, "at": at, "outcome": outcome}
        if unit == "digest":
            return lambda: self._together(id, contents, told)
        if self.database.is_sqlite:
            return lambda: sending.settle(self.each, unit, id, **told)
        return self._ahead(sending.settled(id, **told))

    def _together(self, id: int, contents: Sequence[int], told: dict[str, Any]) -> bool:
        with self.database.write(synced=False) as connection:
            return sending.settle(connection, "digest", id, contents=contents, **told)

    def _ahead(self, given: dict[str, Any]) -> Finish:
        """Send the statement, and leave its answer to be read when it is finished."""
        driver = self.each.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        if not self._prepared:
            answer = driver.pgconn.prepare(_NAME, _SQL)
            if answer.error_field(DiagnosticField.SQLSTATE) != _PREPARED_BEFORE:
                _checked(answer)
            self._prepared = True
        driver.pgconn.send_query_prepared(_NAME, [_text(given.get(name)) for name in _GIVEN])
        driver.pgconn.flush()
        return lambda: bool(_checked(driver.wait(generators.execute(driver.pgconn))[-1]).command_tuples)


def _checked(answer: PGresult) -> PGresult:
    if answer.status != ExecStatus.COMMAND_OK:
        raise psycopg.OperationalError(answer.get_error_message())
    return answer


def _text(value: object) -> bytes | None:
    """A value as PostgreSQL reads it."""
    return None if value is None else (value.isoformat() if isinstance(value, datetime) else str(value)).encode()
