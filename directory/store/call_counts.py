"""How many calls each caller has made in a window of time, summed over all processes.

A process counts in its own memory and adds what it counted here now and then (`directory.api.limits`), so that a call
costs no write.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError

from directory.errors import StoreFailing
from directory.store.database import Database
from directory.store.tables.identity import call_counts

log = logging.getLogger(__name__)
# A count that is not said is only less exact: nobody waits long for the writer because of it.
PATIENCE = 0.2


def say(database: Database, counted: Mapping[str, int], *, window: int) -> dict[str, int]:
    """`add` in a transaction of its own; empty where the database takes nothing just now."""
    try:
        with database.write(patience=PATIENCE, synced=False) as connection:
            return add(connection, counted, window=window)
    except (SQLAlchemyError, StoreFailing) as error:
        log.warning("the calls of this minute were not counted together: %s", type(error).__name__)
        return {}


def add(connection: Connection, counted: Mapping[str, int], *, window: int) -> dict[str, int]:
    """Add what one process counted, by caller (a digest); returns the sums of all processes. Older windows go."""
    table = call_counts
    connection.execute(delete(table).where(table.c.window < window))
    # In one order: two processes that add the same names must not wait for each other.
    rows = [{"name": name, "window": window, "calls": counted[name]} for name in sorted(counted)]
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    adding = postgresql.insert(table).values(rows)
    adding = adding.on_conflict_do_update(
        index_elements=[table.c.name, table.c.window], set_={"calls": table.c.calls + adding.excluded.calls}
    )
    return {row.name: row.calls for row in connection.execute(adding.returning(table.c.name, table.c.calls))}
