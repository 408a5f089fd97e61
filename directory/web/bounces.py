"""Whose mail came back: for those who look after them, and for the person who says that the address is right."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.bounces import lift
from directory.gate.sessions import actor_of
from directory.store import bounces
from directory.web.account import own_session
from directory.web.rendering import page, site_of


def returned(request: Request) -> Response:
    """`/manage/bounces`: to whom in one's teams no updates go, and why; to an editor, everybody."""
    site, by = site_of(request), actor_of(request)
    with site.database.read() as connection:
        stops = bounces.of_teams(connection, None if by.editor else by.administers, at=site.now())
    zone = site.settings.zone
    lines = [(each, each.since.astimezone(zone), each.until and each.until.astimezone(zone)) for each in stops]
    return page(request, "bounces.html", lines=lines)


def send_again(request: Request) -> Response:
    """`POST /account/mail`: the address is right; send to it again."""
    site, person = site_of(request), own_session(request).person
    with site.database.write() as connection:
        lift(connection, person.id, by=actor_of(request), at=site.now())
    return RedirectResponse("/my/updates", 303)
