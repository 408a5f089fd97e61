"""The starter content, Northmoor: something to look around in while a directory holds nothing of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from directory.actions.import_content import import_folder
from directory.content.folder import read_folder
from directory.domain.policy import Actor
from directory.store.changes import read_head
from directory.store.database import Database

PACKAGE = Path(__file__).resolve().parents[1]


def starter_folder() -> Path | None:
    """The starter content: in the installed package, or beside it in a checkout."""
    candidates = (PACKAGE / "starter", PACKAGE.parent / "content")
    return next((folder for folder in candidates if (folder / "services").is_dir()), None)


def import_starter(database: Database, *, by: Actor, at: datetime, zone: ZoneInfo) -> bool:
    """Fill an empty directory with the starter content; whether it was empty. Raises `NotAllowed`."""
    folder = starter_folder()
    with database.read() as connection:
        empty = read_head(connection).number == 0
    if folder is None or not empty:
        return False
    import_folder(database, read_folder(folder), by=by, at=at, zone=zone, source="the starter content")
    return True
