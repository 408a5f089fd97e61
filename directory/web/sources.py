"""Feeds of other directories: how each was read, and what to do where it and this directory differ."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import clashes as actions
from directory.actions import sources as source_actions
from directory.domain.offer import Offer
from directory.errors import Invalid, Problem
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.store import source_words
from directory.store import sources as store
from directory.web.parameters import number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.sources import clash_views, source_view

SHOWN = 200


def sources(request: Request) -> Response:
    """`/manage/sources`: every feed, its last reading, and the clashes that wait for somebody."""
    return _sources(request)


def _sources(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site = site_of(request)
    with site.database.read() as connection:
        found = store.list_all(connection)
        clashes = source_words.clashes(connection, limit=SHOWN)
        views = clash_views(connection, actions.differing(connection, clashes, on=site.today()), on=site.today())
    return page(
        request,
        "sources.html",
        status,
        sources=[source_view(each, views, zone=site.settings.zone) for each in found],
        problems_found=problems,
        done=text_of(request, "done"),
        now=site.now(),
        more=len(clashes) == SHOWN,
    )


def act(request: Request) -> Response:
    """`POST /manage/sources`: read a feed next, or let it close what it lists no more."""
    site, form, by = site_of(request), form_of(request), require(request, "import")
    name, missing = form.line("source"), number_of(form.line("close"))
    with site.database.write() as connection:
        if missing is not None:
            source_actions.let_close(connection, name, by=by, at=site.now(), missing=missing)
        else:
            source_actions.read_soon(connection, name, by=by, at=site.now())
    return RedirectResponse("/manage/sources?done=soon", 303)


def decide(request: Request) -> Response:
    """`POST /manage/sources/clash`: take what the feed says, or keep what is said here."""
    site, form, by = site_of(request), form_of(request), require(request, "import")
    given = {name: form.line(name) for name in ("source", "service_id", "field", "seen")}
    chosen, at, zone = actions.Chosen(**given), site.now(), site.settings.zone
    try:
        with site.database.write() as connection:
            if "keep" in form:
                actions.keep_ours(connection, chosen, by=by, at=at, zone=zone)
                return RedirectResponse("/manage/sources?done=kept", 303)
            done = actions.take_theirs(connection, chosen, by=by, at=at, zone=zone)
    except Invalid as invalid:
        # Each on its own clash, and all of them said in one place.
        shown = tuple(Problem("clashes", str(each.reason)) for each in invalid.problems)
        return _sources(request, 409, problems=shown)
    if isinstance(done, Offer):
        return RedirectResponse(f"/offers/{done.ref}", 303)
    return RedirectResponse("/manage/sources?done=taken", 303)
