"""Make the database anew from the Markdown records: services, versions, successions, changes, and pages as they stand.

People, subscriptions, words and areas are in no record: a backup has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from directory.actions.prepare import prepare
from directory.actions.publish import write
from directory.content import records
from directory.content.pages import read_page
from directory.content.reading import ChangeFile, read_change
from directory.domain.policy import OPERATOR
from directory.errors import Invalid, RecordDamaged
from directory.store import audit, dumping
from directory.store import changes as change_store
from directory.store import pages as page_store
from directory.store.database import Database

AT_ONCE = 500
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many changes and pages were written, and the hash of the last record."""

    changes: int
    pages: int
    head: str


@dataclass(frozen=True, slots=True)
class _Record:
    path: Path
    text: str
    file: ChangeFile


def rebuild(
    database: Database,
    folder: Path,
    *,
    at: datetime,
    zone: ZoneInfo,
    progress: Progress = lambda _done, _all: None,
) -> Rebuilt:
    """Publish every record of a folder again, in order, into an empty database; all or nothing.

    Each record that comes out has to be the one that went in, byte for byte. Nobody is told again. Raises RecordDamaged
    where the database is not empty, or naming the first record that is missing, edited or out of its place.
    """
    paths = sorted((folder / "changes").rglob("*.md"), key=lambda path: (_number_of(path), path.name))
    if not paths:
        raise RecordDamaged(f"there are no records in {folder / 'changes'}")
    with database.write() as connection:
        if not dumping.is_empty(connection):
            raise RecordDamaged("the database is not empty: point SIGNPOST_DATABASE_URL to a new one")
        chain = _chained(paths)
        done = 0
        while found := list(islice(chain, AT_ONCE)):
            _publish(connection, found, zone=zone)
            done += len(found)
            progress(done, len(paths))
        change_store.mark_told(connection, at=at, today=at.astimezone(zone).date())
        pages = _write_pages(connection, folder / "pages", at=at)
        head = change_store.read_head(connection)
        said = {"changes": head.number, "sha256": head.sha256, "pages": pages}
        audit.record(connection, audit.Event(at, OPERATOR, "rebuild", f"change {head.number}", said))
    return Rebuilt(head.number, pages, head.sha256)


def _number_of(path: Path) -> int:
    number = path.name.partition("-")[0]
    if not number.isdecimal():
        raise RecordDamaged(f"{path} is no record: its name begins with no number")
    return int(number)


def _chained(paths: Sequence[Path]) -> Iterator[_Record]:
    """Each record in order, if it is the one after the one before."""
    previous = records.NO_RECORD
    for number, path in enumerate(paths, start=1):
        if _number_of(path) != number:
            raise RecordDamaged(f"record {number} is missing, or there twice: the next file is {path}")
        try:
            text = path.read_bytes().decode("utf-8")
            file = read_change(text, where=path.name)
        except (OSError, UnicodeDecodeError, Invalid) as error:
            raise RecordDamaged(f"{path} cannot be read as a record: {error}") from None
        if file.published_at is None or file.facts.get("number") != number:
            raise RecordDamaged(f"{path} does not say that it is record {number}")
        if file.facts.get("previous") != previous:
            raise RecordDamaged(f"{path} does not follow the record before it: one of the two was edited")
        previous = records.digest(text)
        yield _Record(path, text, file)


def _publish(connection: Connection, found: Sequence[_Record], *, zone: ZoneInfo) -> None:
    head = change_store.lock_head(connection)
    at = [record.file.published_at for record in found if record.file.published_at]
    try:
        drafts = [record.file.draft for record in found]
        made = prepare(connection, drafts, by=OPERATOR, head=head, at=at, zone=zone, recorded=True)
    except Invalid as error:
        first, last = found[0].path.name, found[-1].path.name
        raise RecordDamaged(f"the records {first} to {last} cannot be published again: {error}") from None
    for record, published in zip(found, made, strict=True):
        if published.new.record != record.text:
            raise RecordDamaged(f"{record.path} was edited: what it says is published as another record")
    write(connection, made, head=head, by=OPERATOR)


def _write_pages(connection: Connection, folder: Path, *, at: datetime) -> int:
    count = 0
    for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
        try:
            page = read_page(path.read_text(encoding="utf-8"), slug=path.stem)
        except (OSError, UnicodeDecodeError, Invalid) as error:
            raise RecordDamaged(f"{path} cannot be read as a page: {error}") from None
        page_store.put(connection, page_store.Page(page.slug, 0, page.kind, page.title, page.updated, at, page.text))
        count += 1
    page_store.mark_told(connection, at=at)
    return count
