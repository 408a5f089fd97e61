"""GET /pages: knowledge pages, as Markdown and as HTML."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from directory.api import replies_telling as replies
from directory.api.answers import page, tagged
from directory.api.asking import KeysAsked
from directory.api.calls import Call
from directory.api.declaring import says
from directory.content.markdown import parse, render
from directory.content.records import stamp
from directory.store import pages as page_store
from directory.store.pages import Page


@says("Knowledge pages, in the order of their slugs.", replies.KnowledgePages)
def list_pages(call: Call, asked: KeysAsked) -> Response:
    """GET /pages, in the order of their slugs."""
    limit, after = asked.limit, asked.after or ""
    with call.site.database.read() as connection:
        found = [each for each in page_store.every(connection) if each.slug > after]
    found.sort(key=lambda each: each.slug)
    items = [page_json(each, base_url=call.base_url) for each in found[:limit]]
    return page(items, found[limit - 1].slug if len(found) > limit else None)


@says("One knowledge page, as Markdown and as HTML.", replies.WholeKnowledgePage, tagged=True)
def show_page(call: Call) -> Response:
    """GET /pages/{slug}."""
    with call.site.database.read() as connection:
        found = page_store.load(connection, call.key())
    body = parse(found.text).body
    html = render(body, service_link=lambda slug: f"{call.base_url}/services/{slug}")
    return tagged(call, page_json(found, base_url=call.base_url) | {"body": body, "html": html})


def page_json(found: Page, *, base_url: str) -> dict[str, Any]:
    """A page without its text."""
    facts = parse(found.text).facts
    return {
        "slug": found.slug,
        "title": found.title,
        "kind": found.kind,
        "summary": str(facts.get("summary") or ""),
        "updated": found.updated.isoformat(),
        "version": found.number,
        "recorded_at": stamp(found.recorded_at),
        "href": f"{base_url}/pages/{found.slug}",
    }
