"""Entries that may be of one service, side by side, and what to do about each pair."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import beginning, writing
from directory.actions import duplicates as actions
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.store import services as service_store
from directory.web.parameters import text_of
from directory.web.rendering import page, reader_of, site_of
from directory.web.views.entries import entry_view

SHOWN = 20


def duplicates(request: Request) -> Response:
    """`/manage/duplicates`: the likeliest pairs, each entry beside the other."""
    site = site_of(request)
    with site.database.read() as connection:
        found = actions.likely_pairs(connection, on=site.today())
        ids = dict.fromkeys(each.id for pair in found[:SHOWN] for each in (pair.one, pair.other))
        entries = service_store.entries(connection, list(ids), on=site.today())
    views = {each.id: entry_view(each, zone=site.settings.zone, reader=reader_of(request)) for each in entries}
    shown = [(pair, views[pair.one.id], views[pair.other.id]) for pair in found[:SHOWN]]
    return page(request, "duplicates.html", shown=shown, count=len(found), done=text_of(request, "done"))


def decide(request: Request) -> Response:
    """`POST /manage/duplicates`: `keep` one of the pair, which begins a draft, or remember that they differ."""
    site, form, by = site_of(request), form_of(request), require(request, "govern")
    one, other, keep = form.line("one"), form.line("other"), form.line("keep")
    with site.database.write() as connection:
        if keep not in (one, other):
            actions.not_the_same(connection, one, other, by=by, at=site.now())
            return RedirectResponse("/manage/duplicates?done=apart", 303)
        gone = other if keep == one else one
        made = beginning.replacing(connection, gone, keep, today=site.today())
        made = writing.start(connection, made, by=by, at=site.now())
    return RedirectResponse(f"/publish/{made.id}", 303)
