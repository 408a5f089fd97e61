"""Who runs services: teams and organisations."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.domain.policy import Thing, can
from directory.gate.sessions import actor_of
from directory.store import champions
from directory.web.parameters import key_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.owners import organisation_view, team_view
from directory.web.views.updates import tell_view


def team(request: Request) -> Response:
    """`/teams/{slug}`"""
    site, slug, after, by = site_of(request), key_of(request), text_of(request, "after"), actor_of(request)
    with site.database.read() as connection:
        shown = team_view(connection, slug, after=after, today=site.today(), zone=site.settings.zone)
        # Names of staff are for staff.
        passing_on = champions.of_team(connection, slug) if by.signed_in else ()
        tell = tell_view(connection, by, {"team": slug}, site.settings.zone)
    if shown.slug != slug:
        return RedirectResponse(f"/teams/{shown.slug}", 301)
    may_name = can(by, "name-champion", Thing(frozenset({slug})))
    return page(request, "team.html", shown=shown, after=after, champions=passing_on, may_name=may_name, tell=tell)


def organisation(request: Request) -> Response:
    """`/organisations/{slug}`: by id or ODS code, it leads to the slug."""
    site, key, after = site_of(request), key_of(request), text_of(request, "after")
    with site.database.read() as connection:
        shown = organisation_view(connection, key, after=after, today=site.today(), zone=site.settings.zone)
        tell = tell_view(connection, actor_of(request), {"owner": shown.slug}, site.settings.zone)
    if shown.slug != key:
        return RedirectResponse(f"/organisations/{shown.slug}", 301)
    return page(request, "organisation.html", shown=shown, after=after, tell=tell)
