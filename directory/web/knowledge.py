"""Knowledge pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.web.parameters import key_of
from directory.web.rendering import page, site_of
from directory.web.views.knowledge import page_list, page_view


def pages(request: Request) -> Response:
    """`/pages`: every page, by kind."""
    with site_of(request).database.read() as connection:
        listed = page_list(connection)
    return page(request, "pages.html", listed=listed)


def knowledge_page(request: Request) -> Response:
    """`/pages/{slug}`: a pathway, a forum with its notes, or guidance."""
    site, slug = site_of(request), key_of(request)
    with site.database.read() as connection:
        shown = page_view(connection, slug, today=site.today(), zone=site.settings.zone)
    return page(request, "page.html", shown=shown)
