"""The links from what was to what took its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, select, union, update

from directory.domain.change import Change
from directory.domain.succession import Noun, Part, Succession, by_predecessor
from directory.shapes import from_json, to_json
from directory.store.batches import in_batches
from directory.store.tables.kinds import Instant
from directory.store.tables.nouns import successions


def insert_successions(connection: Connection, noun: Noun, links: Sequence[tuple[Change, Succession]]) -> None:
    """Write links, each with the change that made it."""
    if links:
        connection.execute(
            successions.insert(),
            [
                {
                    "noun": noun,
                    "predecessor": link.predecessor,
                    "successor": link.successor,
                    "kind": link.kind,
                    "effective_from": link.effective_from,
                    "recorded_at": change.recorded_at,
                    "part": to_json(link.part).decode() if link.part else None,
                    "change_number": change.number,
                }
                for change, link in links
            ],
        )


def void_successions(connection: Connection, gone: Mapping[int, datetime]) -> None:
    """Take back the links that changes made, by number: from its instant on each is known never to have been."""
    made = update(successions).where(successions.c.change_number == bindparam("gone"))
    rows = [{"gone": number, "at": at} for number, at in gone.items()]
    connection.execute(made.values(withdrawn_at=bindparam("at", type_=Instant())), rows)


def following(
    connection: Connection, noun: Noun, ids: Iterable[str], *, known_at: datetime | None = None
) -> dict[str, list[Succession]]:
    """Every link that can be reached from some ids, by predecessor: one statement, however long the chains."""
    statement = _following(noun, as_known=known_at is not None)
    instant = {} if known_at is None else {"known_at": known_at}
    found: list[Succession] = []
    for batch in in_batches(ids):
        found.extend(_read(row) for row in connection.execute(statement, {**instant, "ids": batch}))
    return by_predecessor(dict.fromkeys(found))


@cache
def _following(noun: Noun, *, as_known: bool) -> Select[Any]:
    """Built once: building it costs more than running it, and every page runs it several times."""
    of_noun, *known = _known(noun, bindparam("known_at", type_=Instant()) if as_known else None)
    first = successions.c.predecessor.in_(bindparam("ids", expanding=True))
    reached = select(successions).where(of_noun, *known, first).cte(recursive=True)
    # The noun is that of the row before, not a constant: else SQLite reads all links of the noun for each step.
    further = (successions.c.noun == reached.c.noun) & (successions.c.predecessor == reached.c.successor)
    # UNION, not UNION ALL: a loop in old data ends when it brings nothing new.
    reached = reached.union(select(successions).join(reached, further).where(*known))
    return select(reached).order_by(reached.c.effective_from, reached.c.id)


def preceding(connection: Connection, noun: Noun, ids: Iterable[str]) -> dict[str, set[str]]:
    """What led directly to each of some ids, to each of those, and so on: one statement, however long the chains."""
    pair = (successions.c.noun, successions.c.predecessor, successions.c.successor)
    found: dict[str, set[str]] = defaultdict(set)
    for batch in in_batches(ids):
        led = select(*pair).where(*_known(noun, None), successions.c.successor.in_(batch)).cte(recursive=True)
        further = (successions.c.noun == led.c.noun) & (successions.c.successor == led.c.predecessor)
        led = led.union(select(*pair).join(led, further).where(successions.c.withdrawn_at.is_(None)))
        for row in connection.execute(select(led)):
            found[row.successor].add(row.predecessor)
    return found


def touching(
    connection: Connection, noun: Noun, ids: Iterable[str], *, known_at: datetime | None = None
) -> list[Succession]:
    """The links that leave or reach some ids, as far as they were known at an instant."""
    found: dict[Succession, None] = {}
    statement = _touching(noun, as_known=known_at is not None)
    instant = {} if known_at is None else {"known_at": known_at}
    for batch in in_batches(ids):
        found |= {_read(row): None for row in connection.execute(statement, {**instant, "ids": batch})}
    return list(found)


@cache
def _touching(noun: Noun, *, as_known: bool) -> Select[Any]:
    """Built once, as every page runs it. Asked for both ends with OR, SQLite reads all links of the noun."""
    known = _known(noun, bindparam("known_at", type_=Instant()) if as_known else None)
    either = union(
        *(
            select(successions).where(*known, column.in_(bindparam("ids", expanding=True)))
            for column in (successions.c.predecessor, successions.c.successor)
        )
    ).subquery()
    return select(either).order_by(either.c.effective_from, either.c.id)


def _known(noun: Noun, known_at: datetime | BindParameter[datetime] | None) -> list[ColumnElement[bool]]:
    """Of a noun, and what was known of it at an instant, or is known now."""
    standing = successions.c.withdrawn_at.is_(None)
    if known_at is None:
        return [successions.c.noun == noun, standing]
    return [
        successions.c.noun == noun,
        successions.c.recorded_at <= known_at,
        standing | (successions.c.withdrawn_at > known_at),
    ]


def of_changes(connection: Connection, numbers: Sequence[int]) -> dict[tuple[str, int], list[Succession]]:
    """The links that some changes made, by noun and change number."""
    found: dict[tuple[str, int], list[Succession]] = {}
    statement = select(successions).where(successions.c.change_number.in_(numbers)).order_by(successions.c.id)
    for row in connection.execute(statement):
        found.setdefault((row.noun, row.change_number), []).append(_read(row))
    return found


def all_of(connection: Connection, noun: Noun) -> list[Succession]:
    """Every link of a noun, oldest first."""
    statement = select(successions).where(*_known(noun, None))
    return [
        _read(row) for row in connection.execute(statement.order_by(successions.c.effective_from, successions.c.id))
    ]


def _read(row: Any) -> Succession:
    part = from_json(Part, row.part) if row.part else None
    return Succession(row.predecessor, row.successor, row.kind, row.effective_from, part)
