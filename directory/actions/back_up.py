"""Back everything up into one file while Signpost runs, and restore it into an empty place, of either database.

The file is a ZIP archive: `manifest.json`, `secret` and, for each table, `tables/NAME.jsonl`, all read in one snapshot.
The records on disk follow from the database and are written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy import Connection

from directory import __version__
from directory.actions.verify import verify_content
from directory.actions.whole_file import whole_file
from directory.errors import BackupRefused
from directory.store import changes as change_store
from directory.store import dumping
from directory.store.database import Database
from directory.store.dumping import Shape
from directory.store.migrate import bring_to, is_known, revision_of

FORMAT = "signpost-backup-1"
_MANIFEST, _SECRET = "manifest.json", "secret"


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in a backup: when it was made (UTC), up to which change, and how many rows of each table."""

    made_at: str
    version: str
    revision: str
    number: int
    sha256: str
    rows: dict[str, int]

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return sum(self.rows.values())


def back_up(database: Database, secret: str, out: Path, *, at: datetime) -> Backup:
    """Write a backup to a new file, readable by its owner only; it is there whole or not at all.

    Raises BackupRefused where there is such a file already, or it cannot be written.
    """
    if out.exists():
        raise BackupRefused(f"{out} exists already: give the name of a new file.")
    try:
        with whole_file(out) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive, database.read() as connection:
            made = _write(connection, archive, secret, at=at)
    except FileExistsError:
        raise BackupRefused(f"{out} was made by another meanwhile: give the name of a new file.") from None
    except OSError as error:
        raise BackupRefused(f"{out} cannot be written: {error.strerror}.") from None
    return made


def restore(database: Database, path: Path, *, verify: bool = False) -> tuple[Backup, str]:
    """Put a backup into an empty database and bring it up to date; what was in it, and its secret.

    All or nothing. With `verify` everything is read back and compared. Raises BackupRefused where the file is none, is
    damaged or newer than this program, or where the database holds something.
    """
    try:
        with ZipFile(path) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
            if manifest.get("format") != FORMAT:
                raise BackupRefused(f"{path} is no backup that this version of Signpost knows.")
            found = Backup(**{name: manifest[name] for name in Backup.__dataclass_fields__})
            if not is_known(found.revision):
                raise BackupRefused(f"It was made by Signpost {found.version}, which is newer: restore it with that.")
            shapes = dumping.shapes_of(manifest["tables"])
            bring_to(database, found.revision)
            with database.write() as connection:
                _load(connection, archive, shapes, manifest["digests"])
            bring_to(database, None)
            if verify:
                _compare(database, found, shapes, manifest["digests"])
            return found, archive.read(_SECRET).decode()
    except (OSError, BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BackupRefused(f"{path} cannot be read as a backup: {error}") from error


def check_restored(database: Database, content: Path, found: Backup) -> tuple[str, ...]:
    """What is wrong with a restored place: the end of its chain, its records on disk. Empty where all is well."""
    with database.read() as connection:
        head = change_store.read_head(connection)
    wrong = [] if (head.number, head.sha256) == (found.number, found.sha256) else ["the chain does not end as it did"]
    return (*wrong, *verify_content(database, content).problems)


def _write(connection: Connection, archive: ZipFile, secret: str, *, at: datetime) -> Backup:
    shapes, rows, digests = dumping.shapes(), {}, {}
    head = change_store.read_head(connection)
    for shape in shapes:
        digest = _Digest()
        with archive.open(_member(shape), "w", force_zip64=True) as raw, TextIOWrapper(raw, "utf-8") as file:
            for line in dumping.rows_out(connection, shape):
                file.write(line + "\n")
                digest.add(line)
        rows[shape.name], digests[shape.name] = digest.count, digest.value
    made = Backup(at.isoformat(), __version__, revision_of(connection), head.number, head.sha256, rows)
    tables = [{"name": shape.name, "columns": shape.columns} for shape in shapes]
    archive.writestr(_SECRET, secret)
    archive.writestr(_MANIFEST, json.dumps({"format": FORMAT, **asdict(made), "tables": tables, "digests": digests}))
    return made


def _load(connection: Connection, archive: ZipFile, shapes: list[Shape], digests: dict[str, str]) -> None:
    if not dumping.is_empty(connection):
        raise BackupRefused("This database is not empty: restore into a new one, and then point Signpost to it.")
    dumping.clear(connection, shapes)
    dumping.put_off_references(connection)
    for shape in shapes:
        digest = _Digest()
        with archive.open(_member(shape)) as raw, TextIOWrapper(raw, "utf-8") as file:
            dumping.rows_in(connection, shape, digest.of(line.rstrip("\n") for line in file))
        if digest.value != digests[shape.name]:
            raise BackupRefused(f"The backup is damaged: {shape.name} is not as it was written.")
    dumping.count_on(connection)


def _compare(database: Database, found: Backup, shapes: list[Shape], digests: dict[str, str]) -> None:
    """Read everything back; a table that a later migration changed has another shape, and is only counted."""
    now = {shape.name: shape for shape in dumping.shapes()}
    with database.read() as connection:
        for shape in shapes:
            if shape.name not in now:
                continue
            digest = _Digest()
            for line in dumping.rows_out(connection, now[shape.name]):
                digest.add(line)
            same = digest.value == digests[shape.name] if now[shape.name] == shape else True
            if digest.count != found.rows[shape.name] or not same:
                raise BackupRefused(f"{shape.name} is not what the backup holds: do not use this database.")


class _Digest:
    """A digest of lines in whatever order: databases sort text each in their own way."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, line: str) -> None:
        """Take one line in."""
        self.count += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line.encode()).digest(), "big")) % (1 << 256)

    def of(self, lines: Iterator[str]) -> Iterator[str]:
        """The same lines, each taken in as it passes."""
        for line in lines:
            self.add(line)
            yield line

    @property
    def value(self) -> str:
        """The digest so far."""
        return f"{self.count}-{self._sum:064x}"


def _member(shape: Shape) -> str:
    return f"tables/{shape.name}.jsonl"
