"""What waits for somebody's agreement: the list, one offer, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import agreeing, writing
from directory.actions.submit import revise
from directory.domain.offer import Offer
from directory.errors import Invalid, NotAllowed, Problem
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of
from directory.store import offers as store
from directory.web.parameters import key_of, number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.offers import offer_lines, offer_view

MOST = 100
LONGEST_WHY = 5_000


def offers(request: Request) -> Response:
    """`/offers`: what waits for me, what of mine waits for others, and what became of the rest."""
    site, by = site_of(request), actor_of(request)
    with site.database.read() as connection:
        found = store.for_actor(connection, by, limit=MOST)
        lines = offer_lines(connection, found, by, at=site.now(), zone=site.settings.zone)
    return page(request, "offers.html", lines=lines, most=MOST, editor=by.editor)


def offer(request: Request) -> Response:
    """`/offers/{ref}`: what would change, who has to agree, and what the reader can do."""
    return _page(request)


def accept(request: Request) -> Response:
    """`POST /offers/{ref}/accept`: agree to what was read; the last to agree publishes it."""
    site, by, version = site_of(request), actor_of(request), _version(request)

    def agree(connection: Connection, ref: str) -> Offer:
        zone = site.settings.zone
        return agreeing.agree(connection, ref, version=version, by=by, at=site.now(), zone=zone)

    return _do(request, agree, "agreed")


def decline(request: Request) -> Response:
    """`POST /offers/{ref}/decline`: say no, and why."""
    site, by, why = site_of(request), actor_of(request), form_of(request).text("why", limit=LONGEST_WHY)
    return _do(
        request, lambda connection, ref: agreeing.decline(connection, ref, why=why, by=by, at=site.now()), "declined"
    )


def withdraw(request: Request) -> Response:
    """`POST /offers/{ref}/withdraw`: take it back."""
    site, by = site_of(request), actor_of(request)
    return _do(
        request, lambda connection, ref: agreeing.withdraw_offer(connection, ref, by=by, at=site.now()), "withdrawn"
    )


def override(request: Request) -> Response:
    """`POST /offers/{ref}/override`: an editor publishes it without the others, and says why."""
    site, by, version = site_of(request), actor_of(request), _version(request)
    why = form_of(request).text("override", limit=LONGEST_WHY)

    def publish(connection: Connection, ref: str) -> Offer:
        zone = site.settings.zone
        return agreeing.override(connection, ref, version=version, why=why, by=by, at=site.now(), zone=zone)

    return _do(request, publish, "overridden")


def again(request: Request) -> Response:
    """`POST /offers/{ref}/again`: its author offers the same once more, upon what the directory says now."""
    site, by, ref = site_of(request), actor_of(request), key_of(request, "ref")
    with site.database.write() as connection:
        draft = agreeing.anew(store.load(connection, ref))
        done = revise(connection, ref, draft, by=by, at=site.now(), zone=site.settings.zone)
    if isinstance(done, Offer):
        return RedirectResponse(f"/offers/{ref}?done=again", 303)
    return RedirectResponse(f"/changes/{done.change.number}", 303)


def edit(request: Request) -> Response:
    """`POST /offers/{ref}/edit`: its author goes back into it; what is sent then takes its place."""
    site, by = site_of(request), actor_of(request)
    with site.database.write() as connection:
        begun = writing.edit_offer(connection, key_of(request, "ref"), by=by, at=site.now(), zone=site.settings.zone)
    return RedirectResponse(f"/publish/{begun.id}", 303)


def _version(request: Request) -> int:
    return number_of(form_of(request).line("version")) or 0


def _do(request: Request, deed: Callable[[Connection, str], Offer], done: str) -> Response:
    ref = key_of(request, "ref")
    try:
        with site_of(request).database.write() as connection:
            deed(connection, ref)
    except Invalid as invalid:
        # The field of the form that was sent, whichever it was.
        where = "override" if done == "overridden" else "why"
        problems = tuple(replace(each, where=where if each.where == "why" else "") for each in invalid.problems)
        return _page(request, 422, problems=problems)
    return RedirectResponse(f"/offers/{ref}?done={done}", 303)


def _page(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site, by, form = site_of(request), actor_of(request), form_of(request)
    with site.database.read() as connection:
        found = store.load(connection, key_of(request, "ref"))
        if not found.may_read(by):
            raise NotAllowed("This belongs to other teams. Ask one of their leads, or an editor.")
        shown = offer_view(connection, found, by, at=site.now(), zone=site.settings.zone)
    return page(
        request,
        "offer.html",
        status,
        shown=shown,
        done=text_of(request, "done"),
        problems_found=problems,
        why=form.text("why", limit=LONGEST_WHY),
        override=form.text("override", limit=LONGEST_WHY),
    )
