"""What a message says of a page, read from the rows: its text, and what it said before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from directory.store.tables.learning import page_versions, pages

PageVersion = tuple[str, int]


@dataclass(frozen=True, slots=True)
class ToldPage:
    """A version of a page; `before` is the whole text of the version that it follows."""

    slug: str
    number: int
    kind: str
    title: str
    why: str
    recorded_at: datetime
    text: str
    before: str


def told(connection: Connection, wanted: Iterable[PageVersion]) -> dict[PageVersion, ToldPage]:
    """Everything that messages about some versions say, by page id and number; one statement, however many."""
    versions = set(wanted)
    if not versions:
        return {}
    earlier = page_versions.alias("earlier")
    these = or_(
        *(and_(page_versions.c.page_id == page, page_versions.c.number == number) for page, number in sorted(versions))
    )
    before = and_(earlier.c.page_id == page_versions.c.page_id, earlier.c.number == page_versions.c.number - 1)
    statement = (
        select(page_versions, pages.c.slug, earlier.c.text.label("before"))
        .join(pages, pages.c.id == page_versions.c.page_id)
        .outerjoin(earlier, before)
        .where(these)
    )
    return {
        (row.page_id, row.number): ToldPage(
            row.slug, row.number, row.kind, row.title, row.why, row.recorded_at, row.text, row.before or ""
        )
        for row in connection.execute(statement)
    }
