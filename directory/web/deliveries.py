"""What waits to be sent and what was given up, for editors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.retrying import retry, retry_all
from directory.gate.forms import form_of
from directory.gate.routes import require
from directory.store import dead_letters, relays
from directory.store.sending import Unit
from directory.web.parameters import number_of, text_of
from directory.web.rendering import page, site_of

MOST = 200


def deliveries(request: Request) -> Response:
    """`/manage/deliveries`: whether the relay takes mail, how much waits and since when, and what was given up."""
    site = site_of(request)
    with site.database.read() as connection:
        queue, found = dead_letters.queue(connection), dead_letters.failed(connection, limit=MOST)
        away = relays.away(connection)
    return page(request, "deliveries.html", queue=queue, failed=found, away=away, done=text_of(request, "done"))


def again(request: Request) -> Response:
    """`POST /manage/deliveries`: send one message again (`unit`, `id`), or `all` of them."""
    site, form, by = site_of(request), form_of(request), require(request, "manage-deliveries")
    if "all" in form:
        done = retry_all(site.database, by=by, at=site.now())
    else:
        unit: Unit = "digest" if form.line("unit") == "digest" else "delivery"
        done = int(retry(site.database, unit, number_of(form.line("id")) or 0, by=by, at=site.now()))
    return RedirectResponse(f"/manage/deliveries?done={done}", 303)
