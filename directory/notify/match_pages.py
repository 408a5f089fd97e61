"""Which version of a knowledge page is told to whom. Each is marked and its deliveries written in one transaction."""

from __future__ import annotations

from datetime import datetime

from directory.notify.match import AT_ONCE, CLOCKS_DIFFER
from directory.store import page_deliveries
from directory.store.database import Database


def match_pages(database: Database, *, at: datetime) -> int:
    """Write the deliveries of every version of a page that was never told; returns how many deliveries."""
    with database.read() as connection:
        if not page_deliveries.waiting(connection, limit=1):
            return 0
    with database.write() as connection:
        page_deliveries.pass_over(connection, at=at)
    written = 0
    while True:
        with database.read() as connection:
            found = page_deliveries.waiting(connection, limit=AT_ONCE)
        if not found:
            return written
        for version in found:
            # One transaction a version: a large audience must not keep SQLite's only writer from everybody else.
            with database.write() as connection:
                until = version.recorded_at + CLOCKS_DIFFER
                written += page_deliveries.tell(connection, version, subscribed_by=until, at=at)
