"""The guided start: what whoever runs a directory can do with it while it is empty."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from directory.actions.starter import import_starter, starter_folder
from directory.domain.policy import could
from directory.gate.routes import require
from directory.gate.sessions import actor_of
from directory.store.changes import read_head
from directory.web.rendering import site_of


@dataclass(frozen=True, slots=True)
class Start:
    """What the first page offers: buttons to whoever may import, to others the commands; whether there is a starter."""

    may_import: bool
    has_starter: bool


def start_of(request: Request, connection: Connection) -> Start | None:
    """What is offered here; None once anything was ever published."""
    if read_head(connection).number:
        return None
    return Start(could(actor_of(request), "import"), starter_folder() is not None)


def look_around(request: Request) -> Response:
    """`POST /start`: fill the empty directory with the starter content; pressed twice, it does so once."""
    site, by = site_of(request), require(request, "import")
    import_starter(site.database, by=by, at=site.now(), zone=site.settings.zone)
    return RedirectResponse("/", 303)
