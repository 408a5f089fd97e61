"""Every row of every table out and in again, in a form that either database takes: what backups are made of.

A row is a JSON list in the order of its columns, and each column says of what kind it is. Nothing here knows what the
tables mean: one that is added later is in the next backup without a word here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Boolean, Column, Connection, Date, LargeBinary, column, delete, func, insert, select, table
from sqlalchemy.exc import DBAPIError

from directory.store.tables import metadata
from directory.store.tables.kinds import Instant

Kind = Literal["plain", "instant", "day", "bytes", "truth"]
AT_ONCE = 1_000
_TYPES: Mapping[Kind, Any] = {"instant": Instant(), "day": Date(), "bytes": LargeBinary(), "truth": Boolean()}
_OUT: Mapping[Kind, Callable[[Any], Any]] = {
    "plain": lambda value: value,
    "instant": lambda value: value.isoformat(),
    "day": lambda value: value.isoformat(),
    "bytes": lambda value: base64.b64encode(value).decode("ascii"),
    "truth": bool,
}
_IN: Mapping[Kind, Callable[[Any], Any]] = {
    "plain": lambda value: value,
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
    "bytes": base64.b64decode,
    "truth": bool,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as a backup knows it: its name, and its columns with the kind of each."""

    name: str
    columns: tuple[tuple[str, Kind], ...]


def shapes() -> list[Shape]:
    """Every table, those first to which others refer."""
    return [Shape(each.name, tuple((c.name, _kind(c)) for c in each.columns)) for each in metadata.sorted_tables]


def rows_out(connection: Connection, shape: Shape) -> Iterator[str]:
    """The rows of a table, a line of JSON each, in the order of its key where the database has one order for it."""
    of = metadata.tables[shape.name]
    reading = connection.execution_options(stream_results=True, yield_per=AT_ONCE)
    write = [_OUT[kind] for _, kind in shape.columns]
    for row in reading.execute(select(of).order_by(*of.primary_key.columns)):
        plain = [None if value is None else out(value) for out, value in zip(write, row, strict=True)]
        yield json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def rows_in(connection: Connection, shape: Shape, lines: Iterable[str]) -> int:
    """Write the rows of a table, as `rows_out` gave them; returns how many. Raises ValueError for what is no row."""
    names = [name for name, _ in shape.columns]
    read = [_IN[kind] for _, kind in shape.columns]
    typed = [column(name, _TYPES[kind]) if kind in _TYPES else column(name) for name, kind in shape.columns]
    writing = insert(table(shape.name, *typed))
    count, waiting = 0, iter(lines)
    while batch := list(islice(waiting, AT_ONCE)):
        rows = [
            {
                name: None if value is None else into(value)
                for name, into, value in zip(names, read, json.loads(line), strict=True)
            }
            for line in batch
        ]
        try:
            connection.execute(writing, rows)
        except DBAPIError as error:
            raise ValueError(f"{shape.name}: {error.orig}") from error
        count += len(rows)
    return count


def is_empty(connection: Connection) -> bool:
    """Whether nobody has put anything into this database yet."""
    return not any(
        connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar_one()
        for name in ("changes", "people", "vocabulary_versions")
    )


def clear(connection: Connection, tables: Sequence[Shape]) -> None:
    """Take out what migrations put in, such as counters: a backup has its own."""
    for shape in reversed(tables):
        connection.execute(delete(table(shape.name)))


def put_off_references(connection: Connection) -> None:
    """Let rows refer to others that come later in the same transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def count_on(connection: Connection) -> None:
    """Let PostgreSQL's counters go on after the highest number that was written; SQLite does so by itself."""
    if connection.dialect.name == "sqlite":
        return
    for each in metadata.sorted_tables:
        for key in each.primary_key.columns:
            sequence = func.pg_get_serial_sequence(each.name, key.name)
            if connection.execute(select(sequence)).scalar_one_or_none():
                highest = select(func.max(key)).scalar_subquery()
                connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))


def _kind(of: Column[Any]) -> Kind:
    if isinstance(of.type, Instant):
        return "instant"
    if isinstance(of.type, Date):
        return "day"
    if isinstance(of.type, LargeBinary):
        return "bytes"
    return "truth" if isinstance(of.type, Boolean) else "plain"


def shapes_of(plain: Sequence[Any]) -> list[Shape]:
    """Shapes as a backup's manifest has them."""
    return [Shape(each["name"], tuple((name, kind) for name, kind in each["columns"])) for each in plain]
