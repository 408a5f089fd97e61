"""What changed since a day: for pages that were written then and name services."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from directory.store.batches import in_batches
from directory.store.tables.changes import change_terms, changes


@dataclass(frozen=True, slots=True)
class Since:
    """A change that took effect."""

    number: int
    title: str
    effective_from: date


def changes_since(
    connection: Connection, services: Iterable[str], *, after: date, until: date
) -> dict[str, list[Since]]:
    """What took effect for each service after a day, up to and including another, newest first; small corrections not.

    One statement, however many services.
    """
    found: dict[str, list[Since]] = {}
    for batch in in_batches(services):
        statement = (
            select(change_terms.c.subject_id, changes.c.number, changes.c.title, changes.c.effective_from)
            .join(changes, changes.c.number == change_terms.c.change_number)
            .where(
                change_terms.c.facet == "service",
                change_terms.c.value.in_(batch),
                changes.c.effective_from > after,
                changes.c.effective_from <= until,
                changes.c.weight == "major",
                changes.c.status == "published",
            )
            .order_by(changes.c.effective_from.desc(), changes.c.number.desc())
        )
        for row in connection.execute(statement):
            found.setdefault(row.subject_id, []).append(Since(row.number, row.title, row.effective_from))
    return found
