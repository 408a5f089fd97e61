"""Stopping mail: a page asks, a press of its button does (RFC 8058 presses without asking), another undoes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.unsubscribe import take_back, unsubscribe
from directory.errors import NotFound
from directory.gate.forms import form_of
from directory.notify.letterhead import person_of_token
from directory.store import subscriptions, team_subscriptions
from directory.web.rendering import page, site_of
from directory.web.views.names import team_names
from directory.web.views.updates import UpdateLine, update_line

UNDO_WITHIN = timedelta(days=90)


def ask(request: Request) -> Response:
    """`GET /unsubscribe/{token}`: what would stop; nothing stops yet, because mail scanners follow links."""
    site, person_id = site_of(request), _person_of(request)
    with site.database.read() as connection:
        last = _last_stopped(connection, person_id)
    stopped = last if last is not None and last > site.now() - UNDO_WITHIN else None
    return _page(request, person_id, done=False, stopped_at=stopped)


def do(request: Request) -> Response:
    """`POST /unsubscribe/{token}`: it stops."""
    site, person_id = site_of(request), _person_of(request)
    stopped = unsubscribe(site.database, person_id, at=site.now())
    with site.database.read() as connection:
        at = stopped.at if stopped else _last_stopped(connection, person_id)
    return _page(request, person_id, done=True, stopped_at=at)


def undo(request: Request) -> Response:
    """`POST /unsubscribe/{token}/undo`: what stopped at the instant `stopped` goes on."""
    site, person_id = site_of(request), _person_of(request)
    try:
        stopped_at = datetime.fromisoformat(form_of(request).line("stopped")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotFound("This page is not complete. Open the link in the message again.") from None
    take_back(site.database, person_id, stopped_at=stopped_at, at=site.now())
    return RedirectResponse(f"/unsubscribe/{request.path_params['token']}", 303)


def _page(request: Request, person_id: int, *, done: bool, stopped_at: datetime | None) -> Response:
    site = site_of(request)
    with site.database.read() as connection:
        own = [each.label for each in subscriptions.of_person(connection, person_id) if each.channel == "mail"]
        of_teams = _of_teams(request, connection, person_id)
    mandatory = [each for each in of_teams if each.mandatory]
    optional = [each for each in of_teams if each.heard and not each.mandatory]
    return page(
        request,
        "unsubscribe.html",
        own=own,
        optional=optional,
        mandatory=mandatory,
        teams=sorted({each.team for each in mandatory}),
        done=done,
        token=request.path_params["token"],
        stopped_at=stopped_at.isoformat() if stopped_at and not (own or optional) else "",
    )


def _of_teams(request: Request, connection: Connection, person_id: int) -> list[UpdateLine]:
    site = site_of(request)
    theirs = team_subscriptions.of_member(connection, person_id)
    names = team_names(connection, {each.team for each in theirs}, on=site.today())
    return [
        update_line(each.subscription, site.settings.zone, team=names.get(each.team, each.team), heard=each.heard)
        for each in theirs
        if each.subscription.channel == "mail"
    ]


def _last_stopped(connection: Connection, person_id: int) -> datetime | None:
    found = (
        subscriptions.last_ended(connection, person_id),
        team_subscriptions.last_opt_out(connection, person_id),
    )
    return max((each for each in found if each is not None), default=None)


def _person_of(request: Request) -> int:
    secret = site_of(request).settings.secret.get_secret_value()
    person_id = person_of_token(request.path_params["token"], secret)
    if person_id is None:
        raise NotFound("This link is not complete. Copy the whole link from the message, or ask us to stop your mail.")
    return person_id
