"""Knowledge pages: the list, a page, its history, and following it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.follow_page import follow_page, of_page, stop_following
from directory.domain.policy import can
from directory.domain.subscription import FREQUENCIES
from directory.errors import Invalid, PageNotFound, Problem
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of
from directory.store import subscriptions
from directory.web.parameters import key_of, number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.knowledge import page_list, page_view
from directory.web.views.page_history import page_history_view, page_then


def pages(request: Request) -> Response:
    """`/pages`: every page, by kind."""
    with site_of(request).database.read() as connection:
        listed = page_list(connection)
    return page(request, "pages.html", listed=listed, edits=can(actor_of(request), "edit-page"))


def knowledge_page(request: Request) -> Response:
    """`/pages/{slug}`: a pathway, a forum with its notes, or guidance."""
    site, slug, by = site_of(request), key_of(request), actor_of(request)
    with site.database.read() as connection:
        shown = page_view(connection, slug, today=site.today(), zone=site.settings.zone)
        theirs = subscriptions.of_person(connection, by.person_id) if by.person_id is not None else []
    following = of_page(theirs, slug)
    return page(request, "page.html", shown=shown, edits=can(by, "edit-page"), following=following)


def page_history(request: Request) -> Response:
    """`/pages/{slug}/history?from=&to=`: every version, and two compared."""
    site, slug = site_of(request), key_of(request)
    first, second = text_of(request, "from"), text_of(request, "to")
    problems: tuple[Problem, ...] = ()
    with site.database.read() as connection:
        try:
            shown = page_history_view(connection, slug, first=first, second=second, zone=site.settings.zone)
        except Invalid as invalid:
            problems = invalid.problems
            shown = page_history_view(connection, slug, first="", second="", zone=site.settings.zone)
    status = 422 if problems else 200
    return page(request, "page_history.html", status, shown=shown, problems_found=problems)


def page_version(request: Request) -> Response:
    """`/pages/{slug}/versions/{number}`: a version as it was."""
    site, slug, typed = site_of(request), key_of(request), str(request.path_params["number"])
    number = number_of(typed)
    if number is None:
        raise PageNotFound(f"There is no version {typed[:20]} of this page.")
    with site.database.read() as connection:
        then = page_then(connection, slug, number, zone=site.settings.zone)
    return page(request, "page_version.html", then=then, shown=then.page)


def follow(request: Request) -> Response:
    """`POST /pages/{slug}/follow`: be told when it changes, as often as `every` says."""
    site, slug, every = site_of(request), key_of(request), form_of(request).line("every")
    if every not in FREQUENCIES:
        raise Invalid([Problem("every", f"Choose one of {', '.join(FREQUENCIES)}.")])
    by = actor_of(request)
    follow_page(site.database, slug, frequency=every, by=by, at=site.now())
    return RedirectResponse(f"/pages/{slug}#follow", 303)


def unfollow(request: Request) -> Response:
    """`POST /pages/{slug}/unfollow`: be told no more."""
    site, slug = site_of(request), key_of(request)
    stop_following(site.database, slug, by=actor_of(request), at=site.now())
    return RedirectResponse(f"/pages/{slug}#follow", 303)
