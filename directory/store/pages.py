"""Knowledge pages: versioned Markdown, whole files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from directory.errors import PageNotFound
from directory.store.tables.learning import page_versions, pages


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it stands; `text` is the whole file, front matter and all."""

    slug: str
    number: int
    kind: str
    title: str
    updated: date
    recorded_at: datetime
    text: str


def put(connection: Connection, page: Page) -> bool:
    """Write a new version where the text differs from the last; returns whether it did."""
    last = connection.execute(_latest().where(pages.c.slug == page.slug)).one_or_none()
    if last is not None and last.text == page.text:
        return False
    if last is None:
        connection.execute(pages.insert().values(id=page.slug, slug=page.slug))
    connection.execute(
        page_versions.insert().values(
            page_id=page.slug,
            number=last.number + 1 if last else 1,
            recorded_at=page.recorded_at,
            updated=page.updated,
            kind=page.kind,
            title=page.title,
            text=page.text,
        )
    )
    return True


def load(connection: Connection, slug: str) -> Page:
    """One page; raises PageNotFound."""
    row = connection.execute(_latest().where(pages.c.slug == slug)).one_or_none()
    if row is None:
        raise PageNotFound(f"There is no page {slug}.")
    return page_of(row)


def every(connection: Connection) -> list[Page]:
    """Every page, in the order of kind and title."""
    return [page_of(row) for row in connection.execute(_latest().order_by(page_versions.c.kind, page_versions.c.title))]


def stamp(connection: Connection) -> int:
    """What differs whenever a page does: how many versions there are."""
    return int(connection.scalar(select(func.count()).select_from(page_versions)) or 0)


def _latest() -> Select[Any]:
    newest = (
        select(func.max(page_versions.c.number))
        .where(page_versions.c.page_id == pages.c.id)
        .correlate(pages)
        .scalar_subquery()
    )
    return select(pages.c.slug, page_versions).join(
        page_versions, (page_versions.c.page_id == pages.c.id) & (page_versions.c.number == newest)
    )


def page_of(row: Any) -> Page:
    """A row of a page and one of its versions, read."""
    return Page(row.slug, row.number, row.kind, row.title, row.updated, row.recorded_at, row.text)
