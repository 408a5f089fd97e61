"""The first page: one question, one's own services, what changes soon, and what changed last."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.gate.sessions import session_of
from directory.web.own_services import of_person
from directory.web.rendering import in_hand, page, site_of
from directory.web.starting import start_of
from directory.web.views.changes import SOON_DAYS, latest, soon

EXAMPLES = ("leg ulcer", "hospital bed at home", "falls", "wheelchair", "urgent community response")
# Whoever keeps more finds the others one press away.
MOST_OWN = 10


def home(request: Request) -> Response:
    """`/`"""
    site, session = site_of(request), session_of(request)
    today, zone = site.today(), site.settings.zone
    with site.database.read() as connection:
        coming, past = soon(connection, today=today, zone=zone), latest(connection, today=today, zone=zone)
        start = None if coming or past else start_of(request, connection)
        own = of_person(request, connection, session.person.id) if session else []
    shown = page(
        request,
        "home.html",
        examples=EXAMPLES,
        days=SOON_DAYS,
        start=start,
        coming=coming,
        latest=past,
        own=own[:MOST_OWN],
        all_own=own,
    )
    return in_hand(shown)
