"""The words that staff use for one another, as editors keep them; every line as it ever was is kept beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, select, update

from directory.store.batches import read_json, write_json
from directory.store.tables.changes import counters
from directory.store.tables.learning import vocabulary, vocabulary_versions

Line = tuple[str, tuple[str, ...], str]
COUNTER = "vocabulary"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as an editor reads it; `number` counts its versions, so that a stale edit is seen."""

    term: str
    means: tuple[str, ...]
    kind: str
    number: int
    recorded_at: datetime


def terms(connection: Connection) -> list[Line]:
    """Every line as (term, what it means, kind), in the order of terms."""
    return [(each.term, each.means, each.kind) for each in entries(connection)]


def entries(connection: Connection) -> list[Entry]:
    """Every line, in the order of terms."""
    return [_entry(row) for row in connection.execute(select(vocabulary).order_by(vocabulary.c.term))]


def entry(connection: Connection, term: str) -> Entry | None:
    """The line of a term, written exactly so; None where there is none."""
    row = connection.execute(select(vocabulary).where(vocabulary.c.term == term)).one_or_none()
    return _entry(row) if row else None


def removed(connection: Connection) -> list[Entry]:
    """The lines that were removed, as they were last, the latest removed first; each can be put back."""
    statement = _latest_versions().where(vocabulary_versions.c.removed)
    ordered = statement.order_by(vocabulary_versions.c.recorded_at.desc(), vocabulary_versions.c.term)
    return [_entry(row) for row in connection.execute(ordered)]


def stamp(connection: Connection) -> tuple[int, int, datetime | None]:
    """What differs whenever the vocabulary does: how often it was written, its lines, and when the last was written."""
    written = select(counters.c.value).where(counters.c.name == COUNTER).scalar_subquery()
    row = connection.execute(select(written, func.count(), func.max(vocabulary.c.recorded_at))).one()
    return int(row[0] or 0), int(row[1]), row[2]


def hold(connection: Connection) -> None:
    """Keep other writers of the vocabulary waiting until this transaction ends, and tell every reader of it."""
    connection.execute(update(counters).where(counters.c.name == COUNTER).values(value=counters.c.value + 1))


def put(connection: Connection, lines: Sequence[Line], *, at: datetime, by: int | None = None) -> None:
    """Write lines; one that is there already is replaced."""
    if not lines:
        return
    hold(connection)
    names = [term for term, _, _ in lines]
    numbers = _numbers(connection, names)
    connection.execute(delete(vocabulary).where(vocabulary.c.term.in_(names)))
    rows = [
        {"term": term, "means": write_json(list(means)), "kind": kind, "recorded_at": at, "number": numbers[term] + 1}
        for term, means, kind in lines
    ]
    connection.execute(insert(vocabulary), rows)
    connection.execute(insert(vocabulary_versions), [row | {"removed": False, "person_id": by} for row in rows])


def remove(connection: Connection, term: str, *, at: datetime, by: int | None = None) -> bool:
    """Take a line away; whether it was there."""
    hold(connection)
    found = entry(connection, term)
    if found is None:
        return False
    connection.execute(delete(vocabulary).where(vocabulary.c.term == term))
    number = _numbers(connection, [term])[term] + 1
    row = {"term": term, "means": write_json(list(found.means)), "kind": found.kind, "number": number}
    connection.execute(insert(vocabulary_versions).values(row | {"removed": True, "recorded_at": at, "person_id": by}))
    return True


def _numbers(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """The number of the newest version of each term; 0 where there never was one."""
    versions = vocabulary_versions
    newest = select(versions.c.term, func.max(versions.c.number)).where(versions.c.term.in_(names))
    found = {term: int(number) for term, number in connection.execute(newest.group_by(versions.c.term))}
    return {name: found.get(name, 0) for name in names}


def _latest_versions() -> Select[Any]:
    versions = vocabulary_versions
    newest = select(versions.c.term, func.max(versions.c.number).label("number")).group_by(versions.c.term).subquery()
    same: ColumnElement[bool] = and_(versions.c.term == newest.c.term, versions.c.number == newest.c.number)
    return select(versions).join(newest, same)


def _entry(row: Any) -> Entry:
    return Entry(row.term, tuple(read_json(row.means)), row.kind, row.number, row.recorded_at)
