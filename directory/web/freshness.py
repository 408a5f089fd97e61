"""Freshness: what to check, and the button that says that it is still correct. Following a link confirms nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import checks
from directory.actions.checks import check, require_owner
from directory.domain.policy import Actor, Thing, can
from directory.errors import EditConflict, Invalid, NotFound, PersonNotFound, Problem
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of
from directory.notify.letterhead import check_of_token
from directory.store import people
from directory.store import services as service_store
from directory.web.parameters import key_of, number_of, text_of
from directory.web.rendering import page, reader_of, site_of
from directory.web.reports import teams_of
from directory.web.views.entries import entry_view
from directory.web.views.freshness import freshness_view

# In months; what the setting says stands beside them.
INTERVALS = (1, 2, 3, 4, 6, 9, 12, 18, 24)
_OLD = "This link is not complete, or is more than 90 days old. Sign in, and check the entry on its page."


def by_age(request: Request) -> Response:
    """`/manage/freshness?team=&start=`: the entries of my teams or, for an editor, of all, the oldest first."""
    site, by, team = site_of(request), actor_of(request), text_of(request, "team")
    with site.database.read() as connection:
        shown = freshness_view(
            connection,
            teams=teams_of(by),
            team=team,
            start=number_of(text_of(request, "start")) or 0,
            every=site.settings.check_every,
            today=site.today(),
            zone=site.settings.zone,
        )
    return page(request, "manage_freshness.html", shown=shown, chosen=team, every=site.settings.check_every)


def ask(request: Request) -> Response:
    """`/services/{slug}/check`: the entry, and a button."""
    return _page(request, key_of(request), actor_of(request))


def confirm(request: Request) -> Response:
    """`POST /services/{slug}/check`: it is still correct."""
    return _confirm(request, key_of(request), actor_of(request))


def set_interval(request: Request) -> Response:
    """`POST /services/{slug}/check-interval`: every how many months it is to be checked; empty: as the setting says."""
    site, key, by = site_of(request), key_of(request), actor_of(request)
    typed = form_of(request).line("months")
    try:
        with site.database.write() as connection:
            months = (number_of(typed) or 0) if typed else None
            entry = checks.set_interval(connection, key, months, by=by, at=site.now(), today=site.today())
    except Invalid as invalid:
        return _page(request, key, by, 422, problems=invalid.problems)
    return RedirectResponse(f"/services/{entry.slug}/check?set=1", 303)


def ask_by_link(request: Request) -> Response:
    """`/check/{token}`: the same for whoever holds the link from a message; mail scanners follow links too."""
    service, by = _of_token(request)
    return _page(request, service, by)


def confirm_by_link(request: Request) -> Response:
    """`POST /check/{token}`: it is still correct."""
    service, by = _of_token(request)
    return _confirm(request, service, by)


def _of_token(request: Request) -> tuple[str, Actor]:
    """The service, and who was asked, with what they may do now: whoever left the team leaves the link with it."""
    site = site_of(request)
    secret = site.settings.secret.get_secret_value()
    found = check_of_token(str(request.path_params["token"]), secret, at=site.now())
    if found is None:
        raise NotFound(_OLD)
    with site.database.read() as connection:
        try:
            return found[0], people.by_id(connection, found[1]).actor
        except PersonNotFound:
            raise NotFound(_OLD) from None


def _confirm(request: Request, key: str, by: Actor) -> Response:
    site = site_of(request)
    try:
        with site.database.write() as connection:
            check(
                connection,
                key,
                expected=number_of(form_of(request).line("version")),
                by=by,
                at=site.now(),
                today=site.today(),
            )
    except EditConflict:
        return _page(request, key, by, 409, changed=True)
    return _page(request, key, by, done=True)


def _page(
    request: Request,
    key: str,
    by: Actor,
    status: int = 200,
    *,
    done: bool = False,
    changed: bool = False,
    problems: tuple[Problem, ...] = (),
) -> Response:
    site = site_of(request)
    with site.database.read() as connection:
        entry = service_store.entry(connection, key, on=site.today())
    require_owner(by, entry)
    view = entry_view(entry, zone=site.settings.zone, reader=reader_of(request))
    return page(
        request, "check.html", status, entry=view, done=done, changed=changed, own=entry.check_every,
        every=site.settings.check_every, intervals=INTERVALS, set=text_of(request, "set"), problems_found=problems,
        # A link from a message says that it is correct, and nothing else.
        may_set=can(by, "check", Thing(frozenset({entry.facts.owner.team or ""}))) and by == actor_of(request),
    )  # fmt: skip
