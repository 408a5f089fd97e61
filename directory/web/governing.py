"""What editors watch over: critical services, what one person published alone, and services nobody answers for."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import governing as actions
from directory.actions.prepare import Published
from directory.errors import ChangeNotFound, Invalid, Problem, ServiceNotFound
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.gate.sessions import actor_of
from directory.store import governing as store
from directory.web.parameters import number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.names import names_of

MOST = 200
LONGEST_WHY = 5_000


def critical(request: Request) -> Response:
    """`/manage/critical`: the services that need two people, and a form to mark one."""
    return _critical(request)


def mark(request: Request) -> Response:
    """`POST /manage/critical`: mark a service, or take the mark away."""
    site, form, by = site_of(request), form_of(request), require(request, "govern")
    key = form.line("service").rstrip("/").rpartition("/")[2]
    try:
        with site.database.write() as connection:
            (actions.unmark if "unmark" in form else actions.mark)(connection, key, by=by, at=site.now())
    except ServiceNotFound:
        wrong = Problem("service", "There is no such service: copy the address of its page")
        return _critical(request, 422, problems=(wrong,))
    return RedirectResponse("/manage/critical", 303)


def _critical(request: Request, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site = site_of(request)
    with site.database.read() as connection:
        ids = store.critical_ones(connection)
        names = names_of(connection, "service", ids, on=site.today())
    services = sorted(((key, names[key]) for key in ids), key=lambda each: each[1].name)
    typed = form_of(request).line("service")
    return page(request, "critical.html", status, services=services, problems_found=problems, typed=typed)


def reviews(request: Request) -> Response:
    """`/manage/reviews`: what one person published alone, and whether another has looked at it."""
    return _reviews(request)


def review(request: Request) -> Response:
    """`POST /manage/reviews`: say that it is right, or withdraw it."""
    site, form, by = site_of(request), form_of(request), require(request, "govern")
    number, at = number_of(form.line("number")), site.now()
    if number is None:
        raise ChangeNotFound("There is no such change.")
    try:
        with site.database.write() as connection:
            if "withdraw" not in form:
                actions.review(connection, number, by=by, at=at)
                return RedirectResponse("/manage/reviews?done=reviewed", 303)
            why, zone = form.text("why", limit=LONGEST_WHY), site.settings.zone
            done = actions.undo(connection, number, why=why, by=by, at=at, zone=zone)
    except Invalid as invalid:
        return _reviews(request, 422, wrong=number, problems=invalid.problems)
    if isinstance(done, Published):
        return RedirectResponse(f"/changes/{done.change.number}", 303)
    return RedirectResponse(f"/offers/{done.ref}", 303)


def _reviews(
    request: Request, status: int = 200, *, wrong: int | None = None, problems: tuple[Problem, ...] = ()
) -> Response:
    site, by = site_of(request), actor_of(request)
    with site.database.read() as connection:
        found = store.list_reviews(connection, limit=MOST)
    why = form_of(request).text("why", limit=LONGEST_WHY)
    shown = [
        {
            "it": each,
            "due_at": each.due_at.astimezone(site.settings.zone),
            "late": each.due_at <= site.now(),
            "own": each.person_id is not None and each.person_id == by.person_id,
            "why": why if each.number == wrong else "",
            "reviewed_at": each.reviewed_at.astimezone(site.settings.zone) if each.reviewed_at else None,
        }
        for each in found
    ]
    return page(
        request,
        "reviews.html",
        status,
        waiting=[each for each in shown if not each["reviewed_at"]],
        reviewed=[each for each in shown if each["reviewed_at"]],
        problems_found=tuple(replace(each, where=f"why-{wrong}") for each in problems),
        done=text_of(request, "done"),
    )


def orphans(request: Request) -> Response:
    """`/manage/orphans`: the services for which nobody answers, and why."""
    site = site_of(request)
    with site.database.read() as connection:
        found = store.orphans(connection, on=site.today(), limit=MOST + 1)
        organisations = names_of(connection, "organisation", {each.organisation for each in found}, on=site.today())
    return page(request, "orphans.html", found=found[:MOST], more=len(found) > MOST, organisations=organisations)
