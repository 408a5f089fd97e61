"""Findings: what the nightly look found wrong, each since when, until it is not found any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql

from directory.store.batches import SIZE
from directory.store.inspection import Found
from directory.store.tables.trust import findings


@dataclass(frozen=True, slots=True)
class Finding:
    """One of them: of what kind, about what, in words, and since when."""

    kind: str
    subject: str
    detail: str
    since: datetime


def replace_all(connection: Connection, found: Mapping[str, Sequence[Found]], *, at: datetime) -> int:
    """Write down what was found, by kind; what was known before keeps its date, what is gone goes. Returns how many."""
    rows = {
        (kind, each.subject[:200]): {"kind": kind, "subject": each.subject[:200], "detail": each.detail, "since": at}
        for kind, of_kind in found.items()
        for each in of_kind
    }
    known = {(row.kind, row.subject) for row in connection.execute(select(findings.c.kind, findings.c.subject))}
    gone = sorted(known - rows.keys())
    for start in range(0, len(gone), SIZE):
        keys = tuple_(findings.c.kind, findings.c.subject)
        connection.execute(delete(findings).where(keys.in_(gone[start : start + SIZE])))
    if rows:
        new = postgresql.insert(findings)
        now = new.on_conflict_do_update(
            index_elements=[findings.c.kind, findings.c.subject], set_={"detail": new.excluded.detail}
        )
        connection.execute(now, list(rows.values()))
    return len(rows)


def every(connection: Connection) -> Sequence[Finding]:
    """All of them, by kind, the oldest first."""
    rows = connection.execute(select(findings).order_by(findings.c.kind, findings.c.since, findings.c.subject))
    return [Finding(row.kind, row.subject, row.detail, row.since) for row in rows]


def counts(connection: Connection) -> dict[str, int]:
    """How many there are of each kind that has any."""
    counted = select(findings.c.kind, func.count().label("many")).group_by(findings.c.kind)
    return {row.kind: int(row.many) for row in connection.execute(counted)}
