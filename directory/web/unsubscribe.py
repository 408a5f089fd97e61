"""Stopping mail: a page asks, a press of the button does (RFC 8058 presses it without asking)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from directory.actions.unsubscribe import unsubscribe
from directory.errors import NotFound
from directory.notify.letterhead import person_of_token
from directory.store import subscriptions
from directory.web.rendering import page, site_of


def ask(request: Request) -> Response:
    """`GET /unsubscribe/{token}`: what would stop; nothing stops yet, because mail scanners follow links."""
    site, person_id = site_of(request), _person_of(request)
    with site.database.read() as connection:
        labels = [each.label for each in subscriptions.of_person(connection, person_id)]
    return page(request, "unsubscribe.html", labels=labels, done=False)


def do(request: Request) -> Response:
    """`POST /unsubscribe/{token}`: it stops."""
    site, person_id = site_of(request), _person_of(request)
    unsubscribe(site.database, person_id, at=site.now())
    return page(request, "unsubscribe.html", labels=[], done=True)


def _person_of(request: Request) -> int:
    secret = site_of(request).settings.secret.get_secret_value()
    person_id = person_of_token(request.path_params["token"], secret)
    if person_id is None:
        raise NotFound("This link is not complete. Copy the whole link from the message, or ask us to stop your mail.")
    return person_id
