"""A service: its entry now and on any day, and its history."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.domain.policy import Thing, can
from directory.errors import Invalid, Problem
from directory.gate.sessions import actor_of
from directory.web.own_services import is_own
from directory.web.parameters import day_of, key_of, text_of
from directory.web.rendering import in_hand, page, reader_of, site_of
from directory.web.views.services import service_view
from directory.web.views.sheet import sheet_view
from directory.web.views.sources import clashes_on
from directory.web.views.timeline import history_view
from directory.web.views.updates import tell_view

MOVED = 301
# On a sheet of paper.
MOST_INSTEAD = 3


def service(request: Request) -> Response:
    """`/services/{slug}`: by id, it leads to the slug."""
    site, key = site_of(request), key_of(request)
    today = site.today()
    with site.database.read() as connection:
        zone, reader = site.settings.zone, reader_of(request)
        shown = service_view(connection, key, on=today, today=today, zone=zone, reader=reader)
        tell = tell_view(connection, actor_of(request), {"service": shown.entry.id}, zone)
        kept = is_own(request, connection, shown.entry.id)
        # What feeds say otherwise is for those who can decide about it.
        clashes = clashes_on(connection, shown.entry.id, on=today) if can(actor_of(request), "import") else ()
    if shown.entry.slug != key:
        return RedirectResponse(shown.entry.href, MOVED)
    teams = frozenset({shown.team or ""})
    may_publish = can(actor_of(request), "draft", Thing(teams))
    may_check = can(actor_of(request), "check", Thing(frozenset({shown.team} if shown.team else ())))
    answer = page(
        request,
        "service.html",
        shown=shown,
        today=today,
        may_check=may_check,
        may_publish=may_publish,
        tell=tell,
        kept=kept,
        clashes=clashes,
    )
    return in_hand(answer)


def service_printed(request: Request) -> Response:
    """`/services/{slug}/print`: the entry of today on one sheet of A4."""
    site, key = site_of(request), key_of(request)
    today, zone = site.today(), site.settings.zone
    with site.database.read() as connection:
        shown = service_view(connection, key, on=today, today=today, zone=zone)
    if shown.entry.slug != key:
        return RedirectResponse(f"{shown.entry.href}/print", MOVED)
    sheet = sheet_view(shown.entry, printed_at=site.now().astimezone(zone), base_url=site.settings.base_url)
    return in_hand(page(request, "print.html", sheet=sheet, instead=shown.handled_now_by[:MOST_INSTEAD]))


def service_then(request: Request) -> Response:
    """`/services/{slug}/as-of/{date}?known_at=`: the entry and who handled it then, as it was known on a later day."""
    site, key, typed = site_of(request), key_of(request), str(request.path_params["date"])
    today, known_on = site.today(), text_of(request, "known_at", limit=40)
    try:
        day = day_of(typed, where="date")
        known = day_of(known_on, where="known_at") if known_on else None
    except Invalid as invalid:
        return _ask_for_day(request, key, typed, known_on, invalid)
    with site.database.read() as connection:
        shown = service_view(connection, key, on=day, today=today, zone=site.settings.zone, known_on=known)
    return page(request, "service.html", shown=shown, today=today, may_check=False)


def service_on(request: Request) -> Response:
    """`/services/{slug}/as-of?date=&known_at=`: the form, which leads to the days that were typed."""
    key, typed, known_on = key_of(request), text_of(request, "date", limit=40), text_of(request, "known_at", limit=40)
    try:
        day = day_of(typed, where="date")
        known = f"?known_at={day_of(known_on, where='known_at').isoformat()}" if known_on else ""
    except Invalid as invalid:
        return _ask_for_day(request, key, typed, known_on, invalid)
    return RedirectResponse(f"/services/{key}/as-of/{day.isoformat()}{known}", 303)


def _ask_for_day(request: Request, key: str, typed: str, known_on: str, invalid: Invalid) -> Response:
    site = site_of(request)
    today = site.today()
    with site.database.read() as connection:
        shown = service_view(connection, key, on=today, today=today, zone=site.settings.zone)
    problems = invalid.problems if typed or known_on else ()
    given = {"entry": shown.entry, "typed": typed[:40], "known_on": known_on, "problems_found": problems}
    return page(request, "as_of.html", 422 if problems else 200, **given)


def service_history(request: Request) -> Response:
    """`/services/{slug}/history?from=&to=`: every version, and any two compared."""
    site, key = site_of(request), key_of(request)
    chosen = {"from": text_of(request, "from", limit=40), "to": text_of(request, "to", limit=40)}
    today, zone = site.today(), site.settings.zone
    problems: tuple[Problem, ...] = ()
    with site.database.read() as connection:
        try:
            shown = history_view(connection, key, first=chosen["from"], second=chosen["to"], today=today, zone=zone)
        except Invalid as invalid:
            problems = invalid.problems
            shown = history_view(connection, key, first="", second="", today=today, zone=zone)
    if shown.slug != key:
        return RedirectResponse(f"/services/{shown.slug}/history", MOVED)
    return page(request, "history.html", 422 if problems else 200, shown=shown, chosen=chosen, problems_found=problems)
