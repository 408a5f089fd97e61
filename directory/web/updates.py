"""What somebody is told of: the list, each subscription, and what is done with it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import subscribe as verbs
from directory.actions.subscribe import Altered
from directory.domain.policy import Thing, can
from directory.domain.subscription import FREQUENCIES, Frequency
from directory.errors import Invalid, Problem, SubscriptionNotFound
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of
from directory.store import channels, heard, team_subscriptions
from directory.web.parameters import day_of, number_of, text_of
from directory.web.rendering import page, site_of
from directory.web.views.names import team_names
from directory.web.views.updates import OFTEN, update_line, updates_view

SENT_FOR = timedelta(days=90)
UPDATES = "/my/updates"
SEE_OTHER = 303


def updates(request: Request, *, status: int = 200, problems: tuple[Problem, ...] = ()) -> Response:
    """`/my/updates`: all that somebody is told, what waits for the next email, and what was sent."""
    site, by = site_of(request), actor_of(request)
    at = site.now()
    ended = number_of(text_of(request, "ended")) if not problems else None
    with site.database.read() as connection:
        person_id = verbs.person_of(by)
        shown = updates_view(connection, person_id, site.settings.digest_schedule, at=at, since=at - SENT_FOR)
    return page(request, "updates.html", status, shown=shown, ended=ended, problems_found=problems)


def one(request: Request, *, status: int = 200, problems: tuple[Problem, ...] = ()) -> Response:
    """`/my/updates/{id}`: one subscription, and what it would have told in the last 90 days."""
    site, by, at = site_of(request), actor_of(request), site_of(request).now()
    zone = site.settings.zone
    with site.database.read() as connection:
        held = verbs.find(connection, id_of(request), by)
        slug = team_subscriptions.slug_of(connection, held.team_id) if held.team_id else ""
        team = team_names(connection, {slug}, on=site.today()).get(slug, slug) if slug else ""
        theirs = team_subscriptions.of_member(connection, by.person_id) if held.team_id and by.person_id else []
        wanted = next((each.heard for each in theirs if each.subscription.id == held.id), True)
        past = heard.would_have_told(
            connection,
            held.criteria,
            since=at - SENT_FOR,
            first=(at - SENT_FOR).astimezone(zone).date(),
            today=site.today(),
        )
        may_change = verbs.may_alter(connection, held, by)
        state = channels.state(connection, held.id) if held.channel != "mail" else None
    return page(
        request,
        "update.html",
        status,
        line=update_line(held, zone, at=at, team=team, heard=wanted),
        held=held,
        past=past,
        every=list(OFTEN.items()),
        may_change=may_change,
        state=state,
        may_oblige=bool(slug) and can(by, "oblige-team", Thing(frozenset({slug}))),
        made=text_of(request, "made"),
        sent=text_of(request, "sent"),
        problems_found=problems,
    )


def alter(request: Request) -> Response:
    """`POST /my/updates/{id}`: how often, a pause until a day or its end, mandatory or not."""
    site, form, by, key = site_of(request), form_of(request), actor_of(request), id_of(request)
    mandatory = "mandatory" in form if "may-oblige" in form else None
    try:
        altered = Altered(
            frequency=frequency_of(request) if "every" in form else None,
            paused_until=day_begins(request, form.line("until")) if form.line("until") else None,
            resumed="resume" in form,
            mandatory=mandatory,
        )
        with site.database.write() as connection:
            verbs.alter(connection, key, altered, by=by, at=site.now())
    except Invalid as invalid:
        return one(request, status=422, problems=_at(invalid, "until"))
    return RedirectResponse(f"{UPDATES}/{key}", SEE_OTHER)


def end(request: Request) -> Response:
    """`POST /my/updates/{id}/end`: hear no more; the list offers to undo it."""
    site, key = site_of(request), id_of(request)
    with site.database.write() as connection:
        verbs.end(connection, key, by=actor_of(request), at=site.now())
    return RedirectResponse(f"{UPDATES}?ended={key}", SEE_OTHER)


def undo(request: Request) -> Response:
    """`POST /my/updates/{id}/undo`: go on with what was ended."""
    site, key = site_of(request), id_of(request)
    with site.database.write() as connection:
        verbs.undo_end(connection, key, by=actor_of(request), at=site.now())
    return RedirectResponse(f"{UPDATES}/{key}", SEE_OTHER)


def choose(request: Request) -> Response:
    """`POST /my/updates/{id}/choose`: opt out of what one's team is told, or `in` again."""
    site, key = site_of(request), id_of(request)
    with site.database.write() as connection:
        verbs.choose(connection, key, wants="in" in form_of(request), by=actor_of(request), at=site.now())
    return RedirectResponse(f"{UPDATES}/{key}", SEE_OTHER)


def test(request: Request) -> Response:
    """`POST /my/updates/{id}/test`: a message, to see that it arrives."""
    site, key = site_of(request), id_of(request)
    secret = site.settings.secret.get_secret_value()
    with site.database.write() as connection:
        verbs.send_test(connection, key, by=actor_of(request), secret=secret, at=site.now())
    return RedirectResponse(f"{UPDATES}/{key}?sent=1", SEE_OTHER)


def away(request: Request) -> Response:
    """`POST /my/updates/away`: on leave until a day, or back."""
    site, form = site_of(request), form_of(request)
    try:
        until = None if "back" in form else day_begins(request, form.line("until"))
        with site.database.write() as connection:
            verbs.be_away(connection, until, by=actor_of(request), at=site.now())
    except Invalid as invalid:
        return updates(request, status=422, problems=_at(invalid, "until"))
    return RedirectResponse(f"{UPDATES}#away", SEE_OTHER)


def frequency_of(request: Request) -> Frequency:
    """How often, from the form; daily where it does not say. Raises Invalid."""
    given = form_of(request).line("every") or "daily"
    found = next((each for each in FREQUENCIES if each == given), None)
    if found is None:
        raise Invalid([Problem("every", f"Choose one of {', '.join(FREQUENCIES)}.")])
    return found


def day_begins(request: Request, typed: str) -> datetime:
    """The first instant of a day that was typed; raises Invalid."""
    day = day_of(typed, where="until")
    return datetime.combine(day, time.min, tzinfo=site_of(request).settings.zone).astimezone(UTC)


def id_of(request: Request) -> int:
    """Which subscription, from the address; raises SubscriptionNotFound for what cannot be one."""
    found = number_of(str(request.path_params["id"]))
    if found is None:
        raise SubscriptionNotFound("There is no such subscription, or it has ended.")
    return found


def _at(invalid: Invalid, where: str) -> tuple[Problem, ...]:
    """The same problems, each at the field of the page."""
    return tuple(Problem(where, each.reason) for each in invalid.problems)
