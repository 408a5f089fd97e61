"""A question and its answer."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from directory.actions.gaps import record_gap
from directory.answer import answer, answer_by_distance
from directory.domain.area import Gazetteer
from directory.errors import Problem
from directory.gate.sessions import actor_of
from directory.guidance import guidance
from directory.store.places import locate
from directory.web.language import gettext
from directory.web.own_services import is_own
from directory.web.parameters import Asked, asked_of
from directory.web.rendering import in_hand, page, reader_of, site_of
from directory.web.views.reader import Reader
from directory.web.views.results import answer_view
from directory.web.views.updates import tell_view


def find(request: Request) -> Response:
    """`/find?q=&area=&setting=&as_of=&near=&sort=&page=`: the answer first, then the other results."""
    site, asked = site_of(request), asked_of(request)
    gazetteer = site.gazetteer()
    areas = tuple(area.name for area in gazetteer.areas())
    query = asked.query
    if query is None:
        status = 422 if asked.problems else 200
        return in_hand(page(request, "find.html", status, asked=asked, found=None, pages=(), areas=areas))
    with site.database.read() as connection:
        asked, reader = _placed(connection, asked, reader_of(request), gazetteer)
        if asked.by_distance and reader.near:
            found = answer_by_distance(
                connection, query, site.search, reader.near, today=site.today(), gazetteer=gazetteer
            )
        else:
            found = answer(connection, query, site.search, today=site.today(), gazetteer=gazetteer)
        shown = answer_view(
            connection,
            found,
            today=site.today(),
            zone=site.settings.zone,
            reader=reader,
            near=asked.near,
            by_distance=asked.by_distance,
        )
        pages = guidance(connection, found, site.search_pages)
        said = {"q": asked.text, "area": asked.area, "setting": asked.setting}
        kept = is_own(request, connection, shown.best.entry.id) if shown.best else None
        tell = tell_view(connection, actor_of(request), said, site.settings.zone)
    if not query.offset:
        record_gap(site.database, found, at=site.now())
    status = 422 if asked.problems else 200
    made = page(
        request,
        "find.html",
        status,
        asked=asked,
        found=shown,
        pages=pages,
        areas=areas,
        tell=tell,
        kept=kept,
        today=site.today(),
    )
    return in_hand(made)


def _placed(connection: Connection, asked: Asked, reader: Reader, gazetteer: Gazetteer) -> tuple[Asked, Reader]:
    """The reader at the place that was typed; where nobody knows it, a problem beside the answer."""
    if not asked.near:
        return asked, reader
    if point := locate(connection, asked.near, gazetteer):
        return asked, replace(reader, near=point)
    said = gettext(
        "We do not know where “{place}” is. Enter a postcode near one of these services, or an area."
    ).format(place=asked.near[:40])
    return replace(asked, problems=(Problem("near", said),)), reader
