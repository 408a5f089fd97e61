"""The words that staff use for one another, as editors keep them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from directory.store.batches import read_json, write_json
from directory.store.tables.learning import vocabulary

Line = tuple[str, tuple[str, ...], str]


def terms(connection: Connection) -> list[Line]:
    """Every line as (term, what it means, kind), in the order of terms."""
    rows = connection.execute(select(vocabulary).order_by(vocabulary.c.term))
    return [(row.term, tuple(read_json(row.means)), row.kind) for row in rows]


def stamp(connection: Connection) -> tuple[int, datetime | None]:
    """What differs whenever the vocabulary does: how many lines, and when the last was written."""
    row = connection.execute(select(func.count(), func.max(vocabulary.c.recorded_at))).one()
    return int(row[0]), row[1]


def put(connection: Connection, lines: Sequence[Line], *, at: datetime) -> None:
    """Write lines; one that is there already is replaced."""
    if not lines:
        return
    connection.execute(delete(vocabulary).where(vocabulary.c.term.in_([term for term, _, _ in lines])))
    connection.execute(
        vocabulary.insert(),
        [
            {"term": term, "means": write_json(list(means)), "kind": kind, "recorded_at": at}
            for term, means, kind in lines
        ],
    )
