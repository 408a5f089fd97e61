"""The audit trail as a chain: numbered without holes, each entry's hash covering the one before.

An entry is written in the transaction of its deed and sealed a moment later, by the worker: nobody who publishes waits
for the end of this chain. Entries are numbered as they are sealed; one whose transaction took longer comes later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from directory.store.tables.changes import counters
from directory.store.tables.trust import audit

AT_ONCE = 2_000
_COUNTER = "audit"
NO_ENTRY = "0" * 64


@dataclass(frozen=True, slots=True)
class End:
    """The last number of the trail, and its hash."""

    number: int
    sha256: str


def end(connection: Connection) -> End:
    """The end of the trail as it is now."""
    row = connection.execute(select(counters).where(counters.c.name == _COUNTER)).one()
    return End(row.value, row.sha256)


def seal(connection: Connection, *, at: datetime) -> int:
    """Number the next entries that have none, in the caller's transaction; returns how many, at most `AT_ONCE`."""
    connection.execute(select(counters.c.value).where(counters.c.name == _COUNTER).with_for_update())
    last = end(connection)
    unsealed = select(audit).where(audit.c.number.is_(None)).order_by(audit.c.id).limit(AT_ONCE)
    sealed, previous = list[dict[str, Any]](), last.sha256
    for number, row in enumerate(connection.execute(unsealed), start=last.number + 1):
        previous = _hash(row, number=number, previous=previous)
        sealed.append({"row": row.id, "its_number": number, "its_hash": previous})
    if sealed:
        connection.execute(
            update(audit)
            .where(audit.c.id == bindparam("row"))
            .values(number=bindparam("its_number"), sha256=bindparam("its_hash")),
            sealed,
        )
        further = update(counters).where(counters.c.name == _COUNTER)
        connection.execute(further.values(value=sealed[-1]["its_number"], sha256=previous, recorded_at=at))
    return len(sealed)


def any_unsealed(connection: Connection) -> bool:
    """Whether an entry waits for its number."""
    return connection.execute(select(audit.c.id).where(audit.c.number.is_(None)).limit(1)).first() is not None


def unsealed(connection: Connection) -> int:
    """How many entries wait for their number."""
    return connection.execute(select(func.count()).where(audit.c.number.is_(None))).scalar_one()


def hash_at(connection: Connection, number: int) -> str | None:
    """The hash of an entry; None where there is no such number. Before the first it is all noughts."""
    if number == 0:
        return NO_ENTRY
    return connection.execute(select(audit.c.sha256).where(audit.c.number == number)).scalar()


def problems(connection: Connection) -> Iterator[str]:
    """What is wrong with the trail, a sentence each, in order: reads every entry."""
    number, previous = 0, NO_ENTRY
    while rows := connection.execute(
        select(audit).where(audit.c.number > number).order_by(audit.c.number).limit(AT_ONCE)
    ).all():
        for row in rows:
            if row.number != number + 1:
                yield f"{_these(number + 1, row.number - 1)} missing from the audit trail"
            elif row.sha256 != _hash(row, number=row.number, previous=previous):
                yield f"entry {row.number} of the audit trail is not as it was sealed"
            number, previous = row.number, str(row.sha256)
    last = end(connection)
    if number < last.number:
        yield f"{_these(number + 1, last.number)} missing from the audit trail: it was cut off"
    elif (number, previous) != (last.number, last.sha256):
        yield f"the audit trail ends with entry {number}, but counts {last.number}"


def _these(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _hash(row: Any, *, number: int, previous: str) -> str:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [previous, number, row.id, at, row.actor, row.action, row.object, row.details]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
