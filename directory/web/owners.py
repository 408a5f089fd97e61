"""Who runs services: teams and organisations."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.web.parameters import key_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.owners import organisation_view, team_view


def team(request: Request) -> Response:
    """`/teams/{slug}`"""
    site, slug, after = site_of(request), key_of(request), text_of(request, "after")
    with site.database.read() as connection:
        shown = team_view(connection, slug, after=after, today=site.today(), zone=site.settings.zone)
    if shown.slug != slug:
        return RedirectResponse(f"/teams/{shown.slug}", 301)
    return page(request, "team.html", shown=shown, after=after)


def organisation(request: Request) -> Response:
    """`/organisations/{slug}`: by id or ODS code, it leads to the slug."""
    site, key, after = site_of(request), key_of(request), text_of(request, "after")
    with site.database.read() as connection:
        shown = organisation_view(connection, key, after=after, today=site.today(), zone=site.settings.zone)
    if shown.slug != key:
        return RedirectResponse(f"/organisations/{shown.slug}", 301)
    return page(request, "organisation.html", shown=shown, after=after)
