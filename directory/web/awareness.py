"""Saying that one has read a change; who has read what; and the champions who pass changes on."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.acknowledge import acknowledge, excuse
from directory.actions.champions import end_champion, name_champion
from directory.domain.awareness import due_at
from directory.domain.policy import Thing, can
from directory.errors import ChangeNotFound, Invalid, Problem
from directory.exchange.bank_holidays import BankHolidays
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.gate.sessions import actor_of
from directory.site import Site
from directory.store import champions
from directory.store import changes as change_store
from directory.store import organisations as organisation_store
from directory.web.parameters import key_of, number_of
from directory.web.rendering import page, site_of
from directory.web.views.awareness import of_all, of_change
from directory.web.views.changes import ChangeView, change_line
from directory.web.views.charts import share_chart

NOT_FOR_ME = "-"


def say(request: Request) -> Response:
    """`POST /changes/{number}/acknowledge`: I have read it; a `team` has been told; or (`-`) it is not for me."""
    site, number, by = site_of(request), _number(request), actor_of(request)
    team = form_of(request).line("team")
    with site.database.write() as connection:
        if team == NOT_FOR_ME:
            excuse(connection, number, by=by, at=site.now())
        else:
            acknowledge(connection, number, team=team or None, by=by, at=site.now(), zone=site.settings.zone)
    return RedirectResponse(f"/changes/{number}#read", 303)


def change(request: Request) -> Response:
    """`/changes/{number}/awareness`: how many have read one change, in all and by team."""
    site, number = site_of(request), _number(request)
    with site.database.read() as connection:
        found = change_store.load(connection, number)
        shown = of_change(connection, number, today=site.today(), zone=site.settings.zone)
    line = change_line(found, zone=site.settings.zone)
    return page(request, "awareness.html", line=line, shown=shown, chart=share_chart(shown.teams))


def overview(request: Request) -> Response:
    """`/manage/acknowledgements`: the same of the changes of the last 90 days."""
    site = site_of(request)
    with site.database.read() as connection:
        shown, changes = of_all(connection, at=site.now(), today=site.today(), zone=site.settings.zone)
    editor, chart = can(actor_of(request), "read-findings"), share_chart(shown.teams)
    return page(request, "acknowledgements.html", shown=shown, changes=changes, chart=chart, editor=editor)


def team_champions(request: Request) -> Response:
    """`/teams/{slug}/champions`: who passes on changes about what, for whoever looks after the team."""
    slug = key_of(request)
    require(request, "name-champion", Thing(frozenset({slug})))
    return _champions(request, slug)


def change_champions(request: Request) -> Response:
    """`POST /teams/{slug}/champions`: name one (`email`, `topic`), or end one (`person`, `topic`)."""
    site, slug, form = site_of(request), key_of(request), form_of(request)
    by = require(request, "name-champion", Thing(frozenset({slug})))
    topic, person = form.line("topic"), number_of(form.line("person"))
    try:
        with site.database.write() as connection:
            if person is not None:
                end_champion(connection, slug, person_id=person, topic=topic, by=by, at=site.now())
            else:
                name_champion(connection, slug, email=form.line("email"), topic=topic, by=by, at=site.now())
    except Invalid as error:
        return _champions(request, slug, 400, problems=tuple(error.problems))
    return RedirectResponse(f"/teams/{slug}/champions", 303)


def _champions(request: Request, slug: str, status: int = 200, *, problems: tuple[Problem, ...] = ()) -> Response:
    site, form = site_of(request), form_of(request)
    with site.database.read() as connection:
        team = organisation_store.team(connection, slug, on=site.today())
        found = champions.of_team(connection, slug)
        needs = champions.needs_of_now(connection, on=site.today())
    typed = {name: form.line(name) for name in ("email", "topic")} if problems else {"email": "", "topic": ""}
    return page(
        request,
        "champions.html",
        status,
        team=team,
        champions=found,
        needs=needs,
        typed=typed,
        problems_found=problems,
    )


def read_by(change: ChangeView, site: Site) -> date | None:
    """Until which day an urgent change is to be read; None for one that is not, or that holds no longer."""
    if not change.line.urgent or change.line.withdrawn:
        return None
    return due_at(change.recorded_at, site.settings.zone, BankHolidays(site.settings.bank_holidays)).date()


def _number(request: Request) -> int:
    typed = str(request.path_params["number"])
    number = number_of(typed)
    if number is None:
        raise ChangeNotFound(f"There is no change {typed[:20]}.")
    return number
