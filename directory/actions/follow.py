"""What follows the changes from a cursor of its own: the search index and the files on disk.

Both are projections. A cursor that is missing, because its folder was deleted or damaged, makes the whole anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from directory.actions.documents import documents
from directory.content import entries as entry_files
from directory.content import records
from directory.search.engine import Engine
from directory.store import changes as change_store
from directory.store import pages as page_store
from directory.store import services as service_store
from directory.store.database import Database
from directory.store.touched import services_touched
from directory.store.versions import all_ids

RECORDS_AT_ONCE = 500
# A process of its own takes about a second to begin: of fewer services, the index is built sooner.
MANY = 500


def follow_index(database: Database, engine: Engine, *, today: date, rebuild: Callable[[], None] | None = None) -> int:
    """Take new changes, and those that come into force today, into the index; returns how many services it took.

    Where all are to be taken, and they are many, `rebuild` does it: in a process of its own.
    """
    with database.read() as connection:
        touched = _touched(connection, engine.cursor, today=today)
        if touched is not None:
            ids, number = touched
            if ids or (number, today) != engine.cursor:
                engine.apply(list(documents(connection, ids, on=today)), number=number, day=today)
            return len(ids)
        count = len(all_ids(connection, "service"))
    if rebuild is None or count < MANY:
        return rebuild_index(database, engine, today=today)
    rebuild()
    return count


def rebuild_index(database: Database, engine: Engine, *, today: date) -> int:
    """Make the index anew while the old one answers; returns how many services are in it."""
    with database.read() as connection:
        ids, number = all_ids(connection, "service"), change_store.read_head(connection).number
        engine.build(documents(connection, ids, on=today), number=number, day=today)
    return len(ids)


def _touched(connection: Connection, cursor: tuple[int, date] | None, *, today: date) -> tuple[list[str], int] | None:
    """The services to be made anew since a cursor; None where all are: it is missing, or ahead of the database."""
    if cursor is None or cursor[0] > change_store.read_head(connection).number or cursor[1] > today:
        return None
    return services_touched(connection, after=cursor[0], from_day=cursor[1], until_day=today)


def write_records(database: Database, folder: Path, *, at: datetime) -> int:
    """Write every record that is not yet on disk, in order; returns how many."""
    written = 0
    while True:
        with database.read() as connection:
            rows = change_store.unwritten(connection, limit=RECORDS_AT_ONCE)
        if not rows:
            return written
        folders = set()
        for row in rows:
            path = records.path_of(folder, number=row.number, slug=row.slug, recorded_at=row.recorded_at)
            records.write(path, row.record)
            folders.add(path.parent)
        for parent in folders:
            records.sync_folder(parent)
        with database.write() as connection:
            change_store.mark_written(connection, [row.number for row in rows], at=at)
        written += len(rows)


def write_entries(database: Database, folder: Path, *, today: date) -> int:
    """Write the entry of every service that changed as a file, and the pages; returns how many entries."""
    cursor, pages_then = _read_cursor(folder)
    with database.read() as connection:
        touched = _touched(connection, cursor, today=today)
        if touched is None:
            touched = all_ids(connection, "service"), change_store.read_head(connection).number
        ids, number = touched
        pages_now = page_store.stamp(connection)
        if not ids and cursor == (number, today) and pages_now == pages_then:
            return 0
        for entry in service_store.entries(connection, ids, on=today):
            entry_files.write_entry(folder, entry)
        for page in page_store.every(connection):
            entry_files.write_page(folder, page.slug, page.text)
    kept = {"number": number, "day": today.isoformat(), "pages": pages_now}
    records.write(folder / ".entries.json", json.dumps(kept) + "\n")
    return len(ids)


def _read_cursor(folder: Path) -> tuple[tuple[int, date] | None, int | None]:
    """Up to where the files are written: change number and day, and the stamp of the pages."""
    try:
        found = json.loads((folder / ".entries.json").read_text(encoding="utf-8"))
        return (int(found["number"]), date.fromisoformat(found["day"])), found["pages"]
    except (OSError, ValueError, KeyError, TypeError):
        return None, None
