"""Chains of changes of which each took the place of the one before: for a reader, one event that was put right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Integer, literal, select

from directory.store.tables.changes import changes


@dataclass(frozen=True, slots=True)
class Chain:
    """The numbers of such changes, oldest first, and when the last was recorded. Most have one."""

    numbers: tuple[int, ...]
    recorded_at: datetime

    @property
    def root(self) -> int:
        """The number under which it is known from the beginning."""
        return self.numbers[0]


def chains(connection: Connection, numbers: Iterable[int]) -> list[Chain]:
    """The whole chains to which some changes belong, each once, in the order of their roots; two statements."""
    roots = _roots(connection, sorted(set(numbers)))
    down = (
        select(changes.c.number.label("root"), changes.c.number, literal(0, Integer).label("place"))
        .where(changes.c.number.in_(roots))
        .cte("down", recursive=True)
    )
    successor = changes.alias("successor")
    further = select(down.c.root, successor.c.number, down.c.place + 1).join(
        successor, successor.c.supersedes == down.c.number
    )
    found = down.union_all(further)
    rows = connection.execute(
        select(found.c.root, found.c.number, changes.c.recorded_at)
        .join(changes, changes.c.number == found.c.number)
        .order_by(found.c.root, found.c.place)
    ).all()
    members: dict[int, list[int]] = {}
    last: dict[int, datetime] = {}
    for row in rows:
        members.setdefault(row.root, []).append(row.number)
        last[row.root] = row.recorded_at
    return [Chain(tuple(found), last[root]) for root, found in members.items()]


def _roots(connection: Connection, numbers: list[int]) -> list[int]:
    up = select(changes.c.number, changes.c.supersedes).where(changes.c.number.in_(numbers)).cte("up", recursive=True)
    before = changes.alias("before")
    found = up.union(select(before.c.number, before.c.supersedes).join(up, up.c.supersedes == before.c.number))
    return [row.number for row in connection.execute(select(found.c.number).where(found.c.supersedes.is_(None)))]
