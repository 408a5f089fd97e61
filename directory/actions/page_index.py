"""Knowledge pages in an index of their own, which follows their versions from its own cursor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from sqlalchemy import Connection

from directory.content.markdown import plain
from directory.content.pages import page_of
from directory.domain.change import fold
from directory.search.document import Document
from directory.search.engine import Engine
from directory.store import pages as page_store
from directory.store.database import Database


def follow_page_index(database: Database, engine: Engine, *, today: date) -> int:
    """Make the index anew where a page has another version, or there is no index; returns how many pages it took.

    Pages are few, and all of them are read in less time than a person needs to press a button.
    """
    with database.read() as connection:
        number = page_store.stamp(connection)
    if (held := engine.cursor) is not None and held[0] == number:
        return 0
    return rebuild_page_index(database, engine, today=today)


def rebuild_page_index(database: Database, engine: Engine, *, today: date) -> int:
    """Make the index anew while the old one answers; returns how many pages are in it."""
    with database.read() as connection:
        number = page_store.stamp(connection)
        documents = list(page_documents(connection))
    engine.build(documents, number=number, day=today)
    return len(documents)


def page_documents(connection: Connection) -> Iterator[Document]:
    """Every page as it is searched: its present text, and every title that it has had."""
    titles = page_store.titles_ever(connection)
    for page in page_store.every(connection):
        read = page_of(page.text, slug=page.slug, kind=page.kind, title=page.title, updated=page.updated)
        former = {fold(title): title for title in titles.get(page.slug, ()) if fold(title) != fold(page.title)}
        steps = " ".join(f"{step.title}. {step.note}" for step in read.steps)
        yield Document(
            id=page.slug,
            slug=page.slug,
            name=page.title,
            former_names=tuple(former.values()),
            needs=read.needs,
            areas=read.areas,
            summary=read.summary,
            text=" ".join(filter(None, [steps, _words(read.body)])),
        )


@lru_cache(maxsize=500)
def _words(body: str) -> str:
    """The words of a body of any length; what is rendered at once is bounded. Kept: most pages are as they were."""
    return " ".join(plain(part) for part in body.split("\n\n"))
