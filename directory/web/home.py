"""The first page: one question, what changes soon, and what changed last."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.web.rendering import page, site_of
from directory.web.views.changes import SOON_DAYS, latest, soon

EXAMPLES = ("leg ulcer", "hospital bed at home", "falls", "wheelchair", "urgent community response")


def home(request: Request) -> Response:
    """`/`"""
    site = site_of(request)
    today, zone = site.today(), site.settings.zone
    with site.database.read() as connection:
        coming, past = soon(connection, today=today, zone=zone), latest(connection, today=today, zone=zone)
    return page(request, "home.html", examples=EXAMPLES, days=SOON_DAYS, coming=coming, latest=past)
