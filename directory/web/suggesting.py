"""`/suggest`: ways on from what was typed so far, for the list under the question."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from directory.errors import IndexDamaged
from directory.store import services
from directory.web.parameters import text_of
from directory.web.rendering import site_of

MOST = 8
# What a suggestion is, beside its text; a service needs no word.
KINDS = {"name": "", "former_name": "former name", "need": "", "owner": "runs services"}


def suggest(request: Request) -> Response:
    """`/suggest?q=`: at most 8 of `{"text", "kind", "href"}`, from the third character."""
    site, typed = site_of(request), text_of(request, "q", limit=300)
    pages = site.suggest_pages(typed)
    try:
        found = site.suggest(typed)[: MOST - len(pages)]
    except IndexDamaged:
        # It is being made anew: the question can be asked all the same.
        found = ()
    with site.database.read() as connection:
        slugs = services.slugs(connection, [each.service_id for each in found if each.service_id])
    ways = []
    for each in found:
        slug = slugs.get(each.service_id or "")
        href = f"/services/{slug}" if slug else f"/find?{urlencode({'q': each.text})}"
        ways.append({"text": each.text, "kind": KINDS[each.field], "href": href})
    ways += [{"text": each.text, "kind": "page", "href": f"/pages/{each.service_id}"} for each in pages]
    return JSONResponse(ways, headers={"Cache-Control": "no-store"})
