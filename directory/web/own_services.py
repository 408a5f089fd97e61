"""`/my/services`: the services that somebody keeps at hand, and those of their teams, offered to them once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.own_services import MOST, keep, keep_all, let_go
from directory.domain.paths import safe_path
from directory.gate.forms import form_of
from directory.gate.sessions import session_of
from directory.site import Site
from directory.store import favourites
from directory.store import services as service_store
from directory.store.versions import find_ids
from directory.web.account import own_session
from directory.web.rendering import in_hand, page, reader_of, site_of
from directory.web.updates import SEE_OTHER
from directory.web.views.entries import EntryView, entry_view

OFFER = "/my/services/offer"


def services(request: Request) -> Response:
    """`/my/services`: each with its number to press."""
    site, person = site_of(request), own_session(request).person
    with site.database.read() as connection:
        entries = of_person(request, connection, person.id)
    return in_hand(page(request, "own_services.html", entries=entries, offered=False, next=""))


def change(request: Request) -> Response:
    """`POST /my/services`: `service` is kept, or with `remove` not any more; then to `next`, where it was pressed."""
    site, form, by = site_of(request), form_of(request), own_session(request).person.actor
    with site.database.write() as connection:
        if "remove" in form:
            let_go(connection, form.line("service"), by=by)
            return RedirectResponse("/my/services", SEE_OTHER)
        slug = keep(connection, form.line("service"), by=by, at=site.now())
    pressed_at = safe_path(form.text("next")) if "next" in form else f"/services/{slug}"
    return RedirectResponse(pressed_at, SEE_OTHER)


def offer(request: Request) -> Response:
    """`/my/services/offer?next=`: what their teams run, to be kept and followed with one press."""
    site, person = site_of(request), own_session(request).person
    with site.database.read() as connection:
        entries = _entries(request, connection, _of_teams(connection, site, person.roles))
    next_path = safe_path(request.query_params.get("next"))
    return in_hand(page(request, "own_services.html", entries=entries, offered=True, next=next_path))


def take_offer(request: Request) -> Response:
    """`POST /my/services/offer`: those that are ticked are kept, with `tell` told of when they change; then on."""
    site, form, by = site_of(request), form_of(request), own_session(request).person.actor
    if "keep" in form:
        with site.database.write() as connection:
            ticked, tell = form.every("service"), "tell" in form
            keep_all(connection, ticked, tell=tell, by=by, at=site.now(), today=site.today())
    return RedirectResponse(safe_path(form.text("next")), SEE_OTHER)


def offered_first(request: Request, person_id: int, next_path: str) -> str:
    """Where somebody goes on who has just signed in: once past what their teams run, unless they came for something."""
    if next_path != "/":
        return next_path
    site = site_of(request)
    with site.database.read() as connection:
        teams = favourites.teams_to_offer(connection, person_id)
        if not teams or not service_store.run_by(connection, teams, today=site.today()):
            return next_path
    with site.database.write() as connection:
        return OFFER if favourites.offer_once(connection, person_id, at=site.now()) else next_path


def of_person(request: Request, connection: Connection, person_id: int) -> list[EntryView]:
    """Somebody's own services as they are today, in the order in which they were added."""
    return _entries(request, connection, favourites.of_person(connection, person_id))


def is_own(request: Request, connection: Connection, service_id: str) -> bool | None:
    """Whether a service is kept by whoever reads; None where nobody is signed in."""
    session = session_of(request)
    return favourites.has(connection, session.person.id, service_id) if session else None


def _entries(request: Request, connection: Connection, ids: list[str]) -> list[EntryView]:
    site, reader = site_of(request), reader_of(request)
    found = {each.id: each for each in service_store.entries(connection, ids, on=site.today())}
    return [entry_view(found[key], zone=site.settings.zone, reader=reader) for key in ids if key in found]


def _of_teams(connection: Connection, site: Site, slugs: Iterable[str]) -> list[str]:
    teams = find_ids(connection, "team", slugs).values()
    run = service_store.run_by(connection, teams, today=site.today())
    return list(dict.fromkeys(service for ids in run.values() for service in ids))[:MOST]
