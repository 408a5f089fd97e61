"""Knowledge pages: versioned Markdown, whole files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql

from directory.domain.change import Weight
from directory.errors import PageNotFound
from directory.store.batches import in_batches
from directory.store.tables.learning import page_versions, pages


@dataclass(frozen=True, slots=True)
class Page:
    """A version of a page; `text` is the whole file, front matter and all. A minor version is told to nobody."""

    slug: str
    number: int
    kind: str
    title: str
    updated: date
    recorded_at: datetime
    text: str
    weight: Weight = "major"
    why: str = ""


def hold(connection: Connection, slug: str) -> Page | None:
    """A page as it stands, held until this transaction ends; one that is new is made, without a version yet."""
    # PostgreSQL's spelling of ON CONFLICT is SQLite's too.
    connection.execute(postgresql.insert(pages).values(id=slug, slug=slug).on_conflict_do_nothing())
    connection.execute(select(pages.c.id).where(pages.c.slug == slug).with_for_update())
    row = connection.execute(_latest().where(pages.c.slug == slug)).one_or_none()
    return page_of(row) if row else None


def put(connection: Connection, page: Page, *, by: int | None = None) -> bool:
    """Write a new version where the text differs from the last; returns whether it did."""
    last = hold(connection, page.slug)
    if last is not None and last.text == page.text:
        return False
    connection.execute(
        insert(page_versions).values(
            page_id=page.slug,
            number=last.number + 1 if last else 1,
            recorded_at=page.recorded_at,
            updated=page.updated,
            kind=page.kind,
            title=page.title,
            text=page.text,
            weight=page.weight,
            why=page.why,
            person_id=by,
        )
    )
    return True


def mark_told(connection: Connection, *, at: datetime) -> None:
    """Nobody is to be told of any page as it stands."""
    connection.execute(update(page_versions).where(page_versions.c.told_at.is_(None)).values(told_at=at))


def load(connection: Connection, slug: str) -> Page:
    """One page; raises PageNotFound."""
    row = connection.execute(_latest().where(pages.c.slug == slug)).one_or_none()
    if row is None:
        raise PageNotFound(f"There is no page {slug}.")
    return page_of(row)


def versions(connection: Connection, slug: str) -> list[Page]:
    """Every version of a page, newest first; raises PageNotFound."""
    statement = _all().where(pages.c.slug == slug).order_by(page_versions.c.number.desc())
    found = [page_of(row) for row in connection.execute(statement)]
    if not found:
        raise PageNotFound(f"There is no page {slug}.")
    return found


def version(connection: Connection, slug: str, number: int) -> Page:
    """One version of a page; raises PageNotFound."""
    row = connection.execute(_all().where(pages.c.slug == slug, page_versions.c.number == number)).one_or_none()
    if row is None:
        raise PageNotFound(f"There is no version {number} of a page {slug}.")
    return page_of(row)


def every(connection: Connection) -> list[Page]:
    """Every page, in the order of kind and title."""
    return [page_of(row) for row in connection.execute(_latest().order_by(page_versions.c.kind, page_versions.c.title))]


def some(connection: Connection, slugs: Iterable[str]) -> dict[str, Page]:
    """Some pages by slug; what is no page is left out."""
    found: dict[str, Page] = {}
    for batch in in_batches(slugs):
        found |= {row.slug: page_of(row) for row in connection.execute(_latest().where(pages.c.slug.in_(batch)))}
    return found


def titles_ever(connection: Connection) -> dict[str, list[str]]:
    """Every title that each page has had, by slug, oldest first."""
    statement = select(pages.c.slug, page_versions.c.title).join(page_versions, page_versions.c.page_id == pages.c.id)
    found: dict[str, list[str]] = {}
    for row in connection.execute(statement.order_by(page_versions.c.number)):
        found.setdefault(row.slug, []).append(row.title)
    return found


def stamp(connection: Connection) -> int:
    """What differs whenever a page does: how many versions there are."""
    return int(connection.scalar(select(func.count()).select_from(page_versions)) or 0)


def _all() -> Select[Any]:
    return select(pages.c.slug, page_versions).join(page_versions, page_versions.c.page_id == pages.c.id)


def _latest() -> Select[Any]:
    newest = (
        select(func.max(page_versions.c.number))
        .where(page_versions.c.page_id == pages.c.id)
        .correlate(pages)
        .scalar_subquery()
    )
    return _all().where(page_versions.c.number == newest)


def page_of(row: Any) -> Page:
    """A row of a page and one of its versions, read."""
    return Page(row.slug, row.number, row.kind, row.title, row.updated, row.recorded_at, row.text, row.weight, row.why)
