"""Which knowledge pages go with a question: they stand beside its answer, and are never the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from directory.content.pages import page_of
from directory.domain.query import Answer, Hit, Matched
from directory.store import pages as page_store


@dataclass(frozen=True, slots=True)
class Guidance:
    """A page that goes with a question, and why."""

    slug: str
    title: str
    kind: str
    summary: str
    matched: Matched


def guidance(
    connection: Connection, answer: Answer, search: Callable[[str, bool], tuple[Hit, ...]]
) -> tuple[Guidance, ...]:
    """The pages that go with an answered question, best first; none for a question about another day.

    `search` takes a text, and whether pages may be found by another spelling of it.
    """
    if answer.query.as_of is not None:
        return ()
    hits = search(answer.did_you_mean or answer.query.text, not answer.results)
    pages = page_store.some(connection, [hit.service_id for hit in hits])
    found = []
    for hit in hits:
        if page := pages.get(hit.service_id):
            read = page_of(page.text, slug=page.slug, kind=page.kind, title=page.title, updated=page.updated)
            found.append(Guidance(page.slug, page.title, page.kind, read.summary, hit.matched))
    return tuple(found)
