"""Subscriptions that go to a webhook, Teams or Slack instead of mail: begun, started again, signed anew."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions import channels as verbs
from directory.actions.channels import Added, subscribe_channel
from directory.actions.subscribe import Wanted
from directory.domain.subscription import CHANNELS, Channel
from directory.errors import Invalid, Problem
from directory.gate.forms import form_of
from directory.gate.sessions import actor_of
from directory.store.sealing import Seal
from directory.web.parameters import number_of
from directory.web.rendering import page, site_of
from directory.web.updates import SEE_OTHER, UPDATES, id_of, one

LONGEST_URL = 2000


def channel_of(request: Request) -> Channel:
    """By which way, from the form; mail where it does not say. Raises Invalid."""
    given = form_of(request).line("channel") or "mail"
    found = next((each for each in CHANNELS if each == given), None)
    if found is None:
        raise Invalid([Problem("channel", f"Choose one of {', '.join(CHANNELS)}.")])
    return found


def begin(request: Request, connection: Connection, wanted: Wanted, channel: Channel) -> Added:
    """Begin a subscription on a channel, to the address `url` of the form."""
    site = site_of(request)
    return subscribe_channel(
        connection,
        wanted,
        channel,
        form_of(request).line("url", limit=LONGEST_URL),
        by=actor_of(request),
        at=site.now(),
        today=site.today(),
        seal=Seal(site.settings.secret.get_secret_value()),
        reach=site.settings.reach,
    )


def shown_once(request: Request, key: int, secret: str) -> Response:
    """The secret of a webhook, this one time."""
    response = page(request, "channel_secret.html", key=key, secret=secret)
    response.headers["Cache-Control"] = "no-store"
    return response


def resume(request: Request) -> Response:
    """`POST /my/updates/{id}/resume`: go on where it stopped."""
    site, key = site_of(request), id_of(request)
    with site.database.write() as connection:
        verbs.resume(connection, key, by=actor_of(request), at=site.now())
    return RedirectResponse(f"{UPDATES}/{key}", SEE_OTHER)


def send_again(request: Request) -> Response:
    """`POST /my/updates/{id}/send-again`: every event from the number `from` on, once more, in order."""
    site, key = site_of(request), id_of(request)
    number = number_of(form_of(request).line("from"))
    try:
        with site.database.write() as connection:
            verbs.send_again(connection, key, number or 0, by=actor_of(request), at=site.now())
    except Invalid as invalid:
        return one(request, status=422, problems=invalid.problems)
    return RedirectResponse(f"{UPDATES}/{key}", SEE_OTHER)


def change_secret(request: Request) -> Response:
    """`POST /my/updates/{id}/secret`: another secret for a webhook, shown once."""
    site, key = site_of(request), id_of(request)
    seal = Seal(site.settings.secret.get_secret_value())
    with site.database.write() as connection:
        secret = verbs.change_secret(connection, key, by=actor_of(request), at=site.now(), seal=seal)
    return shown_once(request, key, secret)
