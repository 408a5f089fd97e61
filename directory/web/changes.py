"""Changes, past and coming, and the record of each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.domain.change import KINDS
from directory.domain.policy import Thing, can
from directory.errors import ChangeNotFound
from directory.gate.sessions import actor_of
from directory.web.parameters import changes_asked_of, number_of
from directory.web.rendering import page, site_of
from directory.web.views.changes import change_view, changes_view


def changes(request: Request) -> Response:
    """`/changes`: what is coming and what has come, by kind and area."""
    site, asked = site_of(request), changes_asked_of(request)
    with site.database.read() as connection:
        shown = changes_view(connection, asked, today=site.today(), zone=site.settings.zone)
    return page(request, "changes.html", shown=shown, asked=asked, kinds=KINDS)


def change(request: Request) -> Response:
    """`/changes/{number}`: the record of one change."""
    site, typed = site_of(request), str(request.path_params["number"])
    number = number_of(typed)
    if number is None:
        raise ChangeNotFound(f"There is no change {typed[:20]}.")
    with site.database.read() as connection:
        shown = change_view(connection, number, today=site.today(), zone=site.settings.zone)
    may_publish = shown.stands and can(actor_of(request), "draft", Thing(shown.teams))
    return page(request, "change.html", shown=shown, may_publish=may_publish)
