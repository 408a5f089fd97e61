"""Files that somebody is looking through before they are imported, with what importing them would do, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from directory.store.batches import read_json, write_json
from directory.store.tables.importing import upload_lines, uploads

LineKind = Literal["problem", "note", "new", "changed", "closed", "other"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that importing would do, or one that is wrong; `row` is 0 where it comes of no single row."""

    kind: LineKind
    row: int
    title: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that waits; `sha256` is that of what it would do, empty where rows are bad.

    `data` is None where it was not asked for, and where the file cannot be imported or was.
    """

    id: str
    person_id: int
    name: str
    format: str
    effective_from: date
    complete: bool
    uploaded_at: datetime
    sha256: str
    unchanged: int
    import_id: int | None = None
    data: bytes | None = None


def add(connection: Connection, upload: Upload, lines: Sequence[Line]) -> None:
    """Keep a file, with what importing it would do."""
    columns = ("id", "person_id", "name", "format", "effective_from", "complete", "uploaded_at", "sha256", "unchanged")
    values = {name: getattr(upload, name) for name in (*columns, "data")}
    connection.execute(insert(uploads).values(values))
    _insert_lines(connection, upload.id, lines)


def show_anew(connection: Connection, upload_id: str, lines: Sequence[Line], *, sha256: str, unchanged: int) -> None:
    """Put another preview in the place of the one that does not hold any more."""
    connection.execute(delete(upload_lines).where(upload_lines.c.upload_id == upload_id))
    connection.execute(update(uploads).where(uploads.c.id == upload_id).values(sha256=sha256, unchanged=unchanged))
    _insert_lines(connection, upload_id, lines)


def settle(connection: Connection, upload_id: str, *, import_id: int) -> None:
    """Say that it was imported; of the file nothing is kept."""
    connection.execute(update(uploads).where(uploads.c.id == upload_id).values(import_id=import_id, data=None))
    connection.execute(delete(upload_lines).where(upload_lines.c.upload_id == upload_id))


def load(connection: Connection, upload_id: str, *, person_id: int, hold: bool = False) -> Upload | None:
    """A file of a person's own, None where it is not theirs; with its data, and held, where asked."""
    columns = [column for column in uploads.c if hold or column is not uploads.c.data]
    statement: Select[Any] = select(*columns).where(uploads.c.id == upload_id, uploads.c.person_id == person_id)
    row = connection.execute(statement.with_for_update() if hold else statement).one_or_none()
    return Upload(**row._mapping) if row else None


def is_there(connection: Connection, upload_id: str) -> bool:
    """Whether there is such a file, whosever it is."""
    return connection.execute(select(uploads.c.id).where(uploads.c.id == upload_id)).first() is not None


def waiting(connection: Connection, *, person_id: int, limit: int) -> list[Upload]:
    """A person's files that were not imported yet, the last one first."""
    columns = [column for column in uploads.c if column is not uploads.c.data]
    statement = select(*columns).where(uploads.c.person_id == person_id, uploads.c.import_id.is_(None))
    rows = connection.execute(statement.order_by(uploads.c.uploaded_at.desc()).limit(limit))
    return [Upload(**row._mapping) for row in rows]


def count_lines(connection: Connection, upload_id: str) -> dict[str, int]:
    """How many lines there are of each kind."""
    kind = upload_lines.c.kind
    rows = connection.execute(select(kind, func.count()).where(upload_lines.c.upload_id == upload_id).group_by(kind))
    return {row[0]: row[1] for row in rows}


def count_rows(connection: Connection, upload_id: str, kind: LineKind) -> int:
    """How many rows of the file have a line of a kind."""
    rows = select(func.count(upload_lines.c.row.distinct()))
    return int(connection.scalar(rows.where(upload_lines.c.upload_id == upload_id, upload_lines.c.kind == kind)) or 0)


def lines_of(
    connection: Connection, upload_id: str, kind: LineKind, *, offset: int = 0, limit: int | None = None
) -> list[Line]:
    """The lines of a kind, in the order of the file."""
    statement = select(upload_lines).where(upload_lines.c.upload_id == upload_id, upload_lines.c.kind == kind)
    rows = connection.execute(statement.order_by(upload_lines.c.place).offset(offset).limit(limit))
    return [Line(row.kind, row.row, row.title, read_json(row.body)) for row in rows]


def remove(connection: Connection, upload_id: str, *, person_id: int) -> bool:
    """Let go of one of a person's own; whether there was one."""
    gone = delete(uploads).where(uploads.c.id == upload_id, uploads.c.person_id == person_id)
    return connection.execute(gone).rowcount == 1


def forget(connection: Connection, *, before: datetime) -> int:
    """Let go of those that were sent before an instant; returns how many."""
    return connection.execute(delete(uploads).where(uploads.c.uploaded_at < before)).rowcount


def _insert_lines(connection: Connection, upload_id: str, lines: Sequence[Line]) -> None:
    if lines:
        rows = [
            {
                "upload_id": upload_id,
                "place": place,
                "kind": line.kind,
                "row": line.row,
                "title": line.title,
                "body": write_json(line.body),
            }
            for place, line in enumerate(lines)
        ]
        connection.execute(insert(upload_lines), rows)
