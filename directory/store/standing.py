"""Everything that stands in the directory on a day, in an order that is the same in every database: by slug."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from directory.domain.succession import Noun
from directory.store.batches import in_batches
from directory.store.pages import Page, page_of
from directory.store.tables.learning import checks, page_versions, pages
from directory.store.versions import SUBJECTS, VersionRow, load_in_force

# So many at a time are in memory, whatever the size of the directory.
AT_ONCE = 1_000


def standing(
    connection: Connection, noun: Noun, *, on: date, known_at: datetime | None = None
) -> Iterator[list[VersionRow]]:
    """Every subject that had begun by a day, as far as it was known at an instant, some at a time, by slug."""
    subjects = SUBJECTS[noun]
    slugs = {row.id: row.slug for row in connection.execute(select(subjects.c.id, subjects.c.slug))}
    # Sorted here: how a database sorts text depends on its collation.
    ids = sorted(slugs, key=slugs.__getitem__)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        rows = load_in_force(connection, noun, some, on=on, known_at=known_at)
        yield [rows[key] for key in some if key in rows]


def last_checks(connection: Connection, ids: Iterable[str], *, before: datetime) -> dict[str, datetime]:
    """When each service was last checked before an instant; those that never were are left out."""
    found: dict[str, datetime] = {}
    for batch in in_batches(ids):
        statement = select(checks.c.service_id, func.max(checks.c.checked_at).label("at"))
        chosen = statement.where(checks.c.service_id.in_(batch), checks.c.checked_at < before)
        found |= {row.service_id: row.at for row in connection.execute(chosen.group_by(checks.c.service_id))}
    return found


def standing_pages(connection: Connection, *, on: date, known_at: datetime | None = None) -> list[Page]:
    """Every page as it was on a day, by slug: its newest version that was written by then."""
    versions = page_versions
    statement = (
        select(pages.c.slug, versions)
        .join(versions, versions.c.page_id == pages.c.id)
        .where(versions.c.updated <= on)
        .order_by(versions.c.number)
    )
    if known_at is not None:
        statement = statement.where(versions.c.recorded_at <= known_at)
    newest = {row.slug: page_of(row) for row in connection.execute(statement)}
    return [newest[slug] for slug in sorted(newest)]
