"""A question and its answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.actions.gaps import record_gap
from directory.answer import answer
from directory.web.parameters import asked_of
from directory.web.rendering import page, site_of
from directory.web.views.results import answer_view


def find(request: Request) -> Response:
    """`/find?q=&area=&setting=&as_of=`: the answer first, then the other results."""
    site, asked = site_of(request), asked_of(request)
    if asked.query is None:
        status = 422 if asked.problems else 200
        return page(request, "find.html", status, asked=asked, found=None)
    with site.database.read() as connection:
        found = answer(connection, asked.query, site.search, today=site.today())
        shown = answer_view(connection, found, today=site.today(), zone=site.settings.zone)
    record_gap(site.database, found, at=site.now())
    return page(request, "find.html", asked=asked, found=shown)
